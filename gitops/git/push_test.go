package git_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

func edit(t testing.TB, m *git.Mirror, base, content string) *git.Commit {
	t.Helper()
	return mustCommit(t, m, request(base, "edit", git.FileChange{Path: "f", Data: []byte(content)}))
}

func TestAPushMovesARefOnlyFromWhereItIsExpected(t *testing.T) {
	r := newServer(t).newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	ctx := context.Background()
	one, two := edit(t, m, base, "1"), edit(t, m, base, "2")
	const ref = "refs/heads/changebot/c-1"

	steps := []struct {
		says string
		req  git.PushRequest
		code gitops.Code
		then string // where the ref is afterwards
	}{
		{"an update of a ref that does not exist", git.PushRequest{Commit: one, Ref: ref, Expect: base}, gitops.Conflict, ""},
		{"creation", git.PushRequest{Commit: one, Ref: ref}, "", one.Hash},
		{"the same again", git.PushRequest{Commit: one, Ref: ref}, "", one.Hash},
		{"creation of what exists", git.PushRequest{Commit: two, Ref: ref}, gitops.Conflict, one.Hash},
		{"an update from elsewhere", git.PushRequest{Commit: two, Ref: ref, Expect: base}, gitops.Conflict, one.Hash},
		{"an update with the right lease", git.PushRequest{Commit: two, Ref: ref, Expect: one.Hash}, "", two.Hash},
		{"a tag", git.PushRequest{Commit: two, Ref: "refs/tags/v1"}, gitops.Invalid, two.Hash},
		{"a ref with two dots", git.PushRequest{Commit: two, Ref: "refs/heads/a..b"}, gitops.Invalid, two.Hash},
		{"a ref with a line break", git.PushRequest{Commit: two, Ref: "refs/heads/a\nb"}, gitops.Invalid, two.Hash},
		{"a short name", git.PushRequest{Commit: two, Ref: "x"}, gitops.Invalid, two.Hash},
		{"no commit", git.PushRequest{Ref: ref}, gitops.Invalid, two.Hash},
	}
	for _, s := range steps {
		if err := m.Push(ctx, s.req); gitops.CodeOf(err) != s.code {
			t.Errorf("%s: got %v, want %q", s.says, err, s.code)
		}
		at, found, err := m.RemoteRef(ctx, ref)
		if err != nil || at != s.then || found != (s.then != "") {
			t.Errorf("%s: the ref is at %q %v %v, want %q", s.says, at, found, err, s.then)
		}
	}

	if err := m.DeleteRef(ctx, ref, one.Hash); gitops.CodeOf(err) != gitops.Conflict {
		t.Errorf("deletion with a wrong lease: %v", err)
	}
	for range 2 {
		if err := m.DeleteRef(ctx, ref, two.Hash); err != nil {
			t.Errorf("deletion: %v", err)
		}
	}
	if _, found, err := m.RemoteRef(ctx, ref); found || err != nil {
		t.Errorf("the ref is still there (%v)", err)
	}
}

func TestEachRefOfAPushHasItsOwnOutcome(t *testing.T) {
	r := newServer(t).newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	taken := edit(t, m, base, "taken")
	if err := r.open().Push(context.Background(), git.PushRequest{Commit: taken, Ref: "refs/heads/b"}); err != nil {
		t.Fatal(err)
	}
	one := edit(t, m, base, "1")
	errs := m.PushAll(context.Background(),
		git.PushRequest{Commit: one, Ref: "refs/heads/a"}, git.PushRequest{Commit: one, Ref: "refs/heads/b"},
		git.PushRequest{Commit: edit(t, m, base, "2"), Ref: "refs/heads/c"}, git.PushRequest{Commit: one, Ref: "refs/heads/a"})
	for i, want := range []gitops.Code{"", gitops.Conflict, "", gitops.Invalid} {
		if got := gitops.CodeOf(errs[i]); got != want {
			t.Errorf("push %d: %v, want %q", i, errs[i], want)
		}
	}
	refs, err := m.RemoteRefs(context.Background(), "refs/heads/")
	if err != nil || len(refs) != 4 || refs["refs/heads/a"] != one.Hash || refs["refs/heads/b"] != taken.Hash {
		t.Errorf("refs are %v (%v)", refs, err)
	}
}

