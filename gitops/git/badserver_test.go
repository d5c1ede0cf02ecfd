package git_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

func say(w http.ResponseWriter, what string) {
	fmt.Fprint(w, what)
	_ = http.NewResponseController(w).Flush()
}

// silentAfter begins to answer and goes on for ever without a word.
func silentAfter(what string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		say(w, what)
		<-q.Context().Done()
	}
}

// slowly says a little at a time.
func slowly(w http.ResponseWriter, q *http.Request) {
	for q.Context().Err() == nil {
		say(w, "0008NAK\n")
		time.Sleep(time.Millisecond) // it has all the time
	}
}

// branchesWithoutEnd lists refs for as long as somebody listens.
func branchesWithoutEnd(w http.ResponseWriter, q *http.Request) {
	fmt.Fprint(w, "001e# service=git-upload-pack\n0000")
	for i := 0; q.Context().Err() == nil; i++ {
		line := fmt.Sprintf("%040x refs/heads/%01000d\n", i+1, i)
		if i == 0 {
			line = strings.Replace(line, "\n", "\x00ofs-delta\n", 1)
		}
		fmt.Fprintf(w, "%04x%s", len(line)+4, line)
	}
}

func fetch(m *git.Mirror) error { _, err := m.Fetch(context.Background()); return err }

func push(m *git.Mirror) error {
	c, err := m.Commit(context.Background(), request(m.Tip(), "edit", git.FileChange{Path: "f", Data: []byte("x")}))
	if err != nil {
		return err
	}
	return m.Push(context.Background(), git.PushRequest{Commit: c, Ref: "refs/heads/x"})
}

// TestAServerThatDoesNotComeToAnEndIsGivenUp: everybody who wants to change
// anything waits for it.
func TestAServerThatDoesNotComeToAnEndIsGivenUp(t *testing.T) {
	for name, tt := range map[string]struct {
		at             string // the end of the path
		answer         http.HandlerFunc
		ask            func(*git.Mirror) error
		silence, whole time.Duration
		says           string
	}{
		"one that falls silent":                     {"git-upload-pack", silentAfter("0008NAK\n"), fetch, 50 * time.Millisecond, time.Hour, "took too long to answer"},
		"one that says a little at a time":          {"git-upload-pack", slowly, fetch, time.Hour, 300 * time.Millisecond, "took too long to answer"},
		"one that never says what became of a push": {"git-receive-pack", silentAfter("0006\x02."), push, 50 * time.Millisecond, time.Hour, "took too long to answer"},
		"one that has branches without end":         {"info/refs", branchesWithoutEnd, fetch, time.Hour, time.Hour, "says more than changebot takes in"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			r := s.newRepo(t)
			r.write("f", "1").commit("one")
			m := r.open()
			r.write("f", "2").commit("two")
			s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
				if !strings.HasSuffix(q.URL.Path, tt.at) {
					next.ServeHTTP(w, q)
					return
				}
				_, _ = io.Copy(io.Discard, q.Body) // or it would not hear that nobody listens
				tt.answer(w, q)
			})
			m.Patience(tt.silence, tt.whole)
			err := tt.ask(m)
			if gitops.CodeOf(err) != gitops.Unavailable || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
			s.misbehave(nil)
			m.Patience(time.Minute, time.Minute)
			mustRead(t, m, mustFetch(t, m), "f", "2")
		})
	}
}

// TestAnSSHServerThatFallsSilentIsGivenUp in the middle of a push.
func TestAnSSHServerThatFallsSilentIsGivenUp(t *testing.T) {
	key := readKey(t)
	s := newSSHServer(t, key)
	r := newServer(t).newRepo(t)
	base := r.write("f", "1").commit("one")
	m := r.open(func(o *git.Options) {
		o.URL, o.SSH = "ssh://git@"+s.listener.Addr().String()+r.bare, &git.SSH{Key: key, KnownHosts: s.knows(s.host.PublicKey())}
	})
	over := filepath.Join(t.TempDir(), "over")
	t.Cleanup(func() { _ = os.WriteFile(over, nil, 0o600) })
	r.hook("pre-receive", fmt.Sprintf("while [ ! -e '%s' ]; do sleep 0.01; done", over))
	m.Patience(2*time.Second, time.Hour)
	err := m.Push(context.Background(), git.PushRequest{Commit: edit(t, m, base, "2"), Ref: "refs/heads/x"})
	if gitops.CodeOf(err) != gitops.Unavailable || !strings.Contains(fmt.Sprint(err), "took too long to answer") {
		t.Errorf("got %v", err)
	}
}
