package crashes

import (
	"syscall"
	"testing"
	"time"

	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/githubtest/fault"
	"github.com/changebot/changebot/test/hold"
	"github.com/changebot/changebot/test/slacktest"
)

// A latecomer is an effect that a server holds back until who asked for it has
// died, come back and asked what became of it.
type latecomer struct {
	name  string
	gate  func(*house) *hold.Gate
	delay func(*house)     // lets the next such call be held
	asked func(*house) int // how often somebody has asked whether it took place
}

// ever is longer than any test.
const ever = time.Hour

func latecomers() []latecomer {
	onGitHub := func(name, call, ask string) latecomer {
		return latecomer{
			name: name, gate: func(h *house) *hold.Gate { return h.GitHub.Late() },
			delay: func(h *house) {
				if err := h.GitHub.Fault(fault.Fault{Match: call, Kind: fault.Late, Delay: fault.Duration(ever)}); err != nil {
					h.t.Fatal(err)
				}
			},
			asked: func(h *house) int { return len(h.GitHub.Requests(githubtest.Filter{Match: ask})) },
		}
	}
	inSlack := func(name, call, ask string) latecomer {
		return latecomer{
			name: name, gate: func(h *house) *hold.Gate { return h.Slack.Late() },
			delay: func(h *house) { h.Slack.Inject(slacktest.Fault{Match: call, Kind: slacktest.Late, Delay: ever}) },
			asked: func(h *house) int { return len(h.Slack.Calls(ask)) },
		}
	}
	return []latecomer{
		onGitHub("push", "POST *git-receive-pack", "GET *info/refs*"),
		onGitHub("pull request", "POST */pulls", "GET */pulls*"),
		onGitHub("status", "POST */statuses/*", "GET */pulls*"),
		onGitHub("merge", "PUT */merge", "GET */pulls/1"),
		inSlack("first message", "chat.postMessage", "conversations.history"),
		inSlack("file", "files.completeUploadExternal", "conversations.replies"),
		{
			name: "sync", gate: func(h *house) *hold.Gate { return h.Argo.Late() },
			delay: func(h *house) {
				h.Argo.Fail(argocdtest.Fault{Method: "Sync", App: "checkout-prod", Do: argocdtest.Late, Delay: ever})
			},
			asked: func(h *house) int { return len(h.Argo.Calls("Get")) },
		},
	}
}

func TestAnEffectThatLandsAfterSomebodyAskedForItIsNotDoubled(t *testing.T) {
	t.Parallel()
	homes := homes(t)
	for _, late := range latecomers() {
		t.Run(late.name, func(t *testing.T) {
			t.Parallel()
			h := homes.open(t, households()[0])
			h.begin("", 1)
			landsLate(h, late)
		})
	}
}

// The history shows nothing for a while: a message is posted a second time, and
// the younger of the twins goes when both are seen.
func TestAMessageThatTheHistoryDoesNotShowYetIsNotDoubled(t *testing.T) {
	t.Parallel()
	homes := homes(t)
	for _, point := range []string{"post/live done", "post/entry done", "post/file done"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			h := homes.open(t, households()[0])
			h.Slack.SetLag(slacktest.Lag{For: 6 * time.Second}) // the grace is two, so it gives up waiting
			strike(t, h, promotion(), moment{point, 1})
		})
	}
}

func landsLate(h *house, late latecomer) {
	h.t.Helper()
	r, only := promotion(), h.bots[0]
	late.delay(h)
	r.ask(h)
	h.until(late.name+" is held", func() bool {
		h.reviewers()
		return late.gate(h).Held() > 0
	})
	if err := only.Stop(syscall.SIGKILL); err != nil {
		h.t.Fatal(err)
	}
	before := late.asked(h)
	if err := only.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.until("somebody asks for the "+late.name, func() bool { return late.asked(h) > before })
	late.gate(h).Release()
	h.walk(r.end)
	h.once(r)
}
