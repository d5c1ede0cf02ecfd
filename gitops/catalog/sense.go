package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// check notes what the schema cannot say of a file: names that are declared
// twice or nowhere, and accounts that belong to two people. What refers to a
// section whose form is wrong already is left alone, as it would be blamed for
// another's mistake.
func (f *file) check(d *document) {
	f.checkEnvironments(d)
	f.checkLayouts(d)
	f.checkPeople(d)
	f.checkGroups(d)
	f.checkAccess(d)
	f.checkApprovals(d)
	f.checkOwners(d)
	f.checkReminders(d)
}

func (f *file) checkEnvironments(d *document) {
	if !d.once("/environments/%d/name", f.environmentNames()) {
		d.blame("/environments") // who refers to them cannot be right
	}
}

// once notes names that stand in a list twice, and says whether none does.
func (d *document) once(pointer string, names []string) bool {
	before := len(d.problems)
	for i, name := range names {
		if first := slices.Index(names, name); name != "" && first < i {
			line := 0
			if node := d.values[fmt.Sprintf(pointer, first)]; node != nil {
				line = node.Line
			}
			d.problem(fmt.Sprintf(pointer, i), "The name "+quote(name)+" is taken.", fmt.Sprintf("Line %d has it already; choose another one.", line))
		}
	}
	return len(d.problems) == before
}

// emptyToken is the hash of no token at all, which would let everybody in.
const emptyToken = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func (f *file) checkPeople(d *document) {
	owner := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(f.People)) {
		p := f.People[id]
		pointer := "/people/" + escape(id)
		// GitHub logins have no case, so neither has the key.
		accounts := []struct{ key, value string }{
			{"slack", p.Slack}, {"github", strings.ToLower(p.GitHub)}, {"token_sha256", p.TokenSHA256},
		}
		for _, a := range accounts {
			if a.value == "" {
				continue
			}
			if first, twice := owner[a.key+a.value]; twice {
				d.problem(pointer+"/"+a.key, "This account belongs to "+quote(first)+" already.", "Every account belongs to one person, so that nobody can ask as one and approve as another.")
				continue
			}
			owner[a.key+a.value] = id
		}
		if p.TokenSHA256 == emptyToken {
			d.problem(pointer+"/token_sha256", "This is the hash of an empty token.", "Hash the token itself: printf %s \"$TOKEN\" | sha256sum")
		}
		d.checkZone(pointer+"/timezone", p.TimeZone)
		d.checkHours(pointer+"/workHours", p.WorkHours)
	}
}

func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}

func (f *file) checkGroups(d *document) {
	for _, name := range slices.Sorted(maps.Keys(f.Groups)) {
		pointer := "/groups/" + escape(name)
		if _, both := f.People[name]; both {
			d.problem(pointer, quote(name)+" is a person too.", "Give the group another name, so that a grant means one of them.")
		}
		d.known(pointer, f.Groups[name], slices.Sorted(maps.Keys(f.People)), "a person", "people")
	}
}

func (f *file) checkAccess(d *document) {
	subjects := slices.Sorted(maps.Keys(f.People))
	subjects = append(subjects, slices.Sorted(maps.Keys(f.Groups))...)
	var taken []string
	for i, g := range f.Access {
		taken = append(taken, g.Name)
		pointer := fmt.Sprintf("/access/%d", i)
		d.known(pointer+"/who", g.Who, subjects, "a person or a group", "people", "groups")
		d.known(pointer+"/environments", g.Environments, f.environmentNames(), "an environment", "environments")
		for _, key := range []struct {
			name  string
			words []string
		}{{"who", g.Who}, {"may", g.May}, {"applications", g.Applications}, {"environments", g.Environments}} {
			d.allAlone(pointer+"/"+key.name, key.words)
		}
	}
	d.once("/access/%d/name", taken)
}

// known notes names of a list that are declared in none of the sections.
func (d *document) known(pointer string, names, declared []string, what string, sections ...string) {
	if !d.sound(sections...) {
		return
	}
	for i, name := range names {
		if name != "*" && !slices.Contains(declared, name) {
			d.problem(fmt.Sprintf("%s/%d", pointer, i), quote(name)+" is not "+what+" of this file.", instead(name, declared))
		}
	}
}

