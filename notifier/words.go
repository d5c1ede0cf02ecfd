package notifier

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// most is how many items of a list are shown before "and N more".
const most = 10

// more says how many items of a list were left out.
func more(n int) string { return fmt.Sprintf("and %d more", n) }

// ofIt makes a reason a clause. Rules say what holds of the change, "is frozen
// until Monday", or of something else, "the catalogue is broken".
func ofIt(reason string) string {
	switch word, _, _ := strings.Cut(reason, " "); word {
	case "is", "was", "has", "had", "waits", "needs", "lacks", "must", "may", "can", "cannot", "does", "differs", "conflicts":
		return "it " + reason
	default:
		return reason
	}
}

// applications names what a Change is about.
func applications(c gitops.Change) string {
	names := slices.Clone(c.Request.Command.Applications)
	if len(c.Plan.Targets) > 0 {
		names = nil
		for _, s := range c.Plan.Targets {
			names = append(names, s.Target.Application)
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	if len(names) > 5 {
		return strings.Join(names[:4], ", ") + " " + more(len(names)-4)
	}
	return gitops.AndList(names)
}

// environment names where.
func environment(c gitops.Change) string {
	if len(c.Plan.Targets) > 0 {
		return c.Plan.Targets[0].Target.Environment
	}
	return c.Request.Command.Environment
}

// what says in a few words what was asked: "Promote checkout staging → prod".
func what(c gitops.Change) Text {
	words, toward := c.Request.Command.Kind.Words(), ""
	if from := c.Request.Command.From; from != "" {
		toward = "  " + from + " → "
	}
	return line(say(gitops.Capital(c.Does())+" "), bold(applications(c)), say(cmp.Or(toward, " "+words.Toward+" ")), bold(environment(c)))
}

// newVersion is the version that a Change brings, where it is the same everywhere.
func newVersion(c gitops.Change) string {
	if len(c.Plan.Targets) == 0 {
		return ""
	}
	v := c.Plan.Targets[0].New
	for _, s := range c.Plan.Targets {
		if s.New != v {
			return ""
		}
	}
	return v.String()
}

// versions says what each Target ran and will run.
func versions(c gitops.Change) []Text {
	steps := c.Plan.Targets
	if len(steps) == 1 {
		return []Text{line(arrow(steps[0]), brings(c, steps[0]))}
	}
	var lines []Text
	for i, s := range steps {
		if i == most {
			lines = append(lines, say(more(len(steps)-most)))
			break
		}
		lines = append(lines, line(say(s.Target.Application+"  "), arrow(s), brings(c, s)))
	}
	return lines
}

func arrow(s gitops.Step) Text {
	if s.OnlyLifts {
		return line(bold(s.Lifted()), say(" may come back"))
	}
	t := bold(s.New.String())
	if s.Restarted == "" {
		t = line(say(cmp.Or(s.Old.String(), "nothing")+" → "), t)
	}
	if besides := s.Besides(); besides != "" {
		t = line(t, say(", "+besides))
	}
	return t
}

// filesOf says what becomes of whole files: how many change and come, and
// which go. Nil where a Change is about fields alone.
func filesOf(c gitops.Change) []Text {
	var changed, added int
	var deleted []string
	for _, e := range c.Plan.Edits {
		switch e.Kind {
		case gitops.EditReplace:
			changed++
		case gitops.EditAdd:
			added++
		case gitops.EditDelete:
			deleted = append(deleted, e.Path)
		}
	}
	var parts []string
	if changed > 0 {
		parts = append(parts, fmt.Sprintf("%d changed", changed))
	}
	if added > 0 {
		parts = append(parts, fmt.Sprintf("%d new", added))
	}
	if n := len(deleted); n > 0 {
		names := strings.Join(deleted[:min(n, shownDeleted)], ", ")
		if n > shownDeleted {
			names += " " + more(n-shownDeleted)
		}
		parts = append(parts, fmt.Sprintf("%d deleted (%s)", n, names))
	}
	if len(parts) == 0 {
		return nil
	}
	return []Text{say("Whole files: " + strings.Join(parts, ", "))}
}

// overlapping warns of other open Changes that touch the same.
func overlapping(all []gitops.Overlap) []Text {
	const shown = 3
	var lines []Text
	for i, o := range all {
		if i == shown {
			lines = append(lines, say(more(len(all)-shown)))
			break
		}
		lines = append(lines, line(say("⚠️ Overlaps with "), link("#"+o.Change, o.URL), say(": "+o.What)))
	}
	return lines
}

// shownDeleted is how many deleted files are named.
const shownDeleted = 5

// brings says how much a step includes, as a further part of a line.
func brings(c gitops.Change, s gitops.Step) Text {
	for _, in := range c.Plan.Included {
		if summary := in.Summary(); in.Application == s.Target.Application && summary != "" {
			return line(say("  ·  "), link(summary, in.URL))
		}
	}
	return nil
}

// people names people so that they hear it: "@ada or @bob".
func people(all []gitops.Person, last string) Text {
	all = unique(all)
	const shown = 5
	var t Text
	for i, p := range all {
		switch {
		case i == shown && len(all) > shown:
			return line(t, say(fmt.Sprintf("%s%d more", last, len(all)-shown)))
		case i == 0:
		case i == len(all)-1:
			t = line(t, say(last))
		default:
			t = line(t, say(", "))
		}
		t = line(t, mention(p))
	}
	return t
}

func unique(all []gitops.Person) []gitops.Person {
	var out []gitops.Person
	for _, p := range all {
		if !slices.ContainsFunc(out, func(o gitops.Person) bool { return o.ID == p.ID }) {
			out = append(out, p)
		}
	}
	return out
}
