package workflow

import (
	"context"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// answer tells how things stand: status, history or diff, over all repositories
// that the question is about.
func (r *Road) answer(ctx context.Context, u Utterance, known knowledge, c gitops.Command) (gitops.Reply, error) {
	views, err := r.views(u, known, c)
	if err != nil {
		return gitops.Reply{}, err
	}
	var table *gitops.Table
	switch c.Kind {
	case gitops.KindHistory:
		views = views[:1]
		table, err = r.history(ctx, views[0].place, views[0].targets[0])
	case gitops.KindDiff:
		table, err = r.diff(ctx, known, c, views)
	default:
		table, err = r.status(ctx, known, views)
	}
	if err != nil {
		return gitops.Reply{}, err
	}
	for _, v := range views {
		if v.tip.Broken != nil {
			table.Notes = append(table.Notes, fmt.Sprintf("%s on %s of %s is broken; this is by the last good one.", CatalogFile, v.repo.Branch, v.repo.Name))
		}
	}
	if len(c.Applications) == 0 {
		for _, name := range r.unread(known) {
			table.Notes = append(table.Notes, name+" cannot be read now, so it is not shown.")
		}
	}
	return gitops.Reply{Table: table}, nil
}

func (r *Road) status(ctx context.Context, known knowledge, views []view) (*gitops.Table, error) {
	running, err := r.Deployer.Running(ctx)
	if err != nil {
		r.Log.Warn("ask Argo CD what runs", "error", err)
	}
	table := &gitops.Table{Title: "Status", Columns: []string{"application", "environment", "version", "health", "change"}}
	apps := inventoryOf(running)
	var held []string
	for _, v := range views {
		standing, err := r.standing(ctx, v, v.targets)
		if err != nil {
			return nil, err
		}
		holders, err := r.Store.Holders(ctx, v.repo.Name)
		if err != nil {
			return nil, fmt.Errorf("open changes of %s: %w", v.repo.Name, err)
		}
		name := known.namer(v.place)
		for i, t := range v.targets {
			row := statusOf(t, standing[i], apps, holders[t.TargetRef])
			table.Rows = append(table.Rows, append([]string{name(t.Application)}, row...))
			for _, h := range v.catalog.HoldsOf(t.TargetRef) {
				held = append(held, gitops.Stopped(h.String()))
			}
		}
	}
	table.Notes = append(table.Notes, few(held)...)
	if err != nil {
		table.Notes = append(table.Notes, "Argo CD did not answer, so health is unknown; the versions are git's.")
	}
	return table, nil
}

// statusOf is a row of the status, without the application.
func statusOf(t gitops.Target, s Standing, apps inventory, holder Holder) []string {
	version, health, change := s.text(), "unknown", ""
	if run, runs := apps.of(t.Argo); runs {
		health = lower(run.Health)
	}
	if holder.ID != "" {
		change = fmt.Sprintf("#%s %s", holder.ID, holder.State)
	}
	return []string{t.Environment, version, health, change}
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
			health = "healthy for " + gitops.Lasted(past.Healthy.Last.Sub(past.Healthy.First))
		case past.Observed:
			health = "never healthy"
		}
		table.Rows = append(table.Rows, []string{version, past.At.UTC().Format("2006-01-02 15:04 MST"), past.Author, health, past.Commit[:min(8, len(past.Commit))]})
	}
	if len(pasts) > 10 {
		table.Notes = append(table.Notes, fmt.Sprintf("and %d more in git", len(pasts)-10))
	}
	return table, nil
}
