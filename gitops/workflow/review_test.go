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

// noon is when the first review comes.
func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

// walk is a worker who writes into the ledger; nils may not decide.
func (l *ledger) walk() walk {
	road := New(Ports{Store: l, Journal: l, Policy: bench{barred: "nils"}}, Options{
		Clock: func() time.Time { return noon().Add(time.Hour) }, Log: slog.New(slog.DiscardHandler),
	})
	return walk{Road: road}
}

// reviewers are the people of these tests: ruth, and nils who may not decide.
func reviewers() *gitops.Catalog {
	return &gitops.Catalog{People: []gitops.Person{{ID: "ruth", Name: "Ruth", GitHub: "ruth-k"}, {ID: "nils", Name: "Nils", GitHub: "nilslund"}}}
}

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
		if err := l.walk().review(t.Context(), reviewers(), l.kept, v); err != nil {
			t.Fatal(err)
		}
	}
	return l.kept
}

func TestAReviewCountsForWhatItsHeadHolds(t *testing.T) {
	approval := Review{ID: 7, HeadSHA: "head", Answer: gitops.Approve, At: noon()}
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
	if got := new(ledger).hear(t, c, Review{ID: 7, HeadSHA: "head", Answer: gitops.Reject, At: noon()}); got.State != gitops.StateRejected {
		t.Errorf("the change is %s", got.State)
	}
}

func TestADismissalTakesTheNewestReviewBack(t *testing.T) {
	said := func(id int64, answer gitops.Answer) Review {
		return Review{ID: id, HeadSHA: "head", Answer: answer, At: noon().Add(time.Duration(id) * time.Minute)}
	}
	inSlack := gitops.Decision{Person: reviewers().People[0], Answer: gitops.Approve, Via: "slack", HeadSHA: "head", Digest: "plan"}
	for _, tt := range []struct {
		name     string
		reviews  []Review
		before   []gitops.Decision
		standing int
		written  int64 // times
	}{
		{"the only one", []Review{said(7, gitops.Approve), said(7, gitops.Withdraw)}, nil, 0, 2},
		{"the second of two", []Review{said(7, gitops.Approve), said(8, gitops.Approve), said(8, gitops.Withdraw)}, nil, 0, 3},
		{"the first of two, so the second stands", []Review{said(7, gitops.Approve), said(8, gitops.Approve), said(7, gitops.Withdraw)}, nil, 1, 2},
		{"a newer one that was never heard of", []Review{said(7, gitops.Approve), said(8, gitops.Withdraw)}, nil, 0, 2},
		{"and it stays back when the first is heard late", []Review{said(8, gitops.Approve), said(8, gitops.Withdraw), said(7, gitops.Approve)}, nil, 0, 2},
		{"or the newer one that was dismissed", []Review{said(7, gitops.Approve), said(8, gitops.Withdraw), said(8, gitops.Approve)}, nil, 0, 2},
		{"until there is another one", []Review{said(7, gitops.Approve), said(7, gitops.Withdraw), said(8, gitops.Approve)}, nil, 1, 3},
		{"one that is heard twice counts once", []Review{said(7, gitops.Approve), said(7, gitops.Approve)}, nil, 1, 1},
		{"an older one does not take the place of a newer", []Review{said(8, gitops.Approve), said(7, gitops.Approve), said(8, gitops.Withdraw)}, nil, 0, 2},
		{"what was said in Slack stands", []Review{said(7, gitops.Approve), said(7, gitops.Withdraw)}, []gitops.Decision{inSlack}, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := proposed()
			c.Decisions = tt.before
			got := new(ledger).hear(t, c, tt.reviews...)
			if n := len(got.Standing()); n != tt.standing || got.Revision != tt.written {
				t.Errorf("%d approvals count, written %d times", n, got.Revision)
			}
		})
	}
}

func TestAVetoOfAnEarlierHeadCountsWhereItHeldTheSame(t *testing.T) {
	moved := func(c gitops.Change, sha string) gitops.Change {
		c.Proposal.Earlier = earlier(c, sha)
		c.Proposal.HeadSHA, c.Proposal.Digest = sha, c.Plan.Digest
		return c
	}
	carried := moved(moved(moved(proposed(), "second"), "third"), "third")
	another := carried
	another.Plan.Digest = "another plan"
	another = moved(another, "fourth")
	for _, tt := range []struct {
		name   string
		c      gitops.Change
		head   string
		answer gitops.Answer
		want   gitops.State
		heard  bool
	}{
		{"a veto of the first head", carried, "head", gitops.Reject, gitops.StateRejected, true},
		{"a veto of the second head", carried, "second", gitops.Reject, gitops.StateRejected, true},
		{"a veto of a head that is not ours", carried, "foreign", gitops.Reject, gitops.StateProposed, false},
		{"a veto of another plan", another, "third", gitops.Reject, gitops.StateProposed, false},
		{"an approval of the first head", carried, "head", gitops.Approve, gitops.StateProposed, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := Review{ID: 7, HeadSHA: tt.head, Answer: tt.answer, At: noon()}
			if got := new(ledger).walk().missed(reviewers(), tt.c, reviewers().People[0], v); got != tt.heard {
				t.Errorf("missed is %v", got)
			}
			if got := new(ledger).hear(t, tt.c, v); got.State != tt.want || len(got.Standing()) != 0 && tt.want != gitops.StateRejected {
				t.Errorf("the change is %s, and %d decisions count", got.State, len(got.Standing()))
			}
		})
	}
}

func TestADecisionIsOfWhenItWasSaid(t *testing.T) {
	got := new(ledger).hear(t, proposed(), Review{ID: 7, HeadSHA: "head", Answer: gitops.Approve, At: noon()})
	if at := got.Decisions[0].At; !at.Equal(noon()) {
		t.Errorf("the review is of %s", at)
	}
	l := &ledger{}
	for _, tt := range []struct{ said, want time.Time }{{noon(), noon()}, {time.Time{}, noon().Add(time.Hour)}} {
		c := proposed()
		press := Press{Action: ActionApprove, Change: c.ID, Token: c.Token(), At: tt.said}
		if _, err := l.walk().press(t.Context(), reviewers(), c, reviewers().People[0], press); err != nil {
			t.Fatal(err)
		}
		if at := l.kept.Decisions[0].At; !at.Equal(tt.want) {
			t.Errorf("the press is of %s", at)
		}
	}
}
