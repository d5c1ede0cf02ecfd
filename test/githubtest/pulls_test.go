package githubtest_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/test/githubtest"
)

func TestAPullRequestFromOpenToMerged(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	pr := w.open("changebot/c-1", "1.42.0")
	if pr.GetUser().GetLogin() != "changebot[bot]" || pr.Mergeable != nil || pr.GetAdditions() != 1 {
		t.Errorf("opened as %s, mergeable %v, +%d", pr.GetUser().GetLogin(), pr.Mergeable, pr.GetAdditions())
	}
	first, _, err := w.client.PullRequests.Get(ctx, "acme", "gitops", 1)
	w.must(err)
	second, _, err := w.client.PullRequests.Get(ctx, "acme", "gitops", 1)
	w.must(err)
	if first.Mergeable != nil || !second.GetMergeable() || second.GetMergeableState() != "clean" {
		t.Errorf("mergeable first %v, then %v (%s); want null, then true", first.Mergeable, second.GetMergeable(), second.GetMergeableState())
	}
	files, _, err := w.client.PullRequests.ListFiles(ctx, "acme", "gitops", 1, nil)
	w.must(err)
	if len(files) != 1 || files[0].GetPatch() != "@@ -1,3 +1,3 @@\n images:\n - name: checkout\n-  newTag: 1.41.0\n+  newTag: 1.42.0" {
		t.Errorf("files %+v", files)
	}
	_, _, err = w.client.PullRequests.Merge(ctx, "acme", "gitops", 1, "", &github.PullRequestOptions{SHA: "0123456789012345678901234567890123456789"})
	w.refused(err, 409, "Head branch was modified")
	merged, _, err := w.client.PullRequests.Merge(ctx, "acme", "gitops", 1, "Approved-by: Ada", &github.PullRequestOptions{SHA: pr.GetHead().GetSHA(), CommitTitle: "Promote"})
	w.must(err)
	_, _, err = w.client.PullRequests.Merge(ctx, "acme", "gitops", 1, "", nil)
	w.refused(err, 405, "not mergeable")
	after, _, err := w.client.PullRequests.Get(ctx, "acme", "gitops", 1)
	w.must(err)
	commit, _, err := w.client.Repositories.GetCommit(ctx, "acme", "gitops", "main", nil)
	w.must(err)
	if !after.GetMerged() || after.GetMergeCommitSHA() != merged.GetSHA() || commit.GetSHA() != merged.GetSHA() ||
		commit.GetCommit().GetMessage() != "Promote\n\nApproved-by: Ada" || len(commit.Parents) != 2 {
		t.Errorf("merged %v at %s; main is %s %q", after.GetMerged(), after.GetMergeCommitSHA(), commit.GetSHA(), commit.GetCommit().GetMessage())
	}
	if n := len(w.server.Requests(githubtest.Filter{Match: "PUT */merge", Status: 200})); n != 1 {
		t.Errorf("%d merges in the log, want 1", n)
	}
}

func TestSquashAndRebaseKeepTheBaseLinear(t *testing.T) {
	for _, method := range []string{"squash", "rebase"} {
		t.Run(method, func(t *testing.T) {
			w := start(t)
			w.open("a", "2.0.0")
			w.branch("a", "3.0.0")
			_, err := w.server.Push(repo, "main", "ada", map[string]string{"other": "x"}, "Move main")
			w.must(err)
			res, _, err := w.client.PullRequests.Merge(t.Context(), "acme", "gitops", 1, "", &github.PullRequestOptions{MergeMethod: method})
			w.must(err)
			commits, _, err := w.client.Repositories.ListCommits(t.Context(), "acme", "gitops", nil)
			w.must(err)
			want := map[string]int{"squash": 3, "rebase": 4}[method]
			if len(commits) != want || commits[0].GetSHA() != res.GetSHA() || len(commits[0].Parents) != 1 {
				t.Errorf("%d commits, want %d", len(commits), want)
			}
		})
	}
}

func TestWhatCannotBeOpenedIsRefusedInGitHubsWords(t *testing.T) {
	w := start(t)
	w.open("a", "2.0.0")
	long := make([]byte, 65537)
	for i := range long {
		long[i] = 'x'
	}
	for _, c := range []struct{ name, head, base, title, body, want string }{
		{"a second one of the same branches", "a", "main", "t", "", "A pull request already exists for acme:a."},
		{"a branch without commits", "main", "main", "t", "", "No commits between main and main"},
		{"a branch that is not there", "nope", "main", "t", "", "head"},
		{"a base that is not there", "a", "nope", "t", "", "base"},
		{"an empty title", "a", "main", " ", "", "missing_field"},
		{"a long body", "a", "main", "t", string(long), "body is too long"},
		{"a long title", "a", "main", string(long[:257]), "", "title is too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := w.client.PullRequests.Create(t.Context(), "acme", "gitops", &github.NewPullRequest{Title: &c.title, Head: &c.head, Base: &c.base, Body: &c.body})
			w.refused(err, 422, c.want)
		})
	}
}

func TestListingByABareBranchIgnoresIt(t *testing.T) {
	w := start(t)
	w.open("a", "2.0.0")
	w.open("b", "3.0.0")
	for head, want := range map[string]int{"acme:a": 1, "a": 2, "other:a": 0, "": 2} {
		found, _, err := w.client.PullRequests.List(t.Context(), "acme", "gitops", &github.PullRequestListOptions{Head: head})
		w.must(err)
		if len(found) != want {
			t.Errorf("head=%q found %d, want %d", head, len(found), want)
		}
	}
}

