package slack

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
	"github.com/changebot/changebot/test/slacktest"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	goleak.VerifyTestMain(m)
}

// office is a workspace, the app in it, and a desk that writes down what it hears.
type office struct {
	t       *testing.T
	server  *slacktest.Server
	app     *App
	decoder *Decoder

	mu      sync.Mutex
	inbox   []gitops.Delivery
	down    bool // the inbox cannot be written
	refused []string
	heard   []notifier.Utterance
	pressed []notifier.Press
	reply   gitops.Reply
	posts   map[string]notifier.Post
}

func newOffice(t *testing.T, change func(*slacktest.Options)) *office {
	t.Helper()
	opened := time.Now()
	options := slacktest.Options{
		// However busy the machine is, a form opens before its trigger has expired.
		Clock: func() time.Time { return opened }, AckTimeout: time.Minute,
		Commands: []slacktest.Command{{Name: "/change"}}, Shortcuts: []slacktest.Shortcut{{CallbackID: "change", Name: "New change"}},
	}
	if change != nil {
		change(&options)
	}
	server, err := slacktest.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.AddUser(slacktest.User{ID: "U1", Name: "ada"})
	server.AddUser(slacktest.User{ID: "U2", Name: "gus", Restricted: true})
	server.AddUser(slacktest.User{ID: "U3", Name: "fay", TeamID: "T9"})
	server.AddUser(slacktest.User{ID: "U4", Name: "dan", Deleted: true})
	server.AddChannel(slacktest.Channel{ID: "C1", Name: "releases", Members: []string{"U1", "U2", "U3", server.BotUserID()}})
	server.AddChannel(slacktest.Channel{ID: "C2", Name: "elsewhere", Members: []string{"U1"}})
	o := &office{t: t, server: server, posts: map[string]notifier.Post{}}
	o.app, err = Dial(t.Context(), Config{
		BotToken: server.BotToken(), AppToken: server.AppToken(), SigningSecret: server.SigningSecret(), Team: server.TeamID(),
		APIURL: server.APIURL(), Log: slog.New(slog.DiscardHandler), Refused: o.refuse,
		Vocabulary: func(context.Context) notifier.Vocabulary {
			return notifier.Vocabulary{Applications: []string{"checkout", "search"}, Environments: []string{"staging", "prod"}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	o.app.patience.dialog, o.app.patience.apology = time.Minute, time.Minute // as above
	t.Cleanup(o.app.Close)
	o.decoder = o.app.Decoder(o, notifier.Outbox{Chat: o.app.Chat(), Posts: o, Clock: time.Now, Grace: time.Minute})
	return o
}

// listen lets the workspace reach the app over HTTP.
func (o *office) listen() http.Handler {
	o.t.Helper()
	handler, err := o.app.Receiver(o).Handler()
	if err != nil {
		o.t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	o.t.Cleanup(web.Close)
	o.server.SetURLs(web.URL+PathCommands, web.URL+PathEvents, web.URL+PathInteractions)
	return handler
}

func (o *office) refuse(why string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refused = append(o.refused, why)
}

func (o *office) Put(_ context.Context, d gitops.Delivery) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return false, context.DeadlineExceeded
	}
	for _, old := range o.inbox {
		if old.ID == d.ID {
			return false, nil
		}
	}
	o.inbox = append(o.inbox, d)
	return true, nil
}

func (o *office) Hear(_ context.Context, u notifier.Utterance) (gitops.Reply, error) {
	o.heard = append(o.heard, u)
	return o.reply, nil
}

func (o *office) Press(_ context.Context, p notifier.Press) (gitops.Reply, error) {
	o.pressed = append(o.pressed, p)
	return o.reply, nil
}

func (o *office) Posts(_ context.Context, subject string) ([]notifier.Post, error) {
	var all []notifier.Post
	for _, p := range o.posts {
		if p.Subject == subject {
			all = append(all, p)
		}
	}
	return all, nil
}

func (o *office) SavePost(_ context.Context, p notifier.Post) error {
	o.posts[p.Subject+"/"+p.Key] = p
	return nil
}

// await waits until the inbox holds a number of deliveries, and works on them.
func (o *office) await(n int) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for o.stored() < n {
		select {
		case <-ctx.Done():
			o.t.Fatalf("%d deliveries in the inbox, want %d", o.stored(), n)
		case <-ticker.C:
		}
	}
	o.mu.Lock()
	todo := o.inbox
	o.mu.Unlock()
	for _, d := range todo {
		if err := o.decoder.Handle(ctx, d); err != nil {
			o.t.Fatal(err)
		}
	}
}

func (o *office) stored() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.inbox)
}

// clean fails where the app did what real Slack would not bear.
func (o *office) clean() {
	o.t.Helper()
	for _, v := range o.server.Violations() {
		o.t.Error(v)
	}
}
