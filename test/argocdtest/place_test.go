package argocdtest_test

import (
	"context"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/changebot/changebot/gitops/argocd"
	realargo "github.com/changebot/changebot/test/argocd"
	"github.com/changebot/changebot/test/argocdtest"
)

// place is an Argo CD to try things on, and git repositories that it can read.
type place struct {
	server  string
	token   string // may do everything
	web     bool   // talk gRPC-web
	gitDir  string
	gitURL  string
	patient time.Duration // how long anything may take here
	settle  time.Duration
	grace   time.Duration
}

// pretended starts argocdtest over repositories served by git itself.
func pretended(t *testing.T, more ...func(*argocdtest.Options)) (*place, *argocdtest.Server) {
	t.Helper()
	dir := t.TempDir()
	git := httptest.NewServer(backend(t, dir))
	o := argocdtest.Options{Users: []argocdtest.User{{Name: "changebot", Token: "all"}}, Pace: argocdtest.Quick()}
	for _, f := range more {
		f(&o)
	}
	s, err := argocdtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		git.Close()
	})
	return &place{server: s.Address, token: "all", gitDir: dir, gitURL: git.URL, patient: time.Minute, settle: 50 * time.Millisecond, grace: 1200 * time.Millisecond}, s
}

// real starts the real Argo CD, or takes the one that the environment names in
// the words of test/argocd/up. Without either wish the test is skipped.
func real(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	git := httptest.NewServer(backend(t, dir))
	t.Cleanup(git.Close)
	p := &place{
		server: os.Getenv("ARGOCD_SERVER"), token: os.Getenv("ARGOCD_AUTH_TOKEN"),
		gitDir: dir, gitURL: git.URL,
		patient: 90 * time.Second, settle: 2 * time.Second, grace: 3 * time.Second,
	}
	switch {
	case p.server != "":
	case os.Getenv("CHANGEBOT_ARGOCD") == "real":
		i := realargo.Start(t, realargo.Options{})
		p.server, p.token = i.Server, i.AdminToken
	default:
		t.Skip("the real Argo CD is not asked for: set CHANGEBOT_ARGOCD=real, or use make e2e-argocd")
	}
	return p
}

func backend(t *testing.T, dir string) http.Handler {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	return &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"},
	}
}

