package approvals

import (
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// matching returns the rules about a target and a kind of change.
func matching(c *gitops.Catalog, ref gitops.TargetRef, kind gitops.Kind) []gitops.ApprovalRule {
	var rules []gitops.ApprovalRule
	for _, r := range c.Approvals {
		if covers(r.Applications, ref.Application) && covers(r.Environments, ref.Environment) && covers(r.Kinds, kind) {
			rules = append(rules, r)
		}
	}
	return rules
}

// covers says whether a rule's list is about something; an empty one is about
// everything.
func covers[T comparable](listed []T, one T) bool {
	return len(listed) == 0 || slices.Contains(listed, one)
}

// rule judges one rule: what it requires, or its word that it requires
// nothing. One that does neither allows nothing.
func (j judge) rule(name string, r gitops.ApprovalRule) gitops.Verdict {
	if len(r.Require) == 0 {
		if r.Auto {
			return gitops.Verdict{Rule: name, Outcome: gitops.OutcomeAllowed, Reason: "needs no approval"}
		}
		return gitops.Verdict{
			Rule:    name,
			Outcome: gitops.OutcomeDenied,
			Reason:  fmt.Sprintf("the rule %q asks for nobody's approval and does not say auto", r.Name),
			Next:    "Give it require, or auto: true, in .changebot.yaml.",
		}
	}
	verdicts := make([]gitops.Verdict, len(r.Require))
	for i, q := range r.Require {
		verdicts[i] = j.requirement(name, q)
	}
	if len(verdicts) == 1 {
		return verdicts[0]
	}
	return all(name, verdicts...)
}

// requirement counts the members of a group, as it is now, who have approved
// and are not the requester.
func (j judge) requirement(name string, q gitops.Requirement) gitops.Verdict {
	eligible := j.eligible(q.Group)
	var approved, waits []gitops.Person
	for _, m := range eligible {
		if j.approvedBy(m) {
			approved = append(approved, m)
		} else {
			waits = append(waits, m)
		}
	}
	verdict := gitops.Verdict{Rule: name, Outcome: gitops.OutcomeDenied}
	switch missing := q.Count - len(approved); {
	case q.Count < 1:
		verdict.Reason = fmt.Sprintf("a rule asks for %d approvals of %s", q.Count, q.Group)
		verdict.Next = "Ask for one or more in .changebot.yaml."
	case len(eligible) < q.Count:
		verdict.Reason = fmt.Sprintf("%d of %s must approve, and without the requester %s", q.Count, q.Group, left(len(eligible)))
		verdict.Next = "Let somebody ask who is not in " + q.Group + ", or add people to it in .changebot.yaml."
	case missing > 0:
		verdict.Outcome = gitops.OutcomeWaiting
		verdict.Reason = fmt.Sprintf("%s%d of %s", waitsFor, missing, q.Group)
		if len(approved) > 0 {
			verdict.Reason = fmt.Sprintf("%s%d more of %s", waitsFor, missing, q.Group)
		}
		verdict.Next = turn(waits, missing, "approve")
		verdict.Waits = waits
	default:
		verdict.Outcome = gitops.OutcomeAllowed
		verdict.Reason = fmt.Sprintf("approved by %s of %s", gitops.AndList(namesOf(approved)), q.Group)
	}
	return verdict
}

// left says how many there are.
func left(n int) string {
	switch n {
	case 0:
		return "there is none"
	case 1:
		return "there is only one"
	default:
		return fmt.Sprintf("there are only %d", n)
	}
}

// eligible returns the members of a group, each once, without the requester.
func (j judge) eligible(group string) []gitops.Person {
	var people []gitops.Person
	for _, m := range j.catalog.Group(group) {
		if !same(m, j.change.Request.Requester) && !slices.ContainsFunc(people, func(p gitops.Person) bool { return same(p, m) }) {
			people = append(people, m)
		}
	}
	return people
}

// approvedBy says whether a person's approval stands. The one who decided must
// not have been the requester then either, whoever bears the id now.
func (j judge) approvedBy(p gitops.Person) bool {
	return slices.ContainsFunc(j.standing, func(d gitops.Decision) bool {
		return d.Answer == gitops.Approve && d.Person.ID == p.ID && !same(d.Person, j.change.Request.Requester)
	})
}
