package slacktest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"github.com/changebot/changebot/test/slacktest"
)

func TestASlashCommandIsAnsweredAtOnceOrLater(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	later := make(chan string, 1)
	a.slash(func(w http.ResponseWriter, c slack.SlashCommand) {
		if c.Text != "status" || c.UserID != ana || c.TeamID != a.server.TeamID() {
			t.Errorf("the command arrives as %+v", c)
		}
		later <- c.ResponseURL
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"text": "one moment"})
	})
	out, err := a.server.Slash(ana, deploys, "/change", " status ")
	a.must(err)
	if len(out.Messages) != 1 || out.Messages[0].EphemeralTo != ana || out.Notice != "" {
		t.Fatalf("ana sees %+v", out)
	}
	url := <-later
	respond := func(o ...slack.MsgOption) error {
		_, _, err := a.PostMessage(deploys, append(o, slack.MsgOptionText("x", false))...)
		return err
	}
	a.must(respond(slack.MsgOptionReplaceOriginal(url), slack.MsgOptionResponseURL(url, slack.ResponseTypeEphemeral), slack.MsgOptionReplaceOriginal(url)))
	a.must(respond(slack.MsgOptionResponseURL(url, slack.ResponseTypeInChannel)))
	want := "#deploys\n@changebot (only visible to @ana): x\n@changebot: x\n"
	got := a.server.Transcript(deploys)
	if strings.ReplaceAll(got, " (edited)", "") != want {
		t.Errorf("the room reads\n%s", got)
	}
	for range 3 {
		a.must(respond(slack.MsgOptionResponseURL(url, slack.ResponseTypeEphemeral)))
	}
	if err := respond(slack.MsgOptionResponseURL(url, slack.ResponseTypeEphemeral)); err == nil {
		t.Error("a response URL works a sixth time")
	}
}

func TestAPersonSeesWhenTheAppDoesNotAnswer(t *testing.T) {
	a := newApp(t, slacktest.Options{AckTimeout: 30 * time.Millisecond})
	given := make(chan struct{})
	a.slash(func(_ http.ResponseWriter, _ slack.SlashCommand) { <-given })
	out, err := a.server.Slash(ana, deploys, "/change", "status")
	close(given)
	a.must(err)
	if out.Code != "operation_timeout" || out.Notice != "/change failed because the app did not respond" {
		t.Errorf("ana sees %+v", out)
	}
	a = newApp(t, slacktest.Options{AckTimeout: time.Minute})
	a.slash(func(w http.ResponseWriter, _ slack.SlashCommand) { w.WriteHeader(http.StatusInternalServerError) })
	out, err = a.server.Slash(ana, deploys, "/change", "status")
	a.must(err)
	if out.Code != "dispatch_failed" || len(a.server.Ephemeral(ana)) != 1 {
		t.Errorf("ana sees %+v", out)
	}
}

func TestAButtonBringsTheMessageAndAWayToAnswer(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	_, ts, err := a.PostMessage(deploys, card())
	a.must(err)
	var got slack.InteractionCallback
	a.action(func(_ http.ResponseWriter, c slack.InteractionCallback) { got = c })
	_, err = a.server.Click(bob, deploys, ts, "Approve", 0)
	a.must(err)
	action := got.ActionCallback.BlockActions[0]
	if action.ActionID != "approve" || action.Value != "c-1" || got.User.ID != bob || got.Container.MessageTs != ts ||
		got.Message.Text != "Promote checkout" || got.Team.ID != a.server.TeamID() {
		t.Errorf("the click arrives as %+v", got)
	}
	_, _, err = a.PostMessage("", slack.MsgOptionResponseURL(got.ResponseURL, ""), slack.MsgOptionReplaceOriginal(got.ResponseURL), slack.MsgOptionText("done", false))
	a.must(err)
	if m, _ := a.server.Message(deploys, ts); m.Text != "done" || len(m.Blocks) != 0 {
		t.Errorf("the original was not replaced: %+v", m.Content)
	}
	if _, err := a.server.Click(bob, deploys, ts, "Approve", 0); !errors.Is(err, slacktest.ErrNotFound) {
		t.Errorf("a button that is gone was pressed: %v", err)
	}
	if _, err := a.server.Click(guest, deploys, ts, "Approve", 0); !errors.Is(err, slacktest.ErrDenied) {
		t.Errorf("a guest outside the room pressed: %v", err)
	}
	wantClean(t, a.server)
}

