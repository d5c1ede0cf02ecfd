package turn

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Queue is the open Changes, oldest first, and what was asked about them.
type Queue struct {
	Environment  string   // of this one only; empty is all
	Applications []string // of these only; empty is all
	Changes      []gitops.Change
	Overlaps     map[string][]gitops.Overlap // of each Change, by its id
	Hidden       int                         // how many more there are that the person may not ask about
	Now          time.Time
}

// Table says of each Change how old it is, whose turn it is and what it waits
// for. It names people and calls nobody.
func (q Queue) Table() *gitops.Table {
	t := &gitops.Table{Title: "Release queue" + q.about(), Columns: []string{"change", "what"}}
	if q.Environment == "" {
		t.Columns = append(t.Columns, "where")
	}
	t.Columns = append(t.Columns, "age", "whose turn", "waits for")
	for _, c := range q.Changes {
		now := Of(c)
		row := []string{"#" + c.ID, brief(c)}
		if q.Environment == "" {
			row = append(row, c.Request.Command.Environment)
		}
		t.Rows = append(t.Rows, append(row, age(q.Now.Sub(c.Request.At)), whose(now), waitsFor(now)))
	}
	if n := len(q.Changes); n > 0 {
		t.Title += fmt.Sprintf(": %d open, the oldest for %s", n, age(q.Now.Sub(q.Changes[0].Request.At)))
	}
	t.Notes = q.overlaps()
	switch {
	case q.Hidden > 0 && len(q.Changes) > 0:
		t.Notes = append(t.Notes, fmt.Sprintf("And %d that you may not ask about here.", q.Hidden))
	case q.Hidden > 0:
		t.Notes = append(t.Notes, fmt.Sprintf("%d open that you may not ask about here.", q.Hidden))
	case len(q.Changes) == 0:
		t.Notes = append(t.Notes, "Nothing is open; nobody has to do anything.")
	}
	return t
}

func (q Queue) about() string {
	about := ""
	if len(q.Applications) > 0 {
		about += " of " + gitops.AndList(q.Applications)
	}
	if q.Environment != "" {
		about += ", " + q.Environment
	}
	return about
}

// brief names what a Change brings in a few words: "checkout 1.42.3".
func brief(c gitops.Change) string {
	words, version := c.Request.Command.Kind.Words(), c.Request.Command.Version
	for i, s := range c.Plan.Targets {
		if i > 0 && s.New.String() != version {
			version = "" // each its own
			break
		}
		version = s.New.String()
	}
	row := words.Queued
	if version == "" {
		row = words.Unplanned
	}
	applications := gitops.AndList(few(about(c), 3))
	return strings.NewReplacer("{applications}", applications, "{version}", version).Replace(row)
}

// about are the applications that a Change changes, once it is known which of
// those that were asked for.
func about(c gitops.Change) []string {
	var names []string
	for _, ref := range c.Refs() {
		names = append(names, ref.Application)
	}
	if len(names) == 0 {
		return c.Request.Command.Applications
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// whose names who has the turn.
func whose(now Turn) string {
	if now.Actor != People {
		return string(now.Actor)
	}
	var names []string
	for _, p := range now.People {
		name := p.Name
		if name == "" {
			name = p.ID
		}
		names = append(names, name)
	}
	return gitops.OrList(few(names, 2))
}

// few keeps the first of many names, and says how many more there are.
func few(names []string, most int) []string {
	if len(names) <= most {
		return names
	}
	return append(slices.Clone(names[:most]), fmt.Sprintf("%d more", len(names)-most))
}

// waitsFor is what a Change waits for, in a few words.
func waitsFor(now Turn) string {
	if now.Blocker != "" {
		return now.Blocker
	}
	if now.Waits != "" {
		return strings.TrimSuffix(strings.TrimPrefix(now.Waits, "waits for "), ".")
	}
	switch now.Act {
	case Plan:
		return "the plan"
	case Judge:
		return "the policy's answer"
	case Merge:
		return "the merge"
	case Sync:
		return "the sync"
	case Settle:
		return "good health"
	case Close:
		return "its end"
	default:
		return ""
	}
}

// overlaps says which of the Changes touch the same: each pair once, as a note,
// since there is no room in a cell for it.
func (q Queue) overlaps() []string {
	const shown = 5
	var notes []string
	said := map[string]bool{}
	for _, c := range q.Changes {
		for _, o := range q.Overlaps[c.ID] {
			if said[o.Change] {
				continue
			}
			notes = append(notes, fmt.Sprintf("#%s overlaps with #%s: %s.", c.ID, o.Change, o.What))
		}
		said[c.ID] = true
	}
	if n := len(notes); n > shown {
		notes = append(notes[:shown], fmt.Sprintf("And %d more overlap.", n-shown))
	}
	return notes
}

// age is how old something is, by its largest unit.
func age(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	case d >= time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute:
		return fmt.Sprintf("%d m", d/time.Minute)
	default:
		return fmt.Sprintf("%d s", max(0, d)/time.Second)
	}
}
