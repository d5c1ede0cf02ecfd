package git_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

// TestWhatIsNoFileIsNeitherReadNorWritten holds what a tree can have in place of
// a file, or of a directory on the way to one.
func TestWhatIsNoFileIsNeitherReadNorWritten(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("dir/file", "1").write("dir/sub/other", "2")
	if err := errors.Join(os.Symlink("../../../etc/passwd", filepath.Join(r.work, "dir/out")), os.Symlink("sub", filepath.Join(r.work, "dir/link")),
		os.Mkdir(filepath.Join(r.work, "dir/module"), 0o755)); err != nil {
		t.Fatal(err)
	}
	r.git("update-index", "--add", "--cacheinfo", "160000,0123456789012345678901234567890123456789,dir/module")
	base := r.commit("start")
	m := r.open()
	ctx := context.Background()
	for _, tt := range []struct {
		name, path string
		code       gitops.Code
		says       string
	}{
		{"a link out of the tree", "dir/out", gitops.Unsafe, "is a symlink"},
		{"a path through a link", "dir/link/other", gitops.Unsafe, "is a symlink"},
		{"a submodule", "dir/module", gitops.Unsafe, "is a submodule"},
		{"a path into a submodule", "dir/module/x", gitops.Unsafe, "is a submodule"},
		{"a directory", "dir/sub", gitops.Invalid, "is a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := m.ReadFile(ctx, base, tt.path)
			if gitops.CodeOf(err) != tt.code || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("read: got %s %v", gitops.CodeOf(err), err)
			}
			_, err = m.Commit(ctx, request(base, "m", git.FileChange{Path: tt.path, Data: []byte("x")}))
			if gitops.CodeOf(err) != tt.code || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("write: got %s %v", gitops.CodeOf(err), err)
			}
		})
	}
}

func TestANameThatDiffersByCaseAloneIsNotMade(t *testing.T) {
	r := newServer(t).newRepo(t)
	base := r.write("dir/file", "1").write("old/twin", "a").write("old/Twin", "b").commit("start")
	m := r.open()
	for name, paths := range map[string][]string{
		"a file beside a file":                 {"dir/File"},
		"a directory beside a directory":       {"DIR/new"},
		"a file beside a directory":            {"Dir"},
		"letters of Unicode":                   {"É", "é"},
		"two new directories":                  {"new/a", "NEW/b"},
		"a new directory and a new file":       {"new/a", "New"},
		"a third beside two that collide":      {"old/TWIN"},
		"a new file and a directory behind it": {"New", "new/a"},
	} {
		t.Run(name, func(t *testing.T) {
			var changes []git.FileChange
			for _, path := range paths {
				changes = append(changes, git.FileChange{Path: path, Data: []byte("x")})
			}
			_, err := m.Commit(context.Background(), request(base, "m", changes...))
			if gitops.CodeOf(err) != gitops.Unsafe || !strings.Contains(err.Error(), "and Windows and macOS take the two for one.") {
				t.Errorf("got %s %v", gitops.CodeOf(err), err)
			}
		})
	}
	// What collides already is there, and can be edited or removed.
	c := mustCommit(t, m, request(base, "edit", git.FileChange{Path: "old/twin", Data: []byte("c")}))
	r.write("old/twin", "c")
	if want := r.commit("edit"); c.Hash != want {
		t.Errorf("commit %s, git made %s", c.Hash, want)
	}
	mustCommit(t, m, request(base, "rename", git.FileChange{Path: "dir/file", Delete: true}, git.FileChange{Path: "dir/File", Data: []byte("1")}))
}
