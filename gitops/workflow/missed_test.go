package workflow

import (
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A bench is a policy that lets everybody decide but one.
type bench struct {
	Policy
	barred string
}

func (b bench) MayDecide(_ *gitops.Catalog, _ gitops.Change, p gitops.Person) gitops.Verdict {
	if p.ID == b.barred {
		return gitops.Verdict{Outcome: gitops.OutcomeDenied}
	}
	return gitops.Verdict{Outcome: gitops.OutcomeAllowed}
}

func TestAReviewIsMissedWhereItWouldChangeWhatCounts(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ruth, nils := gitops.Person{ID: "ruth"}, gitops.Person{ID: "nils"}
	veto := Review{ID: 7, HeadSHA: "head", Answer: gitops.Reject, At: noon}
	review := func(answer gitops.Answer) Review { v := veto; v.Answer = answer; return v }
	said := func(p gitops.Person, answer gitops.Answer, via string, review int64, at time.Time) []gitops.Decision {
		return []gitops.Decision{{Person: p, Answer: answer, Via: via, Review: review, HeadSHA: "head", Digest: "digest", At: at}}
	}
	for _, tt := range []struct {
		name      string
		v         Review
		decisions []gitops.Decision
		want      bool
	}{
		{"a veto of somebody who said nothing", veto, nil, true},
		{"an approval of somebody who said nothing", review(gitops.Approve), nil, true},
		{"a veto of who approved in Slack before", veto, said(ruth, gitops.Approve, "slack", 0, noon.Add(-time.Minute)), true},
		{"a veto of who approved in Slack since", veto, said(ruth, gitops.Approve, "slack", 0, noon.Add(time.Minute)), false},
		{"a veto after somebody else's word", veto, said(nils, gitops.Approve, "slack", 0, noon.Add(time.Minute)), true},
		{"one that was heard, by a clock that is behind", review(gitops.Approve), said(ruth, gitops.Approve, "github", 7, noon.Add(-time.Minute)), false},
		{"one that says what stands already", review(gitops.Approve), said(ruth, gitops.Approve, "slack", 0, noon.Add(-time.Minute)), false},
		{"one that says again what an older one says", review(gitops.Approve), said(ruth, gitops.Approve, "github", 6, noon.Add(-time.Minute)), true},
		{"one that says what a newer one says", review(gitops.Approve), said(ruth, gitops.Approve, "github", 8, noon.Add(-time.Minute)), false},
		{"one that was dismissed, newer than the one that counts", review(gitops.Withdraw), said(ruth, gitops.Approve, "github", 6, noon), true},
		{"one that was dismissed, older than the one that counts", review(gitops.Withdraw), said(ruth, gitops.Approve, "github", 8, noon), false},
		{"a veto after an approval there that was heard late", veto, said(ruth, gitops.Approve, "github", 6, noon.Add(time.Minute)), true},
		{"a veto before an approval there", veto, said(ruth, gitops.Approve, "github", 8, noon.Add(-time.Minute)), false},
		{"one of another commit", Review{ID: 7, HeadSHA: "before", Answer: gitops.Reject, At: noon}, nil, false},
		{"one that was dismissed and counts", review(gitops.Withdraw), said(ruth, gitops.Approve, "github", 7, noon), true},
		{"one that was dismissed and never counted", review(gitops.Withdraw), said(ruth, gitops.Approve, "slack", 0, noon), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := walk{Road: &Road{Ports: Ports{Policy: bench{barred: "nils"}}}}
			c := gitops.Change{Plan: gitops.Plan{Digest: "digest"}, Proposal: gitops.Proposal{HeadSHA: "head"}, Decisions: tt.decisions}
			if got := w.missed(nil, c, ruth, tt.v); got != tt.want {
				t.Errorf("missed is %v", got)
			}
			if w.missed(nil, gitops.Change{Proposal: c.Proposal}, nils, tt.v) {
				t.Error("one of somebody who may not decide is missed")
			}
		})
	}
}

func TestWhoDismissedAReviewStandsInTheJournal(t *testing.T) {
	catalog := &gitops.Catalog{People: []gitops.Person{{ID: "ruth", Name: "Ruth", GitHub: "ruth-k"}, {ID: "nils", Name: "Nils", GitHub: "nilslund"}}}
	for _, tt := range []struct{ name, by, actor, text string }{
		{"who gave it", "ruth-k", "ruth", "withdrew the approval"},
		{"somebody else", "nilslund", "nils", "dismissed the review of Ruth on GitHub"},
		{"somebody whom nobody knows", "mallory", "", "@mallory dismissed the review of Ruth on GitHub"},
		{"nobody knows who", "", "", "the review of Ruth was dismissed on GitHub"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if e := dismissal(catalog, catalog.People[0], Review{By: tt.by}); e.Actor != tt.actor || e.Text != tt.text {
				t.Errorf("%q: %q", e.Actor, e.Text)
			}
		})
	}
}
