package contract_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/changebot/changebot/test/githubtest/contract"
)

func TestFindKnowsWhatARequestAddresses(t *testing.T) {
	d, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, method, path, id, key, value string }{
		{"a pull request", "GET", "/repos/o/r/pulls/7", "pulls/get", "pull_number", "7"},
		{"a merge", "PUT", "/repos/o/r/pulls/7/merge", "pulls/merge", "pull_number", "7"},
		{"a branch with an escaped slash", "GET", "/repos/o/r/branches/a%2Fb", "repos/get-branch", "branch", "a/b"},
		{"a branch with a plain slash", "GET", "/repos/o/r/branches/a/b/protection", "repos/get-branch-protection", "branch", "a/b"},
		{"a ref of several parts", "GET", "/repos/o/r/git/ref/heads/a/b", "git/get-ref", "ref", "heads/a/b"},
		{"a file in folders", "GET", "/repos/o/r/contents/a/b.yaml", "repos/get-content", "path", "a/b.yaml"},
		{"the root folder", "GET", "/repos/o/r/contents/", "repos/get-content", "path", "."},
		{"a status of a ref", "GET", "/repos/o/r/commits/a/b/status", "repos/get-combined-status-for-ref", "ref", "a/b"},
		{"what the subset leaves out", "GET", "/repos/o/r/hooks", "", "", ""},
		{"a method that is not there", "DELETE", "/repos/o/r/pulls/7", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			op, ok := d.Find(c.method, c.path)
			if op.ID != c.id || ok != (c.id != "") || op.Vars[c.key] != c.value {
				t.Errorf("%s %s: got %q %v (found %v)", c.method, c.path, op.ID, op.Vars, ok)
			}
		})
	}
}

func TestRequestsAreJudged(t *testing.T) {
	d, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method, path, body string
		fine                     bool
	}{
		{"a pull request with head and base", "POST", "/repos/o/r/pulls", `{"title":"t","head":"b","base":"main"}`, true},
		{"a pull request without base", "POST", "/repos/o/r/pulls", `{"title":"t","head":"b"}`, false},
		{"labels as an array", "POST", "/repos/o/r/issues/1/labels", `["a","b"]`, true},
		{"labels of the wrong type", "POST", "/repos/o/r/issues/1/labels", `[1]`, false},
		{"a token request that says null", "POST", "/app/installations/1/access_tokens", "null", true},
		{"a merge with an unknown method", "PUT", "/repos/o/r/pulls/1/merge", `{"merge_method":"octopus"}`, false},
		{"a page that is no number", "GET", "/repos/o/r/pulls?page=x", "", false},
		{"a pull number that is no number", "GET", "/repos/o/r/pulls/x", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, nil)
			op, ok := d.Find(c.method, r.URL.EscapedPath())
			if !ok {
				t.Fatal("operation not found")
			}
			if err := d.Request(t.Context(), r, op, []byte(c.body)); (err == nil) != c.fine {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestResponsesAreJudged(t *testing.T) {
	d, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPut, "/repos/o/r/pulls/1/merge", nil)
	op, _ := d.Find("PUT", "/repos/o/r/pulls/1/merge")
	for _, c := range []struct {
		name, body string
		status     int
		fine       bool
	}{
		{"a merge result", `{"merged":true,"message":"m","sha":"abc"}`, 200, true},
		{"a merge result without sha", `{"merged":true,"message":"m"}`, 200, false},
		{"a status the operation does not list", `<html>`, 502, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
			if err := d.Response(t.Context(), r, op, c.status, h, []byte(c.body)); (err == nil) != c.fine {
				t.Errorf("got %v", err)
			}
		})
	}
}
