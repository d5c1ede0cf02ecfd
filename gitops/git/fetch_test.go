package git_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

func mustFetch(t testing.TB, m *git.Mirror) string {
	t.Helper()
	tip, err := m.Fetch(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return tip
}

func mustRead(t testing.TB, m *git.Mirror, commit, path, want string) {
	t.Helper()
	got, err := m.ReadFile(context.Background(), commit, path)
	if err != nil || string(got) != want {
		t.Errorf("%s at %s is %q (%v), want %q", path, commit, got, err, want)
	}
}

func TestAMirrorIsClonedOnceAndThenOnlyAsksWhetherTheBranchMoved(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	for i := range 300 {
		r.write(fmt.Sprintf("apps/%d/values.yaml", i), fmt.Sprint(rand.Int64()))
	}
	one := r.write("f", "1").commit("one")
	dir := filepath.Join(t.TempDir(), "a/b/mirror.git")
	there := func(o *git.Options) { o.Dir = dir }
	var last git.Progress
	m := r.open(there, func(o *git.Options) { o.Progress = func(p git.Progress) { last = p } })
	if m.Tip() != one || !last.Done || last.Objects < 600 || last.Bytes < 1000 {
		t.Errorf("tip %s, progress %+v", m.Tip(), last)
	}

	cloned := s.requests.Load()
	if got := mustFetch(t, m); got != one || s.requests.Load() != cloned+1 {
		t.Errorf("a fetch of nothing took %d requests", s.requests.Load()-cloned)
	}
	sent := s.sent.Load()
	two := r.write("f", "2").commit("two")
	if got := mustFetch(t, m); got != two || m.Tip() != two {
		t.Errorf("tip %s, want %s", got, two)
	}
	if got := s.sent.Load() - sent; got > 8000 {
		t.Errorf("a fetch of one commit brought %d bytes", got)
	}
	mustRead(t, m, one, "f", "1")
	mustRead(t, m, two, "f", "2")
	r.git("--git-dir", dir, "fsck", "--full")

	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.ReadFile(context.Background(), one, "f"); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("reading a closed mirror: %v", err)
	}
	before := s.requests.Load()
	again := r.open(there)
	mustRead(t, again, two, "f", "2")
	if again.Tip() != two || s.requests.Load() != before {
		t.Errorf("opened again: tip %s after %d requests", again.Tip(), s.requests.Load()-before)
	}
}

// TestNothingIsLeftOutThatTheServerBelievesIsHere: after a revert, the tip has blobs of commits
// from before the mirror's start; after the merge of a branch that forked there, trees too.
func TestNothingIsLeftOutThatTheServerBelievesIsHere(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("f", "old").write("dir/g", "old").commit("one")
	fork := r.write("f", "older").commit("two")
	start := r.write("f", "new").write("dir/g", "new").commit("three")
	r.remote("config", "repack.writeBitmaps", "true")
	r.remote("repack", "-adbq")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	m := r.open(func(o *git.Options) { o.Dir = dir })

	reverted := r.write("f", "old").commit("four") // with reachability bitmaps the server knows all of "three"
	mustRead(t, m, mustFetch(t, m), "f", "old")

	r.git("checkout", "-q", "-b", "side", fork)
	side := r.write("h", "side").commit("five")
	r.git("checkout", "-q", "main")
	r.git("merge", "-q", "--no-ff", "-m", "merge", "side")
	r.git("push", "-q", "origin", "main")
	tip := mustFetch(t, m)
	mustRead(t, m, side, "dir/g", "old")
	mustRead(t, m, tip, "dir/g", "new")
	for _, c := range []string{start, reverted, side} {
		if yes, err := m.Contains(context.Background(), tip, c); !yes || err != nil {
			t.Errorf("the tip contains %s: %v %v", c, yes, err)
		}
	}
	r.git("--git-dir", dir, "fsck", "--full", "--strict")
}

func TestADirectoryBelongsToOneMirror(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("f", "1").commit("one")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	there := func(o *git.Options) { o.Dir = dir }
	m := r.open(there)
	if _, err := r.tryOpen(there); gitops.CodeOf(err) != gitops.Unavailable || !strings.Contains(err.Error(), "another changebot") {
		t.Errorf("opened twice: %v", err)
	}
	mustRead(t, m, m.Tip(), "f", "1")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	again := r.open(there)
	mustRead(t, again, again.Tip(), "f", "1")
}

