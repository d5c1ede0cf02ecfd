package git_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops/git"
)

// BenchmarkPromotion is one scalar in one file, from a base that moved by one
// commit to a pushed branch, in a repository of 2,000 applications.
func BenchmarkPromotion(b *testing.B) {
	r := largeRepo(b)
	m := r.open()
	ctx := context.Background()

	n := 0
	promote := func(b *testing.B) *git.Commit {
		n++
		c, err := m.Commit(ctx, request(m.Tip(), fmt.Sprint("promote ", n),
			git.FileChange{Path: "apps/app-77/file-3.yaml", Data: fmt.Append(nil, "newTag: ", n)}))
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	push := func(b *testing.B, c *git.Commit, ref, expect string) {
		if err := m.Push(ctx, git.PushRequest{Commit: c, Ref: "refs/heads/" + ref, Expect: expect}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("commit", func(b *testing.B) {
		for b.Loop() {
			promote(b)
		}
	})
	b.Run("push", func(b *testing.B) {
		for b.Loop() {
			push(b, promote(b), fmt.Sprint("changebot/", n), git.Zero)
		}
	})
	b.Run("fetch", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			push(b, promote(b), "main", m.Tip())
			b.StartTimer()
			mustFetch(b, m)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := m.ReadFile(ctx, m.Tip(), "apps/app-77/file-3.yaml"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("walk", func(b *testing.B) {
		for b.Loop() {
			err := m.WalkDirs(ctx, m.Tip(), "", func(string, []git.TreeEntry) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// largeRepo has 2,000 applications of ten files each, one commit per application.
func largeRepo(b *testing.B) *repo {
	b.Helper()
	r := newServer(b).newRepo(b)
	var stream strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter B <b@x> %d +0000\ndata 1\nm\n", 1700000000+i)
		for f := range 10 {
			fmt.Fprintf(&stream, "M 644 inline apps/app-%d/file-%d.yaml\ndata 20\n%020d\n", i, f, i*10+f)
		}
	}
	path := filepath.Join(b.TempDir(), "stream")
	if err := os.WriteFile(path, []byte(stream.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	runGit(b, r.work, "-c", "alias.load=!git fast-import --quiet < "+path, "load")
	r.git("push", "-q", "origin", "main")
	r.remote("repack", "-adbq")
	return r
}
