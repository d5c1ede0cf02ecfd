package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
)

func failing() []check {
	return []check{
		{"a job that failed is tried again after about a second", triedAgain},
		{"an error that tells when to come back does not count", comeBack},
		{"a job that always fails or panics is given up aloud, and can be asked for again", givenUp},
		{"a job that nobody knows how to do is tried again", unknownKind},
	}
}

func stopping() []check {
	return []check{
		{"a handler that does not return within the grace is cut off, and its job done again", cutOff},
		{"a running handler may finish within the grace", mayFinish},
	}
}

// later is an error that tells when to come back.
type later time.Duration

func (l later) Error() string             { return "later" }
func (l later) RetryAfter() time.Duration { return time.Duration(l) }

func triedAgain(t *testing.T, f fixture) {
	var tries atomic.Int32
	begun := time.Now()
	work(t, f.a, store.Handlers{gitops.JobStep: func(context.Context, gitops.Job) error {
		if tries.Add(1) == 1 {
			return errors.New("the first time")
		}
		return nil
	}}, store.WorkOptions{})
	enqueue(t, f.a, step("unsteady"))
	until(t, "it is tried again", func() bool { return tries.Load() == 2 })
	if took := time.Since(begun); took < 700*time.Millisecond {
		t.Errorf("it was tried again after %s", took)
	}
}

func comeBack(t *testing.T, f fixture) {
	var tries atomic.Int32
	work(t, f.a, store.Handlers{gitops.JobStep: func(context.Context, gitops.Job) error {
		if tries.Add(1) < 5 {
			return fmt.Errorf("wait: %w", later(20*time.Millisecond))
		}
		return nil
	}}, store.WorkOptions{Attempts: 1})
	enqueue(t, f.a, step("snoozed"))
	until(t, "it is done", func() bool { return tries.Load() == 5 })
}

func givenUp(t *testing.T, f fixture) {
	var tries atomic.Int32
	var given done
	work(t, f.a, store.Handlers{gitops.JobStep: func(_ context.Context, j gitops.Job) error {
		tries.Add(1)
		if j.Subject == "panics" {
			panic("as tests do")
		}
		return errors.New("always")
	}}, store.WorkOptions{Attempts: 2, GaveUp: func(ctx context.Context, j gitops.Job, err error) {
		if err == nil {
			t.Error("no reason is given")
		}
		_ = given.handle(ctx, j)
	}})
	jobs := []gitops.Job{step("fails"), step("panics")}
	enqueue(t, f.a, jobs...)
	until(t, "both are given up", func() bool { return given.count("fails") == 1 && given.count("panics") == 1 })
	if n := tries.Load(); n != 4 {
		t.Errorf("they were tried %d times, want twice each", n)
	}
	until(t, "they are tried again", func() bool {
		enqueue(t, f.a, jobs...)
		return tries.Load() > 4
	})
}

func unknownKind(t *testing.T, f fixture) {
	w, err := f.a.Work(t.Context(), store.Handlers{}, store.WorkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var log done
	enqueue(t, f.a, step("unknown"))
	if err := w.Stop(Deadline); err != nil {
		t.Fatal(err)
	}
	work(t, f.b, store.Handlers{gitops.JobStep: log.handle}, store.WorkOptions{})
	until(t, "somebody who knows it does it", func() bool { return log.count("unknown") == 1 })
}

func cutOff(t *testing.T, f fixture) {
	begun := make(chan struct{}, 1)
	w, err := f.a.Work(t.Context(), store.Handlers{gitops.JobStep: func(ctx context.Context, _ gitops.Job) error {
		select {
		case begun <- struct{}{}:
		default: // it may be taken up once more before the last look at the queue
		}
		<-ctx.Done()
		return ctx.Err()
	}}, store.WorkOptions{Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, f.a, step("stubborn"))
	<-begun
	if err := w.Stop(50 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	var log done
	work(t, f.a, store.Handlers{gitops.JobStep: log.handle}, store.WorkOptions{Attempts: 1})
	until(t, "the job is done again", func() bool { return log.count("stubborn") == 1 })
}

func mayFinish(t *testing.T, f fixture) {
	begun, release := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	w, err := f.a.Work(t.Context(), store.Handlers{gitops.JobStep: func(context.Context, gitops.Job) error {
		close(begun)
		<-release
		finished.Store(true)
		return nil
	}}, store.WorkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, f.a, step("patient"))
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- w.Stop(Deadline) }()
	close(release)
	if err := <-stopped; err != nil || !finished.Load() {
		t.Errorf("stopped with %v, finished %v", err, finished.Load())
	}
}
