package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/changebot/changebot/gitops"
)

const (
	// sqlitePoll is how often a queue looks at SQLite for jobs that another
	// process has inserted or whose time has come; a commit of this process
	// nudges the queue. PostgreSQL announces jobs; postgresPoll finds those
	// whose time has come.
	sqlitePoll   = 100 * time.Millisecond
	postgresPoll = 500 * time.Millisecond

	// rescueMargin is how long after its time a running job counts as left
	// by a process that died.
	rescueMargin = 10 * time.Second

	// cancelGrace is how long handlers that were cancelled may take to return.
	cancelGrace = 10 * time.Second

	// finishedKept is how long done jobs are kept, and so how long a second
	// one of the same name counts as a duplicate; jobs given up are kept
	// longer, to be looked at.
	finishedKept = 24 * time.Hour
	givenUpKept  = 7 * 24 * time.Hour
)

// Handlers do the jobs, by kind. A Job comes without its At. An error is tried
// again after about a second, then less and less often up to once a minute;
// one with a method RetryAfter() time.Duration is no failure but tells when to
// come back.
type Handlers map[gitops.JobKind]func(context.Context, gitops.Job) error

// WorkOptions say how jobs are worked. The zero value is good.
type WorkOptions struct {
	// MaxWorkers is how many handlers run at the same time: half of them for
	// steps, a quarter each for deliveries and for telling. Defaults to 32;
	// fewer than 4 count as 4.
	MaxWorkers int

	// Timeout ends a handler's context. Defaults to 2 minutes. A job whose
	// process died is taken up by another replica some ten seconds later.
	Timeout time.Duration

	// Attempts is how often a job is tried before it is given up. Defaults
	// to a day's worth.
	Attempts int

	// GaveUp hears of a job that failed for the last time, before it is set
	// aside; it may hear of it twice. Nil logs it only.
	GaveUp func(ctx context.Context, job gitops.Job, err error)
}

// Working is jobs being worked.
type Working struct {
	store  *Store
	engine engine
	notify func(queues []string) // nil where the database announces jobs itself
	look   *sql.Stmt             // for what is due; nil on PostgreSQL
	leave  func()                // waits no longer for a database that is away
	rest   func()                // ends the watcher and waits for it
}

// An engine is a River client for either database.
type engine interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// Work begins to work jobs, until Stop: the end of ctx does not stop it. A
// Store works once at a time.
func (s *Store) Work(ctx context.Context, handlers Handlers, o WorkOptions) (*Working, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.working != nil {
		return nil, errors.New("work jobs: this store does already")
	}
	config, err := s.config(handlers, o)
	if err != nil {
		return nil, fmt.Errorf("work jobs: %w", err)
	}
	steer := &pilot{away: s.dialect.away, patience: config.JobTimeout, leave: make(chan struct{})}
	w := &Working{store: s, leave: sync.OnceFunc(func() { close(steer.leave) })}
	watch := &watcher{store: s}
	// Before the first job runs, so that who takes it over knows whose it was.
	if err := watch.show(ctx); err != nil {
		return nil, fmt.Errorf("work jobs: %w", err)
	}
	if s.pool != nil {
		driver := piloted[pgx.Tx]{riverpgxv5.New(s.pool), steer}
		watch.adopt = adopter(driver.GetExecutor())
		w.engine, err = start[pgx.Tx](ctx, driver, config)
	} else {
		driver := piloted[*sql.Tx]{riversqlite.New(s.db), steer}
		watch.adopt = adopter(driver.GetExecutor())
		if steer.due, w.look, err = s.sqliteDue(ctx); err == nil {
			w.engine, err = start[*sql.Tx](ctx, driver, config)
		}
		w.notify = steer.nudge
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("work jobs: %w", err), w.rested())
	}
	w.watch(context.WithoutCancel(ctx), watch)
	s.working = w
	return w, nil
}

// config is River's view of the options.
func (s *Store) config(handlers Handlers, o WorkOptions) (*river.Config, error) {
	o.MaxWorkers = max(4, cmp.Or(o.MaxWorkers, 32))
	o.Timeout = cmp.Or(o.Timeout, 2*time.Minute)
	o.Attempts = cmp.Or(o.Attempts, dayOfAttempts)
	quarter := o.MaxWorkers / 4
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{handlers: handlers}); err != nil {
		return nil, err
	}
	return &river.Config{
		ID:     s.owner,
		Logger: quiet(s.log),
		Queues: map[string]river.QueueConfig{
			queueDeliveries: {MaxWorkers: quarter},
			queueSteps:      {MaxWorkers: o.MaxWorkers - 2*quarter},
			queueTelling:    {MaxWorkers: quarter},
		},
		Workers:                     workers,
		ErrorHandler:                &failures{log: s.log, attempts: o.Attempts, gaveUp: o.GaveUp},
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           s.poll,
		JobTimeout:                  o.Timeout,
		RescueStuckJobsAfter:        o.Timeout + rescueMargin,
		CompletedJobRetentionPeriod: finishedKept,
		CancelledJobRetentionPeriod: givenUpKept,
		DiscardedJobRetentionPeriod: givenUpKept,
	}, nil
}

// watch runs a watcher in the background.
func (w *Working) watch(ctx context.Context, watch *watcher) {
	ctx, cancel := context.WithCancel(ctx)
	rested := make(chan struct{})
	go func() {
		defer close(rested)
		watch.run(ctx)
	}()
	w.rest = func() { cancel(); <-rested }
}

// start takes over what this replica left when it died, and starts a client.
func start[T any](ctx context.Context, driver riverdriver.Driver[T], config *river.Config) (engine, error) {
	client, err := river.NewClient(driver, config)
	if err != nil {
		return nil, err
	}
	if err := adopt(ctx, driver.GetExecutor(), config.ID); err != nil {
		return nil, err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	return client, nil
}

// Stop takes up no more jobs and waits for running handlers. Those that have
// not returned after the grace find their context cancelled; their jobs are
// done again, by whoever works next.
func (w *Working) Stop(grace time.Duration) error {
	w.store.mu.Lock()
	w.notify = nil
	w.store.mu.Unlock()
	w.leave()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := w.engine.Stop(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		hard, cancel := context.WithTimeout(context.Background(), cancelGrace)
		defer cancel()
		err = w.engine.StopAndCancel(hard)
	}
	w.rest()
	if err := errors.Join(err, w.rested()); err != nil {
		return fmt.Errorf("stop working jobs: %w", err)
	}
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if w.store.working == w {
		w.store.working = nil
	}
	return nil
}

// rested gives back what looking for jobs took.
func (w *Working) rested() error {
	if w.look == nil {
		return nil
	}
	return w.look.Close()
}

// nudge makes the queues of this process look at the database now.
func (s *Store) nudge(jobs []gitops.Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(jobs) == 0 || s.working == nil || s.working.notify == nil {
		return
	}
	queues := make([]string, len(jobs))
	for i, j := range jobs {
		queues[i] = queueOf(j.Kind)
	}
	s.working.notify(queues)
}
