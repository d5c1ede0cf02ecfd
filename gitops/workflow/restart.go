package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
)

// aimAgain makes a Target restart with the version that it runs. What is
// written is the time of the request: the same for whoever works it out again.
func (w walk) aimAgain(ctx context.Context, a *aim, asked time.Time) error {
	if a.target.Restart.IsZero() {
		return nowhereWritten(a.target)
	}
	a.wanted, a.restarted = a.current, asked.UTC().Format(time.RFC3339)
	evidence, err := w.healthEvidence(ctx, a.target, a.current)
	a.speak(evidence)
	return err
}

// nowhereWritten refuses a restart of which it is not declared where it is written.
func nowhereWritten(t gitops.Target) error {
	return &gitops.Error{
		Code:    gitops.Invalid,
		Message: fmt.Sprintf("It is not declared where a restart of %s is written.", t.Application),
		Next: fmt.Sprintf("Add restart to its layout in %s: {file: …} with a file below %s that has the workload, for a kustomization a patch of it; or {file: …, field: …} with a value that the chart writes as an annotation of its pods.",
			CatalogFile, t.Directory),
	}
}

// restart writes that a step's Target is to restart.
func (w walk) restart(ctx context.Context, t *worktree, base string, s gitops.Step) error {
	at := s.Target.Restart
	if at.IsZero() { // it was declared when it was asked for
		return nowhereWritten(s.Target)
	}
	if _, read := t.after[at.File]; !read {
		data, err := w.repo.Git.ReadFile(ctx, base, at.File)
		if err != nil {
			return fmt.Errorf("read %s: %w", at.File, err)
		}
		t.before[at.File], t.after[at.File] = data, data
	}
	data, fields, err := w.Manifests.Restart(t.after[at.File], at, s.Restarted)
	if err != nil {
		return fmt.Errorf("restart %s in %s: %w", s.Target.TargetRef, at.File, err)
	}
	t.after[at.File] = data
	t.fields[at.File] = append(t.fields[at.File], fields...)
	return nil
}

// keepRestart lets a file that is copied keep the time at which its pods were
// last restarted here: that is this environment's own, and no difference to the
// source. Where there is none, or it cannot be written there, the file is copied
// as it is.
func (c *copying) keepRestart(target string, data, before []byte) []byte {
	at := c.step.Target.Restart
	if before == nil || at.File != target {
		return data
	}
	const another = "0" // no time, so what stands there is told
	_, fields, err := c.Manifests.Restart(before, at, another)
	if err != nil || len(fields) != 1 || fields[0].Inserted || fields[0].Old == "" {
		return data
	}
	kept, _, err := c.Manifests.Restart(data, at, fields[0].Old)
	if err != nil {
		return data
	}
	return kept
}
