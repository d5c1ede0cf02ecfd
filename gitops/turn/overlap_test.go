package turn

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

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