func (p *place) open(t *testing.T) *argocd.Client {
	t.Helper()
	c, err := argocd.Open(argocd.Options{Server: p.server, Token: argocd.StaticToken(p.token), PlainText: true, GRPCWeb: p.web, Timeout: p.patient, Reread: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (p *place) context(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), p.patient)
	t.Cleanup(cancel)
	return ctx
}

// checkout is a work tree whose commits are pushed at once.
type checkout struct {
	t    *testing.T
	dir  string
	url  string
	name string
}

// repository makes an empty repository with a name of its own.
func (p *place) repository(t *testing.T) *checkout {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	name = name[max(0, len(name)-40):]
	name = strings.Trim(name, "-")
	bare := filepath.Join(p.gitDir, name+".git")
	if err := os.RemoveAll(bare); err != nil { // of an earlier run
		t.Fatal(err)
	}
	c := &checkout{t: t, dir: t.TempDir(), url: p.gitURL + "/" + name + ".git", name: name}
	c.git("init", "-q", "-b", "main", ".")
	c.git("init", "-q", "--bare", "-b", "main", bare)
	c.git("remote", "add", "origin", bare)
	return c
}

func (c *checkout) git(args ...string) string {
	c.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.invalid", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.invalid")
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// push writes files (an empty content deletes), commits and returns the commit.
func (c *checkout) push(files map[string]string) string {
	c.t.Helper()
	for name, content := range files {
		path := filepath.Join(c.dir, name)
		if content == "" {
			if err := os.Remove(path); err != nil {
				c.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			c.t.Fatal(err)
		}
	}
	c.git("add", "-A")
	c.git("commit", "-q", "-m", "change")
	c.git("push", "-q", "origin", "main")
	return c.git("rev-parse", "HEAD")
}

// contains is ancestry, as a Want asks for it.
func (c *checkout) contains(commit string) func(string) bool {
	return func(rev string) bool {
		cmd := exec.Command("git", "merge-base", "--is-ancestor", commit, rev)
		cmd.Dir = c.dir
		return cmd.Run() == nil
	}
}

// deployment is a kustomization with one Deployment of one image.
func deployment(tag string) map[string]string {
	return map[string]string{
		"deploy/kustomization.yaml": "resources: [deployment.yaml]\nimages:\n- {name: shop, newTag: \"" + tag + "\"}\n",
		"deploy/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  progressDeadlineSeconds: 5
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - {name: web, image: shop}
`,
	}
}

// create makes an application that deploys the repository's folder "deploy".
func (p *place) create(t *testing.T, c *checkout, change ...func(*v1alpha1.Application)) argocd.App {
	t.Helper()
	o := &v1alpha1.Application{
		ObjectMeta: metav1.ObjectMeta{Name: c.name, Namespace: "argocd"},
		Spec: v1alpha1.ApplicationSpec{
			Project:     "default",
			Source:      &v1alpha1.ApplicationSource{RepoURL: c.url, Path: "deploy", TargetRevision: "main"},
			Destination: v1alpha1.ApplicationDestination{Server: "https://kubernetes.default.svc", Namespace: c.name},
			SyncPolicy:  &v1alpha1.SyncPolicy{SyncOptions: v1alpha1.SyncOptions{"CreateNamespace=true"}},
		},
	}
	for _, f := range change {
		f(o)
	}
	conn, err := grpc.NewClient(p.server, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	apps := application.NewApplicationServiceClient(conn)
	in := func(ctx context.Context) context.Context {
		return metadata.AppendToOutgoingContext(ctx, "token", p.token)
	}
	yes := true
	if _, err := apps.Create(in(p.context(t)), &application.ApplicationCreateRequest{Application: o, Upsert: &yes}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer func() { _ = conn.Close() }()
		ctx, cancel := context.WithTimeout(context.Background(), p.patient)
		defer cancel()
		if _, err := apps.Delete(in(ctx), &application.ApplicationDeleteRequest{Name: &o.Name, Cascade: &yes}); err != nil {
			t.Error(err)
		}
	})
	return argocd.App{Project: "default", Name: c.name}
}

func automated(o *v1alpha1.Application) {
	o.Spec.SyncPolicy.Automated = &v1alpha1.SyncPolicyAutomated{}
}

// until watches until the state is as wanted, and returns it.
func (p *place) until(t *testing.T, c *argocd.Client, app argocd.App, what string, done func(argocd.State) bool) argocd.State {
	t.Helper()
	var last argocd.State
	err := c.Watch(p.context(t), app, func(s argocd.State) bool {
		if tell(last) != tell(s) {
			t.Log(tell(s))
		}
		last = s
		return done(s)
	})
	if err != nil {
		t.Fatalf("waiting until %s: %v\n%s", what, err, tell(last))
	}
	return last
}

// settled watches until the application has what is wanted, or failed to get it.
func (p *place) settled(t *testing.T, c *argocd.Client, app argocd.App, w argocd.Want) (argocd.State, argocd.Progress, []string) {
	t.Helper()
	w.Settle, w.Grace = p.settle, p.grace
	var end argocd.Progress
	var said, warned []string
	s := p.until(t, c, app, "it has settled", func(s argocd.State) bool {
		w.Now = time.Now()
		end = argocd.Settled(s, w)
		if end.Waiting != "" && (len(said) == 0 || said[len(said)-1] != end.Waiting) {
			said = append(said, end.Waiting)
			t.Log("   ", end.Waiting)
		}
		warned = append(warned, end.Warnings...)
		return end.Done || end.Failed
	})
	return s, end, warned
}

// tell puts a state into one line.
func tell(s argocd.State) string {
	rev := func(rs []string) string { r := strings.Join(rs, "+"); return r[:min(7, len(r))] }
	op := "none"
	if s.Operation.Exists() {
		op = string(s.Operation.Phase) + "@" + rev(s.Operation.Revisions) + " " + s.Operation.ChangeID
	}
	line := string(s.Sync) + "@" + rev(s.SyncRevisions) + " " + string(s.Health) + " [" + strings.Join(s.Images, " ") + "] operation " + op
	if s.Operation.Unsuccessful() {
		line += ": " + s.Operation.Message
	}
	for _, c := range s.Conditions {
		line += "\n        " + c.Type + ": " + c.Message
	}
	for _, f := range s.Failing {
		line += "\n        " + string(f.Health) + " " + f.Reason()
	}
	return line
}
