package git_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/changebot/changebot/gitops/git"
)

// tree is a random work tree: paths to contents.
type tree map[string]string

// aPath draws from few names, chosen so that git's order of trees matters: a
// directory sorts as if its name ended in a slash. No two differ by case alone,
// since that is refused.
func aPath() *rapid.Generator[string] {
	name := rapid.SampledFrom([]string{"a", "a-", "a.", "a.b", "a0", "ab", "b", "é", "文", "Z", "a b", "x.yaml"})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(name, 1, 4).Draw(t, "path"), "/")
	})
}

func aContent() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "1", "2\n", "3\r\n", "k: v\n# ü\n", "\x00\xff"})
}

// fits reports whether a file may stand at path beside the others.
func (tr tree) fits(path string) bool {
	for other := range tr {
		if strings.HasPrefix(other, path+"/") || strings.HasPrefix(path, other+"/") {
			return false
		}
	}
	return true
}

func (tr tree) writeTo(t *rapid.T, dir string) {
	for path, content := range tr {
		name := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// edit draws deletions and writes and returns the tree that they leave.
func (tr tree) edit(t *rapid.T) (after tree, changes []git.FileChange) {
	after = maps.Clone(tr)
	for _, path := range slices.Sorted(maps.Keys(tr)) {
		if path != "keep" && rapid.IntRange(0, 3).Draw(t, "delete "+path) == 0 {
			delete(after, path)
			changes = append(changes, git.FileChange{Path: path, Delete: true})
		}
	}
	writes := rapid.MapOfN(aPath(), aContent(), 1, 6).Draw(t, "writes")
	for _, path := range slices.Sorted(maps.Keys(writes)) {
		isDeleted := func(c git.FileChange) bool { return c.Path == path }
		if slices.ContainsFunc(changes, isDeleted) || !after.fits(path) {
			continue
		}
		after[path] = writes[path]
		changes = append(changes, git.FileChange{Path: path, Data: []byte(writes[path])})
	}
	return after, changes
}

// TestRandomEditsGiveTheCommitThatGitWouldMake compares hashes, so every byte
// of every tree is covered.
func TestRandomEditsGiveTheCommitThatGitWouldMake(t *testing.T) {
	s := newServer(t)
	dirs := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		r := s.newRepo(t)
		before := tree{"keep": "1"}
		for path, content := range rapid.MapOfN(aPath(), aContent(), 0, 12).Draw(rt, "tree") {
			if before.fits(path) {
				before[path] = content
			}
		}
		before.writeTo(rt, r.work)
		base := r.commit("base")

		after, changes := before.edit(rt)
		if maps.Equal(before, after) {
			return
		}

		dir, err := os.MkdirTemp(dirs, "m")
		if err != nil {
			rt.Fatal(err)
		}
		ctx := context.Background()
		m, err := git.Open(ctx, git.Options{URL: r.url, Dir: filepath.Join(dir, "m.git"), Branch: "main"})
		if err != nil {
			rt.Fatal(err)
		}
		defer m.Close()
		shuffled := rapid.Permutation(changes).Draw(rt, "order")
		c, err := m.Commit(ctx, request(base, "edit", shuffled...))
		if err != nil {
			rt.Fatal(err)
		}
		r.git("rm", "-rqf", "--ignore-unmatch", ".")
		after.writeTo(rt, r.work)
		r.git("add", "-A")
		r.git("commit", "-q", "-m", "edit")
		if want := r.git("rev-parse", "HEAD"); c.Hash != want {
			rt.Fatalf("commit %s, git made %s", c.Hash, want)
		}
		if err := m.Push(ctx, git.PushRequest{Commit: c, Ref: "refs/heads/x"}); err != nil {
			rt.Fatal(err)
		}
		r.remote("fsck", "--strict", "--full")
		if got := r.remote("rev-list", "--objects", c.Hash, "^"+base); strings.Count(got, "\n")+1 > len(c.Objects()) {
			rt.Fatalf("git counts these new objects, %d were pushed:\n%s", len(c.Objects()), got)
		}
	})
}
