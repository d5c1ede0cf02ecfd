package slacktest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"github.com/changebot/changebot/test/slacktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// app is a Slack app over HTTP: it checks every signature, keeps what came and
// answers as the test says.
type app struct {
	*slack.Client
	t      *testing.T
	server *slacktest.Server
	web    *httptest.Server

	mu       sync.Mutex
	got      []request
	onSlash  func(http.ResponseWriter, slack.SlashCommand)
	onAction func(http.ResponseWriter, slack.InteractionCallback)
	onEvent  func(http.ResponseWriter, request)
}

type request struct {
	path   string
	header http.Header
	body   []byte
}

const (
	ana, bob, guest = "U1", "U2", "U3"
	deploys, secret = "C1", "C2"
)

// newSlack starts a workspace with three people and two rooms. The bot is in
// #deploys only.
func newSlack(t *testing.T, opts slacktest.Options) *slacktest.Server {
	t.Helper()
	opts.Commands = []slacktest.Command{{Name: "/change", Description: "Change what runs", Hint: "promote checkout to prod"}}
	opts.Shortcuts = []slacktest.Shortcut{{CallbackID: "from-message", Name: "Make a change"}}
	s, err := slacktest.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.AddUser(slacktest.User{ID: ana, Name: "ana", RealName: "Ana Lima", Email: "ana@example.com", TZ: "Europe/Lisbon"})
	s.AddUser(slacktest.User{ID: bob, Name: "bob", RealName: "Bob Stone", Email: "bob@example.com"})
	s.AddUser(slacktest.User{ID: guest, Name: "guest", Restricted: true})
	s.AddChannel(slacktest.Channel{ID: deploys, Name: "deploys", Members: []string{ana, bob, s.BotUserID()}})
	s.AddChannel(slacktest.Channel{ID: secret, Name: "secret", Private: true, Members: []string{ana}})
	s.AddUserGroup(slacktest.UserGroup{ID: "S1", Handle: "leads", Name: "Leads", Users: []string{bob}})
	return s
}

func newApp(t *testing.T, opts slacktest.Options) *app {
	t.Helper()
	s := newSlack(t, opts)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	a := &app{t: t, server: s, Client: slack.New(s.BotToken(), slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(client))}
	a.web = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.web.Close)
	s.SetURLs(a.web.URL+"/slash", a.web.URL+"/events", a.web.URL+"/interactive")
	return a
}

func (a *app) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Errorf("read a request: %v", err)
	}
	verifier, err := slack.NewSecretsVerifier(r.Header, a.server.SigningSecret())
	if err == nil {
		_, _ = verifier.Write(body)
		err = verifier.Ensure()
	}
	if err != nil {
		a.t.Errorf("%s is not signed: %v", r.URL.Path, err)
	}
	got := request{r.URL.Path, r.Header, body}
	a.mu.Lock()
	a.got = append(a.got, got)
	onSlash, onAction, onEvent := a.onSlash, a.onAction, a.onEvent
	a.mu.Unlock()
	form, _ := url.ParseQuery(string(body))
	switch {
	case r.URL.Path == "/slash" && onSlash != nil:
		onSlash(w, slack.SlashCommand{
			UserID: form.Get("user_id"), ChannelID: form.Get("channel_id"), Command: form.Get("command"), Text: form.Get("text"),
			TriggerID: form.Get("trigger_id"), ResponseURL: form.Get("response_url"), TeamID: form.Get("team_id"),
		})
	case r.URL.Path == "/interactive" && onAction != nil:
		var callback slack.InteractionCallback
		if err := json.Unmarshal([]byte(form.Get("payload")), &callback); err != nil {
			a.t.Errorf("slack-go cannot read an interaction: %v", err)
		}
		onAction(w, callback)
	case r.URL.Path == "/events" && onEvent != nil:
		onEvent(w, got)
	}
}

// slash, action and event say how the app answers from now on.
func (a *app) slash(f func(http.ResponseWriter, slack.SlashCommand)) { a.set(func() { a.onSlash = f }) }
func (a *app) event(f func(http.ResponseWriter, request))            { a.set(func() { a.onEvent = f }) }
func (a *app) action(f func(http.ResponseWriter, slack.InteractionCallback)) {
	a.set(func() { a.onAction = f })
}

func (a *app) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

// requests returns what came to a path so far.
func (a *app) requests(path string) []request {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []request
	for _, r := range a.got {
		if r.path == path {
			out = append(out, r)
		}
	}
	return out
}

func (a *app) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func wait(t *testing.T, s *slacktest.Server, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.WaitFor(ctx, cond); err != nil {
		t.Fatalf("%s: %v\n%s", what, err, s.Transcript(deploys))
	}
}

func wantClean(t *testing.T, s *slacktest.Server) {
	t.Helper()
	for _, v := range s.Violations() {
		t.Errorf("violation: %s", v)
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

// clock is the real one, moved ahead at will.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(by time.Duration) { c.ahead.Add(int64(by)) }

func words(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

func markdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
}

// card is a message with buttons, as a bot for reviews would send it.
func card() slack.MsgOption {
	return slack.MsgOptionCompose(slack.MsgOptionText("Promote checkout", false), slack.MsgOptionBlocks(
		slack.NewSectionBlock(markdown(":ship: Promote *checkout*\nfor <@U1>"), nil, nil, slack.SectionBlockOptionBlockID("what")),
		slack.NewActionBlock("buttons",
			slack.NewButtonBlockElement("approve", "c-1", words("Approve")).WithStyle(slack.StylePrimary),
			slack.NewButtonBlockElement("reject", "c-1", words("Reject…")).WithStyle(slack.StyleDanger),
			slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, words("Snooze"), "snooze",
				slack.NewOptionBlockObject("1h", words("1 hour"), nil), slack.NewOptionBlockObject("1d", words("1 day"), nil)),
		),
	))
}
