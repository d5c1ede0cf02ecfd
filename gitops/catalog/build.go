package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// build makes the domain's catalogue of a file and its targets.
func build(f *file, repository, commit string, targets []gitops.Target) *gitops.Catalog {
	c := &gitops.Catalog{
		Repository: repository,
		Commit:     commit,
		Targets:    targets,
		Owners:     f.Owners.build(),
		Reminders:  f.reminders(),
		Rooms:      f.Rooms,
	}
	for _, e := range f.Environments {
		c.Environments = append(c.Environments, gitops.Environment{
			Name:               e.Name,
			Cluster:            e.Cluster,
			Namespace:          strings.ReplaceAll(e.Namespace, "{env}", e.Name),
			Protected:          e.Protected,
			NeedsJustification: e.Justification == "required",
			Room:               e.Room,
		})
	}
	for _, id := range slices.Sorted(maps.Keys(f.People)) {
		p := f.People[id]
		c.People = append(c.People, gitops.Person{
			ID: id, Name: p.Name, Email: p.Email, Slack: p.Slack, GitHub: p.GitHub,
			TokenSHA256: p.TokenSHA256, TimeZone: p.TimeZone, Hours: hours(p.WorkHours, p.WorkDays),
		})
	}
	for _, name := range slices.Sorted(maps.Keys(f.Groups)) {
		c.Groups = append(c.Groups, gitops.Group{Name: name, Members: f.Groups[name]})
	}
	for _, g := range f.Access {
		c.Grants = append(c.Grants, gitops.Grant{
			Name: g.Name, Subjects: g.Who, Actions: g.May,
			Applications: g.Applications, Environments: g.Environments, Rooms: g.Rooms,
		})
	}
	for _, a := range f.Approvals {
		c.Approvals = append(c.Approvals, a.rule())
	}
	return c
}

func (o owners) build() gitops.Owners {
	if o.Approve == nil {
		return gitops.Owners{Room: o.Room}
	}
	return gitops.Owners{Room: o.Room, Approve: gitops.Requirement{Group: o.Approve.Group, Count: o.Approve.Count}}
}

// rule is the domain's form of an approval, in which no list matches all.
func (a approval) rule() gitops.ApprovalRule {
	r := gitops.ApprovalRule{
		Name:         a.Name,
		Applications: unlessAll(a.Applications),
		Environments: unlessAll(a.Environments),
		Auto:         a.Auto,
	}
	for _, k := range a.Kinds {
		r.Kinds = append(r.Kinds, gitops.Kind(k))
	}
	for _, q := range a.Require {
		r.Require = append(r.Require, gitops.Requirement{Group: q.Group, Count: q.Count})
	}
	return r
}

func unlessAll(names []string) []string {
	if slices.Contains(names, "*") {
		return nil
	}
	return names
}

// matches says whether the rule is about a target and a kind of change.
func matches(r gitops.ApprovalRule, t gitops.TargetRef, k gitops.Kind) bool {
	return (len(r.Applications) == 0 || slices.Contains(r.Applications, t.Application)) &&
		(len(r.Environments) == 0 || slices.Contains(r.Environments, t.Environment)) &&
		(len(r.Kinds) == 0 || slices.Contains(r.Kinds, k))
}
