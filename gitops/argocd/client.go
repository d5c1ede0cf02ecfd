package argocd

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"github.com/argoproj/argo-cd/v2/pkg/apiclient/settings"
	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/golang/protobuf/ptypes/empty"

	"github.com/changebot/changebot/gitops"
)

// changeIDInfo is the name under which an operation's info carries the
// Change-Id of the change it was asked for.
const changeIDInfo = "Change-Id"

// Options say where Argo CD is and how to talk to it.
type Options struct {
	Server string // host or host:port of argocd-server; 443 by default, 80 with PlainText

	// Token returns the API token of changebot's account. It is asked at every
	// call, so a renewed token is used at once.
	Token func(context.Context) (string, error)

	PlainText bool   // no TLS
	Insecure  bool   // TLS without checking the certificate
	CertFile  string // PEM of a further authority to trust
	GRPCWeb   bool   // for servers behind a proxy without HTTP/2
	RootPath  string // of gRPC-web, where the proxy serves Argo CD under a path

	Timeout   time.Duration // of one call; 30 s by default. Refresh has twice that: it waits for the comparison.
	Reread    time.Duration // how often Watch reads the state anew, in case an event was lost; 10 s by default
	GiveUp    time.Duration // how long Watch goes on without any answer; 5 min by default
	UserAgent string        // "changebot" by default

	// Called hears of every call: what was done, as a verb, its error as
	// callers see it, and how long it took. It may be nil.
	Called func(doing string, err error, took time.Duration)
}

// StaticToken makes a Token of a fixed string.
func StaticToken(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

// Client speaks to one Argo CD. It is safe for concurrent use.
type Client struct {
	opts Options

	mu   sync.Mutex
	conn *services
	home home
}

// A home is where Argo CD is.
type home struct {
	web       string // its address for people, without a slash at the end; empty: not known yet, or not set
	namespace string // empty: not known yet
}

// Open returns a client. It does not wait for the server: an Argo CD that is
// down makes calls answer gitops.Unavailable, not Open fail.
func Open(o Options) (*Client, error) {
	switch {
	case strings.TrimSpace(o.Server) == "":
		return nil, &gitops.Error{Code: gitops.Invalid, Message: "The address of Argo CD is not set.", Next: "Set argocd.server to host:port of argocd-server."}
	case o.Token == nil:
		return nil, &gitops.Error{Code: gitops.Invalid, Message: "The token for Argo CD is not set.", Next: "Make a token for changebot's account in Argo CD and set it."}
	}
	o.Timeout = orDefault(o.Timeout, 30*time.Second)
	o.Reread = orDefault(o.Reread, 10*time.Second)
	o.GiveUp = orDefault(o.GiveUp, 5*time.Minute)
	if o.UserAgent == "" {
		o.UserAgent = "changebot"
	}
	c := &Client{opts: o}
	if o.GRPCWeb {
		return c, nil // its connection belongs to one token, so the first call makes it
	}
	conn, err := dial(o)
	if err != nil {
		return nil, &gitops.Error{Code: gitops.Invalid, Message: "The connection to Argo CD cannot be set up.", Next: "Check argocd.server and its certificate file.", Err: err}
	}
	c.conn = conn
	return c, nil
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// Close ends the connection. Calls under way fail.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		return nil
	}
	return c.conn.close()
}

// services returns the connection; with gRPC-web a new one when the token has
// changed.
func (c *Client) services(ctx context.Context) (*services, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.opts.GRPCWeb {
		return c.conn, nil
	}
	token, err := c.opts.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("read Argo CD's token: %w", err)
	}
	if c.conn != nil && c.conn.token == token {
		return c.conn, nil
	}
	conn, err := dialWeb(c.opts, token)
	if err != nil {
		return nil, err
	}
	if c.conn != nil {
		_ = c.conn.close()
	}
	c.conn = conn
	return conn, nil
}

// call runs one request within its time limit and translates its error.
func (c *Client) call(ctx context.Context, limit time.Duration, doing string, app App, f func(context.Context, *services) error) error {
	begun := time.Now()
	conn, err := c.services(ctx)
	if err == nil {
		within, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		err = f(within, conn)
	}
	err = problem(ctx, doing, app, err)
	if c.opts.Called != nil {
		c.opts.Called(doing, err, time.Since(begun))
	}
	return err
}

