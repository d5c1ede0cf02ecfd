package slack

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
	"github.com/changebot/changebot/test/slacktest"
)

func TestWhatIsNotSlacksIsRefused(t *testing.T) {
	o := newOffice(t, nil)
	handler, err := o.app.Receiver(o).Handler()
	if err != nil {
		t.Fatal(err)
	}
	const body = "team_id=T0001&user_id=U1&channel_id=C1&text=help&trigger_id=1"
	foreign := strings.NewReplacer("T0001", "T9", "trigger_id=1", "trigger_id=2").Replace(body)
	secret := o.server.SigningSecret()
	now := time.Now().Truncate(time.Second) // as a timestamp says it
	o.app.config.Clock = func() time.Time { return now }
	for name, try := range map[string]struct {
		method, body, signed string
		secret               string
		at                   time.Time
		want                 int
	}{
		"signed and fresh":            {"POST", body, body, secret, now, 200},
		"another body than signed":    {"POST", body + "&x=1", body, secret, now, 401},
		"another secret":              {"POST", body, body, "guess", now, 401},
		"301 seconds old":             {"POST", body, body, secret, now.Add(-301 * time.Second), 401},
		"301 seconds ahead":           {"POST", body, body, secret, now.Add(301 * time.Second), 401},
		"another method":              {"GET", body, body, secret, now, 405},
		"more than a megabyte":        {"POST", body + strings.Repeat("x", maxBody), body, secret, now, 413},
		"no signature":                {"POST", body, "", "", now, 401},
		"another workspace's command": {"POST", foreign, foreign, secret, now, 200},
	} {
		t.Run(name, func(t *testing.T) {
			before := o.stored()
			q := httptest.NewRequest(try.method, PathCommands, strings.NewReader(try.body))
			q.Header.Set("X-Slack-Request-Timestamp", strconv.FormatInt(try.at.Unix(), 10))
			if try.signed != "" {
				q.Header.Set("X-Slack-Signature", slacktest.Sign(try.secret, try.at, []byte(try.signed)))
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, q)
			if w.Code != try.want {
				t.Errorf("answered %d, want %d", w.Code, try.want)
			}
			kept := o.stored() > before
			if kept != (name == "signed and fresh") {
				t.Errorf("kept: %v", kept)
			}
		})
	}
}

func TestNothingListensWithoutASecret(t *testing.T) {
	o := newOffice(t, nil)
	o.app.config.SigningSecret = ""
	if _, err := o.app.Receiver(o).Handler(); gitops.CodeOf(err) != gitops.Invalid {
		t.Errorf("want a refusal, got %v", err)
	}
	if _, err := Dial(t.Context(), Config{BotToken: "x"}); gitops.CodeOf(err) != gitops.Invalid {
		t.Errorf("without a team id: want a refusal, got %v", err)
	}
}

func TestSlackCanCheckTheAddress(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	if err := o.server.VerifyURL(); err != nil {
		t.Error(err)
	}
}

func TestASlashCommandIsHeardAndAnsweredInPrivate(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	o.reply = gitops.Reply{Table: &gitops.Table{Title: "prod", Columns: []string{"application"}, Rows: [][]string{{"<!channel>"}}}}
	out, err := o.server.Slash("U1", "C2", "/change", "status prod &amp; &lt;all&gt;")
	if err != nil || out.Code != "" {
		t.Fatal(err, out)
	}
	o.await(1)
	if u := o.heard[0]; u.Text != "status prod & <all>" || u.User != "U1" || u.Room.Channel != "C2" || u.Room.Name != "elsewhere" || u.Key == "" {
		t.Errorf("heard %+v", u)
	}
	if got := o.server.Ephemeral("U1"); len(got) != 1 || !strings.Contains(o.server.Text(got[0]), "<!channel>") {
		t.Errorf("answered %v", got)
	}
	o.clean()
}

