package githubtest_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/changebot/changebot/test/githubtest"
)

// browser is a person at the pages.
func (w *world) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &http.Client{Jar: jar, Transport: w.tr}
}

func (w *world) page(b *http.Client, path string) string {
	w.t.Helper()
	resp, err := b.Get(w.server.URL() + path)
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	w.must(err)
	if resp.StatusCode != http.StatusOK {
		w.t.Errorf("%s: %d %s", path, resp.StatusCode, body)
	}
	return string(body)
}

func TestAPersonApprovesAndMergesFromThePage(t *testing.T) {
	w := start(t)
	w.must(w.server.Protect(repo, "main", githubtest.Protection{RequiredApprovals: 1, RequiredStatuses: []githubtest.RequiredStatus{{Context: "changebot/main", AppID: 1001}}}))
	head := w.open("changebot/c-1", "2.0.0").GetHead().GetSHA()
	b := w.browser()
	if list := w.page(b, "/acme/gitops/pulls?as=ada"); !strings.Contains(list, "Promote checkout") {
		t.Error("the list does not show the pull request")
	}
	pull := w.page(b, "/acme/gitops/pull/1")
	for _, want := range []string{"Merging is blocked", "At least 1 approving review is required", "is expected", `class="add"`, "newTag: 2.0.0", "Request changes"} {
		if !strings.Contains(pull, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	w.status(w.client, head, "success")
	for _, do := range []string{"approve", "merge"} {
		resp, err := b.PostForm(w.server.URL()+"/acme/gitops/pull/1/act", url.Values{"do": {do}, "as": {"ada"}})
		w.must(err)
		w.must(resp.Body.Close())
	}
	if pull := w.page(b, "/acme/gitops/pull/1"); !strings.Contains(pull, "Merged by <b>ada</b>") {
		t.Errorf("not merged: %s", pull)
	}
	resp, err := b.PostForm(w.server.URL()+"/acme/gitops/pull/1/act", url.Values{"do": {"merge"}, "as": {"bob"}})
	w.must(err)
	body, err := io.ReadAll(resp.Body)
	w.must(err)
	w.must(resp.Body.Close())
	if !strings.Contains(string(body), "you need write access") {
		t.Error("bob is not told why he may not merge")
	}
}

func TestEveryPageIsThereUnderAPrefix(t *testing.T) {
	w := start(t, func(o *githubtest.Options) { o.Addr, o.ExternalURL = "-", "http://127.0.0.1/github" })
	sha := w.branch("feature/x", "2.0.0")
	_, err := w.server.OpenPR("ada", repo, "feature/x", "main", "<b>t</b>", "<script>alert(1)</script>")
	w.must(err)
	handler := http.StripPrefix("/github", w.server)
	for _, path := range []string{
		"/", "/acme/gitops", "/acme/gitops/tree/feature/x/apps/checkout", "/acme/gitops/blob/main/README.md", "/acme/gitops/commits/feature/x/README.md",
		"/acme/gitops/commit/" + sha, "/acme/gitops/pulls", "/acme/gitops/pull/1", "/acme/gitops/-/version", "/acme/gitops/raw/main/README.md",
		"/-/style.css", "/-/live.js",
	} {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/github"+path, nil))
		body := rec.Body.String()
		if rec.Code != 200 || strings.Contains(body, `href="/acme`) || strings.Contains(body, "<script>alert") || strings.Contains(body, "<b>t</b>") {
			t.Errorf("%s: %d %s", path, rec.Code, body)
		}
	}
	for _, path := range []string{"/nope/nope", "/acme/gitops/pull/99", "/acme/gitops/commit/zz", "/acme/gitops/tree/main/nope"} {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/github"+path, nil))
		if rec.Code != 404 {
			t.Errorf("%s: %d, want 404", path, rec.Code)
		}
	}
}

func TestTheControlSetsFaults(t *testing.T) {
	w := start(t)
	control := w.server.Control()
	post := func(body string) int {
		rec := httptest.NewRecorder()
		control.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/faults", strings.NewReader(body)))
		return rec.Code
	}
	if good, bad := post(`{"match":"GET */pulls","kind":"status","code":503}`), post(`{"match":"GET */pulls","kind":"nonsense"}`); good != 201 || bad != 400 {
		t.Errorf("got %d and %d", good, bad)
	}
	_, _, err := w.client.PullRequests.List(t.Context(), "acme", "gitops", nil)
	w.refused(err, 503, "")
	for _, path := range []string{"/faults", "/requests", "/violations", "/deliveries"} {
		rec := httptest.NewRecorder()
		control.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if rec.Code != 200 {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}
