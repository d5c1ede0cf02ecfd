package workflow

import (
	"context"

	"github.com/changebot/changebot/gitops"
)

// render notes in a plan what its Edits do to the manifests that its Targets
// render to. It is done once for each plan, when the plan is made, and kept with
// it: the pull request's text is written more often than that. It never fails:
// what cannot be found out is said to be unknown.
func (w walk) render(ctx context.Context, p *gitops.Plan) {
	p.Rendered = nil
	if w.repo.Renders == nil || len(p.Edits) == 0 {
		return
	}
	files, _, err := w.edit(ctx, *p)
	if err != nil {
		w.Log.Warn("render", "repository", w.repo.Name, "base", p.Base, "error", err)
		return
	}
	var targets []gitops.Target
	for _, s := range p.Targets {
		targets = append(targets, s.Target)
	}
	p.Rendered = w.repo.Renders.Diff(ctx, p.Base, files, targets)
}
