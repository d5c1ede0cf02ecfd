package git_test

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/history"
)

// object puts an object into the work tree's repository and returns its name.
func (r *repo) object(stdin string, args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = r.work, gitEnv(), strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %s: %v", args[0], err)
	}
	return strings.TrimSpace(string(out))
}

// bomb commits a directory that holds ten others, and each of them ten others, as
// deep as levels says: a dozen objects.
func (r *repo) bomb(levels int, leaf string) string {
	r.t.Helper()
	tree := r.object(leaf, "mktree")
	for range levels {
		var entries strings.Builder
		for i := range 10 {
			fmt.Fprintf(&entries, "040000 tree %s\td%d\n", tree, i)
		}
		tree = r.object(entries.String(), "mktree")
	}
	root := r.object(r.git("ls-tree", "HEAD")+"\n040000 tree "+tree+"\tz\n", "mktree")
	commit := r.object("", "commit-tree", root, "-p", "HEAD", "-m", "bomb")
	r.git("push", "-q", "origin", commit+":refs/heads/main")
	return commit
}

// TestATreeThatHoldsItselfABillionTimesIsNotCompared: one commit of a dozen
// objects must not keep the mirror busy for ever, nor fill the memory.
func TestATreeThatHoldsItselfABillionTimesIsNotCompared(t *testing.T) {
	for name, leaf := range map[string]string{"of files": "100644 blob %s\tf\n", "of nothing": ""} {
		t.Run(name, func(t *testing.T) {
			r := newServer(t).newRepo(t)
			start := r.write("f", "1").commit("start")
			m := r.open()
			if leaf != "" {
				leaf = fmt.Sprintf(leaf, r.git("rev-parse", "HEAD:f"))
			}
			bomb := r.bomb(14, leaf)
			if tip := mustFetch(t, m); tip != bomb {
				t.Fatalf("fetched %s", tip)
			}
			ctx, giveUp := context.WithTimeout(t.Context(), 10*time.Minute)
			defer giveUp()
			files := git.Repository{Mirror: m}
			if _, err := files.Diff(ctx, start, bomb); gitops.CodeOf(err) != gitops.Invalid || !strings.Contains(err.Error(), "differ in more than can be compared") {
				t.Errorf("Diff: %v", err)
			}
			if _, err := files.Changed(ctx, start, bomb); gitops.CodeOf(err) != gitops.Invalid {
				t.Errorf("Changed: %v", err)
			}
			boundary := map[string]bool{}
			err := files.Log(ctx, bomb, 10, func(string) bool { return false }, func(c history.Commit) error {
				boundary[c.Hash] = c.Boundary
				return nil
			})
			if err != nil || !boundary[bomb] {
				t.Errorf("Log: %v, %v", err, boundary)
			}
			mustRead(t, m, bomb, "f", "1")
		})
	}
}

func TestAComparisonEndsWhenNobodyWaitsForIt(t *testing.T) {
	r := newServer(t).newRepo(t)
	start := r.write("a/b/f", "1").commit("start")
	m := r.open()
	r.write("a/b/f", "2").commit("next")
	next := mustFetch(t, m)
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := m.Diff(ctx, start, next); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("got %v", err)
	}
}
