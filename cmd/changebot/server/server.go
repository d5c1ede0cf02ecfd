// Package server wires changebot together: it reads the configuration, opens
// every adapter, and runs. Tests and the playground start it in-process; the
// command changebot does nothing but parse its arguments and call it.
package server

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/changebot/changebot/cmd/changebot/metrics"

	"github.com/changebot/changebot/approvals"
	"github.com/changebot/changebot/approvals/rbac"
	"github.com/changebot/changebot/gitops/api"
	"github.com/changebot/changebot/gitops/argocd"
	"github.com/changebot/changebot/gitops/github"
	"github.com/changebot/changebot/gitops/manifest"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
	"github.com/changebot/changebot/notifier"
	"github.com/changebot/changebot/notifier/slack"
)

// A Server is a changebot that is ready to run.
type Server struct {
	config Config
	log    *slog.Logger

	store     *store.Store
	argo      *argocd.Client
	repos     []*repository
	road      *workflow.Road
	chat      *slack.App
	teller    notifier.Teller
	slackIn   *slack.Decoder
	slackWay  *slack.Receiver
	githubIn  github.Events
	apiWay    *api.Server
	listener  net.Listener
	refused   *refusals
	prepared  chan struct{} // closed when all mirrors are there
	manifests manifest.Files
	builders  chan struct{} // has as many places as processes may build manifests at a time

	metrics    *metrics.Metrics
	state      *readiness
	operations *operations // nil where none is configured
}

// mostBuilders is how many processes may build manifests at a time. One takes up
// to 256 MB, and as many steps as there are workers may want one.
const mostBuilders = 4

func newServer(c Config, log *slog.Logger) *Server {
	m := metrics.New()
	return &Server{config: c, log: log, metrics: m, refused: newRefusals(log, m.Refused), state: newReadiness(), prepared: make(chan struct{}),
		manifests: manifest.New(), builders: make(chan struct{}, mostBuilders)}
}

// New opens everything that a Config names. It waits for Slack and GitHub, but
// not for long.
func New(ctx context.Context, c Config, log *slog.Logger) (*Server, error) {
	s := newServer(c, log)
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context) error {
	if err := s.openOperations(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(s.config.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	key, err := signingKey(s.config.SigningKey)
	if err != nil {
		return err
	}
	if s.store, err = store.Open(ctx, store.Options{URL: s.config.Store.URL, Logger: s.log, Clock: time.Now, Owner: owner(s.config.Data)}); err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	s.state.has(lackStore)
	s.watch()
	if s.argo, err = s.openArgo(); err != nil {
		return err
	}
	dial := func(ctx context.Context) (err error) { s.chat, err = slack.Dial(ctx, s.slackConfig()); return err }
	if err := s.insist(ctx, dial); err != nil {
		return err
	}
	s.state.has(lackSlack)
	if err := s.openRepositories(ctx); err != nil {
		return err
	}
	s.wire(key)
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Listen); err != nil {
		return fmt.Errorf("listen on %s: %w", s.config.Listen, err)
	}
	return nil
}

// wire connects the road, the teller and the ways in.
func (s *Server) wire(key ed25519.PrivateKey) {
	outbox := notifier.Outbox{Chat: s.chat.Chat(), Posts: s.store, Clock: time.Now, Grace: s.config.Timing.Lag}
	deployer := argocd.Deployer{Client: s.argo, Clock: time.Now, Settle: s.config.Timing.Settle, Grace: s.config.Timing.Grace}
	var repos []*workflow.Repository
	for _, r := range s.repos {
		repos = append(repos, s.workflowRepository(r))
	}
	s.road = workflow.New(workflow.Ports{
		Store: s.store, Revisions: s.store, Leases: s.store, Journal: s.store, Observations: s.store, Timers: s.store,
		Policy: approvals.New(new(rbac.Authoriser)), Manifests: s.manifests, Deployer: deployer, Notices: notifier.Notices{Outbox: outbox, Leases: s.store}, Meter: s.metrics,
	}, workflow.Options{
		Log: s.log, SigningKey: key, Expiry: s.config.Timing.Expiry, Poll: s.config.Timing.Poll, Settle: s.config.Timing.Settle, Deadline: s.config.Timing.Deadline,
		Patience: s.config.Timing.Patience,
	}, repos...)
	s.teller = notifier.Teller{Outbox: outbox, Changes: s.store, Journal: s.store, Links: s.links, Overlaps: s.road.Overlaps, Log: s.log}
	s.slackIn = s.chat.Decoder(desk{s.road}, outbox)
	s.slackWay = s.chat.Receiver(s.store)
	s.apiWay = api.New(s.road, s.store, s.log, s.refused.from("api"))
	s.githubIn = github.Events{Desk: s.road, Bot: s.config.GitHub.Slug + "[bot]", Branches: branches(s.config.Repositories)}
}

func (s *Server) slackConfig() slack.Config {
	c := s.config.Slack
	return slack.Config{
		BotToken: c.BotToken.Reveal(), AppToken: c.AppToken.Reveal(), SigningSecret: c.SigningSecret.Reveal(),
		Team: c.Team, APIURL: c.APIURL, Log: s.log, Clock: time.Now, Timeout: s.config.Timing.Answer, Patience: s.config.Timing.Patience,
		Refused: s.refused.from("slack"), Watched: s.metrics.Slack,
		Vocabulary: func(ctx context.Context) notifier.Vocabulary {
			applications, environments := s.road.Vocabulary(ctx)
			return notifier.Vocabulary{Applications: applications, Environments: environments}
		},
	}
}

func branches(repositories []Repository) map[string]string {
	m := map[string]string{}
	for _, r := range repositories {
		m[r.Name] = r.Branch
	}
	return m
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// soon is how long Run waits for the mirrors before it lets anybody in: most are
// on disk already, or small, and nobody needs to hear of them.
const soon = 2 * time.Second

// Run works until the context ends; then it finishes what is under way.
func (s *Server) Run(ctx context.Context) error {
	handler, err := s.handler()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	mirrors := make(chan error, 1)
	go func() { mirrors <- s.prepareMirrors(ctx) }()
	select {
	case err := <-mirrors:
		if err != nil || ctx.Err() != nil {
			return err
		}
		mirrors <- nil
	case <-time.After(soon):
	}
	working, err := s.store.Work(ctx, s.handlers(), store.WorkOptions{GaveUp: s.gaveUp})
	if err != nil {
		return fmt.Errorf("start the workers: %w", err)
	}
	guard := s.guard()
	web := guard.Server(handler)
	group.Go(func() error {
		if err := web.Serve(guard.Listener(s.listener)); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve HTTP: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return s.finish(web, working)
	})
	group.Go(func() error { return <-mirrors })
	group.Go(func() error { return s.awaitPolicy(ctx) })
	if !s.config.Slack.AppToken.IsZero() {
		group.Go(func() error { return s.slackWay.Listen(ctx) })
	}
	group.Go(func() error { return s.everyPrepared(ctx, "observe", s.config.Timing.Observe, s.road.Observe) })
	group.Go(func() error { return s.everyPrepared(ctx, "reconcile", s.config.Timing.Reconcile, s.road.Reconcile) })
	group.Go(func() error { return s.every(ctx, "prune", time.Hour, s.store.Prune) })
	s.log.Info("changebot runs", "listen", s.Addr(), "store", storeName(s.config.Store.URL))
	return group.Wait()
}

// everyPrepared is every, once the mirrors are there.
func (s *Server) everyPrepared(ctx context.Context, name string, pause time.Duration, do func(context.Context) error) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.prepared:
		return s.every(ctx, name, pause, do)
	}
}

