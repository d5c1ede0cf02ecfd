package history_test

import (
	"os"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// One changebot ends while the next one waits for its folder: what the first
// still writes must not be read with the words of the second.
func TestAFileIsHandedFromOneIndexToTheNext(t *testing.T) {
	seed, r := seeded(t)
	f := newForge(t, tell(seed, 60, 20))
	f.stand(5)
	m := f.mirror("m")
	follow := func(at int, follow func(tip string) error) string {
		t.Helper()
		tip := f.stand(at)
		if _, err := m.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := follow(tip); err != nil {
			t.Fatal(err)
		}
		return tip
	}
	first, next := f.index("shared", m), f.index("shared", m)
	tip := follow(15, func(tip string) error { return first.Follow(t.Context(), tip, nil) })
	held(t, first, tip, gitops.Place{Shape: gitops.ShapeHelm, File: f.paths[0], Field: "image.tag"}) // words of its own
	follow(25, func(tip string) error { return first.Follow(t.Context(), tip, nil) })
	written := size(t, f.file("shared"))
	tip = follow(30, func(tip string) error { return next.Follow(t.Context(), tip, nil) })
	if now := size(t, f.file("shared")); now != written {
		t.Errorf("the next one writes to it while the first has it: %d bytes after %d", now, written)
	}
	f.check(next, tip, r, 10) // from memory, for the file is not its own
	follow(35, func(tip string) error { return first.Follow(t.Context(), tip, nil) })
	before := size(t, f.file("shared"))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if after := size(t, f.file("shared")); after != before {
		t.Errorf("the file had %d bytes and has %d", before, after)
	}
	tip = follow(len(f.main)-1, func(tip string) error { return next.Follow(t.Context(), tip, nil) })
	f.check(next, tip, r, 20)
	if after := size(t, f.file("shared")); after <= before {
		t.Errorf("the next one keeps nothing: %d bytes after %d", after, before)
	}
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
	f.check(f.index("shared", m), tip, r, 20)
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
