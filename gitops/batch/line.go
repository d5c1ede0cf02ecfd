package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// most is how many go together at most: who comes later waits for the next
// batch.
const most = 100

var (
	// ErrTogether is for Line's serve to return: the batch was refused as a
	// whole, and a smaller part of it may be taken.
	ErrTogether = errors.New("refused as a whole")

	// ErrWaiting is in the chain of what Put returns to whoever gave up before
	// the turn came: nothing was done.
	ErrWaiting = errors.New("given up before its turn came")

	// ErrServed is in the chain of what Put returns to whoever gave up after
	// the turn had come: it may still take effect.
	ErrServed = errors.New("given up while it was being done")

	// ErrClosed is what Put returns once the line is closed: nothing was done.
	ErrClosed = errors.New("the line is closed")
)

// A Line serves one batch after the other. It is safe for concurrent use.
//
// What was refused as a whole is halved, down to the one that is not taken.
// Where it is not even known what became of a batch of several, nobody tries it
// again here, but the next batches are half as large, until they go through: too
// much may have been asked at once.
type Line[T any] struct {
	serve func(ctx context.Context, together []*Place[T]) error
	fits  func(together []*Place[T], next T) bool

	mu      sync.Mutex
	waiting []*Place[T]
	limit   int // how many go together for now
	busy    bool
	closed  bool
	work    sync.WaitGroup
}

// A Place in the line.
type Place[T any] struct {
	What T
	Err  error // the outcome, which serve sets

	done  chan struct{} // closed when it has its outcome
	batch *batch        // nil while it waits
}

// A batch is what goes on now. Nobody waits for it any more when all have left.
type batch struct {
	stop context.CancelFunc
	left int // how many still wait for it
}

// New returns a line, which needs no goroutine while nobody is in it.
//
// serve does what is asked for and sets the Err of each place. What it returns is
// about the batch as a whole: with ErrTogether in the chain, fewer are tried at
// once; any other error makes the next batches smaller. Its context ends when
// nobody waits for the batch any more.
//
// fits says whether one more may go along with those before it; nil: always.
func New[T any](serve func(context.Context, []*Place[T]) error, fits func(together []*Place[T], next T) bool) *Line[T] {
	if fits == nil {
		fits = func([]*Place[T], T) bool { return true }
	}
	return &Line[T]{serve: serve, fits: fits, limit: most}
}

// Put returns when everything that is brought has its outcome, each at its
// place in the result, or when ctx ends: then with ErrWaiting or ErrServed, and
// the context's cause. Whoever gives up does not take along what others wait
// for.
func (l *Line[T]) Put(ctx context.Context, what ...T) []error {
	out := make([]error, len(what))
	places := make([]*Place[T], len(what))
	for i, w := range what {
		places[i] = &Place[T]{What: w, done: make(chan struct{})}
	}
	if !l.enter(places) {
		for i := range out {
			out[i] = ErrClosed
		}
		return out
	}
	for i, p := range places {
		select {
		case <-p.done:
			out[i] = p.Err
		case <-ctx.Done():
			out[i] = l.leave(ctx, p)
		}
	}
	return out
}

func (l *Line[T]) enter(places []*Place[T]) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.waiting = append(l.waiting, places...)
	if !l.busy && len(l.waiting) > 0 {
		l.busy = true
		l.work.Go(func() {
			for l.next() {
			}
		})
	}
	return true
}

// leave is for whoever does not want to wait any longer.
func (l *Line[T]) leave(ctx context.Context, p *Place[T]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-p.done:
		return p.Err
	default:
	}
	if i := slices.Index(l.waiting, p); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return fmt.Errorf("%w: %w", ErrWaiting, context.Cause(ctx))
	}
	if p.batch.left--; p.batch.left == 0 {
		p.batch.stop()
	}
	return fmt.Errorf("%w: %w", ErrServed, context.Cause(ctx))
}

// next serves the oldest of what waits; false when nothing does.
func (l *Line[T]) next() bool {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	together := l.take(stop)
	if len(together) == 0 {
		return false
	}
	err := l.serveHalving(ctx, together)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.limit = min(2*l.limit, most)
	case len(together) > 1:
		l.limit = max(1, len(together)/2)
	}
	for _, p := range together {
		close(p.done)
	}
	return true
}

func (l *Line[T]) take(stop context.CancelFunc) []*Place[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < min(len(l.waiting), l.limit) && (n == 0 || l.fits(l.waiting[:n], l.waiting[n].What)) {
		n++
	}
	l.busy = n > 0
	together := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	b := &batch{stop: stop, left: n}
	for _, p := range together {
		p.batch = b
	}
	return together
}

// serveHalving gives each its outcome. The error says that some were refused
// together, or that it is not known what became of them.
func (l *Line[T]) serveHalving(ctx context.Context, together []*Place[T]) error {
	err := l.serve(ctx, together)
	if n := len(together); n > 1 && errors.Is(err, ErrTogether) {
		return errors.Join(err, l.serveHalving(ctx, together[:n/2]), l.serveHalving(ctx, together[n/2:]))
	}
	return err
}

// Waiting is how many wait for their turn.
func (l *Line[T]) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// Close lets nobody in any more, and returns when all are served.
func (l *Line[T]) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.work.Wait()
}
