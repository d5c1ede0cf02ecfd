package git_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/changebot/changebot/gitops/git"
)

// TestALargeFolderIsSentAsWhatChangesInIt: the server makes the same trees of
// it, whatever happens to the entries.
func TestALargeFolderIsSentAsWhatChangesInIt(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	const apps = 400
	for i := range apps {
		r.write(fmt.Sprintf("apps/app-%03d/tag", i), fmt.Sprint("1.", i, "\n"))
	}
	base := r.commit("start")
	m := r.open()
	write := func(path string) git.FileChange { return git.FileChange{Path: path, Data: []byte("2.0\n")} }
	remove := func(path string) git.FileChange { return git.FileChange{Path: path, Delete: true} }
	for name, changes := range map[string][]git.FileChange{
		"one":          {write("apps/app-200/tag")},
		"ends":         {write("apps/app-000/tag"), write("apps/app-399/tag")},
		"neighbours":   {write("apps/app-010/tag"), write("apps/app-011/tag"), write("apps/app-012/tag")},
		"new":          {write("apps/aaa/tag"), write("apps/app-200b/tag"), write("apps/zzz/tag")},
		"gone":         {remove("apps/app-000/tag"), remove("apps/app-100/tag"), remove("apps/app-101/tag"), remove("apps/app-399/tag")},
		"all in one":   {remove("apps/app-100/tag"), write("apps/app-100b/tag"), write("apps/app-101/tag")},
		"a file there": {remove("apps/app-100/tag"), write("apps/app-100")},
	} {
		c, err := m.Commit(context.Background(), request(base, name, changes...))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		received := s.received.Load()
		if err := m.Push(context.Background(), git.PushRequest{Commit: c, Ref: "refs/heads/" + c.Hash}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := s.received.Load() - received; got > 1500 {
			t.Errorf("%s: %d bytes were sent", name, got)
		}
		if got := r.remote("rev-parse", c.Hash+"^{tree}"); got != c.Tree {
			t.Errorf("%s: the tree is %s, want %s", name, got, c.Tree)
		}
	}
	r.remote("fsck", "--strict", "--full")
}