func TestARewoundBranchIsClonedAgain(t *testing.T) {
	for name, rewind := range map[string]func(r *repo){
		"to an older commit": func(r *repo) { r.git("reset", "-q", "--hard", "HEAD~1") },
		"to another line":    func(r *repo) { r.git("reset", "-q", "--hard", "HEAD~1"); r.write("f", "other").commit("other") },
		"to another beginning": func(r *repo) {
			r.git("checkout", "-q", "--orphan", "n")
			r.git("commit", "-q", "-m", "n")
			r.git("branch", "-M", "main")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newServer(t).newRepo(t)
			r.write("f", "1").commit("one")
			r.write("f", "2").commit("two")
			var log syncBuffer
			m := r.open(logTo(&log))
			three := r.write("f", "3").commit("three")
			mustFetch(t, m)
			rewind(r)
			want := r.commit("after")
			if got := mustFetch(t, m); got != want || m.Tip() != want {
				t.Errorf("tip %s, want %s", got, want)
			}
			if !strings.Contains(log.String(), "rewound from "+three) {
				t.Errorf("the log does not say so:\n%s", log.String())
			}
			if yes, err := m.Contains(context.Background(), want, want); !yes || err != nil {
				t.Errorf("the new tip: %v %v", yes, err)
			}
		})
	}
}

func TestARenamedBranchIsSaidToBe(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("f", "1").commit("one")
	m := r.open()
	r.remote("branch", "-m", "main", "trunk")
	_, err := m.Fetch(context.Background())
	said, _ := errors.AsType[*gitops.Error](err)
	if said == nil || said.Code != gitops.NotFound || !strings.Contains(said.Message, `no branch "main"; its default branch is "trunk"`) || !strings.Contains(said.Next, "`branch: trunk`") {
		t.Errorf("got %v", err)
	}
	mustRead(t, m, m.Tip(), "f", "1")
	if _, err = r.tryOpen(); gitops.CodeOf(err) != gitops.NotFound || !strings.Contains(err.Error(), "trunk") {
		t.Errorf("opened anew: %v", err)
	}
	r.remote("branch", "-m", "trunk", "main")
	mustFetch(t, m)
}

func TestAFetchLargerThanACloneIsAClone(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("f", "0").commit("start")
	// 6,000 commits with a tree and a blob each, on a line that leaves before the mirror's start.
	var stream strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&stream, "commit refs/heads/long\ncommitter B <b@x> %d +0000\ndata 1\nm\nM 644 inline n\ndata 5\n%05d\n", 1700000000+i, i)
	}
	long := filepath.Join(t.TempDir(), "stream")
	if err := os.WriteFile(long, []byte(stream.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	runGit(t, r.work, "-c", "alias.load=!git fast-import --quiet < "+long, "load")
	var log syncBuffer
	m := r.open(logTo(&log))
	r.git("merge", "-q", "--allow-unrelated-histories", "-m", "merge", "long")
	want := r.commit("after")
	if got := mustFetch(t, m); got != want {
		t.Errorf("tip %s, want %s", got, want)
	}
	if !strings.Contains(log.String(), "more objects than a new clone") {
		t.Errorf("the log does not say so:\n%s", log.String())
	}
	mustRead(t, m, want, "n", "05999")
}

func TestWhatCannotBeClonedSaysWhy(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	empty := s.newRepo(t)
	r.write("f", "1").commit("one")
	status := func(code int) func(*git.Options) {
		return func(*git.Options) {
			s.misbehave(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { w.WriteHeader(code) })
		}
	}
	tests := map[string]struct {
		change func(*git.Options)
		code   gitops.Code
	}{
		"no such branch":       {func(o *git.Options) { o.Branch = "develop" }, gitops.NotFound},
		"no such repository":   {func(o *git.Options) { o.URL = s.URL + "/none.git" }, gitops.NotFound},
		"an empty repository":  {func(o *git.Options) { o.URL = empty.url }, gitops.NotFound},
		"a branch with dots":   {func(o *git.Options) { o.Branch = "../x" }, gitops.Invalid},
		"a path for the URL":   {func(o *git.Options) { o.URL = r.bare }, gitops.Invalid},
		"no directory":         {func(o *git.Options) { o.Dir = "" }, gitops.Invalid},
		"somebody's directory": {func(o *git.Options) { o.Dir = r.work }, gitops.Invalid},
		"nobody listens":       {func(o *git.Options) { o.URL = "http://127.0.0.1:1/r.git" }, gitops.Unavailable},
		"the server is ill":    {status(http.StatusServiceUnavailable), gitops.Unavailable},
		"the server refuses":   {status(http.StatusForbidden), gitops.Denied},
		"the server throttles": {status(http.StatusTooManyRequests), gitops.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			defer s.misbehave(nil)
			if _, err := r.tryOpen(tt.change); gitops.CodeOf(err) != tt.code {
				t.Errorf("got %s %v, want %s", gitops.CodeOf(err), err, tt.code)
			}
		})
	}
}

