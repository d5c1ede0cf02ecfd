package workflow

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// yesMan lets everybody do everything but what it refuses.
type yesMan struct {
	Policy
	refuses string // an action
	forbids string // an application
}

func (p yesMan) Authorise(_ *gitops.Catalog, a gitops.Access) gitops.Verdict {
	if a.Action == p.refuses || a.Application == p.forbids {
		return gitops.Verdict{Outcome: gitops.OutcomeDenied, Reason: "nobody may"}
	}
	return gitops.Verdict{Outcome: gitops.OutcomeAllowed}
}

// onCart is a hold of cart in prod.
func onCart(version string) gitops.Hold {
	return gitops.Hold{
		Target: gitops.TargetRef{Application: "cart", Environment: "prod"}, Version: gitops.ParseVersion(version),
		File: gitops.HoldsDirectory + "/prod/cart/c-0.yaml",
	}
}

func TestWhatIsOnHoldIsNotPromoted(t *testing.T) {
	both := gitops.Command{Kind: gitops.KindPromote, Applications: []string{"cart", "checkout"}, Environment: "prod"}
	all := both
	all.All = true
	alone := all
	alone.Applications = []string{"cart"}
	broken := onCart("")
	broken.Broken = "It is empty."
	for _, tt := range []struct {
		name    string
		hold    gitops.Hold
		command gitops.Command
		want    string // the plan, or the refusal
	}{
		{"another version", onCart("2"), both, "cart 2 → 3, checkout 6 → 7"},
		{"the version on hold", onCart("3"), both, "cart 3 is on hold in prod."},
		{"a hold that nobody can read", broken, both, "every version of cart is on hold in prod"},
		{"all: the others go", onCart("3"), all, "checkout 6 → 7"},
		{"all, and nothing else is left", onCart("3"), alone, "cart 3 is on hold in prod."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, w, tip := newLibrary()
			w.Store, w.Policy = holders{}, yesMan{}
			tip.Catalog.Holds = []gitops.Hold{tt.hold}
			in, err := w.compute(t.Context(), tip, gitops.Change{Request: gitops.Request{Command: tt.command}})
			got := steps(in.plan)
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.command.All && err == nil && (len(in.plan.LeftOut) == 0 || !strings.HasPrefix(in.plan.Speaks()[0], "left out cart: cart 3 is on hold")) {
				t.Errorf("it says %q", in.plan.Speaks())
			}
		})
	}
}

// TestAHoldThatCameMeanwhileStopsAPromotion which had been planned, and perhaps
// approved, before.
func TestAHoldThatCameMeanwhileStopsAPromotion(t *testing.T) {
	_, w, tip := newLibrary()
	cart, _ := tip.Catalog.Target("cart", "prod")
	promotion := gitops.Step{Target: cart, Old: gitops.ParseVersion("2"), New: gitops.ParseVersion("3")}
	back := promotion
	back.Hold = onCart("2")
	tip.Catalog.Holds = []gitops.Hold{onCart("3")}
	_, err := w.reapply(t.Context(), tip, gitops.KindPromote, gitops.Plan{Targets: []gitops.Step{promotion}})
	if gitops.CodeOf(err) != gitops.Denied {
		t.Errorf("a promotion: %v", err)
	}
	if _, err = w.reapply(t.Context(), tip, gitops.KindRollback, gitops.Plan{Targets: []gitops.Step{back}}); gitops.CodeOf(err) != gitops.Denied {
		t.Errorf("a rollback to what is on hold by now: %v", err)
	}
	lifting, another := back, onCart("3")
	lifting.Lifts = []gitops.Hold{onCart("3")}
	if _, err = w.reapply(t.Context(), tip, gitops.KindRollback, gitops.Plan{Targets: []gitops.Step{lifting}}); err != nil {
		t.Errorf("a rollback that lifts the hold: %v", err)
	}
	another.File = gitops.HoldsDirectory + "/prod/cart/another.yaml"
	tip.Catalog.Holds = append(tip.Catalog.Holds, another)
	if _, err = w.reapply(t.Context(), tip, gitops.KindRollback, gitops.Plan{Targets: []gitops.Step{lifting}}); gitops.CodeOf(err) != gitops.Denied {
		t.Errorf("a rollback that lifts one hold, where another came since: %v", err)
	}
	tip.Catalog.Holds = tip.Catalog.Holds[:1]
	tip.Catalog.Holds[0].Broken = "It is empty."
	if _, err = w.reapply(t.Context(), tip, gitops.KindPromote, gitops.Plan{Targets: []gitops.Step{promotion}}); gitops.CodeOf(err) != gitops.Denied {
		t.Errorf("a promotion past a hold that nobody can read: %v", err)
	}
	if _, err = w.reapply(t.Context(), tip, gitops.KindRollback, gitops.Plan{Targets: []gitops.Step{back}}); err != nil {
		t.Errorf("a rollback past a hold that nobody can read: %v", err)
	}
	if _, err = w.reapply(t.Context(), tip, gitops.KindRollback, gitops.Plan{Targets: []gitops.Step{promotion}}); err != nil {
		t.Errorf("a rollback that leaves no hold, past one that nobody can read: %v", err)
	}
}

