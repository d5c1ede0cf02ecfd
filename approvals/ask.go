package approvals

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// MayAsk says whether a Request may become a Change at all: for each of its
// targets the requester's right in that room, and a justification where the
// environment needs one. Of all applications one that may be asked for is enough.
func (p Policy) MayAsk(c *gitops.Catalog, q gitops.Request) gitops.Verdict {
	if c == nil {
		return noCatalogue("request")
	}
	var rights []gitops.Verdict
	for _, application := range q.Command.Applications {
		rights = append(rights, p.right(c, q, q.Command.Kind, application))
	}
	if q.Command.All {
		rights = some(rights)
	}
	return requested(c, q, rights)
}

// some are the rights of a Request for all applications: those that are given
// are enough, and the rest is left out of the plan.
func some(rights []gitops.Verdict) []gitops.Verdict {
	given := slices.DeleteFunc(slices.Clone(rights), func(v gitops.Verdict) bool { return !v.Allows() })
	if len(given) == 0 {
		return rights
	}
	return given
}

// MayStill says whether what a Change has come to may still be asked for by who
// asked: each of the Targets that it is planned for, and each Hold that it lifts
// besides, with the justification that it needs by now.
func (p Policy) MayStill(c *gitops.Catalog, change gitops.Change) gitops.Verdict {
	if c == nil {
		return noCatalogue("request")
	}
	q := change.Request
	var rights []gitops.Verdict
	for _, s := range change.Plan.Targets {
		rights = append(rights, p.right(c, q, q.Command.Kind, s.Target.Application))
		if len(s.Lifts) > 0 && q.Command.Kind != gitops.KindLift {
			rights = append(rights, p.right(c, q, gitops.KindLift, s.Target.Application))
		}
	}
	return requested(c, q, rights)
}

// right is whether who asks may do that to an application there.
func (p Policy) right(c *gitops.Catalog, q gitops.Request, action gitops.Kind, application string) gitops.Verdict {
	return p.authoriser.Authorise(c, gitops.Access{
		Person: q.Requester, Room: q.Room, Action: string(action), Application: application, Environment: q.Command.Environment,
	})
}

// requested is the verdict on a Request, of the rights that it takes.
func requested(c *gitops.Catalog, q gitops.Request, rights []gitops.Verdict) gitops.Verdict {
	if len(rights) == 0 {
		return gitops.Verdict{Rule: "request", Outcome: gitops.OutcomeDenied, Reason: "it names no application"}
	}
	if environment, _ := c.Environment(q.Command.Environment); environment.NeedsJustification {
		rights = append(rights, justification(environment, q.Command))
	}
	return gitops.All("request", rights...)
}

// justification judges whether the requester said why.
func justification(environment gitops.Environment, command gitops.Command) gitops.Verdict {
	rule := environment.Name + "/justification"
	if because := strings.TrimSpace(command.Because); because != "" {
		return gitops.Verdict{Rule: rule, Outcome: gitops.OutcomeAllowed, Reason: fmt.Sprintf("justified by “%s”", because)}
	}
	command.Because = "INC-4211"
	return gitops.Verdict{
		Rule:    rule,
		Outcome: gitops.OutcomeDenied,
		Reason:  environment.Name + " needs a justification",
		Next:    fmt.Sprintf("Say why at the end: `%s`.", command.Spoken()),
	}
}
