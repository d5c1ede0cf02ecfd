// Package pulltext writes what a Change says in git and on the forge: commit
// and merge messages with their trailers, the title, labels and body of its
// pull request, and in the body the signed block from which the Change can be
// rebuilt. It is pure.
//
// Everything that a person typed is untrusted here. In Markdown it is escaped
// so that it can neither mention anybody nor break the layout; in trailers it
// is kept to one line, so that nobody writes a trailer of their own.
package pulltext

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// rollBack begins the title of a rollback.
const rollBack = "Roll back"

// IsRollback says whether a commit's title is that of a rollback.
func IsRollback(title string) bool { return strings.HasPrefix(title, rollBack+" ") }

// Title says what a Change does, in one line of at most 120 characters.
func Title(c gitops.Change) string {
	steps := c.Plan.Targets
	if len(steps) == 0 {
		return "Change " + c.ID
	}
	environment := steps[0].Target.Environment
	var what string
	switch first := steps[0]; {
	case len(steps) > 1:
		what = fmt.Sprintf("%s %d applications %s %s", verb(c), len(steps), toward(c), environment)
	case c.Request.Command.Kind == gitops.KindRestart:
		what = fmt.Sprintf("Restart %s in %s: %s", first.Target.Application, environment, first.New)
	case c.Request.Command.Kind == gitops.KindRollback:
		what = fmt.Sprintf(rollBack+" %s in %s: %s → %s", first.Target.Application, environment, first.Old, first.New)
	default:
		what = fmt.Sprintf("%s %s to %s: %s → %s", verb(c), first.Target.Application, environment, first.Old, first.New)
	}
	if slices.ContainsFunc(steps, func(s gitops.Step) bool { return !s.Copied.IsZero() }) {
		what += ", with its files"
	}
	return cut(what, 120)
}

// CommitMessage is the message of the Change's commit: the title, and trailers
// that say who asked, why, and for which Change.
func CommitMessage(c gitops.Change) string {
	return Title(c) + "\n\n" + trailers(requestTrailers(c))
}

// MergeMessage is the body of the merge commit: the same trailers, who
// approved, and the head of the journal's chain, so that the audit trail
// cannot be rewritten unseen.
func MergeMessage(c gitops.Change, journalHead string) string {
	lines := requestTrailers(c)
	for _, d := range c.Standing() {
		if d.Answer == gitops.Approve {
			lines = append(lines, trailer{"Approved-by", person(d.Person)})
		}
	}
	if journalHead != "" {
		lines = append(lines, trailer{"Journal", journalHead})
	}
	return trailers(lines)
}

// Labels are the labels of the pull request, sorted.
func Labels(c gitops.Change) []string {
	labels := []string{"changebot", string(c.Request.Command.Kind)}
	for _, s := range c.Plan.Targets {
		labels = append(labels, "env/"+s.Target.Environment)
		if len(c.Plan.Targets) <= mostLabelled {
			labels = append(labels, "app/"+s.Target.Application)
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// mostLabelled is how many applications get a label each: GitHub takes a
// hundred labels, and people far fewer.
const mostLabelled = 20

type trailer struct{ key, value string }

func requestTrailers(c gitops.Change) []trailer {
	lines := []trailer{{"Requested-by", person(c.Request.Requester)}}
	if c.Request.Command.Because != "" {
		lines = append(lines, trailer{"Justification", c.Request.Command.Because})
	}
	return append(lines, trailer{"Change-Id", c.ID})
}

// trailers writes one line for each; a value with line breaks would be able to
// add lines of its own, so all white space becomes one space.
func trailers(lines []trailer) string {
	var b strings.Builder
	for _, t := range lines {
		fmt.Fprintf(&b, "%s: %s\n", t.key, oneLine(t.value))
	}
	return b.String()
}

// person writes "Full Name <e-mail> (slack U…, github login)".
func person(p gitops.Person) string {
	var accounts []string
	if p.Slack != "" {
		accounts = append(accounts, "slack "+p.Slack)
	}
	if p.GitHub != "" {
		accounts = append(accounts, "github "+p.GitHub)
	}
	text := fmt.Sprintf("%s <%s>", p.Name, p.Email)
	if len(accounts) > 0 {
		text += " (" + strings.Join(accounts, ", ") + ")"
	}
	return text
}

func verb(c gitops.Change) string {
	switch c.Request.Command.Kind {
	case gitops.KindRollback:
		return rollBack
	case gitops.KindRestart:
		return "Restart"
	default:
		return "Promote"
	}
}

func toward(c gitops.Change) string {
	if c.Request.Command.Kind != gitops.KindPromote {
		return "in"
	}
	return "to"
}

func oneLine(s string) string { return cut(strings.Join(strings.Fields(s), " "), 500) }

// cut shortens a text to a number of characters and shows that it did.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
