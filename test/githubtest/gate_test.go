package githubtest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/test/githubtest"
)

func (w *world) merge() error {
	_, _, err := w.client.PullRequests.Merge(w.t.Context(), "acme", "gitops", 1, "", nil)
	return err
}

func (w *world) status(client *github.Client, sha, state string) {
	w.t.Helper()
	_, _, err := client.Repositories.CreateStatus(w.t.Context(), "acme", "gitops", sha, &github.RepoStatus{
		State: &state, Context: github.String("changebot/main"), Description: github.String("because"),
	})
	w.must(err)
}

func TestARequiredStatusCountsOnlyFromTheExpectedApp(t *testing.T) {
	for _, kind := range []string{"protection", "ruleset"} {
		t.Run(kind, func(t *testing.T) {
			w := start(t)
			p := githubtest.Protection{RequiredStatuses: []githubtest.RequiredStatus{{Context: "changebot/main", AppID: w.server.App().ID}}, EnforceAdmins: true}
			if kind == "protection" {
				w.must(w.server.Protect(repo, "main", p))
			} else {
				w.must(w.server.AddRuleset(repo, githubtest.Ruleset{Name: "gate", Branches: []string{"main"}, Protection: p}))
			}
			head := w.open("a", "2.0.0").GetHead().GetSHA()
			w.refused(w.merge(), 405, "is expected")
			w.status(w.user("ada"), head, "success")
			w.refused(w.merge(), 405, "not set by the expected GitHub app")
			w.status(w.client, head, "pending")
			w.refused(w.merge(), 405, "is pending")
			w.status(w.client, head, "failure")
			w.refused(w.merge(), 405, "is failing")
			w.status(w.client, head, "success")
			combined, _, err := w.client.Repositories.GetCombinedStatus(t.Context(), "acme", "gitops", head, nil)
			w.must(err)
			if combined.GetState() != "success" || combined.GetTotalCount() != 1 {
				t.Errorf("combined %s of %d", combined.GetState(), combined.GetTotalCount())
			}
			w.must(w.merge())
		})
	}
}

func TestApprovalsGateAndAPushDismissesThem(t *testing.T) {
	w := start(t)
	w.must(w.server.Protect(repo, "main", githubtest.Protection{RequiredApprovals: 1, DismissStale: true}))
	w.open("a", "2.0.0")
	w.refused(w.merge(), 405, "At least 1 approving review")
	w.must(w.server.ReviewAs("bob", repo, 1, githubtest.Approve, ""))
	w.refused(w.merge(), 405, "At least 1 approving review") // bob may not write
	w.must(w.server.ReviewAs("ada", repo, 1, githubtest.RequestChanges, "no"))
	w.refused(w.merge(), 405, "Changes were requested by ada")
	w.must(w.server.ReviewAs("ada", repo, 1, githubtest.Approve, ""))
	w.branch("a", "2.0.1")
	w.refused(w.merge(), 405, "At least 1 approving review")
	reviews, _, err := w.client.PullRequests.ListReviews(t.Context(), "acme", "gitops", 1, nil)
	w.must(err)
	if last := reviews[len(reviews)-1]; last.GetState() != "DISMISSED" {
		t.Errorf("the approval is %s after the push, want DISMISSED", last.GetState())
	}
	w.must(w.server.ReviewAs("ada", repo, 1, githubtest.Approve, ""))
	w.must(w.merge())
}

func TestNobodyApprovesTheirOwn(t *testing.T) {
	w := start(t)
	w.open("a", "2.0.0")
	event := githubtest.Approve
	_, _, err := w.client.PullRequests.CreateReview(t.Context(), "acme", "gitops", 1, &github.PullRequestReviewRequest{Event: &event})
	w.refused(err, 422, "Unprocessable")
	w.branch("b", "3.0.0")
	n, err := w.server.OpenPR("ada", repo, "b", "main", "Mine", "")
	w.must(err)
	if err := w.server.ReviewAs("ada", repo, n, githubtest.Approve, ""); err == nil || !strings.Contains(err.Error(), "Can not approve your own") {
		t.Errorf("got %v", err)
	}
}

func TestStrictAndDraftBlock(t *testing.T) {
	w := start(t)
	w.must(w.server.Protect(repo, "main", githubtest.Protection{Strict: true}))
	w.open("a", "2.0.0")
	_, err := w.server.Push(repo, "main", "ada", map[string]string{"x": "y"}, "")
	w.must(err)
	w.refused(w.merge(), 405, "out of date")
	_, _, err = w.client.PullRequests.UpdateBranch(t.Context(), "acme", "gitops", 1, nil)
	if _, accepted := errors.AsType[*github.AcceptedError](err); !accepted {
		t.Fatalf("update branch: %v", err)
	}
	w.must(w.merge())
	w.branch("d", "4.0.0")
	_, _, err = w.client.PullRequests.Create(t.Context(), "acme", "gitops", &github.NewPullRequest{Title: github.String("d"), Head: github.String("d"), Base: github.String("main"), Draft: github.Bool(true)})
	w.must(err)
	_, _, err = w.client.PullRequests.Merge(t.Context(), "acme", "gitops", 2, "", nil)
	w.refused(err, 405, "still a draft")
}

