package notifier

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

// reminded is a journal entry that reminds people, some minutes after noon.
func reminded(seq int64, minutes int, people ...gitops.Person) gitops.Entry {
	e := turn.Reminder(people, noon(minutes))
	e.Seq = seq
	return e
}

func TestRemindersCallThoseWhoseTurnItIs(t *testing.T) {
	waiting := proposed()
	waiting.Turned.At = noon(0)
	half := halfApproved()
	half.Turned.At = noon(0)
	question := rollback(proposed())
	question.State, question.Proposal = gitops.StateRequested, gitops.Proposal{}
	question.Times[gitops.StateRequested] = noon(0)
	question.Question = "Health unknown: 1.41.0 ran in prod before changebot watched it. Roll back to it all the same?"
	foreign := waiting
	foreign.Verdict = gitops.Verdict{
		Rule: "head", Outcome: gitops.OutcomeDenied, Reason: "somebody pushed 99aa to the branch, and only what changebot made is merged",
		Next: "Take that commit off the branch again, or cancel this change and ask anew.",
	}
	frozen := waiting
	frozen.Verdict = gitops.All("policy", waiting.Verdict, gitops.Verdict{
		Rule: "prod/freeze", Outcome: gitops.OutcomeWaiting, Reason: "prod is frozen until Monday, 08:00", Next: "It goes on by itself then.",
	})
	anew := waiting
	anew.Turned.At = noon(200)
	direct := waiting
	direct.Request.Room = gitops.Room{Channel: "D1", Direct: true}
	var b strings.Builder
	for _, show := range []struct {
		title   string
		change  gitops.Change
		entries []gitops.Entry
	}{
		{"two are at work", waiting, []gitops.Entry{reminded(4, 60, bob, carol)}},
		{"one of them is not", waiting, []gitops.Entry{reminded(4, 60, carol)}},
		{"the second time", waiting, []gitops.Entry{reminded(4, 60, bob, carol), reminded(5, 300, bob)}},
		{"one has decided since", half, []gitops.Entry{reminded(4, 60, bob, carol)}},
		{"the one who was called has decided", half, []gitops.Entry{reminded(4, 60, bob)}},
		{"a freeze keeps it back as well", frozen, []gitops.Entry{reminded(4, 60, carol)}},
		{"asked in direct messages, which the others do not read", direct, []gitops.Entry{reminded(4, 60, bob, carol)}},
		{"a question to the requester", question, []gitops.Entry{reminded(4, 60, ada)}},
		{"blocked until the requester acts", foreign, []gitops.Entry{reminded(4, 60, ada)}},
		{"the turn has passed", at(waiting, gitops.StateApproved, "", ""), []gitops.Entry{reminded(4, 60, bob, carol)}},
		{"another plan was put before them", anew, []gitops.Entry{reminded(4, 60, bob, carol)}},
		{"cancelled", at(waiting, gitops.StateCancelled, "Cancelled by Ada Lovelace", ""), []gitops.Entry{reminded(4, 60, bob)}},
	} {
		fmt.Fprintf(&b, "## %s\n\n", show.title)
		specs := reminders(View{Change: show.change, Entries: show.entries}, To{Channel: "C1"})
		for _, s := range specs {
			fmt.Fprintf(&b, "(%s to %s%s)\n%s\n", s.Key, s.To.Channel, s.To.Person.ID, s.Message)
		}
		if len(specs) == 0 {
			b.WriteString("(none)\n\n")
		}
	}
	golden(t, "reminders", b.String())
}

func TestOneReminderStandsAtATime(t *testing.T) {
	w := newWorld(proposed())
	for i, people := range [][]gitops.Person{{bob, carol}, {carol}} {
		w.entries = append(w.entries, reminded(int64(i+1), 60*(i+1), people...))
		if err := w.tell(t); err != nil {
			t.Fatal(err)
		}
	}
	if first, second := w.standing("c-7f3k2q/reminder:1"), w.standing("c-7f3k2q/reminder:2"); first != 0 || second != 1 {
		t.Errorf("%d of the first and %d of the second stand", first, second)
	}
	waits := w.change.Verdict
	for _, v := range []gitops.Verdict{{}, waits} { // judged anew, as when the base has moved
		w.change.Verdict = v
		if err := w.tell(t); err != nil {
			t.Fatal(err)
		}
		if n := w.standing("c-7f3k2q/reminder:2"); n != 1 {
			t.Errorf("%d stand while it is judged", n)
		}
	}
	w.change = decided(w.change, carol, gitops.Approve, "")
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if n := w.standing("c-7f3k2q/reminder:2"); n != 0 {
		t.Errorf("carol has decided, and %d still call her", n)
	}
}

func TestAReminderThatNobodyKnewToStandGoesWithItsTurn(t *testing.T) {
	w := newWorld(proposed())
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	w.entries = []gitops.Entry{reminded(1, 60, bob)}
	w.crash = true
	if err := w.tell(t); err == nil {
		t.Fatal("the crash was not noticed")
	}
	w.change = at(w.change, gitops.StateCancelled, "Cancelled by Ada Lovelace", "")
	for range 3 {
		if later := gitops.RetryAfter(w.tell(t)); later == 0 {
			break
		}
		w.now = w.now.Add(time.Minute)
	}
	if n := w.standing("c-7f3k2q/reminder:1"); n != 0 {
		t.Errorf("%d reminders stand", n)
	}
}
