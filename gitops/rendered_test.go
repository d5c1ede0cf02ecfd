package gitops_test

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestASummaryCountsWhatIsRenderedDifferently(t *testing.T) {
	of := func(changed, added, removed int) (r gitops.Rendered) {
		for effect, n := range map[gitops.Effect]int{gitops.EffectChanged: changed, gitops.EffectAdded: added, gitops.EffectRemoved: removed} {
			for range n {
				r.Resources = append(r.Resources, gitops.RenderedResource{Effect: effect})
			}
		}
		return r
	}
	for want, r := range map[string]gitops.Rendered{
		"nothing changes":                               of(0, 0, 0),
		"1 resource changes":                            of(1, 0, 0),
		"2 resources change":                            of(2, 0, 0),
		"1 resource is added":                           of(0, 1, 0),
		"2 resources change, 1 is added, 2 are removed": of(2, 1, 2),
		"2 resources are added, 1 is removed":           of(0, 2, 1),
		"4 resources change":                            {Left: 4},
		"":                                              {Unknown: "It is a Helm chart."},
	} {
		if got := r.Summary(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
