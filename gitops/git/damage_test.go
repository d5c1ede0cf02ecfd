package git_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops/git"
)

// spoil damages one file: it cuts it off, flips a bit, or deletes it.
func spoil(t *testing.T, path string, rnd *rand.Rand) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	did := ""
	switch kind := rnd.IntN(4); {
	case kind == 0 || len(data) == 0:
		did, err = "deleted", os.Remove(path)
	case kind == 1:
		n := rnd.IntN(len(data))
		did, err = fmt.Sprintf("cut off at %d of %d", n, len(data)), os.Truncate(path, int64(n))
	default:
		i, bit := rnd.IntN(len(data)), byte(1)<<rnd.IntN(8)
		data[i] ^= bit
		_ = os.Chmod(path, 0o600)
		did, err = fmt.Sprintf("flipped bit %#x of byte %d", bit, i), os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(path) + " " + did
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func damagedRepo(t *testing.T) (*repo, string, *git.Mirror) {
	r := newServer(t).newRepo(t)
	for i := range 40 { // similar files, so that the pack has deltas
		r.write(fmt.Sprintf("apps/app-%d/values.yaml", i), strings.Repeat(fmt.Sprintln("line of values", i/10), 50)+fmt.Sprint(i))
	}
	r.write("f", "1").commit("one")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	m := r.open(func(o *git.Options) { o.Dir = dir })
	r.write("f", "2").write("apps/app-7/values.yaml", "2").commit("two")
	mustFetch(t, m)
	return r, dir, m
}

// readAll reads every file of a commit.
func readAll(m *git.Mirror, commit string) (map[string]string, error) {
	out := map[string]string{}
	ctx := context.Background()
	err := m.WalkDirs(ctx, commit, "", func(dir string, entries []git.TreeEntry) error {
		for _, e := range entries {
			if e.Mode == git.Directory {
				continue
			}
			path := strings.TrimPrefix(dir+"/"+e.Name, "/")
			data, err := m.ReadFile(ctx, commit, path)
			if err != nil {
				return err
			}
			out[path] = string(data)
		}
		return nil
	})
	return out, err
}

func TestADamagedMirrorIsRecoveredWhenItIsOpened(t *testing.T) {
	r, dir, m := damagedRepo(t)
	want, err := readAll(m, m.Tip())
	if err != nil || len(want) != 41 {
		t.Fatal(len(want), err)
	}
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 60 {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		all := files(t, dir)
		what := spoil(t, all[rnd.IntN(len(all))], rnd)
		m = r.open(func(o *git.Options) { o.Dir = dir })
		tip := mustFetch(t, m)
		got, err := readAll(m, tip)
		if err != nil || len(got) != len(want) || tip != r.git("rev-parse", "HEAD") {
			t.Errorf("%s: %d files, %v", what, len(got), err)
		}
		for path, content := range got {
			if want[path] != content {
				t.Errorf("%s: %s reads %q", what, path, content)
			}
		}
	}
}

// TestDamageWhileOpenNeverGivesWrongBytes: what is read is right, or an error
// that goes away; the tip is always readable in the end.
func TestDamageWhileOpenNeverGivesWrongBytes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	r, dir, m := damagedRepo(t)
	want, err := readAll(m, m.Tip())
	if err != nil {
		t.Fatal(err)
	}
	var log syncBuffer
	healed := 0
	for range 40 {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		m = r.open(logTo(&log), func(o *git.Options) { o.Dir = dir }) // nothing is in its memory
		packs, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
		if err != nil || len(packs) == 0 {
			t.Fatal(packs, err)
		}
		what := spoil(t, packs[rnd.IntN(len(packs))], rnd)
		before := strings.Count(log.String(), "is damaged")
		got, err := readAll(m, m.Tip())
		for path, content := range got {
			if want[path] != content {
				t.Errorf("%s: %s reads %q", what, path, content)
			}
		}
		if err != nil && !errors.Is(err, git.ErrUnknownCommit) {
			t.Errorf("%s: %v", what, err)
		}
		healed += strings.Count(log.String(), "is damaged") - before
		if got, err := readAll(m, mustFetch(t, m)); err != nil || len(got) != len(want) {
			t.Errorf("%s: afterwards %d files, %v", what, len(got), err)
		}
	}
	if healed < 20 {
		t.Errorf("only %d of 40 damages were met", healed)
	}
}

// TestAMirrorThatLosesItsMarksOneByOneIsKnownForOne: the one that is left says
// that the directory may be replaced, and brings the other back.
func TestAMirrorThatLosesItsMarksOneByOneIsKnownForOne(t *testing.T) {
	r, dir, m := damagedRepo(t)
	for _, lost := range []string{"changebot-mirror", "config", "changebot-mirror"} {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, lost)); err != nil {
			t.Fatal(err)
		}
		m = r.open(func(o *git.Options) { o.Dir = dir })
	}
	mustRead(t, m, m.Tip(), "f", "2")
}
