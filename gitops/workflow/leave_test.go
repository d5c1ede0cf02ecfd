package workflow

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// The library's cart and checkout were planned to go to prod, and the base
// branch has moved since.
func promotionOfAll(tip Tip) gitops.Change {
	c := gitops.Change{ID: "c-own", State: gitops.StateProposed}
	c.Request.Command = gitops.Command{Kind: gitops.KindPromote, All: true, Applications: []string{"cart", "checkout"}, Environment: "prod"}
	for _, t := range tip.Catalog.Targets {
		if t.Environment == "prod" {
			c.Plan.Targets = append(c.Plan.Targets, gitops.Step{Target: t, Old: gitops.ParseVersion("9"), New: gitops.ParseVersion("8")})
		}
	}
	c.Plan.Base, c.Plan.Branch, c.Plan.Digest = "before", "main", "d"
	c.Plan.Evidence = []string{"cart 8 in staging: healthy", "checkout 8 in staging: healthy"}
	c.Plan.Included = []gitops.Included{{Application: "cart"}, {Application: "checkout"}}
	return c
}

func TestOneOfAllThatBecomesImpossibleKeepsNoOtherBack(t *testing.T) {
	held := onCart("8")
	for _, tt := range []struct {
		name  string
		yes   yesMan
		spoil func(tip *Tip, c *gitops.Change)
		steps string
		bar   gitops.Bar
	}{
		{"it is on hold by now", yesMan{}, func(tip *Tip, _ *gitops.Change) { tip.Catalog.Holds = []gitops.Hold{held} }, "checkout 6 → 8", gitops.BarHold},
		{"it is gone", yesMan{}, func(tip *Tip, _ *gitops.Change) {
			tip.Catalog.Targets = slices.DeleteFunc(tip.Catalog.Targets, func(t gitops.Target) bool { return t.Application == "cart" })
		}, "checkout 6 → 8", gitops.BarOther},
		{"it may not be asked for any more", yesMan{forbids: "cart"}, func(*Tip, *gitops.Change) {}, "checkout 6 → 8", gitops.BarRight},
		{"it runs that already", yesMan{}, func(_ *Tip, c *gitops.Change) { c.Plan.Targets[0].New = gitops.ParseVersion("2") }, "checkout 6 → 8", gitops.BarThere},
		{"nothing may be asked for: the policy stops it", yesMan{refuses: "promote"}, func(*Tip, *gitops.Change) {}, "cart 2 → 8, checkout 6 → 8", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, w, tip := newLibrary()
			w.Policy = tt.yes
			c := promotionOfAll(tip)
			tt.spoil(&tip, &c)
			now, err := w.again(t.Context(), tip, c)
			if err != nil {
				t.Fatal(err)
			}
			if got := steps(now); got != tt.steps {
				t.Errorf("it plans %s, not %s", got, tt.steps)
			}
			if tt.bar == "" {
				return
			}
			if len(now.LeftOut) != 1 || now.LeftOut[0].Application != "cart" || now.LeftOut[0].Bar != tt.bar {
				t.Errorf("it leaves out %+v", now.LeftOut)
			}
			if len(now.Evidence) != 1 || len(now.Included) != 1 || now.Included[0].Application != "checkout" {
				t.Errorf("it still speaks of cart: %q, %+v", now.Evidence, now.Included)
			}
		})
	}
}

func TestWhatIsNamedBecomesImpossibleTogether(t *testing.T) {
	_, w, tip := newLibrary()
	w.Policy = yesMan{}
	c := promotionOfAll(tip)
	c.Request.Command.All = false
	tip.Catalog.Holds = []gitops.Hold{onCart("8")}
	if _, err := w.again(t.Context(), tip, c); gitops.CodeOf(err) != gitops.Denied {
		t.Errorf("got %v", err)
	}
}

func TestWhereNothingIsLeftToDoItSaysWhatBringsTheOthersAlong(t *testing.T) {
	_, _, tip := newLibrary()
	c := promotionOfAll(tip)
	c.Plan.LeftOut = []gitops.LeftOut{{Application: "cart", Bar: gitops.BarHold, Reason: "cart 8 is on hold in prod."}}
	end := meanwhileThere(c, "Left out cart.")
	if !strings.HasPrefix(end.Message, "Meanwhile prod already runs") || !strings.HasSuffix(end.Message, "Left out cart.") {
		t.Errorf("it says %q", end.Message)
	}
	if !strings.Contains(end.Next, "lift cart in prod because") {
		t.Errorf("what comes next is %q", end.Next)
	}
}

// TestWhatIsLeftOutLaterVoidsTheApprovals says so, and lets go of the Target.
func TestWhatIsLeftOutLaterVoidsTheApprovals(t *testing.T) {
	_, w, tip := newLibrary()
	kept := &tray{}
	w.Store, w.Policy = kept, yesMan{}
	c := promotionOfAll(tip)
	c.Decisions = []gitops.Decision{{Person: gitops.Person{ID: "ruth", Name: "Ruth"}, Answer: gitops.Approve, Digest: "d"}}
	w.repo.Git = line{begins: "a"}
	now := c.Plan
	now.Targets, now.Digest = now.Targets[1:], "e"
	now.LeftOut = []gitops.LeftOut{{Application: "cart", Bar: gitops.BarHold, Reason: "cart 8 is on hold in prod."}}
	if err := w.voidByBase(t.Context(), c, now, false); err != nil || len(kept.writes) != 1 {
		t.Fatalf("%v, wrote %+v", err, kept.writes)
	}
	wrote := kept.writes[0]
	if d := wrote.Change.Decisions[0]; !strings.HasSuffix(d.Void, "left out cart: cart 8 is on hold in prod.") {
		t.Errorf("the approval is %+v", d)
	}
	if len(wrote.Release) != 1 || wrote.Release[0].Application != "cart" {
		t.Errorf("it lets go of %v", wrote.Release)
	}
}

// TestWhatSomebodyElseTakesMeanwhileIsLeftOutWhenItIsPlannedAgain and does not
// end a promotion of all.
func TestWhatSomebodyElseTakesMeanwhileIsLeftOutWhenItIsPlannedAgain(t *testing.T) {
	_, w, tip := newLibrary()
	c := promotionOfAll(tip)
	w.Store = takenMeanwhile{target: c.Refs()[0]}
	w.Log = slog.New(slog.DiscardHandler)
	if err := w.claim(t.Context(), c); gitops.RetryAfter(err) == 0 {
		t.Errorf("got %v", err)
	}
}

// takenMeanwhile is a Store in which a Target has just been claimed.
type takenMeanwhile struct {
	Store
	target gitops.TargetRef
}

func (s takenMeanwhile) Commit(context.Context, Write) (gitops.Change, error) {
	return gitops.Change{}, &HeldError{Target: s.target, Change: "c-other"}
}

func (s takenMeanwhile) Change(context.Context, string) (gitops.Change, error) {
	return gitops.Change{ID: "c-other", State: gitops.StateProposed}, nil
}
