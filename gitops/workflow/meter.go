package workflow

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Meter hears of what the road did, for whoever watches from outside. What
// it is told is of few different values: no ids and no names.
type Meter interface {
	// Asked tells what somebody asked for, empty where that was not
	// understood, and what became of it: BecameChange, BecameAnswer,
	// BecameQuestion or a gitops.Code.
	Asked(kind gitops.Kind, became string)

	// Reached tells that a Change has entered a state.
	Reached(kind gitops.Kind, state gitops.State)

	// Stepped tells that a step was tried, how it ended and how long it took.
	// The outcome is OutcomeDone, OutcomeAgain, OutcomeCut or a gitops.Code.
	Stepped(step, outcome string, took time.Duration)
}

// How a step ends where it does not fail.
const (
	OutcomeDone  = "done"
	OutcomeAgain = "again" // what it waits for is not there yet
	OutcomeCut   = "cut"   // the process stops; the step is taken up again
)

// What becomes of what is asked, where it is not refused.
const (
	BecameChange   = "change"
	BecameAnswer   = "answer"
	BecameQuestion = "question" // something was missing in it
)

// silent is the Meter of a road that nobody watches.
type silent struct{}

func (silent) Asked(gitops.Kind, string)             {}
func (silent) Reached(gitops.Kind, gitops.State)     {}
func (silent) Stepped(string, string, time.Duration) {}

// reached tells the meter of a write that moved the Change.
func (r *Road) reached(c gitops.Change, entries []gitops.Entry) {
	if slices.ContainsFunc(entries, func(e gitops.Entry) bool { return e.Kind == gitops.EntryTransition }) {
		r.Meter.Reached(c.Request.Command.Kind, c.State)
	}
}

// timed takes a step, and tells the meter and the log how it went.
func (r *Road) timed(ctx context.Context, name string, c gitops.Change, step func(context.Context, gitops.Change) error) error {
	begun := r.Clock()
	err := step(ctx, c)
	took := r.Clock().Sub(begun)
	outcome := OutcomeOf(ctx, err)
	r.Meter.Stepped(name, outcome, took)
	log := r.Log.With("change", c.ID, "step", name, "outcome", outcome, "took", took)
	switch outcome {
	case OutcomeDone:
		log.Info("step")
	case OutcomeAgain:
		log.Debug("step", "why", err)
	default:
		log.Warn("step", "error", err)
	}
	return err
}

// OutcomeOf names how work ended, from its error: one of the Outcomes, or a
// gitops.Code.
func OutcomeOf(ctx context.Context, err error) string {
	if err == nil {
		return OutcomeDone
	}
	if _, ok := errors.AsType[gitops.Again](err); ok {
		return OutcomeAgain
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return OutcomeCut
	}
	return string(gitops.CodeOf(err))
}

// became names what an answer is.
func became(reply gitops.Reply, err error) string {
	switch {
	case err != nil:
		return string(gitops.CodeOf(err))
	case reply.Question != nil:
		return BecameQuestion
	case reply.Change != "":
		return BecameChange
	default:
		return BecameAnswer
	}
}
