package workflow

import (
	"context"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// fewTargets is how many files are read one by one where the mirror, which was
// cloned again just now, does not hold a question's commit any more.
const fewTargets = 50

// standing returns what stands at the Targets at the view's tip, in their order.
// All are looked up at once, for a question may be about ten thousand.
func (r *Road) standing(ctx context.Context, v view, targets []gitops.Target) ([]Standing, error) {
	places := make([]gitops.Place, len(targets))
	for i, t := range targets {
		places[i] = t.Places[0]
	}
	all, err := v.repo.History.Now(ctx, v.tip.Commit, places)
	if gitops.CodeOf(err) == gitops.NotFound && len(targets) <= fewTargets {
		all = nil
		for _, t := range targets {
			version, err := v.repo.versionAt(ctx, r.Manifests, v.tip.Commit, t)
			all = append(all, Standing{Version: version, Found: err == nil})
		}
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("versions in %s: %w", v.repo.Name, err)
	}
	return all, nil
}

func (s Standing) text() string {
	if !s.Found {
		return "unreadable"
	}
	return s.Version.String()
}

// diff tells which Targets of an environment run another version than in
// another one. A file that cannot be read is shown as that and hides nothing.
func (r *Road) diff(ctx context.Context, known knowledge, c gitops.Command, views []view) (*gitops.Table, error) {
	table := &gitops.Table{
		Title:   fmt.Sprintf("%s against %s", c.From, c.Environment),
		Columns: []string{"application", c.From, c.Environment},
	}
	same := 0
	for _, v := range views {
		here, there := v.pairs(c.From)
		standing, err := r.standing(ctx, v, append(here, there...))
		if err != nil {
			return nil, err
		}
		name := known.namer(v.place)
		for i, t := range here {
			old, now := standing[i+len(here)], standing[i]
			if old == now && now.Found {
				same++
				continue
			}
			table.Rows = append(table.Rows, []string{name(t.Application), old.text(), now.text()})
		}
	}
	switch {
	case len(table.Rows) == 0:
		table.Notes = append(table.Notes, fmt.Sprintf("Nothing differs: all %d run the same in both.", same))
	case same > 0:
		table.Notes = append(table.Notes, fmt.Sprintf("%d more run the same in both.", same))
	}
	return table, nil
}

// pairs returns the Targets of a view that live in another environment as well,
// and beside them those that they are there.
func (v view) pairs(environment string) (here, there []gitops.Target) {
	others := map[string]gitops.Target{}
	for _, t := range v.catalog.Targets {
		if t.Environment == environment {
			others[t.Application] = t
		}
	}
	for _, t := range v.targets {
		if other, ok := others[t.Application]; ok {
			here, there = append(here, t), append(there, other)
		}
	}
	return here, there
}
