package approvals

import (
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// MayAsk says whether a Request may become a Change at all: for each of its
// targets the requester's right in that room, and a justification where the
// environment needs one.
func (p Policy) MayAsk(c *gitops.Catalog, q gitops.Request) gitops.Verdict {
	if c == nil {
		return noCatalogue("request")
	}
	var verdicts []gitops.Verdict
	for _, application := range q.Command.Applications {
		verdicts = append(verdicts, p.authoriser.Authorise(c, gitops.Access{
			Person:      q.Requester,
			Room:        q.Room,
			Action:      string(q.Command.Kind),
			Application: application,
			Environment: q.Command.Environment,
		}))
	}
	if environment, _ := c.Environment(q.Command.Environment); environment.NeedsJustification {
		verdicts = append(verdicts, justification(environment, q.Command))
	}
	verdict := gitops.All("request", verdicts...)
	if len(q.Command.Applications) == 0 {
		return gitops.Verdict{Rule: "request", Outcome: gitops.OutcomeDenied, Reason: "it names no application"}
	}
	return verdict
}

// justification judges whether the requester said why.
func justification(environment gitops.Environment, command gitops.Command) gitops.Verdict {
	rule := environment.Name + "/justification"
	if because := strings.TrimSpace(command.Because); because != "" {
		return gitops.Verdict{Rule: rule, Outcome: gitops.OutcomeAllowed, Reason: fmt.Sprintf("justified by “%s”", because)}
	}
	where := "in " + environment.Name
	if command.Kind == gitops.KindPromote {
		where = "to " + environment.Name
	}
	return gitops.Verdict{
		Rule:    rule,
		Outcome: gitops.OutcomeDenied,
		Reason:  environment.Name + " needs a justification",
		Next:    fmt.Sprintf("Say why at the end: `%s %s %s because INC-4211`.", command.Kind, strings.Join(command.Applications, " "), where),
	}
}
