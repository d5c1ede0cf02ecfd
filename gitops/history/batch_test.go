package history

import (
	"context"
	"fmt"
	"testing"
)

// wholesale is a repository of which each commit writes every file anew.
type wholesale struct {
	Source
	commits, files int
	most           int // changes that were visited and not taken in yet
	visited        int
}

func (w *wholesale) hash(i int) string { return fmt.Sprintf("%040x", i+1) }

func (w *wholesale) Log(_ context.Context, _ string, most int, known func(string) bool, visit func(Commit) error) error {
	waiting := 0
	for i := range min(w.commits, most) {
		c := Commit{Hash: w.hash(i), Main: true, Boundary: i == 0}
		if i > 0 {
			c.Parents = []string{w.hash(i - 1)}
		}
		for n := range w.files {
			c.Changes = append(c.Changes, Change{Path: fmt.Sprint("f", n), Hash: w.hash(i)})
		}
		w.visited++
		if err := visit(c); err != nil {
			return err
		}
		if waiting += len(c.Changes); known(c.Hash) {
			waiting = 0
		}
		w.most = max(w.most, waiting)
	}
	return nil
}

// TestCommitsThatChangeEverythingAreNotHeldAllAtOnce: a thousand of them would
// take more memory than there is.
func TestCommitsThatChangeEverythingAreNotHeldAllAtOnce(t *testing.T) {
	w := &wholesale{commits: 20, files: 50_000}
	x := Open(Options{Repository: "acme/gitops", Source: w})
	tip := w.hash(w.commits - 1)
	if err := x.Follow(t.Context(), tip, nil); err != nil || !x.knows(tip) {
		t.Fatalf("%v, known: %v", err, x.knows(tip))
	}
	if w.most >= 200_000 {
		t.Errorf("%d changes were held at once", w.most)
	}
	w = &wholesale{commits: 20, files: 50_000}
	x = Open(Options{Repository: "acme/gitops", Source: w})
	if x.catchUp(t.Context(), tip) || w.visited > 5 {
		t.Errorf("a question waited for %d commits", w.visited)
	}
}
