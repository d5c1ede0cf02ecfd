package workflow

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
)

// watch looks how far every Target has come, and ends the Change when all have
// arrived: healthy, or degraded where one did not. It never waits by itself;
// it is called again.
func (w walk) watch(ctx context.Context, c gitops.Change) error {
	before := c.Rollout
	c.Rollout = make([]gitops.Progress, len(before))
	for i, p := range before {
		now, err := w.look(ctx, c, c.Plan.Targets[i], p)
		if err != nil {
			return fmt.Errorf("watch %s: %w", p.Target, err)
		}
		c.Rollout[i] = now
	}
	if s := overall(c.Rollout); s != gitops.StateSyncing {
		return w.arrive(ctx, c, s)
	}
	if !reflect.DeepEqual(before, c.Rollout) {
		_, err := w.write(ctx, w.lease, c, nil, warnings(before, c.Rollout)...)
		return err
	}
	return gitops.Again{After: w.Poll, Why: "the rollout goes on"}
}

// look asks how one Target is doing. What has arrived stays arrived.
func (w walk) look(ctx context.Context, c gitops.Change, s gitops.Step, before gitops.Progress) (gitops.Progress, error) {
	if before.State != gitops.StateSyncing {
		return before, nil
	}
	rollout, err := w.Deployer.Rollout(ctx, s.Target.Argo, Want{
		Change: c.ID,
		Contains: func(revision string) (bool, error) {
			if isVersion(s, revision) {
				return true, nil
			}
			return w.contains(ctx, revision, c.Merge.SHA)
		},
		Images: images(s),
		Since:  c.Merge.At,
	})
	if code := gitops.CodeOf(err); code == gitops.NotFound || code == gitops.Denied {
		rollout = Rollout{State: gitops.StateDegraded, Failures: []gitops.Failure{{Resource: "Application/" + s.Target.Argo.Name, Message: message(err)}}}
	} else if err != nil {
		return before, err
	}
	if rollout.Again {
		if err := w.syncAgain(ctx, c, s.Target); err != nil {
			return before, err
		}
	}
	now := gitops.Progress{Target: before.Target, State: rollout.State, Waiting: rollout.Waiting, Failures: rollout.Failures, At: before.At}
	if late := w.Clock().Sub(c.Merge.At) > w.Deadline; late && now.State == gitops.StateSyncing {
		waiting, err := w.waitedFor(ctx, c, rollout)
		if err != nil {
			return before, err
		}
		now.State = gitops.StateDegraded
		now.Failures = append(now.Failures, gitops.Failure{
			Resource: "Application/" + s.Target.Argo.Name,
			Message:  fmt.Sprintf("not healthy after %s. %s", gitops.Lasted(w.Deadline), waiting),
		})
	}
	if now.State != before.State {
		now.At = w.Clock()
	}
	return now, nil
}

// isVersion says whether what Argo CD has synced is the new version itself, as
// with an Application whose chart comes from elsewhere: its revision is the
// chart's version, and no commit of the repository.
func isVersion(s gitops.Step, revision string) bool {
	return revision == s.New.Tag && slices.ContainsFunc(s.Target.Places, gitops.Place.IsRevision)
}

// waitedFor says what a rollout that is late has waited for: in vain, where the
// merge was taken off the base branch again.
func (w walk) waitedFor(ctx context.Context, c gitops.Change, r Rollout) (string, error) {
	tip, err := w.repo.Git.Fetch(ctx)
	if err != nil {
		return "", fmt.Errorf("fetch %s: %w", w.repo.Name, err)
	}
	if in, err := w.contains(ctx, tip, c.Merge.SHA); err != nil || in {
		return r.Waiting, err
	}
	return fmt.Sprintf("%s was rewound by a force-push, and the merge %.8s is no longer in it.", c.Plan.Branch, c.Merge.SHA), nil
}

// syncAgain asks once more, where a sync had applied a revision from before the
// merge.
func (w walk) syncAgain(ctx context.Context, c gitops.Change, t gitops.Target) error {
	_, err := effect.Once(ctx, w.Journal, w.lease, effect.Act[bool]{
		Intent: effect.Intent{Change: c.ID, Key: fmt.Sprintf("sync/%s/%d", t.Argo, c.Revision), Text: "sync " + t.Argo.Name + " again"},
		Do: func(ctx context.Context) (bool, error) {
			return true, w.Deployer.Sync(ctx, t.Argo, c.ID)
		},
	})
	if gitops.CodeOf(err) == gitops.Conflict {
		return nil // another sync runs; it may bring the merge
	}
	return err
}

