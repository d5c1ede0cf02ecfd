package git_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

// note adds a line to the file "log": applied on an old tip, it would take the
// lines of others away.
func note(text string) git.Intent {
	who := git.Identity{Name: "bot", Email: "bot@example.com", When: time.Unix(1700000000, 0).UTC()}
	return git.Intent{
		Message: "note " + text, Author: who, Committer: who,
		Apply: func(ctx context.Context, on *git.Draft) ([]git.FileChange, error) {
			data, err := on.ReadFile(ctx, "log")
			if err != nil || bytes.Contains(data, []byte(text+"\n")) {
				return nil, err
			}
			return []git.FileChange{{Path: "log", Data: append(data, text+"\n"...)}}, nil
		},
	}
}

// lines are what main has come to hold; every one must be the work of one commit.
func (r *repo) lines(want int) {
	r.t.Helper()
	lines := strings.Fields(r.remote("show", "main:log"))
	seen := map[string]bool{}
	for _, l := range lines {
		if seen[l] {
			r.t.Errorf("%s is there twice", l)
		}
		seen[l] = true
	}
	if n := r.remote("rev-list", "--count", "main"); len(lines) != want+1 || n != fmt.Sprint(want+1) {
		r.t.Errorf("%d lines in %s commits, want %d of each", len(lines), n, want+1)
	}
	r.remote("fsck", "--strict", "--full")
}

func TestSixteenRacingIntentsAllLandOnOneBase(t *testing.T) {
	for name, mirrors := range map[string]int{"of one process": 1, "of two replicas": 2, "of four": 4} {
		t.Run(name, func(t *testing.T) {
			r := newServer(t).newRepo(t)
			r.write("log", "start\n").commit("start")
			var replicas []*git.Mirror
			var dirs []string
			for range mirrors {
				dir := filepath.Join(t.TempDir(), "mirror.git")
				dirs = append(dirs, dir)
				replicas = append(replicas, r.open(func(o *git.Options) { o.Dir = dir }))
			}
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					m := replicas[i%mirrors]
					at, err := m.Advance(context.Background(), note(fmt.Sprint("line-", i)))
					if err != nil {
						t.Errorf("intent %d: %v", i, err)
					} else if got := r.remote("log", "-1", "--format=%s", at); got != fmt.Sprint("note line-", i) {
						t.Errorf("intent %d is said to be %q", i, got)
					}
				})
			}
			wg.Wait()
			r.lines(16)
			for i, dir := range dirs {
				mustFetch(t, replicas[i])
				r.git("--git-dir", dir, "fsck", "--strict", "--full")
			}
		})
	}
}

func TestWaitingIntentsAreChainedIntoOnePush(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	r.write("log", "start\n").commit("start")
	m := r.open()
	held, release := make(chan struct{}), make(chan struct{})
	first := note("first")
	add := first.Apply
	first.Apply = func(ctx context.Context, on *git.Draft) ([]git.FileChange, error) {
		close(held)
		<-release
		return add(ctx, on)
	}
	var wg sync.WaitGroup
	advance := func(in git.Intent, want gitops.Code) {
		wg.Go(func() {
			if _, err := m.Advance(context.Background(), in); gitops.CodeOf(err) != want {
				t.Errorf("%s: %v, want %q", in.Message, err, want)
			}
		})
	}
	advance(first, "")
	<-held
	for i := range 14 {
		advance(note(fmt.Sprint("line-", i)), "")
	}
	sick := note("sick")
	sick.Apply = func(context.Context, *git.Draft) ([]git.FileChange, error) {
		return nil, &gitops.Error{Code: gitops.NotFound, Message: "There is nothing to hold."}
	}
	advance(sick, gitops.NotFound)
	advance(note("start"), gitops.Invalid) // it is there already
	for end := time.Now().Add(30 * time.Second); m.WaitingIntents() < 16; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("they never waited")
		}
	}
	before := s.requests.Load()
	close(release)
	wg.Wait()
	// The first one's push and then a fetch of it, with two requests each, and the push of the others, with one.
	if n := s.requests.Load() - before; n != 5 {
		t.Errorf("the server had %d requests, want 5", n)
	}
	r.lines(15)
	if _, err := m.Advance(context.Background(), note("first")); !errors.Is(err, git.ErrNoChange) {
		t.Errorf("what is done already: %v", err)
	}
}

// TestChainedIntentsInALargeFolder: each tree of the chain is sent as what is
// different from one that is in the same pack.
func TestChainedIntentsInALargeFolder(t *testing.T) {
	r := newServer(t).newRepo(t)
	for i := range 500 {
		r.write(fmt.Sprintf("apps/application-%d", i), "tag: 1\n")
	}
	r.write("log", "start\n").commit("start")
	m := r.open()
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			in := note(fmt.Sprint("line-", i))
			add := in.Apply
			in.Apply = func(ctx context.Context, on *git.Draft) ([]git.FileChange, error) {
				changes, err := add(ctx, on)
				return append(changes, git.FileChange{Path: fmt.Sprintf("apps/application-%d", 3*i), Data: []byte("tag: 2\n")}), err
			}
			if _, err := m.Advance(context.Background(), in); err != nil {
				t.Errorf("intent %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	r.lines(12)
	if got := strings.Count(r.remote("grep", "tag: 2", "main"), "\n") + 1; got != 12 {
		t.Errorf("%d applications have the new tag, want 12", got)
	}
}

// TestOneIntentThatTheServerRefusesDoesNotKeepTheOthersBack although all came in
// one push.
func TestOneIntentThatTheServerRefusesDoesNotKeepTheOthersBack(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("log", "start\n").commit("start")
	m := r.open()
	r.hook("pre-receive", `read old new ref; echo "no line-3 here" >&2; ! git show $new:log | grep -q line-3`)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := m.Advance(context.Background(), note(fmt.Sprint("line-", i)))
			if want := map[int]gitops.Code{3: gitops.Denied}[i]; gitops.CodeOf(err) != want {
				t.Errorf("line-%d: %v, want %q", i, err, want)
			}
			if i == 3 && !strings.HasPrefix(fmt.Sprint(err), "The git server refused to move refs/heads/main: “no line-3 here”") {
				t.Errorf("the refusal says %v", err)
			}
		})
	}
	wg.Wait()
	r.lines(7)
}

// TestAnIntentWhoseAnswerIsLostLandsOnce, whether somebody has come on since or
// not.
func TestAnIntentWhoseAnswerIsLostLandsOnce(t *testing.T) {
	for _, movedOn := range []bool{false, true} {
		t.Run(fmt.Sprint("moved on: ", movedOn), func(t *testing.T) {
			s := newServer(t)
			r := s.newRepo(t)
			r.write("log", "start\n").commit("start")
			m := r.open()
			lost := false
			s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
				if lost || q.Method != http.MethodPost || !strings.HasSuffix(q.URL.Path, "git-receive-pack") {
					next.ServeHTTP(w, q)
					return
				}
				lost = true
				next.ServeHTTP(httptest.NewRecorder(), q)
				if movedOn {
					r.git("pull", "-q", "origin", "main")
					r.write("other", "1").commit("other")
				}
				w.WriteHeader(http.StatusBadGateway)
			})
			at, err := m.Advance(context.Background(), note("once"))
			if err != nil || !lost || r.remote("log", "-1", "--format=%s", at) != "note once" {
				t.Errorf("at %q, %v; an answer was lost: %v", at, err, lost)
			}
			if n := r.remote("rev-list", "--count", "main", "--", "log"); n != "2" {
				t.Errorf("the log was written %s times, want 2", n)
			}
		})
	}
}