// Version returns the version of the server, e.g. "v2.14.21".
func (c *Client) Version(ctx context.Context) (string, error) {
	var v string
	err := c.call(ctx, c.opts.Timeout, "read the version of", App{Name: "the server"}, func(ctx context.Context, s *services) error {
		m, err := s.version.Version(ctx, &empty.Empty{})
		if err == nil {
			v = m.GetVersion()
		}
		return err
	})
	return v, err
}

// Get reads the state of an application without asking Argo CD to compare.
func (c *Client) Get(ctx context.Context, app App) (State, error) {
	return c.get(ctx, c.opts.Timeout, "read", app, query(app))
}

// Refresh asks Argo CD to look at git now and returns the state after that
// comparison.
func (c *Client) Refresh(ctx context.Context, app App) (State, error) {
	q := query(app)
	q.Refresh = ptr(string(v1alpha1.RefreshTypeNormal))
	return c.get(ctx, 2*c.opts.Timeout, "refresh", app, q)
}

func (c *Client) get(ctx context.Context, limit time.Duration, doing string, app App, q *application.ApplicationQuery) (State, error) {
	var s State
	web := c.at(ctx).web
	err := c.call(ctx, limit, doing, app, func(ctx context.Context, conn *services) error {
		a, err := conn.apps.Get(ctx, q)
		if err == nil {
			s = stateOf(a, web)
		}
		return err
	})
	if err != nil {
		return State{}, err
	}
	return c.explain(ctx, s), nil
}

// List reads the state of all applications that the token may see, without
// Failing.
func (c *Client) List(ctx context.Context) ([]State, error) {
	var states []State
	web := c.at(ctx).web
	err := c.call(ctx, c.opts.Timeout, "list", App{Name: "applications"}, func(ctx context.Context, conn *services) error {
		list, err := conn.apps.List(ctx, &application.ApplicationQuery{})
		if err != nil {
			return err
		}
		for i := range list.Items {
			states = append(states, stateOf(&list.Items[i], web))
		}
		return nil
	})
	return states, err
}

// SyncRequest asks for one sync.
type SyncRequest struct {
	Revision string // a commit; empty: the tip of what the application follows
	ChangeID string // comes back in State.Operation.ChangeID
	Prune    bool   // delete what git no longer has
}

// Sync asks Argo CD to apply git to the cluster and returns when the request
// is accepted, which is before anything is applied. Besides the codes of Get it
// answers gitops.Conflict with ErrBusy or ErrFollowsBranch in its chain. After
// gitops.Unavailable the sync may have begun: read the state and look for the
// Change-Id before asking again.
func (c *Client) Sync(ctx context.Context, app App, r SyncRequest) error {
	req := &application.ApplicationSyncRequest{
		Name:         &app.Name,
		AppNamespace: optional(app.Namespace),
		Project:      optional(app.Project),
		Revision:     optional(r.Revision),
		Prune:        &r.Prune,
	}
	if r.ChangeID != "" {
		req.Infos = []*v1alpha1.Info{{Name: changeIDInfo, Value: r.ChangeID}}
	}
	return c.call(ctx, c.opts.Timeout, "sync", app, func(ctx context.Context, s *services) error {
		_, err := s.apps.Sync(ctx, req)
		return err
	})
}

// at returns where Argo CD is. Not knowing it is no reason to fail.
func (c *Client) at(ctx context.Context) home {
	c.mu.Lock()
	known := c.home
	c.mu.Unlock()
	if known != (home{}) {
		return known
	}
	var found home
	err := c.call(ctx, c.opts.Timeout, "read the settings of", App{Name: "the server"}, func(ctx context.Context, s *services) error {
		set, err := s.settings.Get(ctx, &settings.SettingsQuery{})
		if err == nil {
			found = home{web: strings.TrimRight(set.GetURL(), "/"), namespace: set.GetControllerNamespace()}
		}
		return err
	})
	if err != nil {
		return known
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.home = found
	return found
}

// Namespace returns the namespace that Argo CD is in; the usual one where it
// does not tell.
func (c *Client) Namespace(ctx context.Context) string {
	if at := c.at(ctx); at.namespace != "" {
		return at.namespace
	}
	return gitops.ArgoNamespace
}

func query(app App) *application.ApplicationQuery {
	q := &application.ApplicationQuery{Name: &app.Name, AppNamespace: optional(app.Namespace)}
	if app.Project != "" {
		q.Projects = []string{app.Project}
	}
	return q
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func ptr[T any](v T) *T { return &v }
