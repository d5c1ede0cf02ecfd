package rendering

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/test/argocd"
)

// An argo is the real Argo CD, with a git repository and one of charts for it on
// loopback.
type argo struct {
	*argocd.Instance
	git, charts string // URLs
}

// prod is a cluster for the generators of ApplicationSets that ask for it;
// nothing is deployed there.
const prod = `apiVersion: v1
kind: Secret
metadata:
  name: prod
  namespace: argocd
  labels: {argocd.argoproj.io/secret-type: cluster, env: prod}
stringData: {name: prod, server: "https://prod.invalid", config: "{}"}
`

func startArgoCD(t *testing.T, cells []cell) argo {
	t.Helper()
	charts, dir := httptest.NewServer(publish(t)), filepath.Join(t.TempDir(), "gitops")
	programs, err := exec.CommandContext(t.Context(), "git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	git := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(programs)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"},
	})
	a := argo{git: git.URL + "/.git", charts: charts.URL}
	a.commit(t, dir, cells)
	t.Cleanup(func() { git.Close(); charts.Close() }) // when Argo CD has ended, which asks them
	a.Instance = argocd.Start(t, argocd.Options{Settings: map[string]string{"kustomize.buildOptions": "--enable-helm"}})
	cluster := filepath.Join(t.TempDir(), "cluster.yaml")
	if err := os.WriteFile(cluster, []byte(prod), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Run(t.Context(), "apply", "-f", cluster); err != nil {
		t.Fatal(err)
	}
	return a
}

// versions are most of what an error repeats: the flags that name all kinds of
// the cluster.
var versions = regexp.MustCompile(` --(helm-)?api-versions [^ ` + "`" + `]+`)

// ask sends a request to Argo CD's server and reads its answer.
func (a argo) ask(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, method, a.URL+"/api/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+a.AdminToken)
	q.Header.Set("Content-Type", "application/json")
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer func() { _ = r.Body.Close() }()
	answer, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, r.Status, versions.ReplaceAll(answer, nil))
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// render returns what Argo CD renders of one side of a cell: of the Applications
// in it, of those that it generates for the ApplicationSets in it, or of the
// directory in which it is a file.
func (a argo) render(ctx context.Context, c cell, side string, file []byte) ([]byte, error) {
	var apps []object
	if c.standsAlone() {
		objects, err := a.examples(c, file)
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			if o["kind"] == "Application" {
				apps = append(apps, o)
				continue
			}
			var generated struct{ Applications []object }
			if err := a.ask(ctx, http.MethodPost, "applicationsets/generate", object{"applicationSet": o}, &generated); err != nil {
				return nil, err
			}
			apps = append(apps, generated.Applications...)
		}
	} else {
		apps = []object{a.application(object{}, c.slug(), object{"path": path.Join(c.folder(), side), "targetRevision": "main"})}
	}
	var all []byte
	for _, app := range apps {
		manifests, err := a.manifests(ctx, app)
		if err != nil {
			return nil, err
		}
		for _, m := range manifests {
			all = fmt.Appendf(all, "---\n%s\n", m)
		}
	}
	if all == nil {
		return nil, errors.New("there is nothing to render")
	}
	return all, nil
}

// manifests has an Application made, or changed to what it now is, and returns
// what Argo CD would sync.
func (a argo) manifests(ctx context.Context, app object) ([]string, error) {
	var made struct{ Metadata struct{ Name string } }
	if err := a.ask(ctx, http.MethodPost, "applications?upsert=true&validate=false", app, &made); err != nil {
		return nil, err
	}
	var answer struct{ Manifests []string }
	err := a.ask(ctx, http.MethodGet, "applications/"+made.Metadata.Name+"/manifests", nil, &answer)
	return answer.Manifests, err
}

// TestArgoCDRendersTheNewVersionAndNothingElseChanges renders what only Argo CD
// reads, and what takes charts from a repository, by the real Argo CD: its own
// layers of values, parameters and images, its own generators, and the helm and
// kustomize that it ships.
func TestArgoCDRendersTheNewVersionAndNothingElseChanges(t *testing.T) {
	if os.Getenv("CHANGEBOT_ARGOCD") != "real" {
		t.Skip("the real Argo CD is not asked for: set CHANGEBOT_ARGOCD=real, or use make e2e-argocd")
	}
	var cells []cell
	for _, c := range readCells(t) {
		if c.edited() && c.byArgoCD() {
			cells = append(cells, c)
		}
	}
	a := startArgoCD(t, cells)
	t.Run("cells", func(t *testing.T) { // until all are through
		for _, c := range cells {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				before, after := c.files(t)
				was, notBefore := a.render(ctx, c, "before", before)
				is, notAfter := a.render(ctx, c, "after", after)
				c.compare(t, was, notBefore, is, notAfter)
			})
		}
	})
}
