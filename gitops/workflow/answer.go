package workflow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/changebot/changebot/gitops"
)

// answer tells how things stand: status, history or diff.
func (r *Road) answer(ctx context.Context, p place, c gitops.Command, person gitops.Person, room gitops.Room) (gitops.Reply, error) {
	if c.Kind == gitops.KindHistory && c.Environment == "" {
		c.Environment = p.catalog.Environments[len(p.catalog.Environments)-1].Name
	}
	targets, err := asked(p.catalog, c)
	if err != nil {
		return gitops.Reply{}, err
	}
	targets, verdict := r.visible(p.catalog, targets, c, person, room)
	if len(targets) == 0 {
		return gitops.Reply{}, &gitops.Error{Code: gitops.Denied, Message: sentenceOf(verdict.Reason), Next: verdict.Next}
	}
	var table *gitops.Table
	switch c.Kind {
	case gitops.KindHistory:
		table, err = r.history(ctx, p, targets[0])
	case gitops.KindDiff:
		table, err = r.diff(ctx, p, c, targets)
	default:
		table, err = r.status(ctx, p, targets)
	}
	if err == nil && p.tip.Broken != nil {
		table.Notes = append(table.Notes, fmt.Sprintf("%s on %s is broken; this is by the last good one.", CatalogFile, p.repo.Branch))
	}
	return gitops.Reply{Table: table}, err
}

// asked returns the Targets that a question is about.
func asked(c *gitops.Catalog, q gitops.Command) ([]gitops.Target, error) {
	var targets []gitops.Target
	for _, t := range c.Targets {
		application := len(q.Applications) == 0 || slices.Contains(q.Applications, t.Application)
		environment := q.Environment == "" || t.Environment == q.Environment
		if application && environment {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		return nil, noTarget(c, gitops.AndList(q.Applications), q.Environment)
	}
	return targets, nil
}

// visible keeps the Targets that the person may ask about there, and returns
// the last refusal.
func (r *Road) visible(c *gitops.Catalog, targets []gitops.Target, q gitops.Command, person gitops.Person, room gitops.Room) ([]gitops.Target, gitops.Verdict) {
	var refusal gitops.Verdict
	may := slices.DeleteFunc(slices.Clone(targets), func(t gitops.Target) bool {
		v := r.Policy.Authorise(c, gitops.Access{Person: person, Room: room, Action: string(q.Kind), Application: t.Application, Environment: t.Environment})
		if !v.Allows() {
			refusal = v.First(v.Outcome)
		}
		return !v.Allows()
	})
	return may, refusal
}

func (r *Road) status(ctx context.Context, p place, targets []gitops.Target) (*gitops.Table, error) {
	running, err := r.Deployer.Running(ctx)
	if err != nil {
		r.Log.Warn("ask Argo CD what runs", "error", err)
	}
	table := &gitops.Table{Title: "Status", Columns: []string{"application", "environment", "version", "health", "change"}}
	for _, t := range targets {
		version, health, change := "unreadable", "unknown", ""
		if v, err := p.repo.versionAt(ctx, r.Manifests, p.tip.Commit, t); err == nil {
			version = v.String()
		}
		for _, run := range running {
			if run.is(t.Argo) {
				health = lower(run.Health)
			}
		}
		holder, held, err := r.Store.Holding(ctx, t.TargetRef)
		if err != nil {
			return nil, fmt.Errorf("open change of %s: %w", t.TargetRef, err)
		}
		if held {
			change = fmt.Sprintf("#%s %s", holder.ID, holder.State)
		}
		table.Rows = append(table.Rows, []string{t.Application, t.Environment, version, health, change})
	}
	if err != nil {
		table.Notes = append(table.Notes, "Argo CD did not answer, so health is unknown; the versions are git's.")
	}
	return table, nil
}

func (r *Road) history(ctx context.Context, p place, t gitops.Target) (*gitops.Table, error) {
	pasts, err := r.pasts(ctx, p.repo, p.tip.Commit, t, "")
	if err != nil {
		return nil, err
	}
	table := &gitops.Table{
		Title:   fmt.Sprintf("History of %s in %s", t.Application, t.Environment),
		Columns: []string{"version", "since", "by", "health here", "commit"},
	}
	if len(pasts) > 0 {
		table.Notes = append(table.Notes, fmt.Sprintf("%s runs there now.", pasts[0].Version))
	}
	for _, past := range pasts[:min(10, len(pasts))] {
		version, health := past.Version.String(), "unknown"
		switch {
		case healthy(past):
			health = "healthy for " + Duration(past.Healthy.Last.Sub(past.Healthy.First))
		case past.Observed:
			health = "never healthy"
		}
		table.Rows = append(table.Rows, []string{version, past.At.UTC().Format(time.DateTime), past.Author, health, past.Commit[:min(8, len(past.Commit))]})
	}
	if len(pasts) > 10 {
		table.Notes = append(table.Notes, fmt.Sprintf("and %d more in git", len(pasts)-10))
	}
	return table, nil
}

func (r *Road) diff(ctx context.Context, p place, c gitops.Command, targets []gitops.Target) (*gitops.Table, error) {
	table := &gitops.Table{
		Title:   fmt.Sprintf("%s against %s", c.From, c.Environment),
		Columns: []string{"application", c.From, c.Environment},
	}
	same := 0
	for _, t := range targets {
		other, ok := p.catalog.Target(t.Application, c.From)
		if !ok {
			continue
		}
		here, err := p.repo.versionAt(ctx, r.Manifests, p.tip.Commit, t)
		if err != nil {
			return nil, err
		}
		there, err := p.repo.versionAt(ctx, r.Manifests, p.tip.Commit, other)
		if err != nil {
			return nil, err
		}
		if here == there {
			same++
			continue
		}
		table.Rows = append(table.Rows, []string{t.Application, there.String(), here.String()})
	}
	switch {
	case len(table.Rows) == 0:
		table.Notes = append(table.Notes, fmt.Sprintf("Nothing differs: all %d run the same in both.", same))
	case same > 0:
		table.Notes = append(table.Notes, fmt.Sprintf("%d more run the same in both.", same))
	}
	return table, nil
}
