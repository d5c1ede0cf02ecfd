package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/changebot/changebot/gitops"
)

const (
	firstRetry = time.Second
	lastRetry  = time.Minute

	// dayOfAttempts is how often a job is tried in 24 hours: seven times in
	// the first two minutes, then once a minute.
	dayOfAttempts = 24*60 + 5
)

// backoff is how long to wait after the given number of failures: one second,
// doubling up to a minute, and up to a fifth more or less, so that what failed
// together does not come back together.
func backoff(failures int) time.Duration {
	wait := lastRetry
	if doublings := failures - 1; doublings < 6 {
		wait = firstRetry << max(0, doublings)
	}
	return wait + time.Duration((rand.Float64()-0.5)*0.4*float64(wait))
}

// A worker hands jobs to their handlers.
type worker struct {
	river.WorkerDefaults[jobArgs]
	handlers Handlers
}

// NextRetry says when a failed job is tried again.
func (*worker) NextRetry(job *river.Job[jobArgs]) time.Time {
	return time.Now().UTC().Add(backoff(len(job.Errors) + 1))
}

// Work does one job. An error that tells when to come back, and the error of a
// handler that was cut off when the process stops, do not count as failures.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	defer func() {
		if value := recover(); value != nil {
			panic(clean(fmt.Sprint(value))) // River keeps its words
		}
	}()
	handle, ok := w.handlers[job.Args.JobKind]
	if !ok {
		return fmt.Errorf("nobody here does jobs of kind %q", job.Args.JobKind)
	}
	err := handle(ctx, job.Args.job())
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return river.JobSnooze(0)
	}
	var later interface{ RetryAfter() time.Duration }
	if errors.As(err, &later) {
		return river.JobSnooze(max(0, later.RetryAfter()))
	}
	return plain{err}
}

// failures hears of every failed attempt, and gives a job up at the last.
type failures struct {
	log      *slog.Logger
	attempts int
	gaveUp   func(context.Context, gitops.Job, error)
}

// HandleError is called by River where a handler returned an error.
func (f *failures) HandleError(ctx context.Context, row *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if row.Attempt < f.attempts {
		return nil
	}
	var args jobArgs
	if broken := json.Unmarshal(row.EncodedArgs, &args); broken != nil {
		err = errors.Join(err, broken)
	}
	job := args.job()
	if f.gaveUp != nil {
		f.gaveUp(ctx, job, err)
	} else {
		f.log.ErrorContext(ctx, "a job was given up",
			"kind", job.Kind, "subject", job.Subject, "revision", job.Revision, "name", job.Name, "attempts", row.Attempt, "error", err)
	}
	return &river.ErrorHandlerResult{SetCancelled: true}
}

// HandlePanic is called by River where a handler panicked, which is an error
// like any other.
func (f *failures) HandlePanic(ctx context.Context, row *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "a job panicked", "value", value, "trace", trace)
	return f.HandleError(ctx, row, fmt.Errorf("panic: %v", value))
}
