package approvals

import (
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// waitsFor begins the reason of every rule that waits for people.
const waitsFor = "waits for "

// all is gitops.All for rules about people: whoever two rules wait for is
// named once, and while it waits every reason is said, not the first only.
func all(rule string, rules ...gitops.Verdict) gitops.Verdict {
	verdict := gitops.All(rule, rules...)
	verdict.Waits = once(verdict.Waits)
	if verdict.Outcome != gitops.OutcomeWaiting {
		return verdict
	}
	var reasons, nexts []string
	for _, leaf := range waiting(verdict) {
		reason := strings.TrimPrefix(leaf.Reason, waitsFor)
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
			nexts = append(nexts, leaf.Next)
		}
	}
	verdict.Reason = waitsFor + gitops.AndList(reasons)
	verdict.Next = strings.Join(nexts, " ")
	return verdict
}

// waiting returns the rules that wait and have none below them.
func waiting(v gitops.Verdict) []gitops.Verdict {
	var leaves []gitops.Verdict
	for _, r := range v.Rules {
		if r.Outcome != gitops.OutcomeWaiting {
			continue
		}
		if len(r.Rules) == 0 {
			leaves = append(leaves, r)
		}
		leaves = append(leaves, waiting(r)...)
	}
	return leaves
}
