package git_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

// together pushes branches c-0, c-1, … at the same time: the first exchange is held
// up until all others wait. It returns what each was told.
func together(t *testing.T, s *server, m *git.Mirror, n int, commit func(i int) *git.Commit) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	var first sync.Once
	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		if q.Method == http.MethodPost {
			first.Do(func() { close(held); <-release })
		}
		next.ServeHTTP(w, q)
	})
	defer s.misbehave(nil)
	told := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		push := git.PushRequest{Commit: commit(i), Ref: fmt.Sprint("refs/heads/c-", i)}
		wg.Go(func() { told[i] = m.Push(context.Background(), push) })
		if i == 0 {
			<-held
		}
	}
	for end := time.Now().Add(30 * time.Second); m.Waiting() < n-1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("only %d of %d wait", m.Waiting(), n-1)
		}
	}
	close(release)
	wg.Wait()
	return told
}

func (r *repo) hook(name, script string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.bare, "hooks", name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

// promotion changes one file of one application.
func promotion(t *testing.T, m *git.Mirror, base string) func(i int) *git.Commit {
	return func(i int) *git.Commit {
		change := git.FileChange{Path: fmt.Sprintf("apps/app-%d/values.yaml", i), Data: fmt.Appendf(nil, "tag: v%d\n", i)}
		return mustCommit(t, m, request(base, fmt.Sprint("promote ", i), change))
	}
}

func TestFiftyPromotionsAtOnceGoInTwoExchanges(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("apps/app-0/values.yaml", "tag: v\n").commit("start")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	m := r.open(func(o *git.Options) { o.Dir = dir })
	before := s.requests.Load()
	for i, err := range together(t, s, m, 50, promotion(t, m, base)) {
		if err != nil {
			t.Errorf("promotion %d: %v", i, err)
		}
	}
	if n := s.requests.Load() - before; n != 3 { // a list of refs and a pack, and a second pack
		t.Errorf("the server had %d requests, want 3", n)
	}
	for i := range 50 {
		branch := fmt.Sprint("c-", i)
		if n := r.remote("rev-list", "--count", "main.."+branch); n != "1" {
			t.Errorf("%s has %s commits of its own, want 1", branch, n)
		}
		if got := r.remote("show", fmt.Sprintf("%s:apps/app-%d/values.yaml", branch, i)); got != fmt.Sprint("tag: v", i) {
			t.Errorf("%s holds %q", branch, got)
		}
	}
	r.remote("fsck", "--strict", "--full")
	r.git("--git-dir", dir, "fsck", "--strict", "--full")
}

// TestOneThatIsRefusedDoesNotKeepTheOthersBack, whether the server says which it
// was, or refuses all for it.
func TestOneThatIsRefusedDoesNotKeepTheOthersBack(t *testing.T) {
	for name, hook := range map[string][2]string{
		"by itself": {"update", `[ "$1" != refs/heads/c-3 ]`},
		"with all":  {"pre-receive", `! grep -q refs/heads/c-3$`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			r := s.newRepo(t)
			base := r.write("f", "0").commit("start")
			m := r.open()
			r.hook(hook[0], hook[1])
			for i, err := range together(t, s, m, 8, promotion(t, m, base)) {
				if want := map[int]gitops.Code{3: gitops.Denied}[i]; gitops.CodeOf(err) != want {
					t.Errorf("c-%d: %v, want %q", i, err, want)
				}
			}
			if got := strings.Fields(r.remote("for-each-ref", "--format=%(refname:short)")); len(got) != 8 {
				t.Errorf("the server has %v", got)
			}
			r.remote("fsck", "--strict", "--full")
		})
	}
}

// TestWhatIsTooLargeTogetherIsHalved, and what is too large alone is refused in a
// way that is not tried again.
func TestWhatIsTooLargeTogetherIsHalved(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	base := r.write("f", "0").commit("start")
	m := r.open()
	r.remote("config", "receive.maxInputSize", "1000") // bytes of the pack
	before := s.requests.Load()
	for i, err := range together(t, s, m, 12, promotion(t, m, base)) {
		if err != nil {
			t.Errorf("c-%d: %v", i, err)
		}
	}
	if n := s.requests.Load() - before; n <= 4 {
		t.Errorf("nothing was refused: the server had %d requests", n)
	}
	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		if q.Method == http.MethodPost {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		next.ServeHTTP(w, q)
	})
	err := m.Push(context.Background(), git.PushRequest{Commit: edit(t, m, base, "1"), Ref: "refs/heads/large"})
	if gitops.CodeOf(err) != gitops.Denied || !strings.Contains(err.Error(), "as much at once") {
		t.Errorf("too large alone: %v", err)
	}
}
