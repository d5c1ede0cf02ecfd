package slacktest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/changebot/changebot/test/slacktest"
)

func reasonModal() slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: words("Reject"), Submit: words("Reject"), Close: words("Back"),
		CallbackID: "reject", PrivateMetadata: "c-1", NotifyOnClose: true,
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("reason", words("Why?"), nil, slack.NewPlainTextInputBlockElement(nil, "text")),
		}},
	}
}

// openReason lets ana press Reject and the app open the modal.
func openReason(t *testing.T, a *app) slacktest.View {
	t.Helper()
	_, ts, err := a.PostMessage(deploys, card())
	a.must(err)
	a.action(func(_ http.ResponseWriter, c slack.InteractionCallback) {
		if c.Type != slack.InteractionTypeBlockActions {
			return
		}
		if _, err := a.OpenView(c.TriggerID, reasonModal()); err != nil {
			t.Errorf("open the modal: %v", err)
		}
		if _, err := a.OpenView(c.TriggerID, reasonModal()); err == nil || err.Error() != "exchanged_trigger_id" {
			t.Errorf("a trigger works twice: %v", err)
		}
	})
	out, err := a.server.Click(ana, deploys, ts, "Reject…", 0)
	a.must(err)
	if out.View == nil {
		t.Fatal("no modal came up")
	}
	return *out.View
}

func TestAModalIsFilledInAndSubmitted(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	v := openReason(t, a)
	if got, want := a.server.ViewText(v), "== Reject ==\nWhy?: [____]\n[Back] [Reject]"; got != want {
		t.Errorf("the modal reads %q, want %q", got, want)
	}
	out, err := a.server.Submit(ana, v.ID, map[string]string{"Why?": ""})
	a.must(err)
	if diff := cmp.Diff(map[string]string{"reason": "Please complete this required field."}, out.Errors); diff != "" {
		t.Error(diff)
	}
	var got slack.InteractionCallback
	a.action(func(_ http.ResponseWriter, c slack.InteractionCallback) { got = c })
	_, err = a.server.Submit(ana, v.ID, map[string]string{"reason": "wait for the migration"})
	a.must(err)
	if got.View.State.Values["reason"]["text"].Value != "wait for the migration" || got.View.PrivateMetadata != "c-1" {
		t.Errorf("the submission arrives as %+v", got.View)
	}
	if _, open := a.server.TopView(ana); open {
		t.Error("the modal stays open")
	}
	wantClean(t, a.server)
}

func TestASubmissionIsAnsweredWithErrorsUpdatePushOrClear(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	v := openReason(t, a)
	var answer any
	a.action(func(w http.ResponseWriter, _ slack.InteractionCallback) { _ = json.NewEncoder(w).Encode(answer) })
	submit := func(id string) slacktest.Outcome {
		out, err := a.server.Submit(ana, id, map[string]string{"reason": "x"})
		a.must(err)
		return out
	}
	answer = slack.NewErrorsViewSubmissionResponse(map[string]string{"reason": "too short"})
	if out := submit(v.ID); out.Errors["reason"] != "too short" || out.View.ID != v.ID {
		t.Errorf("errors: %+v", out)
	}
	next := reasonModal()
	next.Title = words("Second")
	answer = slack.NewUpdateViewSubmissionResponse(&next)
	if out := submit(v.ID); out.View.Title() != "Second" || out.View.ID != v.ID {
		t.Errorf("update: %+v", out)
	}
	answer = slack.NewPushViewSubmissionResponse(&next)
	pushed := submit(v.ID).View
	if pushed.ID == v.ID || pushed.RootID != v.ID {
		t.Errorf("push: %+v", pushed)
	}
	answer = slack.NewClearViewSubmissionResponse()
	if out := submit(pushed.ID); out.View != nil {
		t.Errorf("clear leaves %+v", out.View)
	}
	wantClean(t, a.server)
}

func TestErrorsForWhatIsNoInputAreAViolation(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	v := openReason(t, a)
	a.action(func(w http.ResponseWriter, _ slack.InteractionCallback) {
		_ = json.NewEncoder(w).Encode(slack.NewErrorsViewSubmissionResponse(map[string]string{"nobody": "x"}))
	})
	out, err := a.server.Submit(ana, v.ID, map[string]string{"reason": "x"})
	a.must(err)
	if out.Notice == "" || len(a.server.Violations()) != 1 {
		t.Errorf("ana sees %+v; violations %v", out, a.server.Violations())
	}
}

func TestClosingAModalIsToldToWhoAsked(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	v := openReason(t, a)
	a.must(a.server.CloseView(ana, v.ID))
	if len(a.server.Deliveries("view_closed")) != 1 {
		t.Error("the app does not hear of it")
	}
}

func TestViewsKnowTheirHashAndTheirTime(t *testing.T) {
	clock := &clock{}
	a := newApp(t, slacktest.Options{Clock: clock.now})
	v := openReason(t, a)
	updated, err := a.UpdateView(reasonModal(), "", v.Hash, v.ID)
	a.must(err)
	_, err = a.UpdateView(reasonModal(), "", v.Hash, v.ID)
	wantError(t, err, "hash_conflict")
	_, err = a.UpdateView(reasonModal(), "", updated.Hash, v.ID)
	a.must(err)
	var trigger string
	a.slash(func(_ http.ResponseWriter, c slack.SlashCommand) { trigger = c.TriggerID })
	_, err = a.server.Slash(ana, deploys, "/change", "")
	a.must(err)
	clock.advance(4 * time.Second)
	_, err = a.OpenView(trigger, reasonModal())
	wantError(t, err, "expired_trigger_id")
}

func TestTheHomeTabIsPublishedAndPressed(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	home := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{
		slack.NewHeaderBlock(words("Your queue")),
		slack.NewActionBlock("a", slack.NewButtonBlockElement("new", "", words("New change"))),
	}}}
	_, err := a.PublishView(ana, home, "")
	a.must(err)
	v, ok := a.server.HomeView(ana)
	if !ok || !strings.Contains(a.server.ViewText(v), "[New change]") {
		t.Fatalf("the Home tab reads %s", a.server.ViewText(v))
	}
	a.action(func(_ http.ResponseWriter, c slack.InteractionCallback) {
		if c.View.Type != slack.VTHomeTab || c.ActionCallback.BlockActions[0].ActionID != "new" {
			t.Errorf("the click arrives as %+v", c)
		}
	})
	_, err = a.server.ClickView(ana, v.ID, "New change", 0)
	a.must(err)
	wantClean(t, a.server)
}

func TestAMessageShortcutBringsTheMessage(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	ts, err := a.server.Say(bob, deploys, "checkout is slow", "")
	a.must(err)
	a.action(func(_ http.ResponseWriter, c slack.InteractionCallback) {
		if c.Type != slack.InteractionTypeMessageAction || c.Message.Text != "checkout is slow" || c.CallbackID != "from-message" {
			t.Errorf("the shortcut arrives as %+v", c)
		}
		if _, err := a.OpenView(c.TriggerID, reasonModal()); err != nil {
			t.Error(err)
		}
	})
	out, err := a.server.UseShortcut(ana, deploys, ts, "from-message")
	a.must(err)
	if out.View == nil {
		t.Error("no modal came up")
	}
}
