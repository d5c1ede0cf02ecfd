package workflow

import (
	"context"
	"fmt"
	"maps"
	"slices"

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
// another one. A file that cannot be read is shown as that and hides nothing;
// what lives in one of the two alone is named.
func (r *Road) diff(ctx context.Context, known knowledge, c gitops.Command, views []view) (*gitops.Table, error) {
	table := &gitops.Table{
		Title:   fmt.Sprintf("%s against %s", c.From, c.Environment),
		Columns: []string{"application", c.From, c.Environment},
	}
	same, hidden := 0, 0
	var onlyHere, onlyThere []string
	for _, v := range views {
		p := v.pairs(c)
		standing, err := r.standing(ctx, v, append(slices.Clone(p.here), p.there...))
		if err != nil {
			return nil, err
		}
		name := known.namer(v.place)
		for i, t := range p.here {
			old, now := standing[i+len(p.here)], standing[i]
			if old == now && now.Found {
				same++
				continue
			}
			table.Rows = append(table.Rows, []string{name(t.Application), old.text(), now.text()})
		}
		for _, a := range p.onlyHere {
			onlyHere = append(onlyHere, name(a))
		}
		for _, a := range p.onlyThere {
			onlyThere = append(onlyThere, name(a))
		}
		hidden += p.hidden
	}
	switch {
	case len(table.Rows) == 0 && same > 0:
		table.Notes = append(table.Notes, fmt.Sprintf("Nothing differs: all %d run the same in both.", same))
	case len(table.Rows) == 0:
		table.Notes = append(table.Notes, "Nothing lives in both.")
	case same > 0:
		table.Notes = append(table.Notes, fmt.Sprintf("%d more run the same in both.", same))
	}
	table.Notes = append(table.Notes, alone(c.From, onlyThere)...)
	table.Notes = append(table.Notes, alone(c.Environment, onlyHere)...)
	if len(table.Rows) > 0 {
		table.Notes = append(table.Notes, views[0].bringing(c, table.Rows[0][0]))
	}
	if hidden > 0 {
		table.Notes = append(table.Notes, fmt.Sprintf("And %d that you may not ask about here.", hidden))
	}
	return table, nil
}

// bringing says how one application that differs gets to the later environment
// of a diff.
func (v view) bringing(c gitops.Command, application string) string {
	promote := gitops.Command{Kind: gitops.KindPromote, Applications: []string{application}, From: c.From, Environment: c.Environment}
	to, at := v.catalog.Environment(c.Environment)
	if from, first := v.catalog.Environment(c.From); first > at {
		promote.From, promote.Environment, to = c.Environment, c.From, from
	}
	if to.NeedsJustification {
		promote.Because = "INC-4211"
	}
	return "To bring one over, say: " + promote.Spoken()
}

// alone says which applications live in one environment and not in the other.
func alone(environment string, applications []string) []string {
	if len(applications) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Only in %s: %s.", environment, gitops.AndList(few(applications)))}
}

// pairs are the two sides of a diff in one repository.
type pairs struct {
	here, there         []gitops.Target // those that live in both, one beside the other
	onlyHere, onlyThere []string        // applications
	hidden              int             // of which one side is not for the person to see
}

// pairs puts the Targets of a view beside those that they are in the other
// environment.
func (v view) pairs(c gitops.Command) pairs {
	var p pairs
	others := map[string]gitops.Target{}
	for _, t := range v.others {
		others[t.Application] = t
	}
	for _, t := range v.targets {
		other, seen := others[t.Application]
		delete(others, t.Application)
		_, lives := v.catalog.Target(t.Application, c.From)
		switch {
		case seen:
			p.here, p.there = append(p.here, t), append(p.there, other)
		case lives:
			p.hidden++
		default:
			p.onlyHere = append(p.onlyHere, t.Application)
		}
	}
	for _, application := range slices.Sorted(maps.Keys(others)) {
		if _, lives := v.catalog.Target(application, c.Environment); lives {
			p.hidden++
		} else {
			p.onlyThere = append(p.onlyThere, application)
		}
	}
	return p
}
