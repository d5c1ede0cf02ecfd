package approvals

import (
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// MayDecide says whether a person's decision on the Change would count: they
// are in the catalogue, they are not who asked, and a rule that matches one of
// its targets asks for a group of theirs.
func (p Policy) MayDecide(c *gitops.Catalog, change gitops.Change, person gitops.Person) gitops.Verdict {
	if c == nil {
		return noCatalogue("approvals")
	}
	if v := Known(c, person); !v.Allows() {
		return v
	}
	person, _ = c.Person(person.ID)
	j := judge{catalog: c, change: change}
	groups, deciders := j.groups()
	name := "approvals"
	if refs := change.Refs(); len(refs) > 0 {
		name = refs[0].Environment + "/approvals"
	}
	verdict := gitops.Verdict{Rule: name, Outcome: gitops.OutcomeDenied}
	switch {
	case same(person, change.Request.Requester):
		verdict.Rule = "four-eyes"
		verdict.Reason = "you asked for it, so your decision on it does not count"
		if len(deciders) > 0 {
			verdict.Next = turn(deciders, 1, "decide")
		}
	case len(groups) == 0:
		verdict.Reason = "no rule asks for a decision on it"
	case !slices.ContainsFunc(deciders, func(d gitops.Person) bool { return same(d, person) }):
		verdict.Reason = "only people of " + gitops.OrList(groups) + " decide on it"
		if len(deciders) > 0 {
			verdict.Next = turn(deciders, 1, "decide")
		}
	default:
		verdict.Outcome = gitops.OutcomeAllowed
		verdict.Reason = "is one of " + gitops.OrList(slices.DeleteFunc(groups, func(g string) bool { return !isIn(c.Group(g), person) }))
	}
	return verdict
}

// groups returns the groups that rules ask for on any target, and their
// members without the requester.
func (j judge) groups() (names []string, people []gitops.Person) {
	for _, ref := range j.change.Refs() {
		for _, r := range matching(j.catalog, ref, j.change.Request.Command.Kind) {
			for _, q := range r.Require {
				if !slices.Contains(names, q.Group) {
					names = append(names, q.Group)
					people = append(people, j.eligible(q.Group)...)
				}
			}
		}
	}
	return names, once(people)
}

// Known says whether a person is in the catalogue, and if not how they get there.
func Known(c *gitops.Catalog, p gitops.Person) gitops.Verdict {
	if _, ok := c.Person(p.ID); ok && p.ID != "" {
		return gitops.Verdict{Rule: "people", Outcome: gitops.OutcomeAllowed, Reason: "is listed under people"}
	}
	account, key := "this account", "the account's id"
	switch {
	case p.Slack != "":
		account, key = "the Slack account "+p.Slack, "slack: "+p.Slack
	case p.GitHub != "":
		account, key = "the GitHub account "+p.GitHub, "github: "+p.GitHub
	}
	return gitops.Verdict{
		Rule:    "people",
		Outcome: gitops.OutcomeDenied,
		Reason:  account + " is linked to nobody",
		Next:    fmt.Sprintf("Ask an owner of %s to add %s to you under people in .changebot.yaml.", c.Repository, key),
	}
}