func TestAnInboxThatIsDownIsSaidInWords(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	o.down = true
	out, err := o.server.Slash("U1", "C1", "/change", "status")
	if err != nil || len(out.Messages) != 1 || !strings.Contains(out.Messages[0].Text, "nothing was done") {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestOnlyWordsSaidToUsAreObeyed(t *testing.T) {
	for _, try := range []struct{ said, heard string }{
		{"<@U0BOT> promote checkout to prod", "promote checkout to prod"},
		{"hey <@U0BOT>, promote checkout to prod", "promote checkout to prod"},
		{"<@U0BOT> promote `checkout` to prod because <https://pd.example/incidents/P1>", "promote checkout to prod because https://pd.example/incidents/P1"},
		{"<@U0BOT> status of <http://checkout.io|checkout.io>", "status of checkout.io"},
		{"&gt; <@U0BOT> promote checkout to prod\nis what he said", ""},
		{"say `<@U0BOT> promote checkout to prod`", ""},
		{"```<@U0BOT> promote checkout to prod```", ""},
		{"promote checkout to prod", ""},
	} {
		text, ok := addressed(try.said, "U0BOT")
		if got := unescape(text); got != try.heard || ok != (try.heard != "") {
			t.Errorf("%q: heard %q", try.said, got)
		}
	}
}

func TestAMentionIsAnsweredInItsThreadOnce(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	o.reply = gitops.Reply{Refusal: &gitops.Error{Code: gitops.NotFound, Message: `There is no application "chekout".`, Next: "Did you mean checkout?"}}
	ts, err := o.server.Say("U1", "C1", "<@U0BOT> promote chekout to prod", "")
	if err != nil {
		t.Fatal(err)
	}
	o.await(1)
	o.await(1) // the job comes again
	if got := o.server.Thread("C1", ts); len(got) != 2 || !strings.Contains(o.server.Text(got[1]), "Did you mean checkout?") {
		t.Errorf("the thread holds %d messages", len(got))
	}
	if o.heard[0].Room.Thread != "" {
		t.Error("what is asked in the room is told in the room")
	}
	o.clean()
}

func TestWhatIsNotSaidToUsIsNotKept(t *testing.T) {
	o := newOffice(t, nil)
	handler := o.listen()
	post(t, o, notifier.Button{Action: notifier.ActionApprove, Label: "Approve", Value: notifier.ButtonValue("c-1", "77aa")})
	for name, event := range map[string]string{
		"what people say to each other": `"type":"message","channel_type":"channel","user":"U1","text":"lunch?"`,
		"our own words to a person":     `"type":"message","channel_type":"im","user":"U0BOT","bot_id":"B1","text":"It is healthy."`,
		"a change of a message":         `"type":"message","channel_type":"im","subtype":"message_changed","channel":"D1"`,
		"a mention by a bot":            `"type":"app_mention","user":"U9","bot_id":"B2","text":"<@U0BOT> status"`,
	} {
		body := `{"type":"event_callback","team_id":"T0001","event_id":"Ev1","event":{` + event + `}}`
		now := time.Now()
		q := httptest.NewRequest(http.MethodPost, PathEvents, strings.NewReader(body))
		q.Header.Set("X-Slack-Request-Timestamp", strconv.FormatInt(now.Unix(), 10))
		q.Header.Set("X-Slack-Signature", slacktest.Sign(o.server.SigningSecret(), now, []byte(body)))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, q)
		if w.Code != 200 || o.stored() != 0 {
			t.Errorf("%s: answered %d, and %d deliveries are kept", name, w.Code, o.stored())
		}
	}
	if _, err := o.server.Say("U1", o.server.DM("U1"), "status", ""); err != nil {
		t.Fatal(err)
	}
	o.await(1)
	if len(o.heard) != 1 || o.heard[0].Text != "status" {
		t.Errorf("heard %+v", o.heard)
	}
}

func TestGuestsAndStrangersAreRefusedInWords(t *testing.T) {
	for user, word := range map[string]string{"U2": "guest", "U3": "another workspace"} {
		o := newOffice(t, nil)
		o.listen()
		if _, err := o.server.Say(user, "C1", "<@U0BOT> promote checkout to prod", ""); err != nil {
			t.Fatal(err)
		}
		o.await(1)
		if len(o.heard) != 0 || len(o.refused) == 0 {
			t.Errorf("%s was heard: %v", user, o.heard)
		}
		if got := o.server.Ephemeral(user); len(got) == 0 || !strings.Contains(o.server.Text(got[0]), word) {
			t.Errorf("%s was told %v", user, got)
		}
	}
}

func post(t *testing.T, o *office, b ...notifier.Button) notifier.Place {
	t.Helper()
	at, err := o.app.Chat().Post(t.Context(), notifier.To{Channel: "C1"}, notifier.Message{
		{Lines: []notifier.Text{{{Kind: notifier.Plain, Words: "Promote checkout"}}}}, {Buttons: b},
	}, "c-1/live")
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAButtonIsPressedOnce(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	at := post(t, o, notifier.Button{Action: notifier.ActionApprove, Label: "Approve", Value: notifier.ButtonValue("c-1", "77aa")})
	o.reply = gitops.Reply{Refusal: &gitops.Error{Code: gitops.Denied, Message: "You asked for it, so you may not approve it."}}
	if _, err := o.server.Click("U1", at.Channel, at.TS, "Approve", 0); err != nil {
		t.Fatal(err)
	}
	o.await(1)
	if len(o.pressed) != 1 || o.pressed[0].Change != "c-1" || o.pressed[0].Token != "77aa" || o.pressed[0].User != "U1" || o.pressed[0].Room.Channel != "C1" {
		t.Errorf("pressed %+v", o.pressed)
	}
	if got := o.server.Ephemeral("U1"); len(got) != 1 {
		t.Errorf("told %v", got)
	}
	o.clean()
}

func TestAButtonThatIsNotOursIsOdd(t *testing.T) {
	o := newOffice(t, nil)
	for name, action := range map[string]string{
		"no value":       `"action_id":"approve"`,
		"a value alone":  `"action_id":"approve","value":"c-1"`,
		"a command":      `"action_id":"approve","value":"promote checkout to prod"`,
		"an unknown one": `"action_id":"merge","value":"c-1 77aa"`,
	} {
		payload := `{"type":"block_actions","user":{"id":"U1","team_id":"T0001"},"actions":[{` + action + `}]}`
		err := o.decoder.Handle(t.Context(), gitops.Delivery{ID: "slack:1", Kind: kindInteraction, Payload: []byte(payload)})
		if !errors.Is(err, gitops.ErrUndecodable) || len(o.pressed) != 0 {
			t.Errorf("%s: got %v, pressed %+v", name, err, o.pressed)
		}
	}
}

func TestARejectionAsksWhyAndTakesNoBlank(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	at := post(t, o, notifier.Button{Action: notifier.ActionReject, Label: "Reject…", Style: notifier.Danger, Value: notifier.ButtonValue("c-1", "77aa")})
	out, err := o.server.Click("U1", at.Channel, at.TS, "Reject…", 0)
	if err != nil || out.View == nil {
		t.Fatal("no dialog opened", err)
	}
	blank, err := o.server.Submit("U1", out.View.ID, map[string]string{"reason": "   "})
	if err != nil || blank.Errors["reason"] == "" {
		t.Errorf("a blank reason was taken: %+v, %v", blank, err)
	}
	if _, err := o.server.Submit("U1", out.View.ID, map[string]string{"reason": "wait for the migration"}); err != nil {
		t.Fatal(err)
	}
	o.await(2) // the button, the dialog
	if len(o.pressed) != 1 || o.pressed[0].Action != notifier.ActionReject || o.pressed[0].Reason != "wait for the migration" || o.pressed[0].Token != "77aa" {
		t.Errorf("pressed %+v", o.pressed)
	}
	o.clean()
}

func TestAFormKeepsWhatWasUnderstood(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	o.reply = gitops.Reply{Question: &gitops.Question{
		Text: "To which environment?", Draft: gitops.Command{Kind: gitops.KindPromote, Applications: []string{"checkout"}, Because: "INC-1"},
	}}
	if _, err := o.server.Slash("U1", "C1", "/change", "promote checkout because INC-1"); err != nil {
		t.Fatal(err)
	}
	o.await(1)
	question := o.server.Ephemeral("U1")[0]
	out, err := o.server.Click("U1", "C1", question.TS, "Fill in the form", 0)
	if err != nil || out.View == nil {
		t.Fatal("no form opened", err)
	}
	if _, err := o.server.Submit("U1", out.View.ID, map[string]string{"environment": "prod"}); err != nil {
		t.Fatal(err)
	}
	o.inbox = o.inbox[len(o.inbox)-1:]
	o.await(1)
	u := o.heard[len(o.heard)-1]
	if u.Command == nil || u.Text != "promote checkout to prod because INC-1" || u.Command.Environment != "prod" || u.Room.Channel != "C1" {
		t.Errorf("heard %+v", u)
	}
	o.clean()
}

func TestAFormSaysInWordsAllThatItAsksFor(t *testing.T) {
	for _, test := range []struct {
		draft gitops.Command
		typed map[string]string
		want  string
	}{
		{gitops.Command{Kind: gitops.KindRollback, Back: 2}, nil, "rollback checkout in prod by 2"},
		{gitops.Command{Kind: gitops.KindRollback, Back: 2}, map[string]string{"version": "1.40.0"}, "rollback checkout in prod to version 1.40.0"},
		{gitops.Command{Kind: gitops.KindPromote, From: "dev"}, nil, "promote checkout from dev to prod"},
		{gitops.Command{Kind: gitops.KindPromote, From: "dev"}, map[string]string{"version": "1.42.3"}, "promote checkout version 1.42.3 to prod"},
		{gitops.Command{Kind: gitops.KindPromote, From: "dev"}, map[string]string{"kind": "restart"}, "restart checkout in prod"},
		{gitops.Command{Kind: gitops.KindPromote, From: "dev"}, map[string]string{"kind": "lift", "version": "1.42.3"}, "lift checkout version 1.42.3 in prod"},
	} {
		test.draft.Applications, test.draft.Environment = []string{"checkout"}, "prod"
		o := newOffice(t, nil)
		o.listen()
		o.reply = gitops.Reply{Question: &gitops.Question{Text: "Which?", Draft: test.draft}}
		if _, err := o.server.Slash("U1", "C1", "/change", "checkout"); err != nil {
			t.Fatal(err)
		}
		o.await(1)
		out, err := o.server.Click("U1", "C1", o.server.Ephemeral("U1")[0].TS, "Fill in the form", 0)
		if err != nil || out.View == nil {
			t.Fatal("no form opened", err)
		}
		if _, err := o.server.Submit("U1", out.View.ID, test.typed); err != nil {
			t.Fatal(err)
		}
		o.inbox = o.inbox[len(o.inbox)-1:]
		o.await(1)
		if u := o.heard[len(o.heard)-1]; u.Command == nil || u.Text != test.want || u.Command.Spoken() != test.want {
			t.Errorf("%+v with %v is heard as %q, %+v; want %q", test.draft, test.typed, u.Text, u.Command, test.want)
		}
		o.clean()
	}
}

func TestAFormTakesNoVersionForWhatChangesNone(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	o.reply = gitops.Reply{Question: &gitops.Question{Text: "Which?", Draft: gitops.Command{Kind: gitops.KindRestart, Applications: []string{"checkout"}, Environment: "prod"}}}
	if _, err := o.server.Slash("U1", "C1", "/change", "restart"); err != nil {
		t.Fatal(err)
	}
	o.await(1)
	out, err := o.server.Click("U1", "C1", o.server.Ephemeral("U1")[0].TS, "Fill in the form", 0)
	if err != nil || out.View == nil {
		t.Fatal("no form opened", err)
	}
	refused, err := o.server.Submit("U1", out.View.ID, map[string]string{"version": "1.42.3"})
	if want := "Please leave this empty: a restart changes no version."; err != nil || refused.Errors["version"] != want {
		t.Errorf("it says %q, %v; want %q", refused.Errors, err, want)
	}
	o.clean()
}

func TestHomeTeaches(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	if err := o.server.OpenHome("U1"); err != nil {
		t.Fatal(err)
	}
	o.await(1)
	if v, ok := o.server.HomeView("U1"); !ok || !strings.Contains(o.server.ViewText(v), "rollback checkout in prod") {
		t.Error("Home shows no examples")
	}
	o.clean()
}

func TestSocketModeStoresThenAcknowledges(t *testing.T) {
	o := newOffice(t, func(s *slacktest.Options) { s.SocketMode = true })
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { done <- o.app.Receiver(o).Listen(ctx) }()
	if err := o.server.WaitFor(ctx, func() bool { return o.server.Connections() > 0 }); err != nil {
		t.Fatal(err)
	}
	out, err := o.server.Slash("U1", "C1", "/change", "promote checkout to prod")
	if err != nil || out.Code != "" {
		t.Fatal(err, out)
	}
	o.await(1)
	if len(o.heard) != 1 || o.heard[0].Text != "promote checkout to prod" {
		t.Errorf("heard %+v", o.heard)
	}
	at := post(t, o, notifier.Button{Action: notifier.ActionReject, Label: "Reject…", Value: notifier.ButtonValue("c-1", "77aa")})
	if out, err := o.server.Click("U1", at.Channel, at.TS, "Reject…", 0); err != nil || out.View == nil {
		t.Errorf("no dialog opened: %v", err)
	} else if blank, _ := o.server.Submit("U1", out.View.ID, map[string]string{"reason": " "}); blank.Errors["reason"] == "" {
		t.Error("the errors of a dialog are in the acknowledgement")
	}
	cancel()
	<-done
	o.clean()
}

func TestWhatCannotBeDecodedIsKeptAndSaid(t *testing.T) {
	o := newOffice(t, nil)
	for kind, payload := range map[string]string{
		kindInteraction: `{"type":"dance","user":{"id":"U1"}}`, kindEvent: `{"type":"event_callback","event":{"type":"dance"}}`,
		kindCommand: `{"text":7}`, "unknown": `{}`,
	} {
		err := o.decoder.Handle(t.Context(), gitops.Delivery{ID: "x", Kind: kind, Payload: []byte(payload)})
		if !errors.Is(err, gitops.ErrUndecodable) {
			t.Errorf("%s: want a gitops.ErrUndecodable, got %v", kind, err)
		}
	}
	if _, err := o.app.Receiver(o).accept(t.Context(), kindEvent, []byte(`{"type":7}`)); err != nil || o.stored() != 1 {
		t.Errorf("an odd payload is stored: %v", err)
	}
}

func TestWhatSlackInventsOverASocketIsKept(t *testing.T) {
	o := newOffice(t, nil)
	if _, err := o.app.Receiver(o).accept(t.Context(), "unknown", []byte(`{"type":"telepathy"}`)); err != nil || o.stored() != 1 {
		t.Errorf("stored %d: %v", o.stored(), err)
	}
	if got := o.refused; len(got) != 1 || got[0] != "undecodable" {
		t.Errorf("counted as %v", got)
	}
}

func TestAFormOpensWithoutTheNamesThatAreLate(t *testing.T) {
	o := newOffice(t, nil)
	o.listen()
	o.app.config.Vocabulary = func(ctx context.Context) notifier.Vocabulary {
		<-ctx.Done() // git does not answer
		return notifier.Vocabulary{}
	}
	o.app.patience.names = 10 * time.Millisecond
	at := post(t, o)
	out, err := o.server.UseShortcut("U1", at.Channel, at.TS, "change")
	if err != nil || out.View == nil {
		t.Fatal("no form opened", err)
	}
	o.clean()
}
