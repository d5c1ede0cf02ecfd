package githubtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/test/githubtest"
)

func TestTheRealGitClonesAndPushes(t *testing.T) {
	w := start(t)
	token, err := w.server.InstallationToken("acme")
	w.must(err)
	dir := w.clone(token)
	w.must(os.WriteFile(filepath.Join(dir, "new"), []byte(strings.Repeat("x\n", 1<<20)), 0o644)) // more than one post buffer
	for _, args := range [][]string{{"checkout", "-q", "-b", "feature/x"}, {"add", "."}, {"commit", "-q", "-m", "Add"}, {"push", "-q", "origin", "feature/x"}} {
		if out, err := w.git(dir, args...); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	head, err := w.git(dir, "rev-parse", "HEAD")
	w.must(err)
	branches, err := w.server.Branches(repo)
	w.must(err)
	pushes := w.server.Pushes(repo, "refs/heads/feature/x")
	if branches["feature/x"] != strings.TrimSpace(head) || len(pushes) != 1 || pushes[0].Via != "git" || pushes[0].Actor != "changebot[bot]" {
		t.Errorf("branches %v, pushes %+v", branches, pushes)
	}
}

func TestAPushMovesTheHeadOfItsPullRequest(t *testing.T) {
	w := start(t)
	w.open("a", "2.0.0")
	dir := w.clone(w.server.UserToken("ada"))
	for _, args := range [][]string{{"checkout", "-q", "a"}, {"commit", "-q", "--allow-empty", "-m", "More"}, {"push", "-q", "origin", "a"}} {
		if out, err := w.git(dir, args...); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	head, err := w.git(dir, "rev-parse", "HEAD")
	w.must(err)
	pr, _, err := w.client.PullRequests.Get(t.Context(), "acme", "gitops", 1)
	w.must(err)
	if pr.GetHead().GetSHA() != strings.TrimSpace(head) || pr.GetCommits() != 2 {
		t.Errorf("head %s of %d commits, want %s of 2", pr.GetHead().GetSHA(), pr.GetCommits(), head)
	}
	// Merged from the command line, the pull request is merged too.
	if out, err := w.git(dir, "push", "-q", "origin", "a:main"); err != nil {
		t.Fatalf("push: %v: %s", err, out)
	}
	pr, _, err = w.client.PullRequests.Get(t.Context(), "acme", "gitops", 1)
	w.must(err)
	if !pr.GetMerged() {
		t.Error("main holds the head, but the pull request is not merged")
	}
}

func TestGitAsksWhoYouAre(t *testing.T) {
	w := start(t)
	if out, err := w.git(".", "ls-remote", w.server.CloneURL(repo)); err == nil {
		t.Errorf("a private repository was read by nobody: %s", out)
	}
	if out, err := w.git(".", "ls-remote", w.remote("wrong")); err == nil {
		t.Errorf("a wrong token was taken: %s", out)
	}
	w.must(w.server.SetPublic(repo, true))
	if out, err := w.git(".", "ls-remote", w.server.CloneURL(repo)); err != nil {
		t.Errorf("a public repository cannot be read: %s", out)
	}
	dir := w.clone(w.server.UserToken("bob"))
	if out, err := w.git(dir, "push", "origin", "HEAD:refs/heads/b"); err == nil {
		t.Errorf("bob may only read, but pushed: %s", out)
	}
}

func TestAProtectedBranchTakesNoPush(t *testing.T) {
	w := start(t)
	w.must(w.server.Protect(repo, "main", githubtest.Protection{RequiredApprovals: 1}))
	dir := w.clone(w.server.UserToken("ada"))
	_, err := w.git(dir, "commit", "-q", "--allow-empty", "-m", "x")
	w.must(err)
	out, err := w.git(dir, "push", "origin", "HEAD:main", "HEAD:refs/heads/free")
	if err == nil || !strings.Contains(out, "GH006") || !strings.Contains(out, "free") {
		t.Errorf("got %v: %s", err, out)
	}
	pushes := w.server.Pushes(repo, "refs/heads/")
	if len(pushes) != 2 || pushes[0].Refused == "" || pushes[1].Refused != "" {
		t.Errorf("pushes %+v", pushes)
	}
	main, _, err := w.client.Git.GetRef(t.Context(), "acme", "gitops", "heads/main")
	w.must(err)
	_, _, err = w.client.Git.UpdateRef(t.Context(), "acme", "gitops", &github.Reference{Ref: github.String("refs/heads/main"), Object: main.Object}, false)
	w.refused(err, 422, "GH006")
}

func TestGitDataMakesACommitLikeGit(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	g := w.client.Git
	main, _, err := g.GetRef(ctx, "acme", "gitops", "heads/main")
	w.must(err)
	base, _, err := g.GetCommit(ctx, "acme", "gitops", main.GetObject().GetSHA())
	w.must(err)
	blob, _, err := g.CreateBlob(ctx, "acme", "gitops", &github.Blob{Content: github.String("aGk="), Encoding: github.String("base64")})
	w.must(err)
	tree, _, err := g.CreateTree(ctx, "acme", "gitops", base.GetTree().GetSHA(), []*github.TreeEntry{
		{Path: github.String("a/b"), Mode: github.String("100644"), Type: github.String("blob"), SHA: blob.SHA},
		{Path: github.String("README.md"), Mode: github.String("100644"), Type: github.String("blob")},
	})
	w.must(err)
	commit, _, err := g.CreateCommit(ctx, "acme", "gitops", &github.Commit{Message: github.String("By API"), Tree: tree, Parents: []*github.Commit{base}}, nil)
	w.must(err)
	ref := &github.Reference{Ref: github.String("refs/heads/api"), Object: &github.GitObject{SHA: commit.SHA}}
	_, _, err = g.CreateRef(ctx, "acme", "gitops", ref)
	w.must(err)
	_, _, err = g.CreateRef(ctx, "acme", "gitops", ref)
	w.refused(err, 422, "Reference already exists")
	_, _, err = g.UpdateRef(ctx, "acme", "gitops", &github.Reference{Ref: ref.Ref, Object: main.Object}, false)
	w.refused(err, 422, "not a fast forward")
	all, _, err := g.GetTree(ctx, "acme", "gitops", "api", true)
	w.must(err)
	refs, _, err := g.ListMatchingRefs(ctx, "acme", "gitops", &github.ReferenceListOptions{Ref: "heads/"})
	w.must(err)
	diff, _, err := w.client.Repositories.CompareCommits(ctx, "acme", "gitops", "main", "api", nil)
	w.must(err)
	if len(refs) != 2 || diff.GetStatus() != "ahead" || diff.GetAheadBy() != 1 || len(diff.Files) != 2 {
		t.Errorf("%d refs; %s by %d with %d files; tree %v", len(refs), diff.GetStatus(), diff.GetAheadBy(), len(diff.Files), all)
	}
	_, err = g.DeleteRef(ctx, "acme", "gitops", "heads/api")
	w.must(err)
}

func TestContentsAndHistoryOfAPath(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	const path = "apps/checkout/prod/kustomization.yaml"
	w.branch("main", "1.42.0")
	file, _, _, err := w.client.Repositories.GetContents(ctx, "acme", "gitops", path, nil)
	w.must(err)
	text, err := file.GetContent()
	w.must(err)
	_, root, _, err := w.client.Repositories.GetContents(ctx, "acme", "gitops", "", nil)
	w.must(err)
	opts := &github.RepositoryContentFileOptions{Message: github.String("Edit"), Content: []byte("x"), SHA: github.String(strings.Repeat("0", 40))}
	_, _, err = w.client.Repositories.UpdateFile(ctx, "acme", "gitops", path, opts)
	w.refused(err, 409, "does not match")
	opts.SHA = file.SHA
	_, _, err = w.client.Repositories.UpdateFile(ctx, "acme", "gitops", path, opts)
	w.must(err)
	log, _, err := w.client.Repositories.ListCommits(ctx, "acme", "gitops", &github.CommitsListOptions{Path: path, ListOptions: github.ListOptions{PerPage: 2}})
	w.must(err)
	if !strings.Contains(text, "1.42.0") || len(root) != 2 || len(log) != 2 || log[0].GetCommit().GetMessage() != "Edit" {
		t.Errorf("text %q, %d in root, log %v", text, len(root), log)
	}
	found, _, err := w.client.Search.Issues(ctx, "repo:acme/gitops is:pr is:open", nil)
	w.must(err)
	if found.GetTotal() != 0 {
		t.Errorf("found %d", found.GetTotal())
	}
}