// allAlone notes a list that says all and then some.
func (d *document) allAlone(pointer string, names []string) {
	if len(names) > 1 && slices.Contains(names, "*") {
		d.problem(pointer, "\"*\" says all, and others stand beside it.", "Write [\"*\"], or the names without it.")
	}
}

func (f *file) checkApprovals(d *document) {
	var taken []string
	for i, a := range f.Approvals {
		taken = append(taken, a.Name)
		pointer := fmt.Sprintf("/approvals/%d", i)
		d.known(pointer+"/environments", a.Environments, f.environmentNames(), "an environment", "environments")
		d.allAlone(pointer+"/environments", a.Environments)
		d.allAlone(pointer+"/applications", a.Applications)
		switch {
		case a.Auto && len(a.Require) > 0:
			d.problem(pointer+"/auto", "This rule asks for approvals and for none.", "Keep either require or auto: true.")
		case !a.Auto && len(a.Require) == 0:
			d.problem(pointer, "This rule asks for nobody's approval, and does not say that none is needed.", "Add require, or auto: true.")
		case a.Auto && len(a.Environments) == 0:
			d.problem(pointer, "This rule needs no approval and names no environments.", "Say in which environments: an auto rule holds only where it is written that it does.")
		}
		for j, r := range a.Require {
			f.checkRequirement(d, fmt.Sprintf("%s/require/%d", pointer, j), a, r)
		}
	}
	d.once("/approvals/%d/name", taken)
}

// checkGroup notes a requirement of a group that is not there, or is too small,
// and says whether it is sound.
func (f *file) checkGroup(d *document, pointer string, r requirement) bool {
	members, known := f.Groups[r.Group]
	switch {
	case !known:
		d.problem(pointer+"/group", quote(r.Group)+" is not a group of this file.", instead(r.Group, slices.Sorted(maps.Keys(f.Groups))))
		return false
	case r.Count > len(members):
		d.problem(pointer+"/count", fmt.Sprintf("%d must approve, and %s has %d.", r.Count, quote(r.Group), len(members)), "Add people to the group, or ask for fewer.")
		return false
	}
	return true
}

// checkOwners notes that nobody could ever let a change of the file pass.
func (f *file) checkOwners(d *document) {
	if f.Owners.Approve != nil && d.sound("groups", "owners") {
		f.checkGroup(d, "/owners/approve", *f.Owners.Approve)
	}
}

// checkRequirement notes approvals that can never be had: there are too few
// people in the group, or too few who are not those who ask.
func (f *file) checkRequirement(d *document, pointer string, a approval, r requirement) {
	if !d.sound("groups", "people", "access", "approvals") || !f.checkGroup(d, pointer, r) {
		return
	}
	if r.Count < len(f.Groups[r.Group]) {
		return
	}
	asking := f.asking(a)
	var stuck []string
	for _, id := range asking {
		if slices.Contains(f.Groups[r.Group], id) {
			stuck = append(stuck, id)
		}
	}
	switch {
	case len(stuck) == 0:
	case len(stuck) == len(asking):
		d.problem(pointer, fmt.Sprintf("All who may ask are in %s, and all %d of it must approve: nobody's request can be.", quote(r.Group), r.Count), "Add people to the group: the one who asks never counts.")
	default:
		d.warning(pointer, fmt.Sprintf("What %s may ask for here can never be approved: all %d of %s must, and the one who asks does not count.", list(stuck), r.Count, quote(r.Group)), "Add people to the group, or ask for fewer.")
	}
}

// asking returns the ids of those who may ask for something the rule is about.
func (f *file) asking(a approval) []string {
	kinds := a.Kinds
	if len(kinds) == 0 {
		kinds = changing()
	}
	var ids []string
	for _, g := range f.Access {
		if !overlap(g.May, kinds) || !overlap(g.Applications, a.Applications) || !overlap(g.Environments, a.Environments) {
			continue
		}
		for _, who := range g.Who {
			switch members, group := f.Groups[who]; {
			case who == "*":
				ids = append(ids, slices.Collect(maps.Keys(f.People))...)
			case group:
				ids = append(ids, members...)
			default:
				ids = append(ids, who)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// overlap says whether a grant's list and a rule's have something in common;
// the rule's list may be empty, which is all.
func overlap(granted, ruled []string) bool {
	if slices.Contains(granted, "*") || len(ruled) == 0 || slices.Contains(ruled, "*") {
		return true
	}
	return slices.ContainsFunc(granted, func(g string) bool { return slices.Contains(ruled, g) })
}
