package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
	"github.com/changebot/changebot/test/githubtest"
)

// tagged makes a source repository and returns a function that commits a
// message on top of it and tags it.
func tagged(t *testing.T, server *githubtest.Server) (commit func(message string) string, tag func(name, sha string)) {
	t.Helper()
	if err := server.CreateRepo("acme", "checkout", nil, "main"); err != nil {
		t.Fatal(err)
	}
	n := 0
	commit = func(message string) string {
		n++
		sha, err := server.Push("acme/checkout", "main", "ada", map[string]string{"n": fmt.Sprint(n)}, message)
		if err != nil {
			t.Fatal(err)
		}
		return sha
	}
	return commit, func(name, sha string) {
		if err := server.Tag("acme/checkout", name, sha, "ada"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatAVersionBringsAndTakesBack(t *testing.T) {
	server, r := open(t)
	commit, tag := tagged(t, server)
	tag("v1", commit("Begin"))
	commit("Fix it (#12)")
	commit("Fix it again\n\nFixes (#99)")
	tag("v2", commit("Merge pull request #14 from acme/retry\n\nRetry once"))

	in, err := r.Between(t.Context(), "acme/checkout", "v1", "v2")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range in.Commits {
		got = append(got, c.Title)
	}
	for _, p := range in.Pulls {
		got = append(got, fmt.Sprintf("%d %s %s", p.Number, p.Title, strings.TrimPrefix(p.URL, server.URL())))
	}
	want := []string{
		"Merge pull request #14 from acme/retry", "Fix it again", "Fix it (#12)",
		"14 Retry once /acme/checkout/pull/14", "12 Fix it /acme/checkout/pull/12",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if in.Brought != 3 || in.TakenBack != 0 || in.Summary() != "3 commits, 2 PRs" || !strings.HasSuffix(in.URL, "/acme/checkout/compare/v1...v2") {
		t.Errorf("%+v", in)
	}

	back, err := r.Between(t.Context(), "acme/checkout", "v2", "v1")
	if err != nil {
		t.Fatal(err)
	}
	if back.Brought != 0 || back.TakenBack != 3 || len(back.Commits) != 3 || back.Summary() != "takes back 3 commits, 2 PRs" {
		t.Errorf("on the way back: %+v", back)
	}
}

func TestOfALongHistoryTheNewestAreListed(t *testing.T) {
	server, r := open(t)
	commit, tag := tagged(t, server)
	tag("v1", commit("Begin"))
	last := ""
	for n := range 110 { // more than a page
		last = commit(fmt.Sprintf("Change %d (#%d)", n, n+1))
	}
	tag("v2", last)
	in, err := r.Between(t.Context(), "acme/checkout", "v1", "v2")
	if err != nil {
		t.Fatal(err)
	}
	if in.Brought != 110 || len(in.Pulls) != 110 || len(in.Commits) != 20 || in.Commits[0].Title != "Change 109 (#110)" || in.Partly {
		t.Errorf("%d brought, %d pulls, %d commits, partly %v, first %q", in.Brought, len(in.Pulls), len(in.Commits), in.Partly, in.Commits[0].Title)
	}
}

func TestWhatIsNotThereOrHiddenIsNotFound(t *testing.T) {
	server, r := open(t)
	commit, tag := tagged(t, server)
	tag("v1", commit("Begin"))
	for _, tt := range []struct{ name, repository, from, to string }{
		{"no such tag", "acme/checkout", "v1", "v9"},
		{"no such repository", "acme/nowhere", "v1", "v1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := r.Between(t.Context(), tt.repository, tt.from, tt.to); gitops.CodeOf(err) != gitops.NotFound {
				t.Errorf("answered %v", err)
			}
		})
	}
}

func TestWhoAskedIsTheAssigneeUnlessGitHubDoesNotTakeThem(t *testing.T) {
	server, r := open(t)
	for branch, login := range map[string]string{"a": "ada", "b": "nobody-here"} {
		if _, err := server.Push(repo, branch, "ada", map[string]string{"prod/app.yaml": "tag: " + branch + "\n"}, branch); err != nil {
			t.Fatal(err)
		}
		pull, err := r.Open(t.Context(), workflow.PullRequest{Branch: branch, Base: "main", Title: "Promote", Body: "body", Assignee: login})
		if err != nil {
			t.Fatal(err)
		}
		view, _ := server.Pull(repo, pull.Number)
		if got := strings.Join(view.Assignees, " "); (got == "ada") != (login == "ada") {
			t.Errorf("%s: assigned to %q", login, got)
		}
	}
}
