package githubtest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/changebot/changebot/test/githubtest/bare"
	"github.com/changebot/changebot/test/githubtest/contract"
	"github.com/changebot/changebot/test/githubtest/fault"
	"github.com/changebot/changebot/test/githubtest/hook"
	"github.com/changebot/changebot/test/githubtest/pages"
	"github.com/changebot/changebot/test/hold"
)

// apiBase is where the REST API lives, as on GitHub Enterprise.
const apiBase = "/api/v3"

// Options say what kind of GitHub to start. Only Dir is required.
type Options struct {
	// Dir is the folder that gets the bare repositories, {owner}/{repo}.git.
	Dir string
	// Clock is the server's time; time.Now by default. Tokens expire by it.
	Clock func() time.Time
	// Seed makes delivery ids, tokens and faults with probabilities repeatable.
	Seed uint64
	// Addr is the address to listen on; 127.0.0.1:0 by default. "-" listens
	// nowhere: the Server is then mounted as an http.Handler at ExternalURL.
	Addr string
	// ExternalURL is the address people and payloads see, without a slash at
	// the end; the listening address by default. Its path is the prefix the
	// server is mounted under (with http.StripPrefix).
	ExternalURL string
	// WebhookURL and WebhookSecret direct the App's webhooks. SetWebhook
	// changes them later.
	WebhookURL, WebhookSecret string
	// WebhookTimeout is how long the answer to a webhook may take; GitHub's ten
	// seconds by default.
	WebhookTimeout time.Duration
	// App is the GitHub App; see App for what is filled in.
	App App
	// Limits are the rate limits; see Limits for what is filled in.
	Limits Limits
	// GitProcesses bounds the git http-backends that run at once; 8 by default.
	GitProcesses int
	// LogTo gets one line per exchange; nil logs nothing.
	LogTo io.Writer
}

// Server is a running GitHub. Its methods are safe for concurrent use.
type Server struct {
	opt     Options
	clock   func() time.Time
	log     *slog.Logger
	ctx     context.Context // the server's life: effects outlive the client that asked for them
	stop    context.CancelFunc
	api     *contract.Description
	ops     map[string]operation
	faults  *fault.Plan
	hooks   *hook.Queue
	history *history
	limits  *limiter
	keys    *keys
	pages   *pages.Renderer
	gitSlot chan struct{}
	late    hold.Gate
	nextID  atomic.Int64

	http     *http.Server
	serving  sync.WaitGroup
	external string

	mu       sync.Mutex // guards what follows; taken after a repo's lock, never before
	accounts map[string]*account
	teams    map[string]*team
	installs []*installation
	repos    map[string]*repo
}

// New starts a GitHub.
func New(opt Options) (*Server, error) {
	if opt.Dir == "" {
		return nil, fmt.Errorf("githubtest: Options.Dir is empty")
	}
	dir, err := filepath.Abs(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("githubtest: %w", err)
	}
	opt.Dir = dir
	defaults(&opt)
	if err := bare.Prepare(opt.Dir); err != nil {
		return nil, err
	}
	api, err := contract.Load()
	if err != nil {
		return nil, err
	}
	renderer, err := pages.New(opt.Clock)
	if err != nil {
		return nil, err
	}
	keys, err := newKeys(&opt.App, opt.Seed)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	faults := fault.NewPlan(opt.Seed)
	s := &Server{
		opt: opt, clock: opt.Clock, log: slog.New(slog.NewTextHandler(opt.LogTo, nil)),
		ctx: ctx, stop: stop, api: api, ops: operations(), faults: faults,
		hooks: hook.New(opt.Clock, faults, opt.Seed), history: &history{},
		limits: newLimiter(opt.Limits, opt.Clock), keys: keys, pages: renderer,
		gitSlot:  make(chan struct{}, opt.GitProcesses),
		external: strings.TrimSuffix(opt.ExternalURL, "/"),
		accounts: map[string]*account{}, teams: map[string]*team{}, repos: map[string]*repo{},
	}
	s.nextID.Store(1000)
	s.hooks.SetTimeout(opt.WebhookTimeout)
	s.SetWebhook(opt.WebhookURL, opt.WebhookSecret)
	s.account(s.botLogin(), opt.App.Name, "Bot")
	if err := s.listen(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func defaults(opt *Options) {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	if opt.Addr == "" {
		opt.Addr = "127.0.0.1:0"
	}
	if opt.GitProcesses == 0 {
		opt.GitProcesses = 8
	}
	if opt.LogTo == nil {
		opt.LogTo = io.Discard
	}
}

func (s *Server) listen() error {
	if s.opt.Addr == "-" {
		if s.external == "" {
			return fmt.Errorf("githubtest: a server that does not listen needs Options.ExternalURL")
		}
		return nil
	}
	l, err := net.Listen("tcp", s.opt.Addr)
	if err != nil {
		return fmt.Errorf("githubtest: listen: %w", err)
	}
	if s.external == "" {
		s.external = "http://" + l.Addr().String()
	}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	s.serving.Go(func() { _ = s.http.Serve(l) }) // ends with ErrServerClosed
	return nil
}

// Close ends everything the server started: open answers, webhooks, git.
func (s *Server) Close() {
	s.stop()
	if s.http != nil {
		_ = s.http.Close() // tells only that the listener was closed before
	}
	s.serving.Wait()
	s.hooks.Close()
}

// ServeHTTP serves the REST API, git and the pages.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serving.Add(1)
	defer s.serving.Done()
	switch {
	case strings.HasPrefix(r.URL.Path, apiBase+"/"):
		s.serveAPI(w, r)
	case isGit(r.URL.Path):
		s.serveGit(w, r)
	default:
		s.servePages(w, r)
	}
}

// URL is the address of the server as people see it, without a final slash.
func (s *Server) URL() string { return s.external }

// APIURL is the base of the REST API, for go-github's WithEnterpriseURLs.
func (s *Server) APIURL() string { return s.external + apiBase + "/" }

// CloneURL is the address of a repository ("owner/name") for git.
func (s *Server) CloneURL(repo string) string { return s.external + "/" + repo + ".git" }

// base is the path prefix of links on pages, "" at the root.
func (s *Server) base() string {
	u, err := url.Parse(s.external)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

// Fault adds faults that strike coming calls and webhooks.
func (s *Server) Fault(faults ...fault.Fault) error { return s.faults.Add(faults...) }

// ClearFaults takes back the faults that have not struck.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Struck returns how many calls and webhooks each kind of fault has struck so
// far.
func (s *Server) Struck() map[fault.Kind]int { return s.faults.Struck() }

// SetWebhook directs the App's webhooks from now on; an empty url sends none.
func (s *Server) SetWebhook(url, secret string) {
	s.hooks.SetTarget(hook.Target{URL: url, Secret: secret, AppID: s.opt.App.ID})
}

// Settle waits until every webhook so far has been tried.
func (s *Server) Settle(ctx context.Context) error { return s.hooks.Settle(ctx) }

// Deliveries is the log of webhooks, oldest first.
func (s *Server) Deliveries() []hook.Delivery { return s.hooks.Deliveries() }

// Redeliver sends a webhook again under its old delivery id.
func (s *Server) Redeliver(id string) error { return s.hooks.Redeliver(id) }

// newID returns the next number for accounts, repositories, pulls, ….
func (s *Server) newID() int64 { return s.nextID.Add(1) }

// now is the server's time in whole seconds, as GitHub gives times.
func (s *Server) now() time.Time { return s.clock().UTC().Truncate(time.Second) }