// TestARuleOfTheServerIsToldInItsWords: hooks and protected branches say it in
// many ways, and the same push would be refused again.
func TestARuleOfTheServerIsToldInItsWords(t *testing.T) {
	r := newServer(t).newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	for _, hook := range []string{"update", "pre-receive"} {
		path := filepath.Join(r.bare, "hooks", hook)
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho 'error: GH013: broken rules' >&2\nprintf '\\n- Commits must be\\033 signed\\n' >&2\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		err := m.Push(context.Background(), git.PushRequest{Commit: edit(t, m, base, "1"), Ref: "refs/heads/x"})
		refusal, ok := errors.AsType[*gitops.Error](err)
		if !ok || refusal.Code != gitops.Denied || refusal.System == "" || !strings.Contains(refusal.Message, "“error: GH013: broken rules - Commits must be signed") {
			t.Errorf("%s hook: %v", hook, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARefusalIsNoneWhereSomebodyElsePushedTheSame(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	c := edit(t, m, base, "1")
	refused := false
	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		if q.Method == http.MethodPost {
			body, err := io.ReadAll(q.Body)
			if err != nil {
				t.Error(err)
			}
			faster := q.Clone(q.Context())
			faster.Body, q.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(httptest.NewRecorder(), faster)
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, q)
			refused = refused || strings.Contains(answer.Body.String(), "ng refs/heads/x")
			w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
			_, _ = w.Write(answer.Body.Bytes())
			return
		}
		next.ServeHTTP(w, q)
	})
	if err := m.Push(context.Background(), git.PushRequest{Commit: c, Ref: "refs/heads/x"}); err != nil || !refused {
		t.Errorf("got %v; the server refused it: %v", err, refused)
	}
}

func TestAnUncertainPushIsUnavailableAndTheRemoteKnowsTheOutcome(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	ctx := context.Background()
	isPush := func(q *http.Request) bool { return q.Method == http.MethodPost }
	for name, answer := range map[string]func(w http.ResponseWriter){
		"502 after the effect": func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"an empty answer":      func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"nonsense":             func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
		"a cut connection":     func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			ref := "refs/heads/" + strings.ReplaceAll(name, " ", "-")
			c := edit(t, m, base, name)
			s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
				if !isPush(q) {
					next.ServeHTTP(w, q)
					return
				}
				next.ServeHTTP(httptest.NewRecorder(), q)
				answer(w)
			})
			err := m.Push(ctx, git.PushRequest{Commit: c, Ref: ref})
			s.misbehave(nil)
			if gitops.CodeOf(err) != gitops.Unavailable {
				t.Errorf("got %s: %v", gitops.CodeOf(err), err)
			}
			if at, found, err := m.RemoteRef(ctx, ref); at != c.Hash || !found || err != nil {
				t.Errorf("the remote has %q %v %v", at, found, err)
			}
			if err := m.Push(ctx, git.PushRequest{Commit: c, Ref: ref}); err != nil {
				t.Errorf("pushed again: %v", err)
			}
		})
	}
}

// TestSixteenRacingPushesAllLandOneByOne: in each round everybody prepares a commit on
// the same tip; one wins, and the others re-apply their edit to what is there.
func TestSixteenRacingPushesAllLandOneByOne(t *testing.T) {
	const racers = 16
	r := newServer(t).newRepo(t)
	r.write("f", "0").commit("start")
	m := r.open()
	ctx := context.Background()
	waiting := map[int]bool{}
	for i := range racers {
		waiting[i] = true
	}
	for round := 0; len(waiting) > 0; round++ {
		tip, err := m.Fetch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		var won []int
		for i := range waiting {
			wg.Go(func() {
				c, err := m.Commit(ctx, request(tip, fmt.Sprint("edit ", i), git.FileChange{Path: fmt.Sprint("f", i), Data: []byte("x")}))
				if err == nil {
					err = m.Push(ctx, git.PushRequest{Commit: c, Ref: "refs/heads/main", Expect: tip})
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won = append(won, i)
				} else if gitops.CodeOf(err) != gitops.Conflict {
					t.Errorf("racer %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("round %d has the winners %v, want exactly one", round, won)
		}
		delete(waiting, won[0])
	}
	if got := r.remote("rev-list", "--count", "main"); got != "17" {
		t.Errorf("main has %s commits, want 17", got)
	}
	if files := strings.Fields(r.remote("ls-tree", "--name-only", "main")); len(files) != racers+1 {
		t.Errorf("main has the files %v", files)
	}
	r.remote("fsck", "--strict", "--full")
}

func TestSecretsStayOutOfErrorsLogsAndDisk(t *testing.T) {
	const secret = "s3cr3t-token"
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("f", "0").commit("start")
	var log syncBuffer
	dir := filepath.Join(t.TempDir(), "mirror.git")
	s.password.Store(secret)
	m := r.open(logTo(&log), func(o *git.Options) {
		o.Dir = dir
		o.Auth = func(context.Context) (string, string, error) { return "x-access-token", secret, nil }
	})
	c := edit(t, m, base, "1")
	if err := m.Push(context.Background(), git.PushRequest{Commit: c, Ref: "refs/heads/x"}); err != nil {
		t.Fatal(err)
	}
	s.password.Store("changed")
	_, err := m.Fetch(context.Background())
	if gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("a refused token: %v", err)
	}
	pushErr := m.Push(context.Background(), git.PushRequest{Commit: c, Ref: "refs/heads/y"})
	_, urlErr := r.tryOpen(func(o *git.Options) { o.URL = strings.Replace(r.url, "://", "://u:"+secret+"@", 1) })
	if gitops.CodeOf(urlErr) != gitops.Invalid {
		t.Errorf("credentials in the URL: %v", urlErr)
	}
	everything := fmt.Sprintf("%+v %+v %+v %s", err, pushErr, urlErr, log.String())
	walkErr := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		everything += string(data)
		return err
	})
	if walkErr != nil || strings.Contains(everything, secret) {
		t.Errorf("the token is in an error, the log or on disk (%v)", walkErr)
	}
}

func TestATokenThatExpiredIsAskedForAgain(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("f", "0").commit("start")
	token, asked := "t0", 0
	s.password.Store(token)
	m := r.open(func(o *git.Options) {
		o.Auth = func(context.Context) (string, string, error) {
			asked++
			old := token
			token = s.password.Load().(string) // whoever asks again gets the new one
			return "x", old, nil
		}
	})
	ctx := context.Background()
	s.password.Store("t1")
	if err := m.Push(ctx, git.PushRequest{Commit: edit(t, m, base, "1"), Ref: "refs/heads/x"}); err != nil {
		t.Errorf("push with a token that just expired: %v", err)
	}
	if asked != 3 {
		t.Errorf("credentials were asked for %d times, want once to clone and twice to push", asked)
	}
	noToken := errors.New("no installation")
	broken := func(o *git.Options) {
		o.Auth = func(context.Context) (string, string, error) { return "", "", noToken }
	}
	if _, err := r.tryOpen(broken); gitops.CodeOf(err) != gitops.Unavailable || !errors.Is(err, noToken) {
		t.Errorf("without credentials: %v", err)
	}
}
