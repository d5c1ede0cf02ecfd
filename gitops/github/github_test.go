package github_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/github"
	"github.com/changebot/changebot/gitops/workflow"
	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/githubtest/fault"
)

const repo = "acme/gitops"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open starts a GitHub with one repository and opens it as the App.
func open(t *testing.T) (*githubtest.Server, *github.Repository) {
	t.Helper()
	server, err := githubtest.New(githubtest.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(func() {
		server.CheckT(t)
		transport.CloseIdleConnections()
		server.Close()
	})
	files := fstest.MapFS{"prod/app.yaml": {Data: []byte("tag: 1\n")}, "README.md": {Data: []byte("hello\n")}}
	if err := server.CreateRepo("acme", "gitops", files, "main"); err != nil {
		t.Fatal(err)
	}
	server.AddUser("ada", "Ada")
	if err := server.Grant(repo, "ada", githubtest.Write); err != nil {
		t.Fatal(err)
	}
	server.InstallApp("acme", nil)
	app := github.App{ID: server.App().ID, Slug: server.App().Slug, Key: key(t, server.App().KeyPEM), APIURL: strings.TrimSuffix(server.APIURL(), "/"), Transport: transport}
	opened, err := github.Open(t.Context(), app, repo)
	if err != nil {
		t.Fatal(err)
	}
	return server, opened
}

func key(t *testing.T, text []byte) *rsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// propose pushes a branch with another tag and opens a pull request for it.
func propose(t *testing.T, server *githubtest.Server, r *github.Repository, branch, tag string) workflow.Pull {
	t.Helper()
	if _, err := server.Push(repo, branch, "ada", map[string]string{"prod/app.yaml": "tag: " + tag + "\n"}, "tag "+tag); err != nil {
		t.Fatal(err)
	}
	pull, err := r.Open(t.Context(), workflow.PullRequest{
		Branch: branch, Base: "main", Title: "Promote", Body: "body", Labels: []string{"changebot", "env/prod"}, Reviewers: []string{"ada", "nobody-here"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return pull
}

// settled asks until the forge has said whether a pull request can be merged.
func settled(t *testing.T, r *github.Repository, number int) workflow.Pull {
	t.Helper()
	for {
		pull, err := r.Get(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		if pull.Mergeable != workflow.MergeableUnknown || !pull.Open {
			return pull
		}
	}
}

func TestAPullRequestIsOpenedOnceAndFoundByItsBranch(t *testing.T) {
	server, r := open(t)
	first := propose(t, server, r, "changebot/c-1", "2")
	again, err := r.Open(t.Context(), workflow.PullRequest{Branch: "changebot/c-1", Base: "main", Title: "Promote", Body: "body"})
	if err != nil || again.Number != first.Number {
		t.Fatalf("opened again as #%d, %v", again.Number, err)
	}
	if found, ok, err := r.Find(t.Context(), "changebot/c-1"); err != nil || !ok || found.Number != first.Number || found.HeadSHA == "" {
		t.Errorf("found %+v, %v, %v", found, ok, err)
	}
	if _, ok, err := r.Find(t.Context(), "c-1"); err != nil || ok {
		t.Errorf("another branch's pull request was found: %v", err)
	}
	view, _ := server.Pull(repo, first.Number)
	if !slices.Contains(view.Labels, "env/prod") || !slices.Contains(view.Reviewers, "ada") {
		t.Errorf("labels %v, reviewers %v: one that GitHub refuses kept the others out", view.Labels, view.Reviewers)
	}
}

func TestOnlyTheHeadThatWasApprovedIsMerged(t *testing.T) {
	server, r := open(t)
	pull := propose(t, server, r, "changebot/c-1", "2")
	approved := pull.HeadSHA
	if _, err := server.Push(repo, "changebot/c-1", "ada", map[string]string{"evil": "x"}, "one more"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Merge(t.Context(), pull.Number, workflow.MergeRequest{HeadSHA: approved, Title: "t"}); gitops.CodeOf(err) != gitops.Conflict {
		t.Fatalf("merging a moved head: %v", err)
	}
	now := settled(t, r, pull.Number)
	sha, err := r.Merge(t.Context(), pull.Number, workflow.MergeRequest{HeadSHA: now.HeadSHA, Title: "Promote", Message: "Change-Id: c-1\n"})
	if err != nil {
		t.Fatal(err)
	}
	merged := settled(t, r, pull.Number)
	if !merged.Merged || merged.MergeSHA != sha || merged.MergedBy != "" {
		t.Errorf("merged %+v", merged)
	}
}

func TestAConflictWithTheBaseIsTold(t *testing.T) {
	server, r := open(t)
	pull := propose(t, server, r, "changebot/c-1", "2")
	if _, err := server.Push(repo, "main", "ada", map[string]string{"prod/app.yaml": "tag: 3\n"}, "three"); err != nil {
		t.Fatal(err)
	}
	if now := settled(t, r, pull.Number); now.Mergeable != workflow.MergeableDirty {
		t.Errorf("mergeable: %s", now.Mergeable)
	}
	if _, err := r.Merge(t.Context(), pull.Number, workflow.MergeRequest{HeadSHA: pull.HeadSHA}); gitops.CodeOf(err) != gitops.Conflict {
		t.Errorf("merging a conflict: %v", err)
	}
}

func TestTheGateHoldsOnlyWhereTheBranchRequiresItFromTheApp(t *testing.T) {
	server, r := open(t)
	appID := server.App().ID
	tests := []struct {
		name string
		set  githubtest.Protection
		want bool
		why  string
	}{
		{"from the App, for everybody", githubtest.Protection{RequiredStatuses: []githubtest.RequiredStatus{{Context: "changebot/main", AppID: appID}}, EnforceAdmins: true}, true, ""},
		{"from anybody", githubtest.Protection{RequiredStatuses: []githubtest.RequiredStatus{{Context: "changebot/main"}}, EnforceAdmins: true}, false, "any source"},
		{"not for administrators", githubtest.Protection{RequiredStatuses: []githubtest.RequiredStatus{{Context: "changebot/main", AppID: appID}}}, false, "administrators"},
		{"another status", githubtest.Protection{RequiredStatuses: []githubtest.RequiredStatus{{Context: "ci"}}, EnforceAdmins: true}, false, "does not require"},
	}
	if enforced, why, err := r.Enforced(t.Context(), "main"); enforced || err != nil || !strings.Contains(why, "not protected") {
		t.Errorf("unprotected: %v, %q, %v", enforced, why, err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := server.Protect(repo, "main", tt.set); err != nil {
				t.Fatal(err)
			}
			enforced, why, err := r.Enforced(t.Context(), "main")
			if enforced != tt.want || err != nil || !strings.Contains(why, tt.why) {
				t.Errorf("got %v, %q, %v", enforced, why, err)
			}
		})
	}
}

func TestARulesetHoldsTheGateOnlyIfItAsksForTheApp(t *testing.T) {
	server, r := open(t)
	for _, tt := range []struct {
		name   string
		status githubtest.RequiredStatus
		want   bool
	}{
		{"another App's", githubtest.RequiredStatus{Context: "changebot/main", AppID: server.App().ID + 1}, false},
		{"anybody's", githubtest.RequiredStatus{Context: "changebot/main"}, false},
		{"another status", githubtest.RequiredStatus{Context: "ci", AppID: server.App().ID}, false},
		{"the App's", githubtest.RequiredStatus{Context: "changebot/main", AppID: server.App().ID}, true}, // beside the others
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := githubtest.Ruleset{Name: tt.name, Branches: []string{"main"}, Protection: githubtest.Protection{RequiredStatuses: []githubtest.RequiredStatus{tt.status}}}
			if err := server.AddRuleset(repo, set); err != nil {
				t.Fatal(err)
			}
			if enforced, why, err := r.Enforced(t.Context(), "main"); enforced != tt.want || err != nil {
				t.Errorf("got %v, %q, %v", enforced, why, err)
			}
		})
	}
}

func TestTheGateIsSetWithAReasonOfAnyLength(t *testing.T) {
	server, r := open(t)
	pull := propose(t, server, r, "changebot/c-1", "2")
	for _, open := range []bool{false, true} {
		if err := r.Set(t.Context(), workflow.GateStatus{SHA: pull.HeadSHA, Branch: "main", Open: open, Reason: strings.Repeat("ü", 300), LinkURL: pull.URL}); err != nil {
			t.Fatal(err)
		}
	}
	if all := server.Statuses(repo, pull.HeadSHA, "changebot/main"); len(all) != 2 {
		t.Errorf("statuses: %v", all)
	}
}

func TestHistoryReachesFurtherBackThanTheMirror(t *testing.T) {
	server, r := open(t)
	for _, tag := range []string{"2", "3"} {
		if _, err := server.Push(repo, "main", "ada", map[string]string{"prod/app.yaml": "tag: " + tag + "\n"}, "tag "+tag); err != nil {
			t.Fatal(err)
		}
	}
	commits, err := r.Commits(t.Context(), "main", "prod/app.yaml", 1)
	if err != nil || len(commits) != 3 || commits[0].Title != "tag 3" {
		t.Fatalf("commits %+v, %v", commits, err)
	}
	data, err := r.FileAt(t.Context(), commits[1].SHA, "prod/app.yaml")
	if err != nil || string(data) != "tag: 2\n" {
		t.Errorf("file %q, %v", data, err)
	}
	if _, err := r.FileAt(t.Context(), commits[1].SHA, "absent"); gitops.CodeOf(err) != gitops.NotFound {
		t.Errorf("absent file: %v", err)
	}
	if more, err := r.Commits(t.Context(), "main", "prod/app.yaml", 2); err != nil || len(more) != 0 {
		t.Errorf("second page: %v, %v", more, err)
	}
}

func TestLimitsAndOutagesSayWhenToComeBack(t *testing.T) {
	tests := []struct {
		name  string
		fault fault.Fault
		waits bool
	}{
		{"an hourly limit", fault.Fault{Kind: fault.PrimaryLimit}, true},
		{"a secondary limit", fault.Fault{Kind: fault.SecondaryLimit, Delay: fault.Duration(time.Hour)}, true},
		{"a secondary limit as a 429", fault.Fault{Kind: fault.SecondaryLimit, Code: http.StatusTooManyRequests, Delay: fault.Duration(time.Hour)}, true},
		{"a bad gateway", fault.Fault{Kind: fault.Status, Code: http.StatusBadGateway}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server, r := open(t) // the client remembers a limit
			pull := propose(t, server, r, "changebot/c-1", "2")
			tt.fault.Match, tt.fault.Times = "POST */comments", 1
			if err := server.Fault(tt.fault); err != nil {
				t.Fatal(err)
			}
			err := r.Comment(context.Background(), pull.Number, "hello")
			if gitops.CodeOf(err) != gitops.Unavailable {
				t.Fatalf("got %v", err)
			}
			if later := gitops.RetryAfter(err); tt.waits != (later > 5*time.Second) {
				t.Errorf("comes back after %v", later)
			}
			heard := len(server.Requests(githubtest.Filter{}))
			if _, err := r.Get(t.Context(), pull.Number); tt.waits != (gitops.RetryAfter(err) > 5*time.Second) {
				t.Errorf("the next call: %v", err)
			}
			if silent := len(server.Requests(githubtest.Filter{})) == heard; silent != tt.waits {
				t.Errorf("GitHub was left alone: %t, want %t", silent, tt.waits)
			}
		})
	}
}

func TestATokenThatWasRevokedIsReplaced(t *testing.T) {
	server, r := open(t)
	pull := propose(t, server, r, "changebot/c-1", "2")
	_, before, err := r.GitAuth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server.RevokeTokens()
	if _, err := r.Get(t.Context(), pull.Number); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("the first call after it: %v", err)
	}
	if _, err := r.Get(t.Context(), pull.Number); err != nil {
		t.Errorf("the call after that: %v", err)
	}
	server.RevokeTokens()
	r.GitRefused()
	if _, now, err := r.GitAuth(t.Context()); err != nil || now == before {
		t.Errorf("git has got the same token again (%t): %v", now == before, err)
	}
}

func TestWhatHasNotChangedIsNotSentAgain(t *testing.T) {
	server, r := open(t)
	pull := propose(t, server, r, "changebot/c-1", "2")
	before := settled(t, r, pull.Number)
	sent := func() (full, spared int) {
		for _, x := range server.Requests(githubtest.Filter{Match: "GET */pulls/*"}) {
			switch x.Status {
			case http.StatusOK:
				full++
			case http.StatusNotModified:
				spared++
			}
		}
		return full, spared
	}
	if _, err := r.Get(t.Context(), pull.Number); err != nil { // with the answer that is settled
		t.Fatal(err)
	}
	full, spared := sent()
	for range 3 {
		again, err := r.Get(t.Context(), pull.Number)
		if err != nil || again != before {
			t.Errorf("%+v, %v", again, err)
		}
	}
	if nowFull, nowSpared := sent(); nowFull != full || nowSpared != spared+3 {
		t.Errorf("sent %d times more, spared %d times", nowFull-full, nowSpared-spared)
	}
}
