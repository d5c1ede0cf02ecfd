package api

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

// changeOf is a Change as programs see it.
func changeOf(c gitops.Change, entries []gitops.Entry, overlaps []gitops.Overlap) *Change {
	q := c.Request
	v := &Change{
		ID: c.ID, Revision: c.Revision, State: string(c.State), Ended: c.State.Ended(),
		Kind: string(q.Command.Kind), Applications: listed(q.Command.Applications), Environment: q.Command.Environment,
		Because: q.Command.Because, Text: q.Text, Requester: q.Requester.ID, RequesterName: q.Requester.Name, Repository: q.Repository, AskedAt: q.At.UTC(),
		Reason: c.Reason, Rule: c.Rule, Next: c.Next, Question: c.Question, Turn: turnOf(c), Targets: targetsOf(c), Digest: string(c.Plan.Digest),
		Evidence: listed(c.Plan.SpeaksInFull()), Overlaps: overlapsOf(overlaps),
		MergeSHA: c.Merge.SHA, Decisions: decisionsOf(c), Times: timesOf(c), Journal: journalOf(c, entries),
	}
	if c.Proposal.Number != 0 {
		v.PullRequest = &PullRequest{Number: c.Proposal.Number, URL: c.Proposal.URL}
	}
	return v
}

// listed is an empty list where there is none, so that a program need not ask.
func listed[T any](all []T) []T { return append([]T{}, all...) }

func overlapsOf(all []gitops.Overlap) []Overlap {
	overlaps := []Overlap{}
	for _, o := range all {
		overlaps = append(overlaps, Overlap{Change: o.Change, PullRequest: o.URL, What: o.What})
	}
	return overlaps
}

func turnOf(c gitops.Change) Turn {
	now := turn.Of(c)
	t := Turn{Who: string(now.Actor), Act: string(now.Act), People: []string{}, Names: []string{}, Waits: now.Waits, Blocker: now.Blocker, Next: now.Next}
	for _, p := range now.People {
		t.People = append(t.People, p.ID)
		t.Names = append(t.Names, cmp.Or(p.Name, p.ID))
	}
	return t
}

func targetsOf(c gitops.Change) []Target {
	targets := []Target{}
	for _, s := range c.Plan.Targets {
		t := Target{Application: s.Target.Application, Environment: s.Target.Environment, Old: s.Old.String(), New: s.New.String()}
		for _, p := range c.Rollout {
			if p.Target != s.Target.TargetRef {
				continue
			}
			t.State, t.Waiting = string(p.State), p.Waiting
			for _, f := range p.Failures {
				t.Failures = append(t.Failures, Failure(f))
			}
		}
		targets = append(targets, t)
	}
	return targets
}

func decisionsOf(c gitops.Change) []Decision {
	standing := c.Standing()
	decisions := []Decision{}
	for _, d := range c.Decisions {
		counts := slices.ContainsFunc(standing, func(s gitops.Decision) bool { return s.Person.ID == d.Person.ID && s.At.Equal(d.At) })
		decisions = append(decisions, Decision{Person: d.Person.ID, Name: d.Person.Name, Answer: string(d.Answer), Reason: d.Reason, Via: d.Via, At: d.At.UTC(), Counts: counts})
	}
	return decisions
}

func timesOf(c gitops.Change) map[string]time.Time {
	times := map[string]time.Time{}
	for state, at := range c.Times {
		times[string(state)] = at.UTC()
	}
	return times
}

// journalOf leaves out what is for the audit trail alone, as chat does.
func journalOf(c gitops.Change, entries []gitops.Entry) []Entry {
	journal := []Entry{}
	for _, e := range entries {
		switch e.Kind {
		case gitops.EntryIntent, gitops.EntryOutcome:
		default:
			if e.Text != "" {
				journal = append(journal, Entry{Seq: e.Seq, At: e.At.UTC(), Kind: string(e.Kind), Actor: e.Actor, Name: cmp.Or(e.Name(), c.Person(e.Actor).Name), Text: e.Text})
			}
		}
	}
	return journal
}

func diffOf(c gitops.Change) *Diff {
	d := &Diff{Change: c.ID, State: string(c.State), Digest: string(c.Plan.Digest), Edits: []Edit{}}
	for _, e := range c.Plan.Edits {
		d.Edits = append(d.Edits, Edit{Path: e.Path, Kind: cmp.Or(string(e.Kind), kindField), Field: e.Field, Old: e.Old, New: e.New, Diff: e.Diff})
	}
	return d
}

// tableOf names each cell by its column: "health here" is health_here.
func tableOf(t *gitops.Table) *Table {
	v := &Table{Title: t.Title, Columns: []string{}, Rows: []map[string]string{}, Notes: t.Notes}
	for _, c := range t.Columns {
		v.Columns = append(v.Columns, strings.ReplaceAll(c, " ", "_"))
	}
	for _, cells := range t.Rows {
		row := map[string]string{}
		for i, c := range v.Columns {
			if i < len(cells) {
				row[c] = cells[i]
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// answerOf is a Reply that is no Change.
func answerOf(r gitops.Reply) Answer {
	switch {
	case r.Refusal != nil:
		return Answer{Error: errorOf(r.Refusal)}
	case r.Question != nil:
		return Answer{Error: &Error{Code: string(gitops.Invalid), Message: r.Question.Text, Next: "Say it again with that."}}
	case r.Table != nil:
		return Answer{Table: tableOf(r.Table)}
	case r.Help != nil:
		return Answer{Help: &Help{Applications: listed(r.Help.Applications), Environments: listed(r.Help.Environments)}}
	default:
		return Answer{Error: &Error{Code: string(gitops.Internal), Message: "There is no answer to that."}}
	}
}

func errorOf(e *gitops.Error) *Error {
	return &Error{Code: string(e.Code), Message: e.Message, Next: e.Next}
}
