package workflow

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A ledger keeps the last Change that was written, and the journal.
type ledger struct {
	Store
	Journal
	kept    gitops.Change
	entries []gitops.Entry
}

func (l *ledger) Change(context.Context, string) (gitops.Change, error) { return l.kept, nil }

func (l *ledger) Commit(_ context.Context, w Write) (gitops.Change, error) {
	w.Change.Revision++
	l.kept, l.entries = w.Change, append(l.entries, w.Entries...)
	return l.kept, nil
}

func (l *ledger) Entries(context.Context, string) ([]gitops.Entry, error) { return l.entries, nil }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// walk is a worker who writes into the ledger; nils may not decide.
func (l *ledger) walk() walk {
	road := New(Ports{Store: l, Journal: l, Policy: bench{barred: "nils"}}, Options{
		Clock: func() time.Time { return noon.Add(time.Hour) }, Log: slog.New(slog.DiscardHandler),
	})
	return walk{Road: road}
}

// reviewers are the people of these tests: ruth, and nils who may not decide.
var reviewers = &gitops.Catalog{People: []gitops.Person{{ID: "ruth", Name: "Ruth", GitHub: "ruth-k"}, {ID: "nils", Name: "Nils", GitHub: "nilslund"}}}

// proposed is a Change whose head holds its plan.
func proposed() gitops.Change {
	return gitops.Change{
		ID: "c-1", State: gitops.StateProposed, Plan: gitops.Plan{Digest: "plan"},
		Proposal: gitops.Proposal{Number: 1, HeadSHA: "head", Digest: "plan"},
	}
}

// hear takes in ruth's reviews, one after the other, and returns the Change
// that comes of it.
func (l *ledger) hear(t *testing.T, c gitops.Change, reviews ...Review) gitops.Change {
	t.Helper()
	l.kept = c
	for _, v := range reviews {
		v.Login = "ruth-k"
		if err := l.walk().review(t.Context(), reviewers, l.kept, v); err != nil {
			t.Fatal(err)
		}
	}
	return l.kept
}

func TestAReviewCountsForWhatItsHeadHolds(t *testing.T) {
	approval := Review{ID: 7, HeadSHA: "head", Answer: gitops.Approve, At: noon}
	for _, tt := range []struct {
		name     string
		shown    gitops.Digest // by the head that was reviewed
		moving   bool
		standing int
	}{
		{"the plan that is proposed", "plan", false, 1},
		{"the plan that is proposed, by a Change of before", "", false, 1},
		{"the plan that moves onto another base", "plan", true, 1},
		{"the plan before this one", "before", true, 0},
		{"nobody knows what, by a Change of before", "", true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := proposed()
			c.Proposal.Digest, c.Proposal.Moving = tt.shown, tt.moving
			if n := len(new(ledger).hear(t, c, approval).Standing()); n != tt.standing {
				t.Errorf("%d approvals count", n)
			}
			said := gitops.Decision{Answer: gitops.Approve, Via: viaGitHub, HeadSHA: "head", Digest: "plan"}
			if goesAlong(c, said) != (tt.standing == 1) {
				t.Error("an approval on the forge goes along where it does not count")
			}
			said.Via = "slack"
			if !goesAlong(c, said) {
				t.Error("an approval of the plan in Slack does not go along")
			}
			said.Digest = "before"
			if goesAlong(c, said) {
				t.Error("an approval of the plan before goes along")
			}
		})
	}
}

func TestAVetoOfThePlanBeforeStopsTheChange(t *testing.T) {
	c := proposed()
	c.Proposal.Digest, c.Proposal.Moving = "before", true
	if got := new(ledger).hear(t, c, Review{ID: 7, HeadSHA: "head", Answer: gitops.Reject, At: noon}); got.State != gitops.StateRejected {
		t.Errorf("the change is %s", got.State)
	}
}