// every does something now and then, in one replica at a time.
func (s *Server) every(ctx context.Context, name string, pause time.Duration, do func(context.Context) error) error {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		lease, ok, err := s.store.Acquire(ctx, name, max(pause, time.Minute))
		if err == nil && ok {
			err = do(ctx)
			err = errors.Join(err, s.store.Release(context.WithoutCancel(ctx), lease))
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("timer", "name", name, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Close gives back what New opened. Run must have returned.
func (s *Server) Close() error {
	var all error
	for _, r := range s.repos {
		all = errors.Join(all, r.close())
	}
	if s.chat != nil {
		s.chat.Close()
	}
	if s.argo != nil {
		all = errors.Join(all, s.argo.Close())
	}
	all = errors.Join(all, s.operations.close())
	if s.store != nil {
		all = errors.Join(all, s.store.Close())
	}
	return all
}

func signingKey(s Secret) (ed25519.PrivateKey, error) {
	seed, err := base64.StdEncoding.DecodeString(s.Reveal())
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("CHANGEBOT_SIGNING_KEY must be 32 bytes in base64, e.g. from: openssl rand -base64 32")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// owner names this replica: the machine and its data folder, which belongs to
// one process at a time. After a restart it is the same, so that what the one
// before had begun is taken up at once.
func owner(data string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "changebot"
	}
	if absolute, err := filepath.Abs(data); err == nil {
		data = absolute
	}
	return host + ":" + data
}

// storeName is a store's address without user and password, for people and the
// log. What is no address of a store's may be all password, and is not shown.
func storeName(address string) string {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"sqlite", "postgres", "postgresql"}, u.Scheme) {
		return "store"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

func (s *Server) openArgo() (*argocd.Client, error) {
	c := s.config.ArgoCD
	return argocd.Open(argocd.Options{
		Server: c.Server, Token: argocd.StaticToken(c.Token.Reveal()), PlainText: c.PlainText, Insecure: c.Insecure,
		Timeout: s.config.Timing.Answer, Called: s.metrics.ArgoCD,
	})
}
