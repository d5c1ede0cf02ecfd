package git_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

func TestAServerThatHasSaidWhatItTakesIsNotAskedAgain(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	ctx := context.Background()
	for i, want := range []int64{2, 1, 1} {
		before := s.requests.Load()
		c := edit(t, m, base, strings.Repeat("x", i+1))
		if err := m.Push(ctx, git.PushRequest{Commit: c, Ref: "refs/heads/x-" + c.Hash}); err != nil {
			t.Fatal(err)
		}
		if got := s.requests.Load() - before; got != want {
			t.Errorf("push %d took %d requests, want %d", i+1, got, want)
		}
	}

	// What is elsewhere by now, the server says of each ref by itself.
	if err := r.open().Push(ctx, git.PushRequest{Commit: edit(t, m, base, "taken"), Ref: "refs/heads/b"}); err != nil {
		t.Fatal(err)
	}
	one := edit(t, m, base, "1")
	errs := m.PushAll(ctx, git.PushRequest{Commit: one, Ref: "refs/heads/a"}, git.PushRequest{Commit: one, Ref: "refs/heads/b"},
		git.PushRequest{Commit: edit(t, m, base, "2"), Ref: "refs/heads/c", Expect: base}, git.PushRequest{Commit: edit(t, m, base, "3"), Ref: "refs/heads/d"})
	for i, want := range []gitops.Code{"", gitops.Conflict, gitops.Conflict, ""} {
		if got := gitops.CodeOf(errs[i]); got != want {
			t.Errorf("push %d: %v, want %q", i, errs[i], want)
		}
	}
	if err := m.Push(ctx, git.PushRequest{Commit: one, Ref: "refs/heads/b", Expect: one.Hash}); gitops.CodeOf(err) != gitops.Conflict {
		t.Errorf("a ref that should have been there already: %v", err)
	}
}

func TestAServerThatWantsToBeAskedIsAsked(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	var asked atomic.Bool
	refused := 0
	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		switch {
		case q.URL.Query().Get("service") == "git-receive-pack":
			asked.Store(true)
		case strings.HasSuffix(q.URL.Path, "/git-receive-pack") && !asked.Swap(false):
			refused++
			http.Error(w, "who asked you?", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, q)
	})
	for _, content := range []string{"1", "2", "3"} {
		c := edit(t, m, base, content)
		if err := m.Push(context.Background(), git.PushRequest{Commit: c, Ref: "refs/heads/x-" + content}); err != nil {
			t.Errorf("push %s: %v", content, err)
		}
	}
	if refused == 0 {
		t.Error("the server was asked each time")
	}
	if refs, err := m.RemoteRefs(context.Background(), "refs/heads/x-"); len(refs) != 3 || err != nil {
		t.Errorf("the server has %v: %v", refs, err)
	}
}

// TestAPushOfUnknownOutcomeIsNotSentTwice: the next one looks at the refs first.
func TestAPushOfUnknownOutcomeIsNotSentTwice(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	sent, failing := 0, false
	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		if strings.HasSuffix(q.URL.Path, "/git-receive-pack") {
			sent++
			if failing {
				next.ServeHTTP(httptest.NewRecorder(), q)
				w.WriteHeader(http.StatusBadGateway)
				return
			}
		}
		next.ServeHTTP(w, q)
	})
	for _, content := range []string{"asked", "not asked"} {
		if content == "not asked" {
			if err := m.Push(context.Background(), git.PushRequest{Commit: edit(t, m, base, "fine"), Ref: "refs/heads/fine"}); err != nil {
				t.Fatal(err)
			}
		}
		push := git.PushRequest{Commit: edit(t, m, base, content), Ref: "refs/heads/" + strings.ReplaceAll(content, " ", "-")}
		sent, failing = 0, true
		if err := m.Push(context.Background(), push); gitops.CodeOf(err) != gitops.Unavailable {
			t.Errorf("%s: %v", content, err)
		}
		failing = false
		// Somebody else's push in between tells nothing about this one.
		other := git.PushRequest{Commit: edit(t, m, base, content+"!"), Ref: push.Ref + "-other"}
		if err := m.Push(context.Background(), other); err != nil {
			t.Error(err)
		}
		if err := m.Push(context.Background(), push); err != nil || sent != 2 {
			t.Errorf("%s: it was sent %d times: %v", content, sent-1, err)
		}
	}
}
