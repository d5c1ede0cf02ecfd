package bare_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// fork is a repository with one commit and two branches from it.
func fork(t *testing.T, ours, theirs string) (r *bare.Repo, base, left, right string) {
	t.Helper()
	home := t.TempDir()
	if err := bare.Prepare(home); err != nil {
		t.Fatal(err)
	}
	r, err := bare.Create(t.Context(), filepath.Join(home, "r.git"), home, "main")
	if err != nil {
		t.Fatal(err)
	}
	commit := func(content string, parents ...string) string {
		blob, err := r.WriteBlob(t.Context(), []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		tree, err := r.WriteTree(t.Context(), "", []bare.Entry{{Mode: "100644", SHA: blob, Path: "a/ä file"}})
		if err != nil {
			t.Fatal(err)
		}
		me := bare.Person{Name: "Ada", Email: "ada@example.com", When: time.Unix(1e9, 0)}
		sha, err := r.WriteCommit(t.Context(), bare.Commit{Tree: tree, Parents: parents, Author: me, Committer: me, Message: "m " + content})
		if err != nil {
			t.Fatal(err)
		}
		return sha
	}
	base = commit("1\n2\n3\n4\n5\n")
	return r, base, commit(ours, base), commit(theirs, base)
}

func TestMergeAndRebaseSayWhatConflicts(t *testing.T) {
	for _, c := range []struct {
		name, ours, theirs string
		conflicts          []string
	}{
		{"changes far apart merge", "one\n2\n3\n4\n5\n", "1\n2\n3\n4\nfive\n", nil},
		{"changes of one line conflict", "one\n2\n3\n4\n5\n", "uno\n2\n3\n4\n5\n", []string{"a/ä file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _, left, right := fork(t, c.ours, c.theirs)
			_, conflicts, err := r.Merge(t.Context(), left, right)
			if d := cmp.Diff(c.conflicts, conflicts); d != "" || err != nil {
				t.Errorf("merge: %v %s", err, d)
			}
			_, conflicts, err = r.Rebase(t.Context(), left, right, bare.Person{Name: "G", Email: "g@example.com", When: time.Unix(2e9, 0)})
			if d := cmp.Diff(c.conflicts, conflicts); d != "" || err != nil {
				t.Errorf("rebase: %v %s", err, d)
			}
		})
	}
}

func TestRefsMoveByCompareAndSwap(t *testing.T) {
	r, base, left, right := fork(t, "x\n", "y\n")
	const ref = "refs/heads/main"
	for i, step := range []struct {
		sha, old string
		fine     bool
	}{{base, bare.Zero, true}, {left, base, true}, {right, base, false}, {right, bare.Zero, false}} {
		if err := r.SetRef(t.Context(), ref, step.sha, step.old); (err == nil) != step.fine {
			t.Errorf("step %d: %v", i, err)
		}
	}
	if sha, err := r.Commit(t.Context(), "main"); sha != left || err != nil {
		t.Errorf("main is %s: %v", sha, err)
	}
}

func TestADiffCarriesNamesCountsAndHunks(t *testing.T) {
	r, base, left, _ := fork(t, "1\n2\n3\n4\nfive\n", "")
	got, err := r.Diff(t.Context(), base, left)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v: %v", got, err)
	}
	want := bare.Change{Path: "a/ä file", Status: "modified", SHA: got[0].SHA, Additions: 1, Deletions: 1, Patch: "@@ -2,4 +2,4 @@\n 2\n 3\n 4\n-5\n+five"}
	if d := cmp.Diff(want, got[0]); d != "" {
		t.Error(d)
	}
}

func TestASignatureIsKeptWhole(t *testing.T) {
	r, base, _, _ := fork(t, "x\n", "y\n")
	signed, err := r.Sign(t.Context(), base, "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----")
	if err != nil {
		t.Fatal(err)
	}
	signature, _, err := r.Signature(t.Context(), signed)
	if err != nil || signature != "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----" {
		t.Errorf("got %q: %v", signature, err)
	}
}