func TestASelectBringsTheOption(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	_, ts, err := a.PostMessage(deploys, card())
	a.must(err)
	var got slack.InteractionCallback
	a.action(func(_ http.ResponseWriter, c slack.InteractionCallback) { got = c })
	_, err = a.server.Select(ana, deploys, ts, "snooze", "1 day")
	a.must(err)
	if option := got.ActionCallback.BlockActions[0].SelectedOption; option.Value != "1d" {
		t.Errorf("the option arrives as %+v", option)
	}
	if _, err := a.server.Select(ana, deploys, ts, "snooze", "never"); !errors.Is(err, slacktest.ErrNotFound) {
		t.Errorf("an option that is not there: %v", err)
	}
}

func TestAForeignPersonComesWithTheirTeam(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	a.server.AddUser(slacktest.User{ID: "U9", Name: "eve", TeamID: "T9"})
	a.must(a.server.Join("U9", deploys))
	_, ts, err := a.PostMessage(deploys, card())
	a.must(err)
	a.action(func(_ http.ResponseWriter, c slack.InteractionCallback) {
		if c.User.TeamID != "T9" || c.Team.ID != "T9" {
			t.Errorf("eve comes as %+v of %+v", c.User, c.Team)
		}
	})
	_, err = a.server.Click("U9", deploys, ts, "approve", 0)
	a.must(err)
}

func TestEventsReachTheAppOnceAndAreRetried(t *testing.T) {
	a := newApp(t, slacktest.Options{RetryDelays: []time.Duration{0, 0, 0}})
	refused := 0
	a.event(func(w http.ResponseWriter, r request) {
		if _, err := slackevents.ParseEvent(r.body, slackevents.OptionNoVerifyToken()); err != nil {
			t.Errorf("slack-go cannot read an event: %v\n%s", err, r.body)
		}
		if strings.Contains(string(r.body), `"app_mention"`) && refused < 2 {
			refused++
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	_, err := a.server.Say(ana, deploys, "@changebot status", "")
	a.must(err)
	wait(t, a.server, "the third attempt", func() bool { return len(a.server.Deliveries("app_mention")) == 3 })
	ids := map[string]bool{}
	for i, d := range a.server.Deliveries("app_mention") {
		ids[d.ID] = true
		if d.Attempt != i || (d.Error == "") != (i == 2) {
			t.Errorf("attempt %d is %+v", i, d)
		}
	}
	if len(ids) != 1 {
		t.Errorf("a retry has another event_id: %v", ids)
	}
	last := a.requests("/events")
	if h := last[len(last)-1].header; h.Get("X-Slack-Retry-Num") != "2" || h.Get("X-Slack-Retry-Reason") != "http_error" {
		t.Errorf("the retry's headers are %v", h)
	}
	if m := a.server.Messages(deploys)[0]; m.Text != "<@U0BOT> status" {
		t.Errorf("the mention was written as %q", m.Text)
	}
}

func TestDirectMessagesHomeAndReactionsAreEvents(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	_, err := a.server.Say(ana, a.server.DM(ana), "help", "")
	a.must(err)
	a.must(a.server.OpenHome(ana))
	ts, err := a.server.Say(ana, deploys, "look", "")
	a.must(err)
	a.must(a.server.React(bob, deploys, ts, "eyes", true))
	wait(t, a.server, "four events", func() bool { return len(a.server.Deliveries("")) == 4 })
	for i, want := range []string{"message", "app_home_opened", "message", "reaction_added"} {
		if got := a.server.Deliveries("")[i].Kind; got != want {
			t.Errorf("event %d is %s, want %s", i, got, want)
		}
	}
	if first := string(a.requests("/events")[0].body); !strings.Contains(first, `"channel_type":"im"`) {
		t.Errorf("the direct message arrives as %s", first)
	}
}

func TestTheEventsURLIsVerified(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	if err := a.server.VerifyURL(); err == nil {
		t.Error("an empty answer passes for the challenge")
	}
	a.event(func(w http.ResponseWriter, r request) { _, _ = w.Write(r.body) })
	a.must(a.server.VerifyURL())
}
