package git

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/changebot/changebot/gitops"
)

// mostTogether is how many go in one exchange at most: who comes later waits
// for it.
const mostTogether = 100

// errTogether: the server refused what was sent as a whole, and may take a
// smaller part of it.
var errTogether = errors.New("refused as a whole")

// A line is a group commit: one exchange with the server at a time, and who
// comes while it goes on is taken along by the next, in the order in which they
// came. Half of an exchange is the server's work for there being one, however
// much it brings.
//
// What was refused as a whole is halved, down to the one that the server does
// not take. Where it is not even known what became of a batch of several,
// nobody tries it again here, but the next batches are half as large, until
// they go through: the server may have had too little time for it.
type line[T any] struct {
	// serve does what is asked for, and sets the outcome of each place. An
	// error is the outcome of all; with errTogether in its chain, it is not
	// certain to be that of fewer.
	serve func(ctx context.Context, together []*place[T]) error

	// fits says whether one more may go along with those before it; nil: always.
	fits func(together []*place[T], next T) bool

	mu      sync.Mutex
	waiting []*place[T]
	limit   int // how many go together for now
	busy    bool
	closed  bool
	work    sync.WaitGroup
}

// A place in the line. Its outcome may be read when done is closed.
type place[T any] struct {
	what T
	err  error
	done chan struct{}

	batch *batch // nil while it waits
}

// A batch is what goes on now. Nobody waits for it any more when all have left.
type batch struct {
	stop context.CancelFunc
	left int // how many still wait for it
}

func newLine[T any](serve func(context.Context, []*place[T]) error, fits func([]*place[T], T) bool) *line[T] {
	return &line[T]{serve: serve, fits: fits, limit: mostTogether}
}

// put returns when everything that is brought has its outcome. Whoever gives up
// before does not take along what others wait for: what has begun may still
// take effect.
func (l *line[T]) put(ctx context.Context, what ...T) []error {
	out := make([]error, len(what))
	places := make([]*place[T], len(what))
	for i, w := range what {
		places[i] = &place[T]{what: w, done: make(chan struct{})}
	}
	if !l.enter(places) {
		for i := range out {
			out[i] = closedError()
		}
		return out
	}
	for i, p := range places {
		select {
		case <-p.done:
			out[i] = p.err
		case <-ctx.Done():
			out[i] = l.leave(ctx, p)
		}
	}
	return out
}

func (l *line[T]) enter(places []*place[T]) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.waiting = append(l.waiting, places...)
	if !l.busy {
		l.busy = true
		l.work.Go(func() {
			for l.next() {
			}
		})
	}
	return true
}

// leave is for whoever does not want to wait any longer.
func (l *line[T]) leave(ctx context.Context, p *place[T]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-p.done:
		return p.err
	default:
	}
	if i := slices.Index(l.waiting, p); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return refuse(gitops.Unavailable, context.Cause(ctx), "", "It was given up before its turn came.")
	}
	if p.batch.left--; p.batch.left == 0 {
		p.batch.stop()
	}
	return refuse(gitops.Unavailable, context.Cause(ctx), "", "It was given up while the git server was at it.")
}

// next serves the oldest of what waits; false when nothing does.
func (l *line[T]) next() bool {
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
		l.limit = min(2*l.limit, mostTogether)
	case len(together) > 1:
		l.limit = max(1, len(together)/2)
	}
	for _, p := range together {
		close(p.done)
	}
	return true
}

func (l *line[T]) take(stop context.CancelFunc) []*place[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < min(len(l.waiting), l.limit) && (n == 0 || l.fits == nil || l.fits(l.waiting[:n], l.waiting[n].what)) {
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
func (l *line[T]) serveHalving(ctx context.Context, together []*place[T]) error {
	err := l.serve(ctx, together)
	if n := len(together); n > 1 && errors.Is(err, errTogether) {
		return errors.Join(err, l.serveHalving(ctx, together[:n/2]), l.serveHalving(ctx, together[n/2:]))
	}
	return err
}

// close lets nobody in any more, and returns when all are served.
func (l *line[T]) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.work.Wait()
}
