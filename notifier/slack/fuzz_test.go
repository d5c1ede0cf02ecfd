package slack

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
)

// obliging is a Slack that takes whatever it is asked, without a network.
type obliging struct{}

func (obliging) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := `{"ok":true,"ts":"1.1","channel":"C1","user":{"id":"U1","team_id":"T0001"}}`
	if strings.HasSuffix(r.URL.Path, "conversations.open") {
		answer = `{"ok":true,"channel":{"id":"D1"}}`
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r,
	}, nil
}

// quietOffice is an office before an obliging Slack.
func quietOffice() *office {
	at := func() time.Time { return time.Unix(1_700_000_000, 0) }
	client := &http.Client{Transport: obliging{}}
	app := &App{
		config: Config{Team: "T0001", Log: slog.New(slog.DiscardHandler), Clock: at, Refused: func(string) {}, Patience: time.Minute},
		api:    api.New("xoxb-1", api.OptionHTTPClient(client), api.OptionAPIURL("http://slack.example/api/")),
		http:   client, bot: "U0BOT", dms: map[string]string{}, limits: &limits{clock: at},
	}
	o := &office{app: app, posts: map[string]notifier.Post{}, reply: gitops.Reply{Text: "Heard."}}
	o.decoder = app.Decoder(o, notifier.Outbox{Chat: app.Chat(), Posts: o, Clock: at, Grace: time.Minute})
	return o
}

// FuzzInbox takes in any bytes as Slack's and works on what the inbox then
// holds: no panic; what is kept is kept as it came, under an id that a database
// takes; what cannot be understood is an ErrUndecodable, so that it is shown and
// not tried for ever; and what reaches the desk is whole.
func FuzzInbox(f *testing.F) {
	for kind, payloads := range seeds() {
		for _, p := range payloads {
			f.Add(kind, []byte(p))
		}
	}
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		if !slices.Contains([]string{kindCommand, kindInteraction, kindEvent}, kind) {
			kind = kindUnknown // as the receiver says itself
		}
		o := quietOffice()
		receiver := o.app.Receiver(o)
		for range 2 { // Slack tries again where it did not hear us
			if _, err := receiver.accept(t.Context(), kind, bytes.Clone(payload)); err != nil && !errors.Is(err, errForeign) {
				t.Fatalf("not taken in: %v", err)
			}
		}
		if len(o.inbox) > 1 {
			t.Fatalf("kept twice: %s and %s", o.inbox[0].ID, o.inbox[1].ID)
		}
		for _, d := range o.inbox {
			if !bytes.Equal(d.Payload, payload) || d.Kind != kind || !storable(d.ID) {
				t.Fatalf("kept as %q: %q", d.ID, d.Payload)
			}
		}
		// The inbox may hold what an older version let in, so the decoder is
		// asked whether the receiver would have kept it or not.
		err := o.decoder.Handle(t.Context(), gitops.Delivery{ID: "slack:1", Source: "slack", Kind: kind, Payload: payload})
		if err != nil && !errors.Is(err, gitops.ErrUndecodable) {
			t.Fatalf("it would be tried for a day: %v", err)
		}
		o.whole(t)
	})
}

// storable is what every database takes as a key.
func storable(id string) bool {
	return id != "" && len(id) <= 255 && utf8.ValidString(id) && !strings.ContainsRune(id, 0)
}

// whole says that what reached the desk can be worked on.
func (o *office) whole(t *testing.T) {
	t.Helper()
	if len(o.pressed)+len(o.heard) > 1 {
		t.Fatalf("one thing was said: heard %+v, pressed %+v", o.heard, o.pressed)
	}
	for _, p := range o.pressed {
		if !storable(p.Change) || strings.ContainsAny(p.Change, " /\n") || p.Token == "" || p.User == "" || p.Key != "slack:1" {
			t.Fatalf("pressed %+v", p)
		}
	}
	for _, u := range o.heard {
		if u.User == "" || u.Key != "slack:1" || strings.Contains(u.Text, "<@U0BOT>") {
			t.Fatalf("heard %+v", u)
		}
	}
}

// seeds are one of each that Slack sends, and what it never should.
func seeds() map[string][]string {
	const who = `"team":{"id":"T0001"},"user":{"id":"U1","team_id":"T0001"},"channel":{"id":"C1","name":"releases"},"trigger_id":"1.2","response_url":"http://slack.example/r"`
	const event = `{"type":"event_callback","team_id":"T0001","event_id":"Ev1","event":`
	return map[string][]string{
		kindCommand: {
			"team_id=T0001&channel_id=C1&channel_name=releases&user_id=U1&text=promote+checkout+to+prod&trigger_id=1.2&response_url=http%3A%2F%2Fslack.example%2Fr",
			`{"team_id":"T0001","channel_id":"C1","user_id":"U1","text":"help","trigger_id":"1.2"}`,
			"team_id=T0001&text=%zz", "team_id=T0001&trigger_id=%00", "team_id=T9&text=help", `{"team_id":"T0001","text":7}`,
		},
		kindInteraction: {
			`{"type":"block_actions",` + who + `,"actions":[{"action_id":"approve","action_ts":"1.1","value":"c-7f3k2q 77aa"}],"container":{"channel_id":"C1","thread_ts":"1.0"}}`,
			`{"type":"block_actions",` + who + `,"actions":[{"action_id":"reject","value":"c-1 77aa"}]}`,
			`{"type":"block_actions",` + who + `,"actions":[]}`,
			`{"type":"view_submission",` + who + `,"view":{"id":"V1","callback_id":"reject","private_metadata":"{\"change\":\"c-1\",\"token\":\"77aa\",\"channel\":\"C1\"}","state":{"values":{"reason":{"reason":{"value":"no"}}}}}}`,
			`{"type":"view_submission",` + who + `,"view":{"id":"V1","callback_id":"request","state":{"values":{"kind":{"kind":{"selected_option":{"value":"promote"}}},"apps":{"apps":{"value":"checkout, search"}},"env":{"env":{"value":"prod"}}}}}}`,
			`{"type":"shortcut","callback_id":"change",` + who + `}`, "payload=%7B%22type%22%3A%22view_closed%22%7D", `{"type":"dance"}`,
		},
		kindEvent: {
			event + `{"type":"app_mention","user":"U1","text":"<@U0BOT> promote checkout to prod","channel":"C1","ts":"1.1"}}`,
			event + `{"type":"message","channel_type":"im","user":"U1","text":"status","channel":"D1","ts":"1.1"}}`,
			event + `{"type":"message","channel_type":"im","bot_id":"B1","text":"status","channel":"D1"}}`,
			event + `{"type":"app_home_opened","user":"U1","tab":"home"}}`, event + `{"type":"dance"}}`, `{"type":"event_callback","event":7}`, "", "\xff{",
		},
		"unknown": {"{}"},
	}
}
