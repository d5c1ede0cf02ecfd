// Package effect does things outside the process at most once.
//
// An effect is an act on another system that must not be doubled and must not
// be lost: a push, a pull request, a merge, a sync, a message. [Once] writes
// the intent before the act and the outcome after it. Where it finds an intent
// without an outcome, the process that wrote it may have died on either side
// of the act, so it asks the other system before it acts again.
//
// The lease that comes with every call is the right to work on the Change. The
// journal checks it right before the act and with every write: a process that
// was only paused finds that its time is over.
package effect

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/crash"
)

// A Journal records intents and outcomes. gitops/store implements it.
type Journal interface {
	// Intend records that the act named by key is about to be done for a
	// Change, unless that stands there already, and returns what stands.
	Intend(ctx context.Context, lease gitops.Lease, intent Intent) (Record, error)

	// Holds returns until when the lease is held, which a renewal may have put
	// off; a gitops.Conflict error where it has run out or passed on.
	Holds(ctx context.Context, lease gitops.Lease) (until time.Time, err error)

	// Conclude records the outcome of an intent. A second outcome for the
	// same key is ignored.
	Conclude(ctx context.Context, lease gitops.Lease, intent Intent, outcome json.RawMessage) error
}

// An Intent names an act before it is done.
type Intent struct {
	Change string // the Change it is done for; a delivery's id where there is none
	Key    string // unique within the Change
	Text   string // one sentence for the audit trail
}

// A Record is what the journal holds of an act.
type Record struct {
	New     bool            // nothing stood there: nobody has tried before
	Age     time.Duration   // since the intent was written, by the journal's clock
	Outcome json.RawMessage // nil while it is not known
}

// An Act is one effect with a result that can be kept as JSON.
type Act[T any] struct {
	Intent

	// Ask finds out whether the act took place, and with which result.
	Ask func(context.Context) (result T, done bool, err error)

	// Lag is how long after the intent the act may still take place although
	// who asked for it is dead: until then a no to Ask does not count. It is
	// for what the other system would do twice; zero is for what it would not.
	Lag time.Duration

	// Do does it. An error leaves the outcome open: the next try asks first.
	Do func(context.Context) (T, error)
}

// Once returns the result of the act, doing it only where neither the journal
// nor the other system knows of it. Where the lease has run out it does
// nothing and returns a gitops.Conflict error.
func Once[T any](ctx context.Context, j Journal, lease gitops.Lease, a Act[T]) (T, error) {
	var result T
	record, err := j.Intend(ctx, lease, a.Intent)
	if err != nil {
		return result, fmt.Errorf("intend %s of %s: %w", a.Key, a.Change, err)
	}
	if record.Outcome != nil {
		if err := json.Unmarshal(record.Outcome, &result); err != nil {
			return result, fmt.Errorf("read the outcome of %s of %s: %w", a.Key, a.Change, err)
		}
		return result, nil
	}
	crash.Point(crash.Effect(a.Key, crash.AtIntent))
	result, err = act(ctx, j, lease, a, record)
	if err != nil {
		return result, err
	}
	crash.Point(crash.Effect(a.Key, crash.AtEffect))
	outcome, err := json.Marshal(result)
	if err != nil {
		return result, fmt.Errorf("keep the outcome of %s of %s: %w", a.Key, a.Change, err)
	}
	if err := j.Conclude(ctx, lease, a.Intent, outcome); err != nil {
		return result, fmt.Errorf("conclude %s of %s: %w", a.Key, a.Change, err)
	}
	crash.Point(crash.Effect(a.Key, crash.AtOutcome))
	return result, nil
}

// act asks where somebody may have acted before, and does it where they have not.
func act[T any](ctx context.Context, j Journal, lease gitops.Lease, a Act[T], record Record) (T, error) {
	if !record.New && a.Ask != nil {
		result, done, err := a.Ask(ctx)
		if err != nil {
			return result, fmt.Errorf("ask whether %s of %s took place: %w", a.Key, a.Change, err)
		}
		if done {
			return result, nil
		}
		if left := a.Lag - record.Age; left > 0 {
			return result, gitops.Again{After: left, Why: a.Text + " may still take place"}
		}
	}
	until, err := holds(ctx, j, lease)
	if err != nil {
		var none T
		return none, fmt.Errorf("begin %s of %s: %w", a.Key, a.Change, err)
	}
	// What is under way when the lease ends might be done a second time by who
	// holds the next one. A renewal meanwhile does not count: it may be lost.
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	return a.Do(ctx)
}

// stale is how old an answer of the journal is that is worth nothing any more:
// a process that was paused may find one that came before somebody took over.
const stale = time.Second

// holds asks the journal for the lease until the answer is a fresh one.
func holds(ctx context.Context, j Journal, lease gitops.Lease) (time.Time, error) {
	for {
		asked := time.Now()
		until, err := j.Holds(ctx, lease)
		if err != nil || time.Since(asked) < stale {
			return until, err
		}
	}
}
