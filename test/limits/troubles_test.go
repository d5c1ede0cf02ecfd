package limits

import (
	"net/http"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/githubtest/fault"
	"github.com/changebot/changebot/test/slacktest"
	"github.com/changebot/changebot/test/world"
)

// A trouble is one way in which a call goes wrong, as each server does it. A
// nil says that this server has no such trouble.
type trouble struct {
	name   string
	github *fault.Fault
	git    *fault.Fault
	slack  *slacktest.Fault
	argo   *argocdtest.Fault
}

const (
	asked  = time.Second    // for how long a server wants to be left alone
	never  = 3 * answerTime // longer than changebot waits for an answer
	thrice = 3
)

// troubles are told in pairs: a world meets the first on the way to prod and
// the second on the way back.
func troubles() []trouble {
	second := fault.Duration(asked)
	hang := fault.Fault{Kind: fault.Hang, Delay: fault.Duration(never)}
	before := fault.Fault{Kind: fault.Status, Code: http.StatusBadGateway}
	after, hangAfter := before, hang
	after.After, hangAfter.After = true, true
	expired := fault.Fault{Kind: fault.ExpiredToken}
	return []trouble{
		{
			name:   "429",
			github: &fault.Fault{Kind: fault.SecondaryLimit, Code: http.StatusTooManyRequests, Delay: second},
			git:    &fault.Fault{Kind: fault.SecondaryLimit, Code: http.StatusTooManyRequests, Delay: second, Times: thrice},
			slack:  &slacktest.Fault{Kind: slacktest.RateLimit, RetryAfter: asked, Times: thrice},
			argo:   &argocdtest.Fault{Code: codes.ResourceExhausted, Times: thrice},
		},
		{
			name: "502 before", github: &before, git: &before,
			slack: &slacktest.Fault{Kind: slacktest.Fail},
			argo:  &argocdtest.Fault{Code: codes.Unavailable},
		},
		{
			name:   "secondary",
			github: &fault.Fault{Kind: fault.SecondaryLimit, Delay: second},
			git:    &fault.Fault{Kind: fault.SecondaryLimit, Delay: second},
		},
		{
			name: "502 after", github: &after, git: &after,
			slack: &slacktest.Fault{Kind: slacktest.FailAfter},
			argo:  &argocdtest.Fault{Do: argocdtest.LoseAnswer, Code: codes.Unavailable},
		},
		{name: "hourly", github: &fault.Fault{Kind: fault.PrimaryLimit, Delay: second}},
		{
			name: "hang", github: &hang, git: &hang,
			slack: &slacktest.Fault{Kind: slacktest.Hang},
			argo:  &argocdtest.Fault{Do: argocdtest.Hang},
		},
		{
			name: "hang after", github: &hangAfter, git: &hangAfter,
			argo: &argocdtest.Fault{Do: argocdtest.LoseAnswer, Code: codes.DeadlineExceeded},
		},
		{
			name: "expired", github: &expired, git: &expired,
			slack: &slacktest.Fault{Kind: slacktest.Expired},
			argo:  &argocdtest.Fault{Code: codes.Unauthenticated},
		},
	}
}

// kinds are the names under which the servers' logs show that the trouble has
// struck a call; none where the call cannot have this trouble.
func (t trouble) kinds(c call) []string {
	switch system := c.system; {
	case t.slack != nil && t.slack.Kind == slacktest.Expired && (c.name == "response_url" || c.name == "upload"):
		return nil // they carry no token
	case system == github && t.github != nil:
		return []string{string(t.github.Kind)}
	case system == git && t.git != nil:
		return []string{string(t.git.Kind)}
	case system == slack && t.slack != nil:
		return []string{string(t.slack.Kind)}
	case system == argocd && t.argo != nil && t.argo.Do == argocdtest.Hang: // as the caller gave up
		return []string{codes.DeadlineExceeded.String(), codes.Canceled.String()}
	case system == argocd && t.argo != nil:
		return []string{t.argo.Code.String()}
	default:
		return nil
	}
}

// strike lets the trouble meet a call, once skip of its kind have passed.
func (t trouble) strike(w *world.World, c call, skip int) error {
	switch c.system {
	case github:
		f := *t.github
		f.Match, f.Skip = c.match, skip
		return w.GitHub.Fault(f)
	case git:
		f := *t.git
		f.Match, f.Skip, f.Actor = c.match, skip, w.GitHub.App().Slug+"[bot]"
		return w.GitHub.Fault(f)
	case slack:
		f := *t.slack
		f.Match = c.name
		w.Slack.Inject(f)
	default:
		f := *t.argo
		f.Method = c.name
		w.Argo.Fail(f)
	}
	return nil
}

// heal ends all trouble.
func heal(w *world.World) {
	w.GitHub.ClearFaults()
	w.Slack.ClearFaults()
	w.Argo.Heal()
}
