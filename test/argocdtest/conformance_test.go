package argocdtest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/argocd"
)

// What changebot relies on holds for argocdtest and for the real Argo CD alike.
func TestConformance(t *testing.T) {
	t.Run("argocdtest", func(t *testing.T) { p, _ := pretended(t); conform(t, p) })
	t.Run("real", func(t *testing.T) {
		p := real(t)
		web := *p
		web.web = true
		t.Run("over gRPC-web", func(t *testing.T) { firstSync(t, &web) }) // which argocdtest does not speak
		conform(t, p)
	})
}

func conform(t *testing.T, p *place) {
	for name, test := range map[string]func(*testing.T, *place){
		"a first sync brings a missing application up":                firstSync,
		"an update settles at the new revision and never before":      update,
		"auto-sync takes no revision and syncs by itself":             autoSync,
		"a second sync is refused while one runs":                     busy,
		"an unknown commit is accepted and ends in phase Error":       unknownCommit,
		"a missing application is forbidden unless its project named": missing,
		"a manifest that cannot be rendered is a ComparisonError":     brokenManifest,
		"an object that the cluster refuses fails the sync":           refusedObject,
		"a bad image is told early and degrades in the end":           badImage,
		"what is gone from git wants pruning":                         pruning,
		"a chart follows its values":                                  chart,
		"main may move on":                                            movedOn,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) { t.Parallel(); test(t, p) })
	}
}

func firstSync(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	merge := repo.push(deployment("1"))
	app := p.create(t, repo)
	before := p.until(t, c, app, "it was compared", func(s argocd.State) bool { return s.Sync != "" })
	if before.Sync != argocd.OutOfSync || before.Health != argocd.Missing || before.Operation.Exists() || before.SyncRevisions[0] != merge {
		t.Errorf("before: %s", tell(before))
	}
	if before.App.Project != "default" || before.RepoURL != repo.url || before.Path != "deploy" || before.TargetRevision != "main" || before.AutoSync || !strings.HasSuffix(before.URL, "/applications/argocd/"+app.Name) {
		t.Errorf("before: %+v", before)
	}
	since := time.Now()
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Images: []string{"shop:1"}, Since: since})
	if !end.Done || after.Sync != argocd.Synced || after.Health != argocd.Healthy || !slices.Equal(after.Images, []string{"shop:1"}) {
		t.Errorf("%+v\n%s", end, tell(after))
	}
	if op := after.Operation; op.ChangeID != "c-1" || op.Running || op.Phase != argocd.Succeeded || op.Revisions[0] != merge || op.FinishedAt.IsZero() || op.By == "" {
		t.Errorf("operation: %+v", op)
	}
	if len(after.History) != 1 || after.History[0].Revisions[0] != merge {
		t.Errorf("history: %+v", after.History)
	}
	if len(after.Resources) == 0 || !slices.ContainsFunc(after.Resources, func(r argocd.Resource) bool {
		return r.String() == "Deployment/shop" && r.Health == argocd.Healthy && r.Sync == argocd.Synced && strings.HasPrefix(r.SyncMessage, "deployment.apps/shop created")
	}) {
		t.Errorf("resources: %+v", after.Resources)
	}
	all, err := c.List(p.context(t))
	if err != nil || !slices.ContainsFunc(all, func(s argocd.State) bool { return s.App.Name == app.Name && s.Health == argocd.Healthy }) {
		t.Errorf("list: %v %+v", err, all)
	}
}

// up brings an application to its first healthy state.
func up(t *testing.T, p *place, c *argocd.Client, repo *checkout, app argocd.App) {
	t.Helper()
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{ChangeID: "c-0"}); err != nil {
		t.Fatal(err)
	}
	p.until(t, c, app, "it is healthy", func(s argocd.State) bool {
		return s.Sync == argocd.Synced && s.Health == argocd.Healthy && !s.Operation.Running
	})
}

func update(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	merge := repo.push(deployment("2"))
	s, err := c.Refresh(p.context(t), app)
	if err != nil || s.Sync != argocd.OutOfSync || s.SyncRevisions[0] != merge {
		t.Fatalf("refresh: %v %s", err, tell(s))
	}
	since := time.Now()
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	s, err = c.Get(p.context(t), app)
	if err != nil || s.Operation.ChangeID != "c-1" {
		t.Errorf("the operation of before is still there after the sync was accepted: %v %s", err, tell(s))
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Images: []string{"shop:2"}, Since: since})
	if !end.Done || !slices.Equal(after.Images, []string{"shop:2"}) || len(after.History) != 2 {
		t.Errorf("%+v\n%s", end, tell(after))
	}
}

