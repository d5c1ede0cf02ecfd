package gitops_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

func TestWhatTwoOpenChangesHaveInCommon(t *testing.T) {
	planned := func(id string, edits ...gitops.Edit) gitops.Change {
		c := gitops.Change{ID: id, State: gitops.StateProposed, Request: gitops.Request{Repository: "acme/gitops"}}
		c.Plan = gitops.Plan{Branch: "main", Edits: edits, Digest: gitops.DigestOf(edits)}
		return c
	}
	copying := func(c gitops.Change) gitops.Change {
		c.Plan.Targets = []gitops.Step{{
			Target: gitops.Target{Directory: "apps/prod", Copying: &gitops.Copying{Exclude: []string{"local/**"}}},
			Copied: gitops.Copied{Environment: "staging", Directory: "apps/staging", Commit: "c0ffee"},
		}}
		return c
	}
	whole := func(path string, kind gitops.EditKind) gitops.Edit {
		e := edit(path, "", "1", "2")
		e.Kind = kind
		return e
	}
	in := func(s gitops.State, c gitops.Change) gitops.Change { c.State = s; return c }
	mine := planned("c-1", edit("shared.yaml", "a.tag", "1", "2"))
	tests := []struct {
		name        string
		mine, other gitops.Change
		want        string
	}{
		{"nothing", mine, planned("c-2", edit("other.yaml", "a.tag", "1", "2")), ""},
		{"another field of a file", mine, planned("c-2", edit("shared.yaml", "b.tag", "1", "2")), "same file shared.yaml"},
		{"a field", mine, planned("c-2", edit("shared.yaml", "b.tag", "1", "2"), edit("shared.yaml", "a.tag", "1", "3")), "same field a.tag of shared.yaml"},
		{"a field of a file that goes", mine, planned("c-2", whole("shared.yaml", gitops.EditDelete)), "same file shared.yaml"},
		{"a directory that this copies", copying(planned("c-1", whole("apps/prod/a", gitops.EditAdd))), planned("c-2", edit("apps/prod/b", "x", "1", "2")), "it changes apps/prod/b, and this copies apps/prod"},
		{"a directory that the other copies", planned("c-1", edit("apps/prod/b", "x", "1", "2")), copying(planned("c-2", whole("apps/prod/a", gitops.EditAdd))), "it copies apps/prod, and this changes apps/prod/b"},
		{"a file of the directory that is left alone", copying(planned("c-1", whole("apps/prod/a", gitops.EditAdd))), planned("c-2", edit("apps/prod/local/b", "x", "1", "2")), ""},
		{"itself", mine, mine, ""},
		{"what is merged already", mine, in(gitops.StateSyncing, planned("c-2", edit("shared.yaml", "a.tag", "1", "3"))), ""},
		{"what was cancelled", mine, in(gitops.StateCancelled, planned("c-2", edit("shared.yaml", "a.tag", "1", "3"))), ""},
		{"what is not planned yet", mine, gitops.Change{ID: "c-2", State: gitops.StateRequested, Request: mine.Request}, ""},
		{"one that is merged itself", in(gitops.StateMerged, mine), planned("c-2", edit("shared.yaml", "a.tag", "1", "3")), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []gitops.Overlap
			if tt.want != "" {
				want = []gitops.Overlap{{Change: "c-2", What: tt.want}}
			}
			var n gitops.Neighbourhood
			n.Put(tt.other)
			if diff := gocmp.Diff(want, n.Overlaps(tt.mine)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestANeighbourhoodThatMovesKnowsWhatEachPairHasInCommon(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	draw := func(id string) gitops.Change {
		c := gitops.Change{ID: id, State: gitops.StateProposed, Request: gitops.Request{Repository: "acme/gitops", At: time.Unix(r.Int64N(5), 0)}}
		for range 1 + r.IntN(3) {
			c.Plan.Edits = append(c.Plan.Edits, edit(fmt.Sprintf("d%d/f%d", r.IntN(4), r.IntN(4)), fmt.Sprintf("x%d", r.IntN(2)), "1", "2"))
		}
		if r.IntN(4) == 0 {
			c.Plan.Targets = []gitops.Step{{
				Target: gitops.Target{Directory: fmt.Sprintf("d%d", r.IntN(4)), Copying: &gitops.Copying{Exclude: []string{"f0"}}},
				Copied: gitops.Copied{Directory: "from"},
			}}
		}
		if r.IntN(5) == 0 {
			c.State = gitops.StateHealthy
		}
		c.Plan.Digest = "d"
		return c
	}
	var n gitops.Neighbourhood
	open := map[string]gitops.Change{}
	for range 2000 {
		c := draw(fmt.Sprintf("c-%d", r.IntN(12)))
		if r.IntN(6) == 0 {
			n.Remove(c.ID)
			delete(open, c.ID)
		} else {
			n.Put(c)
			open[c.ID] = c
		}
		asks := draw(fmt.Sprintf("c-%d", r.IntN(12)))
		others := slices.SortedFunc(maps.Values(open), func(a, b gitops.Change) int {
			return cmp.Or(a.Request.At.Compare(b.Request.At), strings.Compare(a.ID, b.ID))
		})
		var want []gitops.Overlap
		for _, other := range others {
			var pair gitops.Neighbourhood
			pair.Put(other)
			want = append(want, pair.Overlaps(asks)...)
		}
		if diff := gocmp.Diff(want, n.Overlaps(asks)); diff != "" {
			t.Fatal(diff)
		}
	}
}
