package git_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

// The dates of gitEnv, so that git's own commits have the same hash.
var (
	ada = git.Identity{Name: "Ada", Email: "ada@example.com", When: time.Unix(1700000000, 0).In(time.FixedZone("", 3600))}
	bot = git.Identity{Name: "Bot", Email: "bot@example.com", When: time.Unix(1700000060, 0).UTC()}
)

func request(base, message string, changes ...git.FileChange) git.CommitRequest {
	return git.CommitRequest{Base: base, Changes: changes, Message: message, Author: ada, Committer: bot}
}

func mustCommit(t testing.TB, m *git.Mirror, req git.CommitRequest) *git.Commit {
	t.Helper()
	c, err := m.Commit(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOneEditBecomesOneCommitOnAFreshBranch(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("apps/checkout/prod/kustomization.yaml", "newTag: 1.41.0\n").write("apps/cart/values.yaml", "a: 1\n")
	base := r.commit("start")
	m := r.open()
	ctx := context.Background()

	c := mustCommit(t, m, request(m.Tip(), "Promote checkout to prod: 1.41.0 → 1.42.3\n\nChange-Id: c-7F3K\n",
		git.FileChange{Path: "apps/checkout/prod/kustomization.yaml", Data: []byte("newTag: 1.42.3\n")}))
	if got := len(c.Objects()); got != 6 {
		t.Errorf("the commit has %d objects, want a blob, four trees and the commit", got)
	}
	const ref = "refs/heads/changebot/c-7F3K"
	if err := m.Push(ctx, git.PushRequest{Commit: c, Ref: ref}); err != nil {
		t.Fatal(err)
	}

	if got := r.remote("rev-parse", ref); got != c.Hash {
		t.Errorf("the remote has %s, want %s", got, c.Hash)
	}
	r.remote("fsck", "--strict", "--full")
	want := "apps/checkout/prod/kustomization.yaml"
	if got := r.remote("diff", "--name-only", base, ref); got != want {
		t.Errorf("changed files: %q", got)
	}
	if got := r.remote("log", "-1", "--format=%an <%ae> %ai|%cn <%ce> %ci|%B", ref); got !=
		"Ada <ada@example.com> 2023-11-14 23:13:20 +0100|Bot <bot@example.com> 2023-11-14 22:14:20 +0000|"+
			"Promote checkout to prod: 1.41.0 → 1.42.3\n\nChange-Id: c-7F3K" {
		t.Errorf("git log shows %q", got)
	}
}

func TestTheSameRequestGivesTheSameCommitAsGitItself(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("a/b/c.yaml", "x: 1\n").write("a.b/c", "1").write("a-b", "2").write("a0", "3")
	base := r.commit("start")
	req := request(base, "edit", git.FileChange{Path: "a/b/c.yaml", Data: []byte("x: 2\n")},
		git.FileChange{Path: "a/new/file", Data: []byte("n")}, git.FileChange{Path: "a-b", Delete: true},
		git.FileChange{Path: "run.sh", Data: []byte("#!/bin/sh\n"), Mode: git.Executable})
	one, two := mustCommit(t, r.open(), req), mustCommit(t, r.open(), req)

	r.write("a/b/c.yaml", "x: 2\n").write("a/new/file", "n").write("run.sh", "#!/bin/sh\n")
	r.git("rm", "-q", "a-b")
	if err := os.Chmod(filepath.Join(r.work, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := r.commit("edit")
	if one.Hash != want || two.Hash != want {
		t.Errorf("commits %s and %s, git made %s", one.Hash, two.Hash, want)
	}
}

// TestWhatStandsBesideTheEditStaysAsItIs holds the entries that tools break:
// modes, links, submodules, line ends, odd names, large directories, depth.
func TestWhatStandsBesideTheEditStaysAsItIs(t *testing.T) {
	r := newServer(t).newRepo(t)
	deep := strings.Repeat("d/", 60) + "values.yaml"
	r.write("dir/edit.yaml", "a: 1\r\nb: 2\r\n").write("dir/crlf.txt", "1\r\n2\r\n").write(deep, "v: 1\n")
	r.write("dir/run.sh", "#!/bin/sh\n").write("dir/ünïcode 文.txt", "u").write("dir/bin", "\x00\xff")
	for i := range 5000 {
		r.write(fmt.Sprintf("many/app-%04d.yaml", i), fmt.Sprint(i))
	}
	if err := errors.Join(os.Chmod(filepath.Join(r.work, "dir/run.sh"), 0o755),
		os.Symlink("../many", filepath.Join(r.work, "dir/link"))); err != nil {
		t.Fatal(err)
	}
	r.git("add", "-A")
	r.git("update-index", "--add", "--cacheinfo", "160000,0123456789012345678901234567890123456789,dir/module")
	r.git("commit", "-q", "-m", "start")
	r.git("push", "-q", "origin", "HEAD")
	base := r.git("rev-parse", "HEAD")
	m := r.open()
	ctx := context.Background()

	edited := []string{"dir/edit.yaml", deep, "many/app-2500.yaml", "many/app-2500.yaml.new", "dir/run.sh"}
	var changes []git.FileChange
	for _, path := range edited {
		changes = append(changes, git.FileChange{Path: path, Data: []byte("a: 2\r\n")})
	}
	c := mustCommit(t, m, request(base, "edit", changes...))
	if err := m.Push(ctx, git.PushRequest{Commit: c, Ref: "refs/heads/x"}); err != nil {
		t.Fatal(err)
	}
	r.remote("fsck", "--strict", "--full")
	raw := r.remote("diff", "--raw", "--no-renames", "--abbrev=40", base, c.Hash)
	if got := strings.Count(raw, "\n") + 1; got != len(edited) {
		t.Errorf("%d entries differ, want %d:\n%s", got, len(edited), raw)
	}
	if got := r.remote("ls-tree", c.Hash, "dir/run.sh"); !strings.HasPrefix(got, "100755 ") {
		t.Errorf("run.sh lost its mode: %s", got)
	}

	entries, err := m.ListTree(ctx, base, "dir")
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]git.Mode{}
	for _, e := range entries {
		modes[e.Name] = e.Mode
	}
	want := map[string]git.Mode{"bin": git.Regular, "crlf.txt": git.Regular, "edit.yaml": git.Regular, "link": git.Symlink,
		"module": git.Submodule, "run.sh": git.Executable, "ünïcode 文.txt": git.Regular}
	if diff := cmp.Diff(want, modes); diff != "" {
		t.Errorf("modes (-want +got):\n%s", diff)
	}
}

func TestRequestsThatCannotBeAreRefusedWithTheirReason(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("dir/file", "1").write("dir/sub/other", "2")
	if err := os.Symlink("sub", filepath.Join(r.work, "dir/link")); err != nil {
		t.Fatal(err)
	}
	base := r.commit("start")
	m := r.open()
	file := func(path string) []git.FileChange { return []git.FileChange{{Path: path, Data: []byte("x")}} }
	gone := func(path string) []git.FileChange { return []git.FileChange{{Path: path, Delete: true}} }

	tests := map[string]struct {
		changes []git.FileChange
		code    gitops.Code
		says    string
	}{
		"an empty path":                   {file(""), gitops.Invalid, "it is empty"},
		"an absolute path":                {file("/etc/passwd"), gitops.Invalid, "it is absolute"},
		"a path that climbs":              {file("dir/../../x"), gitops.Invalid, `".." element`},
		"a dot element":                   {file("./x"), gitops.Invalid, `"." element`},
		"a slash at the end":              {file("dir/"), gitops.Invalid, "an empty element"},
		"git's own directory":             {file(".git/hooks/post-checkout"), gitops.Invalid, "git's own directory"},
		"git's own directory, upper case": {file("dir/.GIT/config"), gitops.Invalid, "git's own directory"},
		"git's own directory on NTFS":     {file("GIT~1/config"), gitops.Invalid, "git's own directory"},
		"git's own directory with a dot":  {file(".git. ./config"), gitops.Invalid, "git's own directory"},
		"a stream of git's own directory": {file(".git::$INDEX_ALLOCATION/config"), gitops.Invalid, "git's own directory"},
		"git's own directory on HFS+":     {file(".g\u200cit/config"), gitops.Invalid, "git's own directory"},
		"a backslash before it":           {file(`dir\.git\config`), gitops.Invalid, "git's own directory"},
		"a line break":                    {file("a\nb"), gitops.Invalid, "control characters"},
		"a zero byte":                     {file("a\x00b"), gitops.Invalid, "control characters"},
		"invalid UTF-8":                   {file("a\xff"), gitops.Invalid, "not valid UTF-8"},
		"10,000 characters":               {file(strings.Repeat("a", 10_000)), gitops.Invalid, "too long"},
		"too many directories":            {file(strings.Repeat("a/", 200) + "a"), gitops.Invalid, "too deep"},
		"a path through a link":           {file("dir/link/x"), gitops.Unsafe, "symlink"},
		"a link itself":                   {file("dir/link"), gitops.Unsafe, "symlink"},
		"a path through a file":           {file("dir/file/x"), gitops.Invalid, "is a file"},
		"a directory":                     {file("dir/sub"), gitops.Invalid, "is a directory"},
		"deletion of a directory":         {gone("dir/sub"), gitops.Invalid, "is a directory"},
		"deletion of nothing":             {gone("dir/none"), gitops.NotFound, "There is no"},
		"deletion below nothing":          {gone("none/none"), gitops.NotFound, "There is no"},
		"one file twice":                  {append(file("x"), file("x")...), gitops.Invalid, "twice"},
		"a file and one below it":         {append(file("n"), file("n/x")...), gitops.Invalid, "is a file"},
		"no changes":                      {nil, gitops.Invalid, "as it is"},
		"the content it has":              {[]git.FileChange{{Path: "dir/file", Data: []byte("1")}}, gitops.Invalid, "as it is"},
		"a mode that is no file's":        {[]git.FileChange{{Path: "x", Mode: git.Symlink}}, gitops.Invalid, "cannot be written"},
		"a file that is too large":        {[]git.FileChange{{Path: "x", Data: make([]byte, git.MaxFileSize+1)}}, gitops.Invalid, "the limit"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := m.Commit(context.Background(), request(base, "m", tt.changes...))
			if gitops.CodeOf(err) != tt.code || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("got %s %v, want %s with %q", gitops.CodeOf(err), err, tt.code, tt.says)
			}
			if tt.says == "as it is" != errors.Is(err, git.ErrNoChange) {
				t.Errorf("%v: ErrNoChange is in the wrong place", err)
			}
		})
	}
}

func TestAFileMayGiveWayToADirectoryAndBack(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("a", "1").write("b/x/y", "2").write("b/x/z", "3")
	base := r.commit("start")
	c := mustCommit(t, r.open(), request(base, "swap",
		git.FileChange{Path: "a/new", Data: []byte("n")}, git.FileChange{Path: "a", Delete: true},
		git.FileChange{Path: "b", Data: []byte("f")},
		git.FileChange{Path: "b/x/y", Delete: true}, git.FileChange{Path: "b/x/z", Delete: true}))
	r.git("rm", "-rq", "a", "b")
	if want := r.write("a/new", "n").write("b", "f").commit("swap"); c.Hash != want {
		t.Errorf("commit %s, git made %s", c.Hash, want)
	}
}

func TestIdentitiesAndMessagesCannotBreakTheCommit(t *testing.T) {
	r := newServer(t).newRepo(t)
	base := r.write("f", "1").commit("start")
	m := r.open()
	req := request(base, "m", git.FileChange{Path: "f", Data: []byte("2")})
	req.Author.Name = "Eve <eve@evil> \ncommitter X <x> 1 +0000"
	c := mustCommit(t, m, req)
	if err := m.Push(context.Background(), git.PushRequest{Commit: c, Ref: "refs/heads/eve"}); err != nil {
		t.Fatal(err)
	}
	r.remote("fsck", "--strict")
	if got := r.remote("log", "-1", "--format=%an|%ae|%cn", "eve"); got != "Eve eve@evil committer X x 1 +0000|ada@example.com|Bot" {
		t.Errorf("git reads %q", got)
	}
	for name, spoil := range map[string]func(*git.CommitRequest){
		"no name":         func(r *git.CommitRequest) { r.Author.Name = "<>" },
		"no date":         func(r *git.CommitRequest) { r.Committer.When = time.Time{} },
		"no message":      func(r *git.CommitRequest) { r.Message = " \n" },
		"a zero byte":     func(r *git.CommitRequest) { r.Message = "a\x00b" },
		"no base":         func(r *git.CommitRequest) { r.Base = "" },
		"a name for base": func(r *git.CommitRequest) { r.Base = "main" },
	} {
		bad := req
		spoil(&bad)
		if _, err := m.Commit(context.Background(), bad); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
