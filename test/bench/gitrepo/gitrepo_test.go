package gitrepo_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changebot/changebot/test/bench/gitrepo"
)

func TestARepositoryIsWhatItsSizeSays(t *testing.T) {
	for _, sharded := range []bool{false, true} {
		t.Run(fmt.Sprintf("sharded %v", sharded), func(t *testing.T) {
			size := gitrepo.Size{Name: "T", Apps: 300, Commits: 2_500, Sharded: sharded}
			r, err := gitrepo.Build(t.Context(), filepath.Join(t.TempDir(), "t.git"), size)
			if err != nil {
				t.Fatal(err)
			}
			git := func(args ...string) string {
				t.Helper()
				out, err := r.Git(t.Context(), nil, args...)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			again, err := gitrepo.Build(t.Context(), filepath.Join(t.TempDir(), "t.git"), size)
			if err != nil {
				t.Fatal(err)
			}
			if tip, err := again.Tip(t.Context()); tip != git("rev-parse", "main") || err != nil {
				t.Errorf("made again it ends in %s: %v", tip, err)
			}
			if got := git("rev-list", "--count", "main"); got != "2500" {
				t.Errorf("%s commits", got)
			}
			if got := strings.Count(git("ls-tree", "-r", "--name-only", "main"), "\n") + 1; got != 10*300+2 {
				t.Errorf("%d files", got)
			}
			for app, changes := range map[int]int{
				size.Busy(): gitrepo.BusyChanges, size.Middling(): gitrepo.MiddlingChanges, size.Quiet(): gitrepo.QuietChanges,
			} {
				path := size.Path(app, "prod")
				if got := git("rev-list", "--count", "main", "--", path); got != fmt.Sprint(changes+1) {
					t.Errorf("%s has %s versions, want %d", path, got, changes+1)
				}
				if got := git("show", "main:"+path); !strings.Contains(got, "newTag: "+size.Tag(changes)) {
					t.Errorf("%s ends as %s", path, got)
				}
			}
			if err := r.Advance(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			opened, err := gitrepo.Open(t.Context(), r.Dir, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := opened.Advance(t.Context(), 310); err != nil {
				t.Fatal(err)
			}
			if got := git("rev-list", "--count", "main"); got != "2820" {
				t.Errorf("%s commits after main was moved on", got)
			}
			git("fsck", "--strict", "--full")
		})
	}
}
