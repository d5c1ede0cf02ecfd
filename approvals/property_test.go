package approvals

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/changebot/changebot/gitops"
)

// crowd is who properties are drawn from; ada asks.
func crowd() []string { return []string{"ada", "grace", "nils", "omar", "ruth"} }

// drawCatalog makes a catalogue with random groups and rules over prod. ada may
// be in any of the groups.
func drawCatalog(t *rapid.T) *gitops.Catalog {
	c := shop()
	for i := range c.Groups {
		c.Groups[i].Members = rapid.SliceOfNDistinct(rapid.SampledFrom(crowd()), 0, len(crowd()), rapid.ID).Draw(t, c.Groups[i].Name)
	}
	c.Approvals = nil
	for i := range rapid.IntRange(0, 3).Draw(t, "rules") {
		rule := gitops.ApprovalRule{Name: fmt.Sprint(i), Auto: rapid.Bool().Draw(t, "auto")}
		for range rapid.IntRange(0, 2).Draw(t, "requirements") {
			rule.Require = append(rule.Require, gitops.Requirement{
				Group: rapid.SampledFrom([]string{"leads", "payments", "on-call", "unknown"}).Draw(t, "group"),
				Count: rapid.IntRange(0, 3).Draw(t, "count"),
			})
		}
		c.Approvals = append(c.Approvals, rule)
	}
	return c
}

func drawDecisions(t *rapid.T) []gitops.Decision {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) gitops.Decision {
		d := decision(rapid.SampledFrom(crowd()).Draw(t, "who"), rapid.SampledFrom([]gitops.Answer{
			gitops.Approve, gitops.Approve, gitops.Approve, gitops.Reject, gitops.Withdraw,
		}).Draw(t, "answer"))
		switch rapid.IntRange(0, 9).Draw(t, "stale") {
		case 0:
			d.Void = "the head has moved"
		case 1:
			d.Digest = "d0"
		case 2:
			d.HeadSHA = "badcafe"
		}
		return d
	}), 0, 8).Draw(t, "decisions")
}

func judged(c *gitops.Catalog, decisions []gitops.Decision) gitops.Verdict {
	return policy().Approvals(c, change(gitops.KindPromote, "prod", []string{"cart"}, decisions...))
}

func TestWhatIsAllowedHasEnoughDistinctPeopleWhoAreNotTheRequester(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, decisions := drawCatalog(t), drawDecisions(t)
		if !judged(c, decisions).Allows() {
			return
		}
		if len(c.Approvals) == 0 {
			t.Fatal("allowed without a rule")
		}
		standing := gitops.Standing(decisions, "d1", head)
		for _, r := range c.Approvals {
			if len(r.Require) == 0 && !r.Auto {
				t.Fatal("allowed by a rule that does not say so")
			}
			for _, q := range r.Require {
				approved := map[string]bool{}
				for _, d := range standing {
					if d.Answer == gitops.Approve && d.Person.ID != "ada" && isIn(c.Group(q.Group), d.Person) {
						approved[d.Person.ID] = true
					}
				}
				if len(approved) < q.Count || len(approved) == 0 {
					t.Fatalf("%d of %s were needed, %d approved", q.Count, q.Group, len(approved))
				}
			}
		}
	})
}

func TestTheRequesterAloneIsNeverEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCatalog(t)
		for i := range c.Approvals {
			c.Approvals[i].Auto = false
		}
		if v := judged(c, approvedBy("ada", "ada")); v.Allows() {
			t.Fatalf("%+v", v)
		}
	})
}

func TestARejectionNeverAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, decisions := drawCatalog(t), drawDecisions(t)
		who := rapid.SampledFrom(crowd()).Draw(t, "who rejects")
		if v := judged(c, append(decisions, decision(who, gitops.Reject))); v.Allows() {
			t.Fatalf("%+v", v)
		}
	})
}

func TestWhatIsVoidOrWithdrawnIsAsIfItWereNotThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, decisions := drawCatalog(t), drawDecisions(t)
		gone := []gitops.Decision{}
		for _, d := range decisions {
			if d.Answer != gitops.Withdraw {
				d.Void = "the head has moved"
			}
			gone = append(gone, d)
		}
		if got, want := judged(c, gone), judged(c, nil); got.Outcome != want.Outcome || got.Reason != want.Reason {
			t.Fatalf("got %s: %s\nwant %s: %s", got.Outcome, got.Reason, want.Outcome, want.Reason)
		}
	})
}

// Of one person the newest decision counts, so only the order between people
// is free.
func TestTheOrderInWhichPeopleDecideDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, decisions := drawCatalog(t), drawDecisions(t)
		byPerson := slices.Clone(decisions)
		slices.SortStableFunc(byPerson, func(a, b gitops.Decision) int {
			return slices.Index(crowd(), b.Person.ID) - slices.Index(crowd(), a.Person.ID)
		})
		if a, b := judged(c, decisions), judged(c, byPerson); a.Outcome != b.Outcome || len(a.Waits) != len(b.Waits) {
			t.Fatalf("%s, and in another order %s", a.Outcome, b.Outcome)
		}
	})
}

func TestWhoIsWaitedForWouldCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, decisions := drawCatalog(t), drawDecisions(t)
		v := judged(c, decisions)
		if (v.Outcome == gitops.OutcomeWaiting) != (len(v.Waits) > 0) {
			t.Fatalf("%s, and it is the turn of %d people", v.Outcome, len(v.Waits))
		}
		for _, p := range v.Waits {
			decisions = append(decisions, decision(p.ID, gitops.Approve))
			may := policy().MayDecide(c, change(gitops.KindPromote, "prod", []string{"cart"}), p)
			if !may.Allows() {
				t.Fatalf("it is the turn of %s, and %s", p.ID, may.Reason)
			}
		}
		if v.Outcome == gitops.OutcomeWaiting && !judged(c, decisions).Allows() {
			t.Fatal("all who were waited for approved, and it is not allowed")
		}
	})
}
