package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// stepTellWait is the name of the timer job that tells people that a Change
// waits for another system.
const stepTellWait = "tell that it waits"

// tryAgain is when work that came back for the first time is taken up again,
// where the other system did not say; then the job queue's own pace holds.
const tryAgain = time.Second

// persevere takes the step that the Change's state calls for. Where another
// system does not let it be taken, the Change notes since when it waits, and
// the step is tried until it is done. The step works on a copy: what one that
// did not get through had changed by then is not so.
func (r *Road) persevere(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
	waited := c.Wait
	c.Wait = gitops.Wait{} // whatever the step writes is progress
	err := r.advance(ctx, lease, c.Clone())
	refusal, ok := asError(err)
	switch {
	case ctx.Err() != nil:
		return err
	case ok && refusal.System != "" && waited.System == "":
		return r.beginToWait(ctx, lease, c, refusal, err)
	case ok && refusal.System != "":
		return errors.Join(err, r.tellWaitLater(ctx, c, waited))
	case waited.System != "":
		return r.goOn(ctx, lease, c, err)
	default:
		return err
	}
}

// beginToWait notes that work on a Change came back, and takes it up again
// when the other system wants it.
func (r *Road) beginToWait(ctx context.Context, lease gitops.Lease, c gitops.Change, refusal *gitops.Error, cause error) error {
	now := r.Clock()
	c.Wait = gitops.Wait{System: refusal.System, Why: refusal.Message, Next: refusal.Next, Since: now}
	again := gitops.Job{
		Kind: gitops.JobStep, Subject: c.ID, Revision: c.Revision + 1, Name: string(c.State),
		At: now.Add(max(tryAgain, gitops.RetryAfter(cause))),
	}
	r.Log.Warn("change waits", "change", c.ID, "state", c.State, "system", refusal.System, "until", again.At, "error", cause)
	stored, err := r.Store.Commit(ctx, Write{Change: c, Jobs: []gitops.Job{again}, Lease: lease})
	if err != nil {
		return errors.Join(cause, err)
	}
	return r.tellWaitLater(ctx, stored, stored.Wait)
}

// tellWaitLater sets the timer that tells people, unless they have been told.
// The timer belongs to the Change as it is: any progress puts it out.
func (r *Road) tellWaitLater(ctx context.Context, c gitops.Change, w gitops.Wait) error {
	if w.Told {
		return nil
	}
	job := gitops.Job{Kind: gitops.JobStep, Subject: c.ID, Revision: c.Revision, Name: stepTellWait, At: w.Since.Add(r.Patience)}
	if err := r.Timers.Enqueue(ctx, job); err != nil {
		return fmt.Errorf("set the timer that tells of the wait of %s: %w", c.ID, err)
	}
	return nil
}

// tellWait tells in the thread, once, that a Change waits and for whom.
func (r *Road) tellWait(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
	if c.Wait.System == "" || c.Wait.Told {
		return nil
	}
	c.Wait.Told = true
	text := fmt.Sprintf("waiting for %s for %s now: %s", c.Wait.System, gitops.Lasted(r.Clock().Sub(c.Wait.Since)), c.Wait.Why)
	if c.Wait.Next != "" {
		text += " " + c.Wait.Next
	}
	_, err := r.write(ctx, lease, c, nil, gitops.Entry{Kind: gitops.EntryNote, Text: strings.TrimSpace(text) + " It goes on by itself."})
	return err
}

// goOn notes that a Change waits no longer, where the step that was taken has
// not written it.
func (r *Road) goOn(ctx context.Context, lease gitops.Lease, c gitops.Change, outcome error) error {
	if _, again := errors.AsType[gitops.Again](outcome); outcome != nil && !again {
		return outcome
	}
	now, err := r.Store.Change(ctx, c.ID)
	if err != nil || now.Revision != c.Revision {
		return errors.Join(outcome, err)
	}
	_, err = r.write(ctx, lease, c, nil)
	return err
}
