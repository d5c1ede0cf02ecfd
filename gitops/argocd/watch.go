package argocd

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/changebot/changebot/gitops"
)

// Watch calls observe with the state of app now and whenever it changes, until
// observe returns true (Watch returns nil), ctx ends (its error), or Argo CD
// says that the application is gone or forbidden (that error). A lost
// connection is made again, with growing pauses; only when Argo CD has not
// answered for Options.GiveUp does Watch return gitops.Unavailable.
//
// It reads the state before it watches and again after that, and at intervals
// from then on, so that nothing that happened in between is missed. Calls to
// observe never overlap; no state is older than the one before it, but one may
// come twice.
func (c *Client) Watch(ctx context.Context, app App, observe func(State) (stop bool)) error {
	w := &watcher{client: c, app: app, observe: observe, answered: time.Now()}
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 15*time.Second) {
		before := w.answered
		stop, err := w.once(ctx)
		switch {
		case stop:
			return nil
		case ctx.Err() != nil:
			return problem(ctx, "watch", app, ctx.Err())
		case gitops.CodeOf(err) == gitops.NotFound, gitops.CodeOf(err) == gitops.Denied, gitops.CodeOf(err) == gitops.Invalid:
			return err
		case time.Since(w.answered) > c.opts.GiveUp:
			return err
		}
		if w.answered.After(before) {
			pause = 250 * time.Millisecond
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause + rand.N(pause/2)): // replicas must not come back in step
		}
	}
}

var errDeleted = errors.New("the application was deleted")

type watcher struct {
	client   *Client
	app      App
	observe  func(State) bool
	version  int64 // of the newest state seen
	answered time.Time
}

// once reads, watches and reads again over one connection, until it breaks.
func (w *watcher) once(ctx context.Context) (stop bool, err error) {
	if stop, err = w.read(ctx); stop || err != nil {
		return stop, err
	}
	ctx, cancel := context.WithCancel(ctx)
	events, broken := w.stream(ctx)
	defer func() { // no goroutine outlives the call
		cancel()
		for range events {
		}
	}()
	if stop, err = w.read(ctx); stop || err != nil {
		return stop, err
	}
	again := time.NewTicker(w.client.opts.Reread)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case s, ok := <-events:
			if !ok {
				return false, <-broken
			}
			if w.show(w.client.explain(ctx, s)) {
				return true, nil
			}
		case <-again.C:
			if stop, err = w.read(ctx); stop || err != nil {
				return stop, err
			}
		}
	}
}

func (w *watcher) read(ctx context.Context) (stop bool, err error) {
	s, err := w.client.Get(ctx, w.app)
	if err != nil {
		return false, err
	}
	return w.show(s), nil
}

// show drops what is older than something already shown.
func (w *watcher) show(s State) (stop bool) {
	w.answered = time.Now()
	version, err := strconv.ParseInt(s.Version, 10, 64)
	if err == nil && version < w.version {
		return false
	}
	w.version = version
	return w.observe(s)
}

// stream receives events until ctx ends or the connection breaks; then it
// closes events and leaves the reason in broken.
func (w *watcher) stream(ctx context.Context) (events <-chan State, broken <-chan error) {
	out, why := make(chan State), make(chan error, 1)
	web := w.client.at(ctx).web
	go func() {
		defer close(out)
		why <- func() error {
			conn, err := w.client.services(ctx)
			if err != nil {
				return problem(ctx, "watch", w.app, err)
			}
			stream, err := conn.apps.Watch(ctx, query(w.app))
			for err == nil {
				var e *v1alpha1.ApplicationWatchEvent
				if e, err = stream.Recv(); err != nil {
					break
				}
				if e.Type == watch.Deleted {
					return problem(ctx, "watch", w.app, errDeleted) // reading it again tells for sure
				}
				select {
				case out <- stateOf(&e.Application, web):
				case <-ctx.Done():
				}
			}
			return problem(ctx, "watch", w.app, err)
		}()
	}()
	return out, why
}
