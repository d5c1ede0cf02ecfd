package git_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops/git"
)

// holdClone lets clones wait until release is closed; held hears of them.
func (s *server) holdClone(held chan<- struct{}, release <-chan struct{}) {
	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("deepen 1")) {
			held <- struct{}{}
			select {
			case <-release:
			case <-q.Context().Done():
			}
		}
		next.ServeHTTP(w, q)
	})
}

// TestAMirrorThatHasOutgrownItsBoundIsRenewedInTheBackground: meanwhile it is read
// and fetched as ever, and nobody finds the branch set back afterwards.
func TestAMirrorThatHasOutgrownItsBoundIsRenewedInTheBackground(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	commits := []string{r.write("f", "0").commit("start")}
	var log syncBuffer
	dir := filepath.Join(t.TempDir(), "mirror.git")
	m := r.open(logTo(&log), func(o *git.Options) { o.Dir = dir })
	m.Bound(3)
	held, release := make(chan struct{}), make(chan struct{})
	s.holdClone(held, release)
	next := func() {
		t.Helper()
		i := len(commits)
		commits = append(commits, r.write("f", fmt.Sprint(i)).commit("next"))
		if got := mustFetch(t, m); got != commits[i] {
			t.Fatalf("tip %s, want %s", got, commits[i])
		}
	}
	for range 3 {
		next()
	}
	select {
	case <-held:
	case <-time.After(30 * time.Second):
		close(release)
		t.Fatalf("nobody renews it:\n%s", log.String())
	}
	next()
	for i, c := range commits {
		mustRead(t, m, c, "f", fmt.Sprint(i))
	}
	close(release)
	for end := time.Now().Add(30 * time.Second); !strings.Contains(log.String(), "was renewed"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never renewed:\n%s", log.String())
		}
	}
	s.misbehave(nil)
	last := len(commits) - 1
	if m.Tip() != commits[last] {
		t.Errorf("tip %s, want %s", m.Tip(), commits[last])
	}
	mustRead(t, m, m.Tip(), "f", fmt.Sprint(last))
	if packs, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack")); err != nil || len(packs) > 2 {
		t.Errorf("it has the packs %v (%v)", packs, err)
	}
	next()
	r.git("--git-dir", dir, "fsck", "--strict", "--full")
	if _, err := os.Stat(dir + ".renewed"); !os.IsNotExist(err) {
		t.Errorf("left behind: %v", err)
	}
}

// TestAMirrorMayBeClosedWhileItIsRenewed, and what is left goes when it is opened.
func TestAMirrorMayBeClosedWhileItIsRenewed(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	r.write("f", "0").commit("start")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	there := func(o *git.Options) { o.Dir = dir }
	m := r.open(there)
	m.Bound(1)
	held := make(chan struct{})
	s.holdClone(held, make(chan struct{}))
	tip := r.write("f", "1").commit("next")
	mustFetch(t, m)
	<-held
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	s.misbehave(nil)
	again := r.open(there)
	if again.Tip() != tip {
		t.Errorf("tip %s, want %s", again.Tip(), tip)
	}
	data, err := again.ReadFile(context.Background(), tip, "f")
	if err != nil || string(data) != "1" {
		t.Errorf("it holds %q (%v)", data, err)
	}
}
