package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

// stepRemind is the name of the timer job that reminds people whose turn it is.
const stepRemind = "remind"

const (
	// firstLook is when a Change that waits for people is first looked at, and
	// so how soon anybody can be reminded.
	firstLook = time.Second

	// longestRest is how long the timer sleeps at most: so late it notices
	// that the turn or the catalogue has changed.
	longestRest = 5 * time.Minute
)

// remind notes in the Change's journal who is to be reminded now; the messages
// follow from that. One timer goes with a Change until it is merged or has
// ended; it takes the lease only when somebody is due.
func (r *Road) remind(ctx context.Context, id string) error {
	c, err := r.Store.Change(ctx, id)
	if err != nil {
		return fmt.Errorf("load change %s: %w", id, err)
	}
	due, rest, err := r.due(ctx, c)
	if err != nil {
		return err
	}
	if len(due) > 0 {
		if err := r.withChange(ctx, id, r.remindNow); err != nil {
			return err
		}
	}
	if rest == 0 {
		return nil
	}
	return gitops.Again{After: rest, Why: "nobody is to be reminded of " + id + " before"}
}

func (r *Road) remindNow(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
	due, _, err := r.due(ctx, c)
	if err != nil || len(due) == 0 {
		return err // somebody was quicker: a decision, or another replica
	}
	_, err = walk{Road: r, lease: lease}.write(ctx, lease, c, nil, turn.Reminder(due, r.Clock()))
	return err
}

// due returns who is to be reminded now, and how long the timer may rest; 0
// when nobody will have to be reminded of the Change any more.
func (r *Road) due(ctx context.Context, c gitops.Change) (due []gitops.Person, rest time.Duration, err error) {
	if c.State.Ended() || c.State.InGit() {
		return nil, 0, nil
	}
	repo, err := r.repository(c.Request.Repository)
	if err != nil {
		return nil, 0, err
	}
	catalog, err := repo.known(ctx)
	if err != nil {
		return nil, 0, err
	}
	entries, err := r.Journal.Entries(ctx, c.ID)
	if err != nil {
		return nil, 0, fmt.Errorf("journal of %s: %w", c.ID, err)
	}
	now := r.Clock()
	due, next := turn.Due(turn.Of(c), catalog, entries, now)
	rest = longestRest
	if after := catalog.Reminders.After; after > 0 {
		rest = min(rest, after)
	}
	if !next.IsZero() {
		rest = min(rest, next.Sub(now))
	}
	return due, rest, nil
}

// waitForPeople sets the timers of a Change that waits for people: one reminds
// them, one ends it when nobody answers.
func (w walk) waitForPeople(ctx context.Context, c gitops.Change) error {
	since := w.proposedAt(c)
	err := w.Timers.Enqueue(ctx,
		gitops.Job{Kind: gitops.JobStep, Subject: c.ID, Name: stepRemind, At: since.Add(firstLook)},
		gitops.Job{Kind: gitops.JobStep, Subject: c.ID, Name: stepExpire, At: since.Add(w.Expiry)},
	)
	if err != nil {
		return fmt.Errorf("set the timers of %s: %w", c.ID, err)
	}
	return nil
}
