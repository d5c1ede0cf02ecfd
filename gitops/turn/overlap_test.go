package turn

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

// What was asked for may be there already, or be left out for a reason.
func TestTheQueueNamesWhatIsChangedAndNotAllThatWasAskedFor(t *testing.T) {
	c := gitops.Change{ID: "c-1", Request: gitops.Request{Command: gitops.Command{
		Kind: gitops.KindPromote, All: true, Applications: []string{"cart", "checkout", "search"}, Environment: "prod",
	}}}
	step := func(application, version string) gitops.Step {
		return gitops.Step{
			Target: gitops.Target{TargetRef: gitops.TargetRef{Application: application, Environment: "prod"}},
			New:    gitops.Version{Tag: version},
		}
	}
	for want, steps := range map[string][]gitops.Step{
		"cart, checkout and search": nil, // not planned yet
		"cart and search":           {step("search", "8.1.0"), step("cart", "3.4.0")},
	} {
		c.Plan.Targets = steps
		if got := (Queue{Changes: []gitops.Change{c}}).Table().Rows[0][1]; got != want {
			t.Errorf("planned for %d: %q, not %q", len(steps), got, want)
		}
	}
}

func TestEachPairThatOverlapsIsSaidOnce(t *testing.T) {
	with := func(ids ...string) []gitops.Overlap {
		var all []gitops.Overlap
		for _, id := range ids {
			all = append(all, gitops.Overlap{Change: id, What: "same file a.yaml"})
		}
		return all
	}
	q := Queue{
		Changes:  []gitops.Change{{ID: "c-1"}, {ID: "c-2"}, {ID: "c-3"}, {ID: "c-4"}},
		Overlaps: map[string][]gitops.Overlap{"c-1": with("c-2", "c-3", "c-4"), "c-2": with("c-1", "c-3", "c-4"), "c-3": with("c-1", "c-2"), "c-4": with("c-1", "c-2", "c-9")},
	}
	want := []string{
		"#c-1 overlaps with #c-2: same file a.yaml.", "#c-1 overlaps with #c-3: same file a.yaml.", "#c-1 overlaps with #c-4: same file a.yaml.",
		"#c-2 overlaps with #c-3: same file a.yaml.", "#c-2 overlaps with #c-4: same file a.yaml.", "And 1 more overlap.",
	}
	if diff := cmp.Diff(want, q.Table().Notes); diff != "" {
		t.Error(diff)
	}
}
