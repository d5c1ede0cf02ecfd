// Package hook delivers webhooks the way GitHub does: signed, asynchronously,
// in order per repository, each at most once unless asked to redeliver, with a
// log of every attempt. It can be told to drop, double, delay and reorder them
// (package fault), because the network does all four.
package hook

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/changebot/changebot/test/githubtest/fault"
)

// timeout is how long GitHub waits for an answer.
const timeout = 10 * time.Second

// Delivery is one webhook and what became of it.
type Delivery struct {
	ID       string // X-GitHub-Delivery; redeliveries keep it
	Event    string // pull_request, push, …
	Action   string // opened, …; empty for events without actions
	Repo     string // owner/name; empty for events of an installation
	Payload  []byte
	At       time.Time // when it was made
	Fault    fault.Kind
	Attempts []Attempt
}

// Delivered tells whether some attempt was answered with 2xx.
func (d Delivery) Delivered() bool {
	return slices.ContainsFunc(d.Attempts, func(a Attempt) bool { return a.Status/100 == 2 })
}

// Attempt is one try to deliver.
type Attempt struct {
	At         time.Time
	Status     int    // 0 where no answer came
	Err        string // why not
	Redelivery bool
}

// Target is where webhooks go.
type Target struct {
	URL    string // empty: nowhere; deliveries are logged all the same
	Secret string // key of X-Hub-Signature-256; empty sends no signature
	AppID  int64
}

// Queue delivers webhooks. Create it with New, end it with Close.
type Queue struct {
	clock  func() time.Time
	faults *fault.Plan
	client *http.Client
	ctx    context.Context // of the deliveries under way; ends with Close
	stop   context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	random  *rand.Rand
	target  Target
	log     []*Delivery
	waiting map[string][]*Delivery // per repository, in order
	busy    map[string]bool        // repositories whose goroutine runs
	held    map[string]*Delivery   // overtaken by the next one
	open    int                    // not yet delivered or given up
	idle    chan struct{}          // closed when open falls to 0, then renewed
	closed  bool
}

// New returns a queue without target. Its delivery ids follow from seed.
func New(clock func() time.Time, faults *fault.Plan, seed uint64) *Queue {
	ctx, stop := context.WithCancel(context.Background())
	return &Queue{
		clock: clock, faults: faults, ctx: ctx, stop: stop,
		client:  &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}},
		random:  rand.New(rand.NewPCG(seed, 0x686f6f6b)),
		waiting: map[string][]*Delivery{}, busy: map[string]bool{}, held: map[string]*Delivery{},
		idle: make(chan struct{}),
	}
}

// SetTimeout says how long is waited for an answer, GitHub's ten seconds if 0. It
// is called before anything is sent.
func (q *Queue) SetTimeout(d time.Duration) { q.client.Timeout = cmp.Or(d, timeout) }

// SetTarget directs what is sent from now on.
func (q *Queue) SetTarget(t Target) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.target = t
}

// Send queues a webhook and returns its delivery id.
func (q *Queue) Send(repo, event, action string, payload []byte) string {
	name := event
	if action != "" {
		name += "." + action
	}
	struck, _ := q.faults.Next("WEBHOOK", name, "")
	q.mu.Lock()
	defer q.mu.Unlock()
	d := &Delivery{ID: q.newID(), Event: event, Action: action, Repo: repo, Payload: payload, At: q.clock(), Fault: struck.Kind}
	q.log = append(q.log, d)
	if q.closed || q.target.URL == "" {
		return d.ID
	}
	switch struck.Kind {
	case fault.Drop:
	case fault.Delay:
		q.open++
		q.later(struck.Wait(), func() { q.attempt(d, false); q.done() })
	case fault.Reorder:
		q.open++
		if previous := q.held[repo]; previous != nil {
			q.push(previous)
		}
		q.held[repo] = d
		q.later(struck.Wait(), func() { q.release(repo, d) })
	case fault.Duplicate:
		q.open += 2
		q.push(d)
		q.push(d)
	default:
		q.open++
		q.push(d)
		if h := q.held[repo]; h != nil { // it has been overtaken now
			delete(q.held, repo)
			q.push(h)
		}
	}
	return d.ID
}

// push appends to the repository's queue. The caller holds q.mu.
func (q *Queue) push(d *Delivery) {
	q.waiting[d.Repo] = append(q.waiting[d.Repo], d)
	if !q.busy[d.Repo] {
		q.busy[d.Repo] = true
		q.work.Go(func() { q.drain(d.Repo) })
	}
}

// drain delivers what waits for one repository, then ends.
func (q *Queue) drain(repo string) {
	for {
		q.mu.Lock()
		if len(q.waiting[repo]) == 0 {
			q.busy[repo] = false
			delete(q.waiting, repo)
			q.mu.Unlock()
			return
		}
		d := q.waiting[repo][0]
		q.waiting[repo] = q.waiting[repo][1:]
		q.mu.Unlock()
		q.attempt(d, false)
		q.done()
	}
}

// release sends a held delivery that nothing overtook in time.
func (q *Queue) release(repo string, d *Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held[repo] == d {
		delete(q.held, repo)
		q.push(d)
	}
}

// later runs f after a while, or at once when the queue is closed.
func (q *Queue) later(wait time.Duration, f func()) {
	q.work.Go(func() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-q.ctx.Done():
		}
		f()
	})
}

func (q *Queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open--; q.open == 0 {
		close(q.idle)
		q.idle = make(chan struct{})
	}
}

// attempt posts once and logs what came back.
func (q *Queue) attempt(d *Delivery, again bool) {
	q.mu.Lock()
	target := q.target
	q.mu.Unlock()
	a := Attempt{At: q.clock(), Redelivery: again}
	if status, err := q.post(target, d); err != nil {
		a.Err = err.Error()
	} else {
		a.Status = status
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	d.Attempts = append(d.Attempts, a)
}

func (q *Queue) post(target Target, d *Delivery) (status int, err error) {
	req, err := request(q.ctx, target, d)
	if err != nil {
		return 0, err
	}
	resp, err := q.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }() // nothing was written
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, err
}

// Redeliver sends a logged webhook again, with its old delivery id, as the
// button on GitHub does. It returns once it is queued.
func (q *Queue) Redeliver(id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.log, func(d *Delivery) bool { return d.ID == id })
	if i < 0 || q.closed {
		return fmt.Errorf("redeliver %s: no such delivery", id)
	}
	q.open++
	d := q.log[i]
	q.work.Go(func() { q.attempt(d, true); q.done() })
	return nil
}

// Deliveries returns the log, oldest first.
func (q *Queue) Deliveries() []Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make([]Delivery, len(q.log))
	for i, d := range q.log {
		all[i] = *d
		all[i].Attempts = slices.Clone(d.Attempts)
	}
	return all
}

// Settle waits until every webhook sent so far, late ones too, has been tried.
func (q *Queue) Settle(ctx context.Context) error {
	for {
		q.mu.Lock()
		open, idle := q.open, q.idle
		q.mu.Unlock()
		if open == 0 {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return fmt.Errorf("settle webhooks, %d still open: %w", open, ctx.Err())
		}
	}
}

// Close gives up what is under way and waits for it to end.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.stop()
	q.work.Wait()
	q.client.CloseIdleConnections()
}