func autoSync(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	first := repo.push(deployment("1"))
	app := p.create(t, repo, automated)
	s := p.until(t, c, app, "it is healthy", func(s argocd.State) bool { return s.Sync == argocd.Synced && s.Health == argocd.Healthy })
	if !s.AutoSync || s.SelfHeal || s.Operation.By != "auto-sync" || s.Operation.ChangeID != "" {
		t.Errorf("%+v", s)
	}
	err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: first, ChangeID: "c-1"})
	if !errors.Is(err, argocd.ErrFollowsBranch) || gitops.CodeOf(err) != gitops.Conflict {
		t.Errorf("sync to a revision: %v", err)
	}
	since := time.Now()
	merge := repo.push(deployment("2"))
	if _, err := c.Refresh(p.context(t), app); err != nil {
		t.Fatal(err)
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{Contains: repo.contains(merge), Images: []string{"shop:2"}, Since: since})
	if !end.Done || after.Operation.Revisions[0] != merge {
		t.Errorf("%+v\n%s", end, tell(after))
	}
	// Asking it to sync what it follows is allowed, and recognised.
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{ChangeID: "c-2"}); err != nil {
		t.Fatal(err)
	}
	p.until(t, c, app, "our sync has ended", func(s argocd.State) bool {
		return s.Operation.ChangeID == "c-2" && s.Operation.Phase == argocd.Succeeded
	})
}

func busy(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	// Where the first has ended before the second is asked for, the second is the
	// one that the third finds running.
	accepted, ctx := "c-1", p.context(t)
	var err error
	for n := 2; err == nil; n++ {
		next := fmt.Sprint("c-", n)
		if err = c.Sync(ctx, app, argocd.SyncRequest{ChangeID: next}); err == nil {
			accepted = next
		}
	}
	if !errors.Is(err, argocd.ErrBusy) || gitops.CodeOf(err) != gitops.Conflict {
		t.Errorf("the sync after %s: %v", accepted, err)
	}
	s := p.until(t, c, app, "what was accepted has ended", func(s argocd.State) bool { return s.Operation.Exists() && !s.Operation.Running })
	if s.Operation.ChangeID != accepted || s.Operation.Phase != argocd.Succeeded {
		t.Error(tell(s))
	}
}

func unknownCommit(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	nowhere := strings.Repeat("0123456789", 4)
	since := time.Now()
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: nowhere, ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: func(r string) bool { return r == nowhere }, Since: since})
	if !end.Failed || after.Operation.Phase != argocd.Errored || !strings.Contains(end.Reasons[0], nowhere) || len(after.History) != 1 {
		t.Errorf("%+v\n%s", end, tell(after))
	}
}

func missing(t *testing.T, p *place) {
	c := p.open(t)
	for _, test := range []struct {
		app  argocd.App
		want gitops.Code
	}{
		{argocd.App{Name: "nowhere"}, gitops.Denied},
		{argocd.App{Project: "default", Name: "nowhere"}, gitops.NotFound},
	} {
		if _, err := c.Get(p.context(t), test.app); gitops.CodeOf(err) != test.want {
			t.Errorf("get %v: %v", test.app, err)
		}
		if err := c.Sync(p.context(t), test.app, argocd.SyncRequest{}); gitops.CodeOf(err) != test.want {
			t.Errorf("sync %v: %v", test.app, err)
		}
		if err := c.Watch(p.context(t), test.app, func(argocd.State) bool { return false }); gitops.CodeOf(err) != test.want {
			t.Errorf("watch %v: %v", test.app, err)
		}
	}
	stranger := *p
	stranger.token = "not-a-token"
	if _, err := stranger.open(t).Get(p.context(t), argocd.App{Name: "nowhere"}); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("with a wrong token: %v", err)
	}
}

func brokenManifest(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	since := time.Now()
	merge := repo.push(map[string]string{"deploy/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: [oops\n"})
	s, err := c.Refresh(p.context(t), app)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Conditions) != 1 || s.Conditions[0].Type != argocd.ComparisonError || !strings.Contains(s.Conditions[0].Message, "kustomize build") || s.Sync != argocd.SyncUnknown || len(s.SyncRevisions) != 0 || s.Health != argocd.Healthy {
		t.Errorf("after refresh: %s", tell(s))
	}
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Images: []string{"shop:1"}, Since: since})
	if !end.Failed || after.Operation.Phase != argocd.Errored || !strings.Contains(end.Reasons[0], "kustomize build") || !slices.Equal(after.Images, []string{"shop:1"}) {
		t.Errorf("%+v\n%s", end, tell(after))
	}
	repo.push(deployment("1"))
	s, err = c.Refresh(p.context(t), app)
	if err != nil || len(s.Conditions) != 0 || s.Sync != argocd.Synced {
		t.Errorf("after it was mended: %v %s", err, tell(s))
	}
}

