package git_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

// story is a repository with a merge and two lines, whose mirror starts at "start":
//
//	zeroth ── first ── start ── main1 ── merge ── main2
//	            │        └──────────── new ──┘
//	            └── old
func story(t *testing.T) (m *git.Mirror, c map[string]string) {
	t.Helper()
	r := newServer(t).newRepo(t)
	c = map[string]string{}
	c["zeroth"] = r.write("f", "00").commit("zeroth")
	c["first"] = r.write("f", "0").commit("first")
	c["start"] = r.write("f", "1").commit("start")
	m = r.open()
	c["main1"] = r.write("g", "1").commit("main1")
	r.git("checkout", "-q", "-b", "new", c["start"])
	c["new"] = r.write("f", "2").commit("new")
	r.git("checkout", "-q", "-b", "old", c["first"])
	c["old"] = r.write("h", "1").commit("old")
	r.git("checkout", "-q", "main")
	r.git("merge", "-q", "--no-ff", "-m", "merge", "new")
	c["merge"] = r.git("rev-parse", "HEAD")
	c["main2"] = r.write("f", "3").commit("main2")
	mustFetch(t, m)
	return m, c
}

func TestContainsIsHonestAboutWhatLiesBeforeTheMirror(t *testing.T) {
	m, c := story(t)
	const unheardOf = "0123456789012345678901234567890123456789"
	tests := map[string]struct {
		commit, ancestor string
		want             bool
		err              error
	}{
		"a commit contains itself":                               {c["main1"], c["main1"], true, nil},
		"the tip contains what was pushed":                       {c["main2"], c["main1"], true, nil},
		"the tip contains what was merged":                       {c["main2"], c["new"], true, nil},
		"the tip contains the start":                             {c["main2"], c["start"], true, nil},
		"the start does not contain what came after":             {c["start"], c["merge"], false, nil},
		"an older commit does not contain a later merge":         {c["main1"], c["merge"], false, nil},
		"one side does not contain the other":                    {c["main1"], c["new"], false, nil},
		"what came before the start is unknown":                  {c["main2"], c["zeroth"], false, git.ErrShallow},
		"but the start names its parent":                         {c["main2"], c["first"], true, nil},
		"a commit nobody has may lie before the start":           {c["main2"], unheardOf, false, git.ErrShallow},
		"a commit that was not fetched cannot be asked about":    {c["old"], c["start"], false, git.ErrUnknownCommit},
		"a commit that nobody has heard of is an unknown commit": {unheardOf, c["start"], false, git.ErrUnknownCommit},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := m.Contains(context.Background(), tt.commit, tt.ancestor)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %v %v, want %v %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestReadingSaysWhyNot(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("dir/f", "1").write("large", strings.Repeat("x", git.MaxFileSize+1))
	r.git("config", "core.symlinks", "false")
	r.git("add", "-A")
	blob := r.git("rev-parse", ":dir/f")
	r.git("update-index", "--add", "--cacheinfo", "120000,"+blob+",link", "--cacheinfo", "160000,"+blob+",module")
	r.git("commit", "-q", "-m", "odd")
	r.git("push", "-q", "origin", "HEAD")
	m := r.open()
	for path, want := range map[string]gitops.Code{
		"dir": gitops.Invalid, "dir/none": gitops.NotFound, "none/f": gitops.NotFound, "dir/f/x": gitops.NotFound,
		"link": gitops.Unsafe, "link/f": gitops.Unsafe, "module": gitops.Unsafe, "module/f": gitops.Unsafe,
		"large": gitops.Invalid, "../f": gitops.Invalid, "": gitops.Invalid, "dir/f": "",
	} {
		if _, err := m.ReadFile(context.Background(), m.Tip(), path); gitops.CodeOf(err) != want {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
	}
	for dir, want := range map[string]gitops.Code{"": "", "dir": "", "none": gitops.NotFound, "link": gitops.Invalid, "dir/f": gitops.Invalid} {
		if _, err := m.ListTree(context.Background(), m.Tip(), dir); gitops.CodeOf(err) != want {
			t.Errorf("listing %q: %v, want %q", dir, err, want)
		}
	}
}
