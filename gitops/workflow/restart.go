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
		return &gitops.Error{
			Code:    gitops.Invalid,
			Message: fmt.Sprintf("Where a restart of %s is written is not declared.", a.target.Application),
			Next: fmt.Sprintf("Add restart to its layout in %s: {file: …} with a file below %s that has the workload, for a kustomization a patch of it; or {file: …, field: …} with a value that the chart makes an annotation of its pods of.",
				CatalogFile, a.target.Directory),
		}
	}
	a.wanted, a.restarted = a.current, asked.UTC().Format(time.RFC3339)
	evidence, err := w.healthEvidence(ctx, a.target, a.current)
	a.evidence = append(a.evidence, evidence)
	return err
}

// restart writes that a step's Target is to restart.
func (w walk) restart(ctx context.Context, t *worktree, base string, s gitops.Step) error {
	at := s.Target.Restart
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
