package githubtest_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
	"go.uber.org/goleak"

	"github.com/changebot/changebot/test/githubtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const repo = "acme/gitops"

// world is a GitHub with one repository, two people and the App installed.
type world struct {
	t      *testing.T
	server *githubtest.Server
	client *github.Client // as the App's installation
	tr     *http.Transport
}

// start makes a world; it fails the test for violations of the description.
func start(t *testing.T, options ...func(*githubtest.Options)) *world {
	t.Helper()
	opt := githubtest.Options{Dir: t.TempDir(), Seed: 1}
	for _, change := range options {
		change(&opt)
	}
	s, err := githubtest.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, server: s, tr: &http.Transport{}}
	t.Cleanup(func() { s.CheckT(t); w.tr.CloseIdleConnections(); s.Close() })
	files := fstest.MapFS{
		"apps/checkout/prod/kustomization.yaml": {Data: []byte("images:\n- name: checkout\n  newTag: 1.41.0\n")},
		"README.md":                             {Data: []byte("# GitOps\n")},
	}
	w.must(s.CreateRepo("acme", "gitops", files, "main"))
	s.AddUser("ada", "Ada Lovelace")
	s.AddUser("bob", "Bob")
	s.AddTeam("acme", "leads", "ada")
	w.must(s.Grant(repo, "ada", githubtest.Write))
	w.must(s.Grant(repo, "bob", githubtest.Read))
	w.must(s.Grant(repo, "@leads", githubtest.Maintain))
	id := s.InstallApp("acme", nil)
	auth, err := ghinstallation.New(w.tr, s.App().ID, id, s.App().KeyPEM)
	w.must(err)
	auth.BaseURL = strings.TrimSuffix(s.APIURL(), "/")
	w.client = w.as(auth)
	return w
}

// as returns a client over a transport.
func (w *world) as(rt http.RoundTripper) *github.Client {
	w.t.Helper()
	c, err := github.NewClient(&http.Client{Transport: rt}).WithEnterpriseURLs(w.server.APIURL(), w.server.APIURL())
	w.must(err)
	return c
}

// user returns a client with a person's token.
func (w *world) user(login string) *github.Client {
	return w.as(bearer{w.server.UserToken(login), w.tr})
}

type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused fails the test unless err is GitHub's refusal with that status and
// text.
func (w *world) refused(err error, status int, text string) {
	w.t.Helper()
	e, ok := errors.AsType[*github.ErrorResponse](err)
	if !ok || e.Response.StatusCode != status || !strings.Contains(err.Error(), text) {
		w.t.Errorf("got %v, want %d with %q", err, status, text)
	}
}

// branch pushes one edit to a new branch and returns its commit.
func (w *world) branch(name, tag string) string {
	w.t.Helper()
	sha, err := w.server.Push(repo, name, "ada", map[string]string{
		"apps/checkout/prod/kustomization.yaml": "images:\n- name: checkout\n  newTag: " + tag + "\n",
	}, "Promote checkout to "+tag)
	w.must(err)
	return sha
}

// open opens a pull request of the App from a branch with one edit.
func (w *world) open(name, tag string) *github.PullRequest {
	w.t.Helper()
	w.branch(name, tag)
	pr, _, err := w.client.PullRequests.Create(w.t.Context(), "acme", "gitops", &github.NewPullRequest{
		Title: github.String("Promote checkout"), Head: github.String(name), Base: github.String("main"), Body: github.String("because"),
	})
	w.must(err)
	return pr
}

// git runs the real git and returns what it prints.
func (w *world) git(dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(w.t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+w.t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// clone clones the repository with a token in the address.
func (w *world) clone(token string) string {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "clone")
	out, err := w.git(".", "clone", "--quiet", w.remote(token), dir)
	if err != nil {
		w.t.Fatalf("clone: %v: %s", err, out)
	}
	return dir
}

func (w *world) remote(token string) string {
	return strings.Replace(w.server.CloneURL(repo), "http://", "http://x-access-token:"+token+"@", 1)
}