// TestACancelledOrCutFetchLeavesTheMirrorAsItWas: the next one succeeds.
func TestACancelledOrCutFetchLeavesTheMirrorAsItWas(t *testing.T) {
	s := newServer(t)
	r := s.newRepo(t)
	one := r.write("f", "1").commit("one")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	m := r.open(func(o *git.Options) { o.Dir = dir })
	two := r.write("f", "2").write("big", strings.Repeat("0123456789", 100_000)).commit("two")

	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		if q.Method == http.MethodPost {
			w = &cutter{ResponseWriter: w, left: 300}
		}
		next.ServeHTTP(w, q)
	})
	if _, err := m.Fetch(context.Background()); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("a cut fetch: %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	s.misbehave(func(_ http.ResponseWriter, q *http.Request, _ http.Handler) { cancel(); <-q.Context().Done() })
	if _, err := m.Fetch(cancelled); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("a cancelled fetch: %v", err)
	}
	s.misbehave(nil)
	mustRead(t, m, one, "f", "1")
	if left, _ := filepath.Glob(filepath.Join(dir, "objects/pack/tmp_*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if got := mustFetch(t, m); got != two {
		t.Errorf("tip %s, want %s", got, two)
	}
}

// cutter aborts the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		panic(http.ErrAbortHandler)
	}
	return c.ResponseWriter.Write(p)
}

// TestManyReadersAndOneWriterDoNotDisturbEachOther also leaves more packs than are kept open.
func TestManyReadersAndOneWriterDoNotDisturbEachOther(t *testing.T) {
	r := newServer(t).newRepo(t)
	commits := []string{r.write("f", "0").commit("start")}
	m := r.open()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if data, err := m.ReadFile(context.Background(), m.Tip(), "f"); err != nil || len(data) == 0 {
					t.Errorf("read %q: %v", data, err)
				}
				_, err := m.Commit(context.Background(), request(m.Tip(), "edit", git.FileChange{Path: "f", Data: []byte("new")}))
				if err != nil {
					t.Errorf("commit: %v", err)
				}
			}
		})
	}
	for i := range 40 {
		commits = append(commits, r.write("f", fmt.Sprint(i+1)).commit("next"))
		mustFetch(t, m)
	}
	for i, c := range commits {
		mustRead(t, m, c, "f", fmt.Sprint(i))
	}
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil && len(fds) > 80 {
		t.Errorf("%d descriptors are open", len(fds))
	}
}

// TestWhoAsksWhileAFetchGoesOnSharesTheNext: what the fetch under way brings may
// be older than the question.
func TestWhoAsksWhileAFetchGoesOnSharesTheNext(t *testing.T) {
	const others = 20
	s := newServer(t)
	r := s.newRepo(t)
	one := r.write("f", "1").commit("one")
	m := r.open()
	asked, held, release := s.requests.Load(), make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.misbehave(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		next.ServeHTTP(w, q)
		once.Do(func() { close(held); <-release })
	})
	var wg sync.WaitGroup
	var first string
	wg.Go(func() { first, _ = m.Fetch(context.Background()) })
	<-held
	two := r.write("f", "2").commit("two")
	tips := make([]string, others)
	for i := range others {
		wg.Go(func() { tips[i], _ = m.Fetch(context.Background()) })
	}
	for end := time.Now().Add(30 * time.Second); m.WaitingFetches() < others; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("only %d wait", m.WaitingFetches())
		}
	}
	close(release)
	wg.Wait()
	if first != one {
		t.Errorf("the first fetch found %s, want %s", first, one)
	}
	for _, tip := range tips {
		if tip != two {
			t.Errorf("a later fetch found %s, want %s", tip, two)
		}
	}
	if got := s.requests.Load() - asked; got != 3 {
		t.Errorf("%d requests, want one for the first fetch and two for all the others", got)
	}
}

// TestAFetchWaitsForNoReader, nor do others who read meanwhile: promoting ten
// thousand applications at once reads for seconds.
func TestAFetchWaitsForNoReader(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("f", "1").commit("one")
	m := r.open()
	two := r.write("f", "2").commit("two")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := m.Reading(func() {
		if tip, err := m.Fetch(ctx); err != nil || tip != two {
			t.Errorf("tip %q, want %s: %v", tip, two, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	mustRead(t, m, m.Tip(), "f", "2")
}
