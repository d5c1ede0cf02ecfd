package notifier

import (
	"cmp"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// A telling is how a message in chat shows a kind of Change, besides the words
// that chat shares with git.
type telling struct {
	mark    string // before a Change that is under way
	arrived string // headline of one that has arrived
}

// tellingOf returns how a kind is told. In braces stand names of namesOf.
func tellingOf(k gitops.Kind) telling {
	switch k {
	case gitops.KindPromote:
		return telling{"🚢 ", "✅ {named} {is} healthy in {environment}"}
	case gitops.KindRollback:
		return telling{"↩️ ", "↩️ {applications} {is} back on {version} in {environment} and healthy"}
	case gitops.KindRestart:
		return telling{"🔄 ", "🔄 {named} {was} restarted in {environment} and {is} healthy"}
	case gitops.KindLift:
		return telling{"🔓 ", "🔓 The {hold} of {applications} in {environment} {lifted}"}
	default: // one that a newer changebot has stored
		return telling{"✏️ ", "✅ {named} {is} healthy in {environment}"}
	}
}

// degraded is the headline of a Change that was merged and did not arrive.
const degraded = "⚠️ {named} {is} not healthy in {environment}"

// tell writes a headline about a Change.
func tell(headline string, c gitops.Change) Text {
	is, was, its := "is", "was", "its earlier version"
	if len(c.Plan.Targets) > 1 {
		is, was, its = "are", "were", "their earlier versions"
	}
	hold, lifted := "hold", "is lifted"
	if c.Lifting() > 1 {
		hold, lifted = "holds", "are lifted"
	}
	names := map[string]Text{
		"applications": bold(applications(c)),
		"named":        bold(named(c)),
		"version":      bold(cmp.Or(newVersion(c), its)),
		"environment":  bold(environment(c)),
		"is":           say(is),
		"was":          say(was),
		"hold":         say(hold),
		"lifted":       say(lifted),
	}
	var t Text
	for headline != "" {
		words, rest, _ := strings.Cut(headline, "{")
		name, after, _ := strings.Cut(rest, "}")
		t, headline = line(t, say(words), names[name]), after
	}
	return t
}
