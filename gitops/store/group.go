package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/changebot/changebot/gitops"
)

const (
	// mostTogether is how many deliveries one transaction takes in. The
	// writer is busy for as long, and others wait for it.
	mostTogether = 100

	// keepTime bounds such a transaction, whoever brought the deliveries has
	// hung up meanwhile or not. Slack waits three seconds, GitHub ten.
	keepTime = 10 * time.Second
)

// A group is a group commit: of those who bring deliveries at the same time,
// one writes what all have brought, in one transaction. Each would wait for the
// disk by itself otherwise, and for its turn at SQLite's one writer, which
// database/sql gives to anybody who waits, so that some would wait for long.
type group struct {
	keep func(context.Context, []*arrival) error // one transaction
	turn chan struct{}                           // full while somebody writes

	mu      sync.Mutex
	waiting []*arrival // in the order in which they came
}

func newGroup(keep func(context.Context, []*arrival) error) *group {
	return &group{keep: keep, turn: make(chan struct{}, 1)}
}

// An arrival is a delivery on its way into the inbox. What came of it may be
// read when done is closed.
type arrival struct {
	delivery gitops.Delivery
	done     chan struct{}
	isNew    bool
	err      error
}

// put returns when the delivery is stored, or will not be.
func (g *group) put(ctx context.Context, d gitops.Delivery) (isNew bool, err error) {
	a := &arrival{delivery: d, done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, a)
	g.mu.Unlock()
	select {
	case <-a.done:
	case g.turn <- struct{}{}:
		for !a.isDone() {
			g.commit(ctx)
		}
		<-g.turn
	case <-ctx.Done():
		if g.withdraw(a) {
			return false, ctx.Err()
		}
		<-a.done // somebody is writing it
	}
	return a.isNew, a.err
}

func (a *arrival) isDone() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// commit writes the oldest of what waits. It is for whoever has the turn.
func (g *group) commit(ctx context.Context) {
	g.mu.Lock()
	n := min(len(g.waiting), mostTogether)
	together := g.waiting[:n:n]
	g.waiting = slices.Clone(g.waiting[n:])
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	err := g.keep(ctx, together)
	for _, a := range together {
		a.err = err
		close(a.done)
	}
}

// withdraw takes an arrival back, unless somebody is writing it already.
func (g *group) withdraw(a *arrival) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, a)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}
