package git_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/changebot/changebot/gitops/git"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a real git server: git http-backend over bare repositories, with
// basic authentication by a password that a test may change at any time.
type server struct {
	*httptest.Server
	root     string
	password atomic.Value // string; "" lets everybody in
	requests atomic.Int64
	sent     atomic.Int64 // bytes of answers
	received atomic.Int64 // bytes of requests

	mu   sync.Mutex
	hook func(w http.ResponseWriter, r *http.Request, next http.Handler) // misbehaves in place of next
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{root: t.TempDir()}
	s.password.Store("")
	backend := &cgi.Handler{
		Path:   filepath.Join(strings.TrimSpace(runGit(t, "", "--exec-path")), "git-http-backend"),
		Env:    append(gitEnv(), "GIT_PROJECT_ROOT="+s.root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=test"),
		Stderr: io.Discard,
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		s.received.Add(max(0, r.ContentLength))
		if want := s.password.Load().(string); want != "" {
			if _, got, ok := r.BasicAuth(); !ok || got != want {
				w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
		}
		w = &counter{w, &s.sent}
		s.mu.Lock()
		hook := s.hook
		s.mu.Unlock()
		if hook != nil {
			hook(w, r, backend)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// misbehave installs a hook, or removes it with nil.
func (s *server) misbehave(hook func(http.ResponseWriter, *http.Request, http.Handler)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook
}

type counter struct {
	http.ResponseWriter
	n *atomic.Int64
}

// Unwrap is for http.ResponseController, which flushes.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return c.ResponseWriter.Write(p)
}

// repo is a bare repository on a server with a work tree beside it.
type repo struct {
	t    testing.TB
	url  string
	bare string
	work string
}

func (s *server) newRepo(t testing.TB) *repo {
	t.Helper()
	bare, err := os.MkdirTemp(s.root, "r*.git")
	if err != nil {
		t.Fatal(err)
	}
	r := &repo{t: t, bare: bare, work: t.TempDir(), url: s.URL + "/" + filepath.Base(bare)}
	runGit(t, bare, "init", "-q", "--bare", "-b", "main")
	runGit(t, bare, "config", "http.receivepack", "true")
	runGit(t, bare, "config", "receive.fsckObjects", "true")
	runGit(t, r.work, "init", "-q", "-b", "main")
	runGit(t, r.work, "remote", "add", "origin", bare)
	return r
}

// write puts a file into the work tree.
func (r *repo) write(path, content string) *repo {
	r.t.Helper()
	name := filepath.Join(r.work, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// commit commits the work tree and pushes its branch; it returns the commit.
func (r *repo) commit(message string) string {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	r.git("push", "-q", "--force", "origin", "HEAD")
	return r.git("rev-parse", "HEAD")
}

// git runs in the work tree, and remote in the bare repository.
func (r *repo) git(args ...string) string {
	r.t.Helper()
	return strings.TrimSpace(runGit(r.t, r.work, args...))
}

func (r *repo) remote(args ...string) string {
	r.t.Helper()
	return strings.TrimSpace(runGit(r.t, r.bare, args...))
}

func runGit(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = gitEnv()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// gitEnv makes git the same on every machine.
func gitEnv() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=1700000000 +0100",
		"GIT_COMMITTER_NAME=Bot", "GIT_COMMITTER_EMAIL=bot@example.com", "GIT_COMMITTER_DATE=1700000060 +0000",
		// What git tidies up by itself goes on in the background, also while the test's folder is taken away.
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=maintenance.auto", "GIT_CONFIG_VALUE_0=false", "GIT_CONFIG_KEY_1=receive.autogc", "GIT_CONFIG_VALUE_1=false",
	}
}

// open opens a mirror of r in a directory of its own; change may adjust the options.
func (r *repo) open(change ...func(*git.Options)) *git.Mirror {
	r.t.Helper()
	m, err := r.tryOpen(change...)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

func (r *repo) tryOpen(change ...func(*git.Options)) (*git.Mirror, error) {
	opts := git.Options{URL: r.url, Dir: filepath.Join(r.t.TempDir(), "mirror.git"), Branch: "main"}
	for _, f := range change {
		f(&opts)
	}
	m, err := git.Open(context.Background(), opts)
	if err == nil {
		r.t.Cleanup(func() { _ = m.Close() })
	}
	return m, err
}

// logTo collects log lines.
func logTo(b *syncBuffer) func(*git.Options) {
	return func(o *git.Options) { o.Log = slog.New(slog.NewTextHandler(b, nil)) }
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
