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
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// IsRollback says whether a commit's title is that of a rollback.
func IsRollback(title string) bool {
	return strings.HasPrefix(title, gitops.Capital(gitops.KindRollback.Words().Do)+" ")
}

// Title says what a Change does, in one line of at most 120 characters.
func Title(c gitops.Change) string {
	steps := c.Plan.Targets
	if len(steps) == 0 {
		return "Change " + c.ID
	}
	first, words := steps[0], c.Request.Command.Kind.Words()
	where := words.Toward + " " + first.Target.Environment
	what := fmt.Sprintf("%s %s %s: %s", gitops.Capital(c.Does()), first.Target.Application, where, brings(first))
	if len(steps) > 1 {
		what = fmt.Sprintf("%s %d applications %s", gitops.Capital(words.DoMany), len(steps), where)
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

// The trailers by which a commit tells who asked for it.
const (
	requestedBy = "Requested-by"
	changeID    = "Change-Id"
)

func requestTrailers(c gitops.Change) []trailer {
	lines := []trailer{{requestedBy, person(c.Request.Requester)}}
	if c.Request.Command.Because != "" {
		lines = append(lines, trailer{"Justification", c.Request.Command.Because})
	}
	return append(lines, trailer{changeID, c.ID})
}

// Requester returns the name of who asked for the Change that a commit was made
// for, by the trailers of its message; empty where there are none. Whoever may
// push can write them, as they can any author: it is for people to read.
func Requester(message string) string {
	var name, change string
	for line := range strings.Lines(message) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case requestedBy:
			name, _, _ = strings.Cut(value, " <")
		case changeID:
			change = value
		}
	}
	if change == "" {
		return ""
	}
	return name
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

// brings says what becomes of the version of one application.
func brings(s gitops.Step) string {
	switch {
	case s.OnlyLifts:
		return s.Lifted()
	case s.Restarted != "":
		return s.New.String()
	default:
		return fmt.Sprintf("%s → %s", cmp.Or(s.Old.String(), "nothing"), s.New)
	}
}

func oneLine(s string) string { return cut(strings.Join(strings.Fields(s), " "), 500) }

// cut shortens a text to a number of characters and shows that it did.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
