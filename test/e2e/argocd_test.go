// Package e2e runs changebot against the real thing where there is one: here a
// real Argo CD on a real Kubernetes API. Slack and GitHub are servers that
// behave; changebot is a process of its own.
package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/changebot/changebot/test/argocd"
	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/slacktest"
	"github.com/changebot/changebot/test/world"
)

// patience is how long a rollout may take here: a bad image is given up by
// Kubernetes after the twenty seconds that the sample's manifests allow.
const patience = 90 * time.Second

// real is the world with the real Argo CD in it.
type real struct {
	*world.World
	*bot.Bot
	cluster *argocd.Instance
}

// start starts it all, with two applications: one that Argo CD syncs by
// itself, and one that it syncs only when asked.
func start(t *testing.T) *real {
	t.Helper()
	if os.Getenv("CHANGEBOT_ARGOCD") != "real" {
		t.Skip("needs a real Argo CD: make e2e-argocd builds and runs it")
	}
	w, err := world.Start(world.Options{Dir: t.TempDir(), NoArgo: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &real{World: w, cluster: argocd.Start(t, argocd.Options{})}
	w.UseArgo(r.cluster.Server, r.cluster.URL, r.cluster.Token)
	r.apply(t, "cart-dev", "payments-staging")
	binary, err := bot.Build(t.Context(), t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	if r.Bot, err = bot.New(w, binary, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the room:\n%s\nchangebot's log:\n%s", r.room(), r.Log.Tail())
		}
	})
	return r
}

// apply makes Argo CD Applications of the sample.
func (r *real) apply(t *testing.T, names ...string) {
	t.Helper()
	manifests, err := r.Applications()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range manifests {
		for _, name := range names {
			if !strings.Contains(string(m), "name: "+name+"\n") {
				continue
			}
			file := filepath.Join(t.TempDir(), name+".yaml")
			if err := os.WriteFile(file, m, 0o600); err != nil {
				t.Fatal(err)
			}
			r.kubectl(t, "apply", "-n", "argocd", "-f", file)
		}
	}
}

func (r *real) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := r.cluster.Run(t.Context(), args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (r *real) room() string { return r.Slack.Transcript(world.RoomReleases) }

// say types a sentence as Tomás, a developer.
func (r *real) say(t *testing.T, sentence string) {
	t.Helper()
	if _, err := r.Slack.Slash("U0TOMAS", world.RoomReleases, "/change", sentence); err != nil {
		t.Fatal(err)
	}
}

// see waits until the room says all of some words.
func (r *real) see(t *testing.T, words ...string) {
	t.Helper()
	r.until(t, fmt.Sprintf("the room to say %q", words), func() bool {
		said := r.room()
		for _, w := range words {
			if !strings.Contains(said, w) {
				return false
			}
		}
		return true
	})
}

func (r *real) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := bot.Until(ctx, func() (bool, error) { return holds(), nil }); err != nil {
		t.Fatalf("waiting for %s: %v\n%s", what, err, r.room())
	}
}

// press presses the newest button with these words, as somebody on call.
func (r *real) press(t *testing.T, words string) {
	t.Helper()
	var newest slacktest.Message
	r.until(t, "the button "+words, func() bool {
		for _, m := range r.Slack.Messages(world.RoomReleases) {
			if !m.Deleted && strings.Contains(r.Slack.Text(m), "["+words+"]") {
				newest = m
			}
		}
		return newest.TS != ""
	})
	if _, err := r.Slack.Click("U0NILS", world.RoomReleases, newest.TS, words, 0); err != nil {
		t.Fatal(err)
	}
}

// runs asserts, on Argo CD's own record and on the cluster, that an application
// runs a version at main's tip, and is well.
func (r *real) runs(t *testing.T, application, environment, version string) {
	t.Helper()
	name := application + "-" + environment
	revision, health := r.argo(t, name)
	merge := r.git(t, "log", "-1", "--format=%H", "--grep", "Change-Id", "main")
	r.git(t, "merge-base", "--is-ancestor", merge, revision)
	deployed := r.kubectl(t, "get", "deployment", application, "-n", name, "-o", "jsonpath={.spec.template.spec.containers[0].image} {.status.readyReplicas}/{.spec.replicas}")
	image, replicas, _ := strings.Cut(deployed, " ")
	ready, wanted, _ := strings.Cut(replicas, "/")
	if health != "Healthy" || !strings.HasSuffix(image, ":"+version) || ready != wanted {
		t.Errorf("%s: health %s, image %s, %s replicas ready; want %s", name, health, image, replicas, version)
	}
}

// argo asks Argo CD's own API what an application has synced, and how it is.
func (r *real) argo(t *testing.T, name string) (revision, health string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.cluster.URL+"/api/v1/applications/"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+r.cluster.AdminToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var app struct {
		Status struct {
			Sync   struct{ Revision string }
			Health struct{ Status string }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&app); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("Argo CD on %s: %s, %v", name, response.Status, err)
	}
	return app.Status.Sync.Revision, app.Status.Health.Status
}

// TestArgoCD leads one application that syncs by itself and one that does not
// there, astray and back again.
func TestArgoCD(t *testing.T) {
	r := start(t)
	t.Run("an application with auto-sync", func(t *testing.T) {
		r.say(t, "promote cart 3.4.1 to dev")
		r.see(t, "*cart 3.4.1* is healthy in *dev*")
		r.runs(t, "cart", "dev", "3.4.1")

		r.say(t, "promote cart@broken-5 to dev")
		r.see(t, "*cart broken-5* is not healthy in *dev*", "ghcr.io/acme/cart:broken-5")
		r.press(t, "Roll back to 3.4.1")
		r.see(t, "*cart* is back on *3.4.1* in *dev* and healthy")
		r.runs(t, "cart", "dev", "3.4.1")
	})
	t.Run("an application that is synced when asked", func(t *testing.T) {
		r.say(t, "promote payments to staging")
		r.see(t, "*payments 2.19.0* is healthy in *staging*")
		r.runs(t, "payments", "staging", "2.19.0")

		r.edit(t, "apps/payments/overlays/dev/kustomization.yaml", "2.19.0", "broken-7")
		r.say(t, "promote payments to staging")
		r.see(t, "*payments broken-7* is not healthy in *staging*", "ghcr.io/acme/payments:broken-7")
		r.press(t, "Roll back to 2.19.0")
		r.see(t, "*payments* is back on *2.19.0* in *staging* and healthy")
		r.runs(t, "payments", "staging", "2.19.0")
	})
	t.Run("a manifest that cannot be built", func(t *testing.T) {
		r.edit(t, "apps/cart/base/deployment.yaml", "metadata:", "metadata: [oops")
		r.say(t, "promote cart 3.4.2 to dev")
		r.see(t, "*cart 3.4.2* is not healthy in *dev*", "ComparisonError")
	})
	r.conform(t)
}
