package slacktest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/changebot/changebot/test/hold"
)

// Options describes a workspace with one app installed. The zero value is a
// workspace on a free loopback port whose app has no URL yet.
type Options struct {
	Addr  string           // listen address; 127.0.0.1 on a free port if empty
	Clock func() time.Time // what time it is; time.Now if nil
	Seed  uint64           // of every random choice

	TeamID, TeamName, TeamDomain string // of the workspace
	AppID                        string
	BotUserID, BotName           string // the app's bot, a user like others; the name is its mention

	SigningSecret string // signs every request to the app
	BotToken      string // xoxb-…, for the Web API
	AppToken      string // xapp-…, for apps.connections.open

	CommandURL, EventsURL, InteractivityURL string // where the app listens; see SetURLs
	SocketMode                              bool   // deliver over Socket Mode, not to the URLs

	Commands  []Command  // slash commands of the app
	Shortcuts []Shortcut // message shortcuts of the app
	Events    []string   // event types the app subscribed to; DefaultEvents if nil

	AckTimeout  time.Duration   // how long the app may take to acknowledge; 3 s if 0
	RetryDelays []time.Duration // before each new attempt at an event; at once, 1 min, 5 min if nil

	Limits Limits // rate limits, off by default
	Lag    Lag    // how long new messages stay out of conversations.history

	Hints   map[string][]string // suggested sentences per channel id, shown on the page
	PageURL string              // where people see the page, if not at URL(); permalinks point there
}

// Command is a slash command of the app, as registered with Slack.
type Command struct {
	Name        string `json:"name"`        // with its slash: "/change"
	Description string `json:"description"` // shown while typing
	Hint        string `json:"hint"`        // of its arguments
}

// Shortcut is an entry of a message's menu that the app registered.
type Shortcut struct {
	CallbackID string `json:"callback_id"`
	Name       string `json:"name"`
}

// DefaultEvents lists the events that an app receives unless Options say otherwise.
func DefaultEvents() []string {
	return []string{"app_mention", "app_home_opened", "message.channels", "message.groups", "message.im",
		"member_joined_channel", "reaction_added", "reaction_removed"}
}

// Server is one workspace. Its methods may be called from any goroutine.
type Server struct {
	opts     Options
	checker  *checker
	methods  map[string]method
	listener net.Listener
	http     *http.Server
	client   *http.Client
	mux      *http.ServeMux

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup
	late   hold.Gate

	mu sync.Mutex // guards everything below
	state
	socket hub
	events eventQueue
}

// New starts a workspace. Close it when done.
func New(opts Options) (*Server, error) {
	opts.fill()
	check, err := newChecker()
	if err != nil {
		return nil, fmt.Errorf("load the Block Kit schema: %w", err)
	}
	listener, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for Slack: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opts:     opts,
		checker:  check,
		listener: listener,
		client:   &http.Client{Transport: &http.Transport{}, CheckRedirect: noRedirect},
		ctx:      ctx,
		cancel:   cancel,
		state:    newState(opts.Seed),
	}
	s.methods = s.webAPI()
	s.mux = s.routes()
	s.http = &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second, ConnState: s.connection}
	s.addBot()
	s.events.wake = make(chan struct{}, 1)
	s.work.Go(s.dispatchEvents)
	s.work.Go(func() { _ = s.http.Serve(listener) }) // ends with ErrServerClosed
	return s, nil
}

func (o *Options) fill() {
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.TeamID = cmp.Or(o.TeamID, "T0001")
	o.TeamName = cmp.Or(o.TeamName, "Acme")
	o.TeamDomain = cmp.Or(o.TeamDomain, "acme")
	o.AppID = cmp.Or(o.AppID, "A0001")
	o.BotUserID = cmp.Or(o.BotUserID, "U0BOT")
	o.BotName = cmp.Or(o.BotName, "changebot")
	r := rand.New(rand.NewPCG(o.Seed, 1))
	o.SigningSecret = cmp.Or(o.SigningSecret, fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()))
	o.BotToken = cmp.Or(o.BotToken, fmt.Sprintf("xoxb-%d-%x", r.Uint32(), r.Uint64()))
	o.AppToken = cmp.Or(o.AppToken, fmt.Sprintf("xapp-1-%s-%x", o.AppID, r.Uint64()))
	o.AckTimeout = cmp.Or(o.AckTimeout, 3*time.Second)
	if o.RetryDelays == nil {
		o.RetryDelays = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	if o.Events == nil {
		o.Events = DefaultEvents()
	}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// routes are everything the workspace answers to: the app's side and the page's.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("POST /upload/{id}", s.serveUpload)
	mux.HandleFunc("GET /files/{id}", s.serveFile)
	mux.HandleFunc("POST /response/{id}", s.serveResponseURL)
	mux.HandleFunc("GET /socket", s.serveSocket)
	s.routePage(mux)
	return mux
}

// ServeHTTP makes the workspace mountable in another server, for its page; use
// http.StripPrefix for a path prefix and tell Options.PageURL.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close ends the workspace: open connections, pending retries and waiters.
func (s *Server) Close() error {
	s.cancel()
	s.closeSockets()
	err := s.http.Close()
	s.client.CloseIdleConnections()
	s.work.Wait()
	s.client.CloseIdleConnections()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// URL is the workspace's own address, without a slash at its end.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// APIURL is the base of the Web API, with a slash at its end as slack-go wants it.
func (s *Server) APIURL() string { return s.URL() + "/api/" }

// SigningSecret signs every request to the app.
func (s *Server) SigningSecret() string { return s.opts.SigningSecret }

// BotToken is the token for the Web API.
func (s *Server) BotToken() string { return s.opts.BotToken }

// AppToken is the token for Socket Mode.
func (s *Server) AppToken() string { return s.opts.AppToken }

// BotUserID is the app's user, as mentioned by <@…>.
func (s *Server) BotUserID() string { return s.opts.BotUserID }

// TeamID is the workspace's id.
func (s *Server) TeamID() string { return s.opts.TeamID }

// SetURLs tells where the app listens: for an app that starts after its Slack.
func (s *Server) SetURLs(command, events, interactivity string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.CommandURL, s.opts.EventsURL, s.opts.InteractivityURL = command, events, interactivity
}

func (s *Server) pageURL() string {
	return strings.TrimSuffix(cmp.Or(s.opts.PageURL, s.URL()), "/")
}