func TestPagesAreLinked(t *testing.T) {
	w := start(t)
	for _, name := range []string{"a", "b", "c"} {
		w.open(name, "2.0."+name)
	}
	opts := &github.PullRequestListOptions{ListOptions: github.ListOptions{PerPage: 2}}
	found, resp, err := w.client.PullRequests.List(t.Context(), "acme", "gitops", opts)
	w.must(err)
	if len(found) != 2 || found[0].GetNumber() != 3 || resp.NextPage != 2 || resp.LastPage != 2 {
		t.Errorf("%d found, next %d, last %d", len(found), resp.NextPage, resp.LastPage)
	}
}

func TestAConflictBlocksTheMerge(t *testing.T) {
	w := start(t)
	w.open("a", "2.0.0")
	w.branch("main", "1.99.0")
	_, _, err := w.client.PullRequests.Merge(t.Context(), "acme", "gitops", 1, "", nil)
	w.refused(err, 405, "not mergeable")
	pr, _, err := w.client.PullRequests.Get(t.Context(), "acme", "gitops", 1)
	w.must(err)
	if pr.GetMergeable() || pr.GetMergeableState() != "dirty" {
		t.Errorf("mergeable %v, %s", pr.GetMergeable(), pr.GetMergeableState())
	}
}

func TestReviewersLabelsAndComments(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	w.open("a", "2.0.0")
	ask := func(people, teams []string) error {
		_, _, err := w.client.PullRequests.RequestReviewers(ctx, "acme", "gitops", 1, github.ReviewersRequest{Reviewers: people, TeamReviewers: teams})
		return err
	}
	w.must(ask([]string{"ada"}, []string{"leads"}))
	w.refused(ask([]string{"changebot[bot]"}, nil), 422, "pull request author")
	w.refused(ask([]string{"stranger"}, nil), 422, "not a collaborator")
	w.refused(ask(nil, []string{"nobody"}), 422, "not a collaborator")
	labels, _, err := w.client.Issues.AddLabelsToIssue(ctx, "acme", "gitops", 1, []string{"env/prod", "changebot"})
	w.must(err)
	_, err = w.client.Issues.RemoveLabelForIssue(ctx, "acme", "gitops", 1, "env/prod")
	w.must(err)
	_, err = w.client.Issues.RemoveLabelForIssue(ctx, "acme", "gitops", 1, "nope")
	w.refused(err, 404, "Label does not exist")
	k, _, err := w.client.Issues.CreateComment(ctx, "acme", "gitops", 1, &github.IssueComment{Body: github.String("hello")})
	w.must(err)
	_, _, err = w.client.Issues.EditComment(ctx, "acme", "gitops", k.GetID(), &github.IssueComment{Body: github.String("bye")})
	w.must(err)
	all, _, err := w.client.Issues.ListComments(ctx, "acme", "gitops", 1, nil)
	w.must(err)
	pr, _, err := w.client.PullRequests.Get(ctx, "acme", "gitops", 1)
	w.must(err)
	if len(labels) != 2 || len(pr.Labels) != 1 || len(pr.RequestedReviewers) != 1 || len(pr.RequestedTeams) != 1 || len(all) != 1 || all[0].GetBody() != "bye" {
		t.Errorf("labels %d then %d, reviewers %d + %d, comments %v", len(labels), len(pr.Labels), len(pr.RequestedReviewers), len(pr.RequestedTeams), all)
	}
}

func TestEditingClosingAndReopening(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	w.open("a", "2.0.0")
	edit := func(p *github.PullRequest) *github.PullRequest {
		t.Helper()
		got, _, err := w.client.PullRequests.Edit(ctx, "acme", "gitops", 1, p)
		w.must(err)
		return got
	}
	if pr := edit(&github.PullRequest{Title: github.String("New"), Body: github.String("b")}); pr.GetTitle() != "New" || pr.GetState() != "open" {
		t.Errorf("edited to %q, %s", pr.GetTitle(), pr.GetState())
	}
	if pr := edit(&github.PullRequest{State: github.String("closed")}); pr.GetState() != "closed" || pr.GetMerged() {
		t.Errorf("closed is %s", pr.GetState())
	}
	if pr := edit(&github.PullRequest{State: github.String("open")}); pr.GetState() != "open" {
		t.Errorf("reopened is %s", pr.GetState())
	}
	_, err := w.client.Git.DeleteRef(ctx, "acme", "gitops", "heads/a")
	w.must(err)
	pr, _, err := w.client.PullRequests.Get(ctx, "acme", "gitops", 1)
	w.must(err)
	if pr.GetState() != "closed" {
		t.Errorf("after its branch was deleted it is %s", pr.GetState())
	}
}

func TestNobodyKnowsWhetherAPullRequestMergesWhoseBaseHasGone(t *testing.T) {
	var dir string
	w := start(t, func(o *githubtest.Options) { dir = o.Dir })
	w.open("a", "2.0.0")
	look := func() *github.PullRequest {
		pr, _, err := w.client.PullRequests.Get(t.Context(), "acme", "gitops", 1)
		w.must(err)
		return pr
	}
	rename := func(from, to string) {
		out, err := exec.CommandContext(t.Context(), "git", "-C", filepath.Join(dir, repo+".git"), "branch", "-m", from, to).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	rename("main", "trunk")
	for range 2 {
		if pr := look(); pr.Mergeable != nil || pr.GetMergeableState() != "unknown" {
			t.Errorf("mergeable %v, %s", pr.Mergeable, pr.GetMergeableState())
		}
	}
	rename("trunk", "main")
	look()
	if pr := look(); !pr.GetMergeable() {
		t.Errorf("mergeable %v, %s", pr.Mergeable, pr.GetMergeableState())
	}
	rename("main", "trunk")
	if pr := look(); pr.GetMergeableState() != "unknown" {
		t.Errorf("mergeable %v, %s", pr.Mergeable, pr.GetMergeableState())
	}
}