// contains says whether what Argo CD has synced holds the merge. A revision
// that the mirror has not seen yet is fetched. Where the mirror begins after
// the merge, as one does that was cloned since, the forge knows.
func (w walk) contains(ctx context.Context, revision, merge string) (bool, error) {
	if revision == merge {
		return true, nil
	}
	in, err := w.repo.Git.Contains(ctx, revision, merge)
	if gitops.CodeOf(err) != gitops.NotFound {
		return in, err
	}
	if _, err := w.repo.Git.Fetch(ctx); err != nil {
		return false, err
	}
	in, err = w.repo.Git.Contains(ctx, revision, merge)
	if gitops.CodeOf(err) != gitops.NotFound {
		return in, err
	}
	in, err = w.repo.Past.Contains(ctx, revision, merge)
	if gitops.CodeOf(err) == gitops.NotFound {
		return false, nil // it is a commit of another repository, or of a branch that is gone
	}
	return in, err
}

// arrive ends the Change.
func (w walk) arrive(ctx context.Context, c gitops.Change, s gitops.State) error {
	took := gitops.Lasted(w.Clock().Sub(c.Request.At))
	text := fmt.Sprintf("healthy, %s after the request", took)
	if s == gitops.StateDegraded {
		text = "degraded: " + failures(c.Rollout)
		c.Reason, c.Next = failures(c.Rollout), "Roll back, or mend it and promote again."
	}
	if err := w.remember(ctx, c); err != nil {
		return err
	}
	entry, err := w.enter(&c, s, Self, text)
	if err != nil {
		return err
	}
	_, err = w.write(ctx, w.lease, c, nil, entry)
	return err
}

// remember notes as observed what the road itself has seen: a Target that
// arrived was healthy for as long as it takes to settle.
func (w walk) remember(ctx context.Context, c gitops.Change) error {
	now := w.Clock()
	var seen []gitops.Observation
	for i, p := range c.Rollout {
		if p.State == gitops.StateHealthy {
			seen = append(seen, gitops.Observation{
				Target: p.Target, Version: c.Plan.Targets[i].New, Commit: c.Merge.SHA,
				Health: gitops.HealthHealthy, First: now.Add(-w.Settle), Last: now,
			})
		}
	}
	if len(seen) == 0 {
		return nil
	}
	if err := w.Observations.Record(ctx, seen...); err != nil {
		return fmt.Errorf("note the health: %w", err)
	}
	return nil
}

// overall is what several Targets come to.
func overall(rollout []gitops.Progress) gitops.State {
	all := gitops.StateHealthy
	for _, p := range rollout {
		switch p.State {
		case gitops.StateSyncing:
			return gitops.StateSyncing
		case gitops.StateDegraded:
			all = gitops.StateDegraded
		}
	}
	return all
}

// warnings are journal entries for failures that were not there before.
func warnings(before, now []gitops.Progress) []gitops.Entry {
	var entries []gitops.Entry
	for i, p := range now {
		if len(p.Failures) == 0 || reflect.DeepEqual(before[i].Failures, p.Failures) {
			continue
		}
		entries = append(entries, gitops.Entry{Kind: gitops.EntryNote, Text: "trouble: " + failures(now[i:i+1])})
	}
	return entries
}

func failures(rollout []gitops.Progress) string {
	var parts []string
	for _, p := range rollout {
		for _, f := range p.Failures {
			parts = append(parts, f.Resource+": "+f.Message)
		}
	}
	if len(parts) > 5 {
		parts = append(parts[:5], fmt.Sprintf("and %d more", len(parts)-5))
	}
	return strings.Join(parts, "; ")
}

// images are the images that must be live, where the manifests name them.
func images(s gitops.Step) []string {
	var names []string
	for _, p := range s.Target.Places {
		if p.Image != "" && !s.New.IsZero() {
			names = append(names, s.New.Of(p.Image))
		}
	}
	return names
}
