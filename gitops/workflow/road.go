package workflow

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/crash"
	"github.com/changebot/changebot/gitops/effect"
)

// Ports are what the road needs of the outside.
type Ports struct {
	Store        Store
	Revisions    Revisions
	Leases       Leases
	Journal      Journal
	Observations Observations
	Policy       Policy
	Manifests    Manifests
	Deployer     Deployer
	Notices      Notices
	Timers       Timers
	Meter        Meter // may be nil
}

// Options are what an operator may set.
type Options struct {
	Clock      func() time.Time   // nil is time.Now
	Log        *slog.Logger       // nil is slog.Default
	SigningKey ed25519.PrivateKey // signs the block in pull request bodies
	Expiry     time.Duration      // how long a proposal waits for decisions; 0 is 7 days
	Poll       time.Duration      // how often a rollout is looked at; 0 is 5 s
	Settle     time.Duration      // health that lasts less does not count; 0 is 10 s
	Deadline   time.Duration      // how long a rollout may take before it counts as degraded; 0 is 30 min
	Patience   time.Duration      // how long another system may keep a Change waiting before people are told; 0 is 2 min
}

// A Road takes Changes from request to healthy.
type Road struct {
	Ports
	Options
	repositories []*Repository
	door         door
	sightings    sightings
	vicinities   map[string]*vicinity // by repository
}

// New makes a road over one or more repositories.
func New(p Ports, o Options, repositories ...*Repository) *Road {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Expiry = orDefault(o.Expiry, 7*24*time.Hour)
	o.Poll = orDefault(o.Poll, 5*time.Second)
	o.Settle = orDefault(o.Settle, 10*time.Second)
	o.Deadline = orDefault(o.Deadline, 30*time.Minute)
	o.Patience = orDefault(o.Patience, 2*time.Minute)
	if p.Meter == nil {
		p.Meter = silent{}
	}
	r := &Road{Ports: p, Options: o, repositories: repositories, vicinities: map[string]*vicinity{}}
	for _, repo := range repositories {
		r.vicinities[repo.Name] = &vicinity{}
	}
	return r
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}

// repository returns the one with the name; every Change's is configured, or
// the server was started with another configuration than before.
func (r *Road) repository(name string) (*Repository, error) {
	i := slices.IndexFunc(r.repositories, func(repo *Repository) bool { return repo.Name == name })
	if i < 0 {
		return nil, &gitops.Error{
			Code:    gitops.NotFound,
			Message: fmt.Sprintf("The repository %s is not served here.", name),
			Next:    "Add it to the repositories in changebot.yaml, or cancel the change.",
		}
	}
	return r.repositories[i], nil
}

// write stores a Change with its journal entries, and asks for what follows.
func (r *Road) write(ctx context.Context, lease gitops.Lease, c gitops.Change, claim []gitops.TargetRef, entries ...gitops.Entry) (gitops.Change, error) {
	return r.commit(ctx, Write{Change: c, Claim: claim, Entries: entries, Lease: lease})
}

// commit completes a Write with what every one has, and stores it: who and
// when of the entries, the next step, and messages that say what is so now.
func (r *Road) commit(ctx context.Context, w Write) (gitops.Change, error) {
	for i := range w.Entries {
		if w.Entries[i].At.IsZero() {
			w.Entries[i].At = r.Clock()
		}
		if w.Entries[i].Actor == "" {
			w.Entries[i].Actor = Self
		}
	}
	c, next := w.Change, w.Change.Revision+1
	w.Jobs = append(w.Jobs,
		gitops.Job{Kind: gitops.JobStep, Subject: c.ID, Revision: next, Name: string(c.State)},
		gitops.Job{Kind: gitops.JobTell, Subject: c.ID, Revision: next},
	)
	stored, err := r.Store.Commit(ctx, w)
	if err != nil {
		return c, err
	}
	crash.Point("written " + string(c.State))
	r.reached(stored, w.Entries)
	r.Log.Info("change", "change", c.ID, "state", c.State, "revision", stored.Revision, "reason", c.Reason)
	return stored, nil
}

// Self is the actor of what no person did.
const Self = "changebot"

// enter moves a Change to a state and returns the journal entry for it.
func (r *Road) enter(c *gitops.Change, s gitops.State, actor, text string) (gitops.Entry, error) {
	now := r.Clock()
	if err := c.Enter(s, now); err != nil {
		return gitops.Entry{}, err
	}
	return gitops.Entry{At: now, Kind: gitops.EntryTransition, Actor: actor, Text: text}, nil
}

// A Journal records effects and returns what stands. gitops/store implements it.
type Journal interface {
	effect.Journal

	// Entries returns the journal of a Change, in order.
	Entries(ctx context.Context, change string) ([]gitops.Entry, error)
}

// Notices are messages about no Change, to a room. Package notifier has them.
type Notices interface {
	// Notice posts a text once for each key.
	Notice(ctx context.Context, key, channel, text string) error
}

// Timers enqueue jobs outside a Write. gitops/store implements it; a job that
// was enqueued before is enqueued once.
type Timers interface {
	Enqueue(ctx context.Context, jobs ...gitops.Job) error
}
