package catalog

import (
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// cover warns of what the file and the tree together leave open: names of
// applications that are not there, and targets whose changes no rule covers,
// which are denied.
func cover(d *document, f *file, c *gitops.Catalog) {
	known := c.Applications()
	for i, g := range f.Access {
		d.absent(fmt.Sprintf("/access/%d/applications", i), g.Applications, known)
		d.untold(i, c.Grants[i], c.Environments)
	}
	for i, a := range f.Approvals {
		d.absent(fmt.Sprintf("/approvals/%d/applications", i), a.Applications, known)
	}
	for i, e := range c.Environments {
		pointer := fmt.Sprintf("/environments/%d", i)
		for _, kind := range gitops.Changing() {
			if open := uncovered(c, e.Name, kind); len(open) > 0 {
				d.warning(pointer, fmt.Sprintf("No approval rule covers %s in %s of %s: it is denied.", kind.Words().Noun, e.Name, list(open)), "Add a rule to approvals that matches, with require or with auto: true.")
			}
		}
		if nobody := unliftable(c, e.Name); len(nobody) > 0 {
			d.warning(pointer, fmt.Sprintf("A rollback in %s puts a version of %s on hold, and nobody may lift that.", e.Name, list(nobody)), "Add lift to may of a grant.")
		}
		if auto := automatic(c, e.Name); e.Protected && auto != "" {
			d.warning(pointer, fmt.Sprintf("%s is protected, and the approval rule %s asks for nobody's approval in it.", e.Name, quote(auto)), "Leave this environment out of the rule unless that is what you mean.")
		}
	}
}

// absent warns of applications that are named and not found.
func (d *document) absent(pointer string, named, known []string) {
	for i, name := range named {
		if name != "*" && !slices.Contains(known, name) {
			d.warning(fmt.Sprintf("%s/%d", pointer, i), "There is no application "+quote(name)+" in the tree.", instead(name, known))
		}
	}
}

// untold warns of a grant that lets people change things by API in an
// environment that has no room where that is told: there it lets nobody.
func (d *document) untold(i int, g gitops.Grant, environments []gitops.Environment) {
	at := slices.Index(g.Rooms, gitops.RoomAPI)
	if at < 0 || !overlap(g.Actions, changing()) {
		return
	}
	var quiet []string
	for _, e := range environments {
		if e.Room == "" && overlap(g.Environments, []string{e.Name}) {
			quiet = append(quiet, e.Name)
		}
	}
	if len(quiet) > 0 {
		d.warning(fmt.Sprintf("/access/%d/rooms/%d", i, at), fmt.Sprintf("By API nothing can be asked for in %s: no room is told of it.", list(quiet)),
			"Add room: and a channel's id to the environment, or leave it out of the grant.")
	}
}

// changing names the actions that change something in git.
func changing() []string {
	var names []string
	for _, k := range gitops.Changing() {
		names = append(names, string(k))
	}
	return names
}

// uncovered returns the applications of an environment for which no rule is.
// Every application is promoted and rolled back some day; other kinds are missed
// only where they can be done and somebody may ask for them.
func uncovered(c *gitops.Catalog, environment string, kind gitops.Kind) []string {
	var open []string
	for _, t := range c.Targets {
		if t.Environment != environment || !expected(c, t, kind) {
			continue
		}
		covers := func(r gitops.ApprovalRule) bool { return matches(r, t.TargetRef, kind) }
		if !slices.ContainsFunc(c.Approvals, covers) {
			open = append(open, t.Application)
		}
	}
	return open
}

// expected says whether somebody will ask for a kind of change of a target.
func expected(c *gitops.Catalog, t gitops.Target, kind gitops.Kind) bool {
	switch kind {
	case gitops.KindPromote, gitops.KindRollback:
		return true
	case gitops.KindRestart:
		return granted(c, t, kind) && !t.Restart.IsZero() // and it is known where that is written
	default:
		return granted(c, t, kind)
	}
}

// granted says whether anybody may ask for a kind of change of a target.
func granted(c *gitops.Catalog, t gitops.Target, kind gitops.Kind) bool {
	return slices.ContainsFunc(c.Grants, func(g gitops.Grant) bool {
		return overlap(g.Actions, []string{string(kind)}) &&
			overlap(g.Applications, []string{t.Application}) && overlap(g.Environments, []string{t.Environment})
	})
}

// unliftable returns the applications of an environment that can be rolled back
// and whose holds nobody may lift.
func unliftable(c *gitops.Catalog, environment string) []string {
	var stuck []string
	for _, t := range c.Targets {
		if t.Environment == environment && granted(c, t, gitops.KindRollback) && !granted(c, t, gitops.KindLift) {
			stuck = append(stuck, t.Application)
		}
	}
	return stuck
}

// automatic returns the first rule that asks for no approval in an environment.
func automatic(c *gitops.Catalog, environment string) string {
	for _, r := range c.Approvals {
		if r.Auto && (len(r.Environments) == 0 || slices.Contains(r.Environments, environment)) {
			return r.Name
		}
	}
	return ""
}