// TestAHoldFollowsWhatRuns when a rollback is worked out on another tip.
func TestAHoldFollowsWhatRuns(t *testing.T) {
	_, w, tip := newLibrary()
	cart, _ := tip.Catalog.Target("cart", "prod")
	step := gitops.Step{Target: cart, Old: gitops.ParseVersion("9"), New: gitops.ParseVersion("1"), Hold: onCart("9")}
	now, err := w.reapply(t.Context(), tip, gitops.KindRollback, gitops.Plan{Targets: []gitops.Step{step}})
	if err != nil {
		t.Fatal(err)
	}
	if got := now.Targets[0].Hold.Version.Full(); got != "2" {
		t.Errorf("cart 2 runs by now; %s is put on hold", got)
	}
	if e := now.Edits; len(e) != 2 || e[0].Kind != gitops.EditHold || e[0].New != "2" || !strings.Contains(e[0].Diff, `version: "2"`) {
		t.Errorf("its edits are %+v", e)
	}
	tip.Commit = "moved" // where somebody has brought cart 1 already
	if now, err = w.reapply(t.Context(), tip, gitops.KindRollback, gitops.Plan{Targets: []gitops.Step{step}}); err != nil || len(now.Edits) != 0 {
		t.Errorf("where nothing is to be rolled back nothing is put on hold: %+v, %v", now.Edits, err)
	}
}

func TestAKindThatNobodyKnowsIsNotPromoted(t *testing.T) {
	for _, kind := range []gitops.Kind{"scale", gitops.KindStatus} {
		_, w, tip := newLibrary()
		in, err := w.compute(t.Context(), tip, gitops.Change{Request: gitops.Request{Command: gitops.Command{
			Kind: kind, Applications: []string{"cart"}, Environment: "prod",
		}}})
		if refusal, ok := asError(err); !ok || refusal.Code != gitops.Invalid || len(in.plan.Targets) > 0 {
			t.Errorf("%s: planned %q, %v", kind, steps(in.plan), err)
		}
	}
}

func TestEveryKindOfChangeIsPlanned(t *testing.T) {
	for _, kind := range gitops.Changing() {
		command := gitops.Command{Kind: kind, Applications: []string{"cart"}, Environment: "prod"}
		_, w, tip := newLibrary()
		w.repo.History = pasts{upTo: map[string][]string{"pinned": {"2", "1"}}}
		_, err := w.compute(t.Context(), tip, gitops.Change{Request: gitops.Request{Command: command}})
		if unknown := unknownKind(command).Error(); err != nil && err.Error() == unknown {
			t.Error(unknown)
		}
	}
}

func TestALiftIsOfWhatIsThere(t *testing.T) {
	broken := onCart("")
	broken.Broken, broken.File = "It is empty.", gitops.HoldsDirectory+"/prod/cart/odd.yaml"
	for _, tt := range []struct {
		name, version string
		holds         []gitops.Hold
		want          string // what is lifted, or the refusal
	}{
		{"nothing is on hold", "", nil, "No version of cart is on hold in prod."},
		{"everything", "", []gitops.Hold{onCart("3"), broken}, "3 and every version"},
		{"the one named", "3", []gitops.Hold{onCart("3"), broken}, "3"},
		{"another one", "4", []gitops.Hold{onCart("3")}, "cart 4 is not on hold in prod."},
		{"what nobody can read is not meant by a name", "3", []gitops.Hold{broken}, "cart 3 is not on hold in prod."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, w, tip := newLibrary()
			tip.Catalog.Holds = tt.holds
			in, err := w.compute(t.Context(), tip, gitops.Change{Request: gitops.Request{Command: gitops.Command{
				Kind: gitops.KindLift, Applications: []string{"cart"}, Environment: "prod", Version: tt.version,
			}}})
			var got string
			if err != nil {
				got = err.Error()
			} else {
				got = in.plan.Targets[0].Lifted()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if files := changedPaths(in.plan.Edits); err == nil && strings.Contains(files, "prod ") {
				t.Errorf("a lift changes what runs: %s", files)
			}
		})
	}
}

// TestARollbackToWhatIsOnHoldIsAskedAbout and needs the right to lift it.
func TestARollbackToWhatIsOnHoldIsAskedAbout(t *testing.T) {
	_, w, tip := newLibrary()
	tip.Catalog.Holds = []gitops.Hold{onCart("3")}
	cart, _ := tip.Catalog.Target("cart", "prod")
	a := aim{tip: tip, target: cart, current: gitops.ParseVersion("2"), wanted: gitops.ParseVersion("3")}
	w.Policy = yesMan{refuses: "lift"}
	if err := w.hold(&a, gitops.Change{ID: "c-1"}); gitops.CodeOf(err) != gitops.Denied {
		t.Errorf("by somebody who may not lift it: %v", err)
	}
	w.Policy = yesMan{}
	if err := w.hold(&a, gitops.Change{ID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(a.question, "cart 3 is on hold in prod. Roll back to it all the same, and lift the hold?") || len(a.lifts) != 1 || a.hold.Version.Full() != "2" {
		t.Errorf("it asks %q, lifts %v and puts %v on hold", a.question, a.lifts, a.hold)
	}
}

func changedPaths(edits []gitops.Edit) string {
	var paths []string
	for _, e := range edits {
		paths = append(paths, e.Path)
	}
	return strings.Join(paths, " ") + " "
}
