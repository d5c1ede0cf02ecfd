package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
)

// sync asks Argo CD to apply the base branch to every Target. The tracked
// branch is asked for and never the merge itself: an older merge is not synced
// over a newer one, and applications with auto-sync refuse an explicit
// revision anyway.
func (w walk) sync(ctx context.Context, c gitops.Change) error {
	if err := w.supersede(ctx, c); err != nil {
		return err
	}
	c.Rollout = make([]gitops.Progress, len(c.Plan.Targets))
	for i, s := range c.Plan.Targets {
		progress, err := w.syncTarget(ctx, c, s.Target)
		if err != nil {
			return fmt.Errorf("sync %s: %w", s.Target.TargetRef, err)
		}
		c.Rollout[i] = progress
	}
	entry, err := w.enter(&c, gitops.StateSyncing, Self, "asked Argo CD to sync "+describeApps(c))
	if err != nil {
		return err
	}
	_, err = w.write(ctx, w.lease, c, nil, entry)
	return err
}

// syncLag is how late a sync may begin that a process asked for which has died
// since. Argo CD gives up what nobody waits for, but a proxy before it need not.
const syncLag = 10 * time.Second

// syncTarget begins one Target's rollout. An application that Argo CD does not
// have, or does not let changebot touch, is that Target's outcome and keeps
// none of the others from theirs.
func (w walk) syncTarget(ctx context.Context, c gitops.Change, t gitops.Target) (gitops.Progress, error) {
	progress := gitops.Progress{Target: t.TargetRef, State: gitops.StateSyncing, Waiting: "The sync is about to begin.", At: w.Clock()}
	_, err := effect.Once(ctx, w.Journal, w.lease, effect.Act[bool]{
		Intent: effect.Intent{Change: c.ID, Key: "sync/" + t.Argo.String(), Text: "sync " + t.Argo.Name},
		Ask: func(ctx context.Context) (bool, bool, error) {
			begun, err := w.Deployer.Synced(ctx, t.Argo, c.ID)
			return begun, begun, err
		},
		Do: func(ctx context.Context) (bool, error) {
			return true, w.Deployer.Sync(ctx, t.Argo, c.ID)
		},
		Lag: syncLag,
	})
	switch gitops.CodeOf(err) {
	case "":
		return progress, nil
	case gitops.NotFound, gitops.Denied, gitops.Invalid:
		progress.State, progress.Waiting = gitops.StateDegraded, ""
		progress.Failures = []gitops.Failure{{Resource: "Application/" + t.Argo.Name, Message: message(err)}}
		return progress, nil
	case gitops.Conflict:
		return progress, gitops.Again{After: w.Poll, Why: "another operation runs on " + t.Argo.Name}
	default:
		return progress, err
	}
}

func describeApps(c gitops.Change) string {
	var names []string
	for _, s := range c.Plan.Targets {
		names = append(names, s.Target.Argo.Name)
	}
	return gitops.AndList(few(names))
}

// message is an error's sentence for people.
func message(err error) string {
	if e, ok := asError(err); ok {
		return e.Message
	}
	return "It did not work; the log says why."
}
