package git_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

// packNames are the names of a mirror's packs, without .pack.
func packNames(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "objects/pack/pack-*.pack"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], ".pack")
	}
	return names
}

// TestAPackThatGetsNoIndexIsNotLeftBehind: where the disk is full, each fetch
// would leave one, and make it no emptier.
func TestAPackThatGetsNoIndexIsNotLeftBehind(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("f", "1").commit("one")
	dir, other := filepath.Join(t.TempDir(), "mirror.git"), filepath.Join(t.TempDir(), "other.git")
	m := r.open(func(o *git.Options) { o.Dir = dir })
	scout := r.open(func(o *git.Options) { o.Dir = other })
	r.write("f", "2").commit("two")
	mustFetch(t, scout) // to know how the pack is called
	inTheWay := ""
	for _, pack := range packNames(t, other) {
		if name := filepath.Join(dir, "objects/pack", filepath.Base(pack)); len(packNames(t, dir)) == 1 && packNames(t, dir)[0] != name {
			inTheWay = name + ".idx"
		}
	}
	if err := os.Mkdir(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fetch(context.Background()); gitops.CodeOf(err) != gitops.Internal || !strings.Contains(err.Error(), "could not be written") {
		t.Fatalf("fetched with an index that cannot be written: %v", err)
	}
	if left := packNames(t, dir); len(left) != 1 {
		t.Errorf("%d packs are left, want that of the clone alone", len(left))
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	mustRead(t, m, mustFetch(t, m), "f", "2")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	crashed := filepath.Join(dir, "objects/pack/pack-"+strings.Repeat("0", 40)+".pack")
	if err := os.WriteFile(crashed, []byte("PACK"), 0o600); err != nil {
		t.Fatal(err)
	}
	m = r.open(func(o *git.Options) { o.Dir = dir })
	mustRead(t, m, m.Tip(), "f", "2")
	if left := packNames(t, dir); len(left) != 2 {
		t.Errorf("%d packs are there after a crash, want 2", len(left))
	}
}
