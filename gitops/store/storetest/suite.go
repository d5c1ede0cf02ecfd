// Package storetest holds gitops/store to what its callers rely on. [Run] is
// the suite; it passes on SQLite and on PostgreSQL. [SQLite] and [Postgres]
// give any test an empty database of its own.
package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
)

// Deadline is how long a test waits for what must come. It tells what never
// comes from what is slow, and nothing else: on a machine with ten times the
// work it can do, a job that is put off five times takes twenty seconds.
const Deadline = time.Minute

// Run runs the whole suite. fresh gives the address of an empty database and
// cleans up after the test.
func Run(t *testing.T, fresh func(testing.TB) string) {
	groups := []struct {
		name   string
		checks []check
	}{
		{"opening", opening()},
		{"changes", changes()},
		{"claims", claims()},
		{"leases", leases()},
		{"journal", journal()},
		{"observations", observations()},
		{"inbox", inbox()},
		{"backlog", backlog()},
		{"posts", posts()},
		{"jobs", jobs()},
		{"failing jobs", failing()},
		{"stopping", stopping()},
		{"dying", dying()},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, fresh)
			for _, c := range g.checks {
				t.Run(c.name, func(t *testing.T) { c.run(t, f) })
			}
		})
	}
}

// A check is one thing that a store holds to.
type check struct {
	name string
	run  func(*testing.T, fixture)
}

// A fixture is what the checks of a group share: two replicas on one database.
type fixture struct {
	fresh func(testing.TB) string // gives another database
	url   string
	a, b  *store.Store
	tick  *clock // theirs
}

func newFixture(t *testing.T, fresh func(testing.TB) string) fixture {
	t.Helper()
	f := fixture{fresh: fresh, url: fresh(t), tick: newClock()}
	f.a = open(t, store.Options{URL: f.url, Owner: "a", Clock: f.tick.Now})
	f.b = open(t, store.Options{URL: f.url, Owner: "b", Clock: f.tick.Now})
	return f
}

// open opens a store that is closed after the test.
func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// work works jobs until the test ends.
func work(t *testing.T, s *store.Store, h store.Handlers, o store.WorkOptions) {
	t.Helper()
	w, err := s.Work(t.Context(), h, o)
	if err != nil {
		t.Fatalf("work: %v", err)
	}
	t.Cleanup(func() {
		if err := w.Stop(Deadline); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

func enqueue(t *testing.T, s *store.Store, jobs ...gitops.Job) {
	t.Helper()
	if err := s.Enqueue(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(Deadline)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("still waiting after %s: %s", Deadline, what)
		}
	}
}

// wantCode fails unless the error has the code.
func wantCode(t *testing.T, err error, code gitops.Code) {
	t.Helper()
	if gitops.CodeOf(err) != code {
		t.Fatalf("got error %v, want code %q", err, code)
	}
}

// must returns the value where there is no error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// race runs n at the same time and waits for all of them.
func race(n int, do func(i int)) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gate
			do(i)
		})
	}
	close(gate)
	wg.Wait()
}

// A clock stands still until it is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now().UTC().Truncate(time.Millisecond)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// done keeps the jobs that were done.
type done struct {
	mu   sync.Mutex
	jobs []gitops.Job
}

func (d *done) handle(_ context.Context, job gitops.Job) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.jobs = append(d.jobs, job)
	return nil
}

func (d *done) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.jobs)
}

// first is the subject of the job that was done first.
func (d *done) first() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.jobs[0].Subject
}

func (d *done) count(subject string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, j := range d.jobs {
		if j.Subject == subject {
			n++
		}
	}
	return n
}

// newChange is a Change that nobody has stored.
func newChange(name string) gitops.Change {
	key := "test/" + name
	return gitops.Change{
		ID:    gitops.ChangeID(key, 0),
		State: gitops.StateRequested,
		Request: gitops.Request{
			Key: key, Repository: "acme/deploy", Text: fmt.Sprintf("promote %s to prod", name),
			Requester: gitops.Person{ID: "ada"},
		},
	}
}