func refusedObject(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	since := time.Now()
	files := deployment("2")
	files["deploy/deployment.yaml"] = strings.Replace(files["deploy/deployment.yaml"], "replicas: 2", "replicas: -1", 1)
	merge := repo.push(files)
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Images: []string{"shop:2"}, Since: since})
	if !end.Failed || after.Operation.Phase != argocd.Failed || !strings.HasPrefix(end.Reasons[0], "Deployment/shop: ") || !strings.Contains(end.Reasons[0], "must be greater than or equal to 0") {
		t.Errorf("%+v\n%s", end, tell(after))
	}
	if len(after.History) != 1 || !slices.Equal(after.Images, []string{"shop:1"}) {
		t.Error(tell(after))
	}
}

func badImage(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	since := time.Now()
	merge := repo.push(deployment("broken-1"))
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	after, end, warned := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Images: []string{"shop:broken-1"}, Since: since})
	if !end.Failed || after.Health != argocd.Degraded || after.Sync != argocd.Synced || !slices.Equal(after.Images, []string{"shop:1", "shop:broken-1"}) || len(after.History) != 2 {
		t.Errorf("%+v\n%s", end, tell(after))
	}
	if len(end.Reasons) < 2 || !strings.HasPrefix(end.Reasons[0], "Pod/shop-") || !strings.HasSuffix(end.Reasons[0], "Back-off pulling image shop:broken-1") || !slices.Contains(end.Reasons, `Deployment/shop: Deployment "shop" exceeded its progress deadline`) {
		t.Errorf("reasons: %q", end.Reasons)
	}
	if len(warned) == 0 || !strings.Contains(warned[0], "Back-off pulling image shop:broken-1") {
		t.Errorf("warnings: %q", warned)
	}
	since = time.Now()
	back := repo.push(deployment("1"))
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: back, ChangeID: "c-2"}); err != nil {
		t.Fatal(err)
	}
	after, end, _ = p.settled(t, c, app, argocd.Want{ChangeID: "c-2", Contains: repo.contains(back), Images: []string{"shop:1"}, Since: since})
	if !end.Done {
		t.Errorf("back again: %+v\n%s", end, tell(after))
	}
}

func pruning(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	files := deployment("1")
	files["deploy/kustomization.yaml"] = "resources: [deployment.yaml, extra.yaml]\nimages:\n- {name: shop, newTag: \"1\"}\n"
	files["deploy/extra.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {a: b}\n"
	repo.push(files)
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	since := time.Now()
	merge := repo.push(deployment("1"))
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	_, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Images: []string{"shop:1"}, Since: since})
	if !end.Done || !slices.Equal(end.Reasons, []string{"ConfigMap/extra is gone from git and has to be pruned"}) {
		t.Errorf("left alone: %+v", end)
	}
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-2", Prune: true}); err != nil {
		t.Fatal(err)
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-2", Contains: repo.contains(merge), Since: since})
	if !end.Done || len(end.Reasons) != 0 || after.Sync != argocd.Synced {
		t.Errorf("pruned: %+v %s", end, tell(after))
	}
}

func chart(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	merge := repo.push(map[string]string{
		"deploy/Chart.yaml":  "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
		"deploy/values.yaml": "replicas: 1\nimage:\n  repository: shop\n  tag: \"7\"\nlabels: {team: payments}\n",
		"deploy/templates/_helpers.tpl": `{{- define "shop.labels" -}}
app: {{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
`,
		"deploy/templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  labels: {{- toYaml .Values.labels | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {{- include "shop.labels" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "shop.labels" . | nindent 8 }}
    spec:
      containers:
      - name: {{ .Chart.Name }}
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default "none" }}"
        {{- with .Values.args }}
        args: {{ . | toJson }}
        {{- end }}
`,
	})
	app := p.create(t, repo)
	since := time.Now()
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Images: []string{"shop:7"}, Since: since})
	if !end.Done || !slices.Equal(after.Images, []string{"shop:7"}) {
		t.Errorf("%+v\n%s", end, tell(after))
	}
	rendered, err := c.Manifests(p.context(t), app, merge)
	if err != nil || len(rendered) != 1 || !strings.Contains(rendered[0], `"image":"shop:7"`) {
		t.Errorf("it renders to %v: %v", rendered, err)
	}
	if _, err := c.Manifests(p.context(t), app, strings.Repeat("0", 40)); err == nil {
		t.Error("a commit that nobody has is rendered")
	}
}

func movedOn(t *testing.T, p *place) {
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	merge := repo.push(deployment("2"))
	later := repo.push(map[string]string{"README.md": "nothing that is deployed\n"})
	since := time.Now()
	if _, err := c.Refresh(p.context(t), app); err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	after, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Images: []string{"shop:2"}, Since: since})
	if !end.Done || after.Operation.Revisions[0] != later {
		t.Errorf("%+v\n%s", end, tell(after))
	}
}
