package workflow

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

// A drawer is a Store that notes which Changes are loaded.
type drawer struct {
	Store
	changes map[string]gitops.Change
	loaded  []string
}

func (d *drawer) Change(_ context.Context, id string) (gitops.Change, error) {
	d.loaded = append(d.loaded, id)
	return d.changes[id], nil
}

func (d *drawer) Revisions(context.Context, string) (map[string]int64, error) {
	open := map[string]int64{}
	for id, c := range d.changes {
		if !c.State.Ended() {
			open[id] = c.Revision
		}
	}
	return open, nil
}

func TestOverlapsLoadWhatIsNewerThanItWas(t *testing.T) {
	d := &drawer{changes: map[string]gitops.Change{}}
	put := func(id string, state gitops.State, path string) gitops.Change {
		c := gitops.Change{ID: id, Revision: d.changes[id].Revision + 1, State: state, Request: gitops.Request{Repository: "acme/gitops"}}
		c.Plan = gitops.Plan{Branch: "main", Digest: "d", Edits: []gitops.Edit{{Path: path, Field: id}}}
		d.changes[id] = c
		return c
	}
	r := New(Ports{Store: d, Revisions: d}, Options{}, &Repository{Name: "acme/gitops"})
	mine := put("c-1", gitops.StateProposed, "shared.yaml")
	put("c-2", gitops.StateProposed, "shared.yaml")
	put("c-3", gitops.StateProposed, "other.yaml")
	for _, tt := range []struct {
		when   string
		change func()
		want   []string
		loads  []string
	}{
		{"at first", nil, []string{"c-2"}, []string{"c-1", "c-2", "c-3"}},
		{"when nothing has changed", nil, []string{"c-2"}, nil},
		{"when one is planned anew", func() { put("c-3", gitops.StateProposed, "shared.yaml") }, []string{"c-2", "c-3"}, []string{"c-3"}},
		{"when one is merged", func() { put("c-3", gitops.StateMerged, "shared.yaml") }, []string{"c-2"}, []string{"c-3"}},
		{"when one is over", func() { put("c-2", gitops.StateCancelled, "shared.yaml") }, nil, nil},
	} {
		if tt.change != nil {
			tt.change()
		}
		d.loaded = nil
		var got []string
		for _, o := range r.Overlaps(t.Context(), mine) {
			got = append(got, o.Change)
		}
		if diff := cmp.Diff([][]string{tt.want, tt.loads}, [][]string{got, d.loaded}); diff != "" {
			t.Errorf("%s: %s", tt.when, diff)
		}
	}
	if jobs := r.neighbours(t.Context(), put("c-4", gitops.StateProposed, "shared.yaml")); len(jobs) != 1 || jobs[0].Subject != "c-1" {
		t.Errorf("it tells %+v", jobs)
	}
}
