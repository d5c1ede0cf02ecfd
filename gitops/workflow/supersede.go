package workflow

import (
	"context"
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// supersede takes the Targets of a rollback that is merged away from the
// Changes that are still rolling out what it took back. One that has none left
// ends; the others go on with the rest.
func (w walk) supersede(ctx context.Context, by gitops.Change) error {
	if by.Request.Command.Kind != gitops.KindRollback {
		return nil
	}
	open, err := w.Store.Open(ctx, by.Request.Repository)
	if err != nil {
		return fmt.Errorf("open changes of %s: %w", by.Request.Repository, err)
	}
	for _, older := range open {
		if older.ID == by.ID || !older.State.InGit() || older.Merge.At.After(by.Merge.At) || !overlap(older, by) {
			continue
		}
		err := w.withChange(ctx, older.ID, func(ctx context.Context, lease gitops.Lease, now gitops.Change) error {
			other := w
			other.lease = lease
			return other.giveWay(ctx, now, by)
		})
		if err != nil {
			return fmt.Errorf("take its targets from %s: %w", older.ID, err)
		}
	}
	return nil
}

func overlap(a, b gitops.Change) bool {
	return slices.ContainsFunc(a.Refs(), func(r gitops.TargetRef) bool { return slices.Contains(b.Refs(), r) })
}

// giveWay stops watching the Targets that a rollback has taken.
func (w walk) giveWay(ctx context.Context, c, by gitops.Change) error {
	left := slices.DeleteFunc(c.Refs(), func(r gitops.TargetRef) bool { return slices.Contains(by.Refs(), r) })
	switch {
	case c.State.Ended():
		return nil
	case len(left) == 0:
		return w.endBy(ctx, by.Request.Requester, c, gitops.StateSuperseded, gitops.Error{
			Message: fmt.Sprintf("#%s rolls this back; its rollout is no longer watched.", by.ID),
		})
	case c.State != gitops.StateSyncing:
		return gitops.Again{After: w.Poll, Why: "change " + c.ID + " is about to be synced"}
	}
	taken := false
	for i, p := range c.Rollout {
		if p.State == gitops.StateSyncing && slices.Contains(by.Refs(), p.Target) {
			c.Rollout[i].State, c.Rollout[i].Waiting, c.Rollout[i].At = gitops.StateSuperseded, "", w.Clock()
			taken = true
		}
	}
	if !taken {
		return nil
	}
	_, err := w.write(ctx, w.lease, c, nil, gitops.Entry{
		Kind: gitops.EntryNote, Text: fmt.Sprintf("#%s rolls a part of this back; the rest is still watched", by.ID),
	})
	return err
}
