package approvals

import (
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// An Authoriser says whether somebody may do something somewhere.
type Authoriser interface {
	Authorise(c *gitops.Catalog, a gitops.Access) gitops.Verdict
}

// A Policy answers all questions that the road of a Change asks.
type Policy struct{ authoriser Authoriser }

// New returns a Policy that leaves the question who may ask to a.
func New(a Authoriser) Policy { return Policy{a} }

// Authorise says whether a person may do that there.
func (p Policy) Authorise(c *gitops.Catalog, a gitops.Access) gitops.Verdict {
	if c == nil {
		return noCatalogue("access")
	}
	return p.authoriser.Authorise(c, a)
}

// Approvals says whether a Change has the approvals that it needs: judged for
// each of its targets, by the catalogue as it is now and not as it was when
// the Change was made.
func (p Policy) Approvals(c *gitops.Catalog, change gitops.Change) gitops.Verdict {
	if c == nil {
		return noCatalogue("approvals")
	}
	j := judge{c, change, change.Standing()}
	var targets []gitops.Verdict
	for _, ref := range change.Refs() {
		targets = append(targets, j.target(ref))
	}
	verdict := all("approvals", targets...)
	if len(targets) == 0 {
		verdict.Reason = "it changes nothing"
	}
	return verdict
}

func noCatalogue(rule string) gitops.Verdict {
	return gitops.Verdict{
		Rule:    rule,
		Outcome: gitops.OutcomeDenied,
		Reason:  "there is no catalogue that could allow it",
		Next:    "Correct .changebot.yaml on the base branch.",
	}
}

// A judge looks at one Change.
type judge struct {
	catalog  *gitops.Catalog
	change   gitops.Change
	standing []gitops.Decision
}

// target judges one target of the Change.
func (j judge) target(ref gitops.TargetRef) gitops.Verdict {
	environment, place := j.catalog.Environment(ref.Environment)
	_, known := j.catalog.Target(ref.Application, ref.Environment)
	if place < 0 || !known || ref.Repository != j.catalog.Repository {
		return gitops.Verdict{
			Rule:    ref.String(),
			Outcome: gitops.OutcomeDenied,
			Reason:  fmt.Sprintf("the catalogue no longer has %s in %s", ref.Application, ref.Environment),
			Next:    "Bring it back to the tree, or cancel this change and ask anew.",
		}
	}
	return all(ref.String(), append(j.vetoes(environment), j.approvals(environment, ref))...)
}

// vetoes are the rejections that stand, each by itself enough to deny. Whose
// they are does not matter: who may decide was asked when they were made, and
// a right that was lost since makes a no no weaker. A rejection ends its Change
// before it is judged again; that nothing merges over one does not rest on that.
func (j judge) vetoes(environment gitops.Environment) []gitops.Verdict {
	var vetoes []gitops.Verdict
	for _, d := range j.standing {
		if d.Answer == gitops.Approve {
			continue
		}
		reason := nameOf(d.Person) + " rejected it"
		if d.Reason != "" {
			reason += ": “" + d.Reason + "”"
		}
		vetoes = append(vetoes, gitops.Verdict{
			Rule:    environment.Name + "/veto",
			Outcome: gitops.OutcomeDenied,
			Reason:  reason,
			Next:    "A rejection ends a change. Settle what was objected to, and ask again.",
		})
	}
	return vetoes
}

// approvals judges the rules that match a target. In an environment that none
// matches nothing is allowed, whether it is protected or not: an environment
// that is open says so with a rule.
func (j judge) approvals(environment gitops.Environment, ref gitops.TargetRef) gitops.Verdict {
	rule := environment.Name + "/approvals"
	var verdicts []gitops.Verdict
	for _, r := range matching(j.catalog, ref, j.change.Request.Command.Kind) {
		verdicts = append(verdicts, j.rule(rule+"/"+r.Name, r))
	}
	if len(verdicts) > 0 {
		return all(rule, verdicts...)
	}
	reason := fmt.Sprintf("no approval rule covers %s of %s in %s", j.change.Request.Command.Kind.Words().Noun, ref.Application, ref.Environment)
	if environment.Protected {
		reason += ", which is protected"
	}
	return gitops.Verdict{
		Rule:    rule,
		Outcome: gitops.OutcomeDenied,
		Reason:  reason,
		Next:    "Add a rule that matches to approvals in .changebot.yaml.",
	}
}