func TestProtectionIsReadable(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	_, _, err := w.client.Repositories.GetBranchProtection(ctx, "acme", "gitops", "main")
	if !errors.Is(err, github.ErrBranchNotProtected) {
		t.Errorf("got %v", err)
	}
	p := githubtest.Protection{
		RequiredStatuses: []githubtest.RequiredStatus{{Context: "changebot/main", AppID: 1001}}, Strict: true,
		RequiredApprovals: 2, DismissStale: true, BypassPulls: []string{"changebot", "ada"},
	}
	w.must(w.server.Protect(repo, "main", p))
	w.must(w.server.AddRuleset(repo, githubtest.Ruleset{Name: "gate", Branches: []string{"*"}, Protection: p}))
	got, _, err := w.client.Repositories.GetBranchProtection(ctx, "acme", "gitops", "main")
	w.must(err)
	checks := *got.GetRequiredStatusChecks().Checks
	if len(checks) != 1 || *checks[0].AppID != 1001 || got.GetRequiredPullRequestReviews().RequiredApprovingReviewCount != 2 ||
		len(got.GetRequiredPullRequestReviews().GetBypassPullRequestAllowances().Apps) != 1 {
		t.Errorf("protection %+v", got)
	}
	rules, _, err := w.client.Repositories.GetRulesForBranch(ctx, "acme", "gitops", "main")
	w.must(err)
	branch, _, err := w.client.Repositories.GetBranch(ctx, "acme", "gitops", "main", 1)
	w.must(err)
	if len(rules) != 4 || !branch.GetProtected() {
		t.Errorf("%d rules, protected %v", len(rules), branch.GetProtected())
	}
}

func TestCheckRunsCountAsRequiredStatuses(t *testing.T) {
	w := start(t)
	w.must(w.server.Protect(repo, "main", githubtest.Protection{RequiredStatuses: []githubtest.RequiredStatus{{Context: "gate"}}}))
	head := w.open("a", "2.0.0").GetHead().GetSHA()
	run, _, err := w.client.Checks.CreateCheckRun(t.Context(), "acme", "gitops", github.CreateCheckRunOptions{Name: "gate", HeadSHA: head, Status: github.String("in_progress")})
	w.must(err)
	w.refused(w.merge(), 405, "pending")
	_, _, err = w.client.Checks.UpdateCheckRun(t.Context(), "acme", "gitops", run.GetID(), github.UpdateCheckRunOptions{Name: "gate", Conclusion: github.String("success"), Status: github.String("completed")})
	w.must(err)
	all, _, err := w.client.Checks.ListCheckRunsForRef(t.Context(), "acme", "gitops", head, nil)
	w.must(err)
	if all.GetTotal() != 1 || all.CheckRuns[0].GetConclusion() != "success" {
		t.Errorf("check runs %+v", all)
	}
	w.must(w.merge())
}

// inbox receives webhooks as changebot does: it checks signatures and parses.
type inbox struct {
	mu     sync.Mutex
	events []string
	bad    []error
}

func (in *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := github.ValidatePayload(r, []byte("s3cret"))
	if err == nil {
		_, err = github.ParseWebHook(github.WebHookType(r), body)
	}
	var p struct{ Action, Ref string }
	if err == nil {
		err = json.Unmarshal(body, &p)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if err != nil {
		in.bad = append(in.bad, err)
	}
	in.events = append(in.events, strings.TrimSuffix(github.WebHookType(r)+"."+p.Action+strings.TrimPrefix(p.Ref, "refs/heads/"), "."))
}

func TestWebhooksTellTheWholeStoryInOrder(t *testing.T) {
	in := &inbox{}
	receiver := httptest.NewServer(in)
	t.Cleanup(receiver.Close)
	w := start(t, func(o *githubtest.Options) { o.WebhookURL, o.WebhookSecret = receiver.URL, "s3cret" })
	w.must(w.server.Settle(t.Context()))
	in.events = nil
	w.must(w.server.Protect(repo, "main", githubtest.Protection{DismissStale: true}))
	head := w.open("a", "2.0.0").GetHead().GetSHA()
	w.status(w.client, head, "pending")
	w.must(w.server.ReviewAs("ada", repo, 1, githubtest.Approve, ""))
	w.branch("a", "2.0.1")
	w.must(w.server.CommentAs("bob", repo, 1, "nice"))
	_, _, err := w.client.Issues.AddLabelsToIssue(t.Context(), "acme", "gitops", 1, []string{"x"})
	w.must(err)
	w.must(w.merge())
	w.must(w.server.Settle(t.Context()))
	want := []string{
		"push.a", "pull_request.opened", "status", "pull_request_review.submitted", "push.a", "pull_request.synchronize",
		"pull_request_review.dismissed", "issue_comment.created", "pull_request.labeled", "pull_request.closed", "push.main",
	}
	if !slices.Equal(in.events, want) || len(in.bad) > 0 {
		t.Errorf("got  %v\nwant %v\nbad %v", in.events, want, in.bad)
	}
}
