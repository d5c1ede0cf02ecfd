package slacktest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/changebot/changebot/test/slacktest"
)

func TestCallsFailOnDemand(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	post := func(ctx context.Context, text string) error {
		_, _, err := a.PostMessageContext(ctx, deploys, slack.MsgOptionText(text, false))
		return err
	}
	for _, c := range []struct {
		fault  slacktest.Fault
		posted bool
		check  func(error) bool
	}{
		{slacktest.Fault{Kind: slacktest.RateLimit, RetryAfter: 7 * time.Second}, false, func(err error) bool {
			var limited *slack.RateLimitedError
			return errors.As(err, &limited) && limited.RetryAfter == 7*time.Second
		}},
		{slacktest.Fault{Kind: slacktest.Fail}, false, status(http.StatusInternalServerError)},
		{slacktest.Fault{Kind: slacktest.FailAfter}, true, status(http.StatusBadGateway)},
		{slacktest.Fault{Kind: slacktest.Hang}, false, func(err error) bool { return errors.Is(err, context.Canceled) }},
		{slacktest.Fault{Kind: slacktest.Slow, Delay: time.Millisecond}, true, func(err error) bool { return err == nil }},
	} {
		name := string(c.fault.Kind)
		t.Run(name, func(t *testing.T) {
			c.fault.Match = "chat.postMessage"
			a.server.Inject(c.fault)
			ctx, hangUp := context.WithCancel(t.Context())
			defer hangUp()
			if c.fault.Kind == slacktest.Hang {
				go func() {
					defer hangUp()
					_ = a.server.WaitFor(ctx, func() bool { // the error comes of hanging up
						calls := a.server.Calls("chat.postMessage")
						return len(calls) > 0 && calls[len(calls)-1].Error == name
					})
				}()
			}
			if err := post(ctx, name); !c.check(err) {
				t.Errorf("the error is %v", err)
			}
			if got := strings.Contains(a.server.Transcript(deploys), ": "+name); got != c.posted {
				t.Errorf("posted: %v, want %v", got, c.posted)
			}
			a.must(post(t.Context(), "afterwards all is well"))
		})
	}
}

func TestACallThatIsRefusedDoesNotFailAfterItsEffect(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	a.server.Inject(slacktest.Fault{Match: "views.open", Kind: slacktest.FailAfter})
	_, err := a.OpenView("no trigger", reasonModal())
	wantError(t, err, "invalid_trigger_id")
	a.slash(func(_ http.ResponseWriter, c slack.SlashCommand) {
		if _, err := a.OpenView(c.TriggerID, reasonModal()); !status(http.StatusBadGateway)(err) {
			t.Errorf("the one that is done ends with %v", err)
		}
	})
	if out, err := a.server.Slash(ana, deploys, "/change", ""); err != nil || out.View == nil {
		t.Errorf("it was not done: %+v, %v", out, err)
	}
	var ends []string
	for _, c := range a.server.Calls("views.open") {
		ends = append(ends, c.Error)
	}
	if diff := cmp.Diff([]string{"invalid_trigger_id", string(slacktest.FailAfter)}, ends); diff != "" {
		t.Errorf("on record: %s", diff)
	}
}

func status(code int) func(error) bool {
	return func(err error) bool {
		var failed slack.StatusCodeError
		return errors.As(err, &failed) && failed.Code == code
	}
}

func TestDeliveriesGoAstrayOnDemand(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	_, ts, err := a.PostMessage(deploys, card())
	a.must(err)
	press := func(button string) slacktest.Outcome {
		out, err := a.server.Click(ana, deploys, ts, button, 0)
		a.must(err)
		return out
	}
	a.server.Inject(slacktest.Fault{Match: "block_actions", Kind: slacktest.Drop})
	if out := press("Approve"); out.Code != "operation_timeout" || len(a.requests("/interactive")) != 0 {
		t.Errorf("dropped: %+v", out)
	}
	a.server.Inject(slacktest.Fault{Match: "block_actions", Kind: slacktest.Duplicate})
	press("Approve")
	if got := a.requests("/interactive"); len(got) != 2 || string(got[0].body) != string(got[1].body) {
		t.Errorf("duplicated: %d requests", len(got))
	}
	var order []string
	a.action(func(_ http.ResponseWriter, c slack.InteractionCallback) {
		order = append(order, c.ActionCallback.BlockActions[0].ActionID)
	})
	a.server.Inject(slacktest.Fault{Match: "block_actions", Kind: slacktest.Reorder})
	press("Reject…")
	press("Approve")
	if diff := cmp.Diff([]string{"approve", "reject"}, order); diff != "" {
		t.Errorf("reordered: %s", diff)
	}
	a.server.Inject(slacktest.Fault{Match: "block_actions", Kind: slacktest.Delay, Delay: time.Millisecond})
	press("Approve")
	wait(t, a.server, "the late click", func() bool { return len(a.requests("/interactive")) == 5 })
}

func TestChanceComesFromTheSeed(t *testing.T) {
	hits := func() (out string) {
		a := newApp(t, slacktest.Options{Seed: 7})
		a.server.Inject(slacktest.Fault{Match: "auth.test", Kind: slacktest.Fail, Times: -1, Chance: 0.5})
		for range 20 {
			if _, err := a.AuthTest(); err != nil {
				out += "x"
			} else {
				out += "."
			}
		}
		return out
	}
	first, second := hits(), hits()
	if first != second || !strings.Contains(first, "x") || !strings.Contains(first, ".") {
		t.Errorf("two runs with one seed: %s and %s", first, second)
	}
}

func TestDeadTokensAreRefused(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	a.server.KillTokens("account_inactive")
	_, err := a.AuthTest()
	wantError(t, err, "account_inactive")
	a.server.KillTokens("")
	_, err = a.AuthTest()
	a.must(err)
	if got := a.server.CallCounts()["auth.test"]; got != 2 {
		t.Errorf("%d calls are on record", got)
	}
}
