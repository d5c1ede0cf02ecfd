package git_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

func TestALongCloneSaysHowFarItIsAndWhoAsksIsToldSo(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	tip := r.write("f", strings.Repeat("x", 100)).commit("one")
	goOn := make(chan struct{})
	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		if strings.HasSuffix(q.URL.Path, "/git-upload-pack") {
			<-goOn
		}
		next.ServeHTTP(w, q)
	})
	var log syncBuffer
	opts := git.Options{URL: r.url, Dir: filepath.Join(t.TempDir(), "m"), Branch: "main", LogEvery: time.Millisecond}
	logTo(&log)(&opts)
	m, err := git.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })

	prepared := make(chan error, 1)
	go func() { prepared <- m.Prepare(context.Background()) }()
	until(t, func() bool { return strings.Contains(log.String(), "msg=downloading") })
	if why, arriving := m.Arriving(); !arriving || why != r.url+" is being cloned: the server prepares it" {
		t.Errorf("it arrives: %v, %q", arriving, why)
	}
	for name, ask := range map[string]func() error{
		"fetch": func() error { _, err := m.Fetch(t.Context()); return err },
		"read":  func() error { _, err := m.ReadFile(t.Context(), tip, "f"); return err },
	} {
		refusal, ok := errors.AsType[*gitops.Error](ask())
		if !ok || refusal.Code != gitops.Unavailable || !errors.Is(refusal, gitops.ErrStarting) || !strings.Contains(refusal.Message, "is being cloned") {
			t.Errorf("%s is told %v", name, refusal)
		}
	}
	close(goOn)
	if err := <-prepared; err != nil {
		t.Fatal(err)
	}
	if why, arriving := m.Arriving(); arriving {
		t.Errorf("it still arrives: %s", why)
	}
	mustRead(t, m, tip, "f", strings.Repeat("x", 100))
	if err := m.Prepare(t.Context()); err != nil {
		t.Errorf("preparing it twice: %v", err)
	}
}

func TestAMirrorThatCouldNotBePreparedIsPreparedAgain(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	tip := r.write("f", "1").commit("one")
	s.misbehave(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		http.Error(w, "down", http.StatusBadGateway)
	})
	m, err := git.New(git.Options{URL: r.url, Dir: filepath.Join(t.TempDir(), "m"), Branch: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if err := m.Prepare(t.Context()); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("got %v", err)
	}
	s.misbehave(nil)
	if err := m.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustRead(t, m, tip, "f", "1")
}

func TestProgressIsSaidToPeople(t *testing.T) {
	for want, p := range map[string]git.Progress{
		"the server prepares it":                      {},
		"34.1 MB so far":                              {Objects: 100_000, Bytes: 34_100_000},
		"all 112.0 MB are here and are being indexed": {Objects: 100_000, Bytes: 112_000_000, Done: true},
	} {
		if got := p.String(); got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}

// until waits for something to become so.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatal("it never became so")
		case <-ticker.C:
		}
	}
}
