package workflow

import (
	"context"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// render notes in a plan what its Edits do to the manifests that its Targets
// render to. It is done once for each plan, when the plan is made, and kept with
// it: the pull request's text is written more often than that. It never fails:
// what cannot be found out is said to be unknown.
func (w walk) render(ctx context.Context, change string, p *gitops.Plan) {
	p.Rendered = nil
	lifts := slices.ContainsFunc(p.Targets, func(s gitops.Step) bool { return s.OnlyLifts })
	if w.repo.Renders == nil || len(p.Edits) == 0 || lifts {
		return
	}
	files, _, err := w.edit(ctx, *p)
	if err != nil {
		w.Log.Warn("render", "change", change, "repository", w.repo.Name, "base", p.Base, "error", err)
		return
	}
	var targets []gitops.Target
	for _, s := range p.Targets {
		targets = append(targets, s.Target)
	}
	p.Rendered = w.repo.Renders.Diff(ctx, change, p.Base, files, targets)
}

// renderPushed asks Argo CD for what could not be rendered from the mirror, now
// that the plan's commit is on the forge.
func (w walk) renderPushed(ctx context.Context, c *gitops.Change) {
	var targets []gitops.Target
	var at []int
	for i, r := range c.Plan.Rendered {
		if r.Unknown != "" {
			targets, at = append(targets, c.Plan.Targets[i].Target), append(at, i)
		}
	}
	if w.repo.Renders == nil || len(targets) == 0 {
		return
	}
	c.Plan.Rendered = slices.Clone(c.Plan.Rendered)
	for n, r := range w.repo.Renders.Pushed(ctx, c.ID, c.Plan.Base, c.Proposal.HeadSHA, targets) {
		if r.Unknown != "" {
			r.Unknown = joinSentences(c.Plan.Rendered[at[n]].Unknown, r.Unknown)
		}
		c.Plan.Rendered[at[n]] = r
	}
}
