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
		for _, kind := range []gitops.Kind{gitops.KindPromote, gitops.KindRollback} {
			if open := uncovered(c, e.Name, kind); len(open) > 0 {
				d.warning(pointer, fmt.Sprintf("No approval rule covers a %s in %s of %s: it is denied.", kind, e.Name, list(open)), "Add a rule to approvals that matches, with require or with auto: true.")
			}
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
	if at < 0 || !overlap(g.Actions, []string{string(gitops.KindPromote), string(gitops.KindRollback), string(gitops.KindRestart)}) {
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

// uncovered returns the applications of an environment for which no rule is.
func uncovered(c *gitops.Catalog, environment string, kind gitops.Kind) []string {
	var open []string
	for _, t := range c.Targets {
		covers := func(r gitops.ApprovalRule) bool { return matches(r, t.TargetRef, kind) }
		if t.Environment == environment && !slices.ContainsFunc(c.Approvals, covers) {
			open = append(open, t.Application)
		}
	}
	return open
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
