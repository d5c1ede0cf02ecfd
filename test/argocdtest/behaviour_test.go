package argocdtest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/argocd"
	"github.com/changebot/changebot/test/argocdtest"
)

func TestASyncWhoseAnswerIsLostHasTakenEffectOnce(t *testing.T) {
	p, s := pretended(t)
	repo, c := p.repository(t), p.open(t)
	merge := repo.push(deployment("1"))
	app := p.create(t, repo)
	s.Fail(argocdtest.Fault{Method: "Sync", Do: argocdtest.LoseAnswer})
	err := c.Sync(p.context(t), app, argocd.SyncRequest{Revision: merge, ChangeID: "c-1"})
	if gitops.CodeOf(err) != gitops.Unavailable {
		t.Fatalf("sync: %v", err)
	}
	after := p.until(t, c, app, "our operation is there", func(s argocd.State) bool {
		return s.Operation.ChangeID == "c-1" && s.Operation.Phase == argocd.Succeeded
	})
	if len(after.History) != 1 {
		t.Errorf("history: %+v", after.History)
	}
	calls := s.Calls("Sync")
	if len(calls) != 1 || calls[0].ChangeID != "c-1" || calls[0].App != app.Name || calls[0].Revision != merge || calls[0].User != "changebot" || calls[0].Code != codes.Unavailable {
		t.Errorf("calls: %+v", calls)
	}
}

func TestCallsFailTheWayTheyAreToldTo(t *testing.T) {
	p, s := pretended(t)
	repo := p.repository(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	c := p.open(t)
	hasty, err := argocd.Open(argocd.Options{Server: p.server, Token: argocd.StaticToken(p.token), PlainText: true, Timeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hasty.Close() }()
	for _, test := range []struct {
		name  string
		fault argocdtest.Fault
		want  gitops.Code
	}{
		{"refused", argocdtest.Fault{Method: "Get"}, gitops.Unavailable},
		{"forbidden", argocdtest.Fault{Method: "Get", Code: codes.PermissionDenied}, gitops.Denied},
		{"token no longer valid", argocdtest.Fault{Method: "Get", Code: codes.Unauthenticated}, gitops.Unavailable},
		{"never answered", argocdtest.Fault{Method: "Get", Do: argocdtest.Hang}, gitops.Unavailable},
		{"slow, but in time", argocdtest.Fault{Method: "Get", Do: argocdtest.Slow, Delay: 20 * time.Millisecond}, ""},
		{"another application's", argocdtest.Fault{Method: "Get", App: "other"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.Fail(test.fault)
			defer s.Heal()
			client := c
			if test.fault.Do == argocdtest.Hang {
				client = hasty
			}
			if _, err := client.Get(p.context(t), app); gitops.CodeOf(err) != test.want {
				t.Errorf("get: %v, want %q", err, test.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ctx, app); !strings.Contains(err.Error(), context.Canceled.Error()) || gitops.CodeOf(err) != gitops.Internal {
		t.Errorf("the caller went away: %v", err)
	}
}

func TestAWatchSurvivesAServerThatDropsIt(t *testing.T) {
	p, s := pretended(t)
	repo, c := p.repository(t), p.open(t)
	merge := repo.push(deployment("1"))
	app := p.create(t, repo)
	s.Fail(argocdtest.Fault{Method: "Watch", Do: argocdtest.Drop, Times: 3})
	s.Fail(argocdtest.Fault{Method: "Watch", Times: 1})
	s.Fail(argocdtest.Fault{Method: "Get", Times: 1})
	since := time.Now()
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	_, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Since: since})
	if !end.Done {
		t.Errorf("%+v", end)
	}
}

func TestAWatchOfSomethingFinishedReturnsAtOnce(t *testing.T) {
	p, s := pretended(t)
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	s.Fail(argocdtest.Fault{Method: "Watch", Do: argocdtest.Hang, Times: -1})
	p.until(t, c, app, "it is healthy, as it was", func(s argocd.State) bool { return s.Health == argocd.Healthy })
}

func TestAWatchEndsWhenTheApplicationIsDeleted(t *testing.T) {
	p, s := pretended(t)
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	s.Add(argocdtest.App{Name: "gone", RepoURL: repo.url, Path: "deploy"})
	first := true
	err := c.Watch(p.context(t), argocd.App{Project: "default", Name: "gone"}, func(argocd.State) bool {
		if first {
			s.Remove("gone")
		}
		first = false
		return false
	})
	if gitops.CodeOf(err) != gitops.NotFound {
		t.Errorf("watch: %v", err)
	}
}

func TestAWatchGivesUpOnAServerThatIsGone(t *testing.T) {
	c, err := argocd.Open(argocd.Options{Server: "127.0.0.1:1", Token: argocd.StaticToken("all"), PlainText: true, Timeout: time.Second, GiveUp: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Watch(t.Context(), argocd.App{Name: "shop"}, func(argocd.State) bool { return true }); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("watch: %v", err)
	}
}

func TestDriftIsHealedWhereTheApplicationSaysSo(t *testing.T) {
	p, s := pretended(t)
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	image := func(raw map[string]any) {
		spec := raw["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
		spec["containers"].([]any)[0].(map[string]any)["image"] = "shop:by-hand"
	}
	for _, heals := range []bool{false, true} {
		name := map[bool]string{false: "leaves", true: "heals"}[heals]
		s.Add(argocdtest.App{Name: name, RepoURL: repo.url, Path: "deploy", TargetRevision: "main", AutoSync: true, SelfHeal: heals})
		app := argocd.App{Name: name}
		p.until(t, c, app, "it is healthy", func(s argocd.State) bool { return s.Sync == argocd.Synced && s.Health == argocd.Healthy })
		if err := s.Edit(name, "Deployment", "shop", image); err != nil {
			t.Fatal(err)
		}
		p.until(t, c, app, "the drift is seen", func(s argocd.State) bool {
			return slices.Contains(s.Images, "shop:by-hand") || heals && len(s.History) > 1
		})
		want := argocd.OutOfSync
		if heals {
			want = argocd.Synced
		}
		p.until(t, c, app, "it came out as it should", func(s argocd.State) bool {
			return s.Sync == want && s.Health == argocd.Healthy && (!heals || slices.Equal(s.Images, []string{"shop:1"}))
		})
	}
}

func TestUsersSeeAndDoWhatTheyMay(t *testing.T) {
	p, s := pretended(t, func(o *argocdtest.Options) {
		o.Users = append(o.Users, argocdtest.User{Name: "reader", Token: "read", ReadOnly: true}, argocdtest.User{Name: "ann", Token: "payments", Projects: []string{"payments"}})
	})
	repo := p.repository(t)
	repo.push(deployment("1"))
	s.Add(argocdtest.App{Name: "shop", RepoURL: repo.url, Path: "deploy"})
	s.Add(argocdtest.App{Name: "till", Project: "payments", RepoURL: repo.url, Path: "deploy"})
	as := func(token string) *argocd.Client { q := *p; q.token = token; return q.open(t) }
	if err := as("read").Sync(p.context(t), argocd.App{Name: "shop"}, argocd.SyncRequest{}); gitops.CodeOf(err) != gitops.Denied {
		t.Errorf("a reader syncs: %v", err)
	}
	ann := as("payments")
	if all, err := ann.List(p.context(t)); err != nil || len(all) != 1 || all[0].App.Name != "till" {
		t.Errorf("list: %v %+v", err, all)
	}
	for app, want := range map[argocd.App]gitops.Code{
		{Name: "till"}:                      "",
		{Project: "payments", Name: "till"}: "",
		{Name: "shop"}:                      gitops.Denied,
		{Project: "payments", Name: "shop"}: gitops.NotFound,
		{Project: "default", Name: "shop"}:  gitops.Denied,
	} {
		if _, err := ann.Get(p.context(t), app); gitops.CodeOf(err) != want {
			t.Errorf("get %v: %v, want %q", app, err, want)
		}
	}
}

func TestApplicationsComeFromManifestsToo(t *testing.T) {
	p, s := pretended(t)
	repo := p.repository(t)
	files := deployment("1")
	files["apps/shop.yaml"] = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\nspec:\n  project: default\n" +
		"  source: {repoURL: " + repo.url + ", path: deploy, targetRevision: main, kustomize: {images: ['shop=registry:5000/shop:9']}}\n" +
		"  destination: {server: https://kubernetes.default.svc, namespace: shop}\n  syncPolicy: {automated: {selfHeal: true}}\n"
	repo.push(files)
	if err := s.AddManifests([]byte("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: all}\nspec:\n  source: {repoURL: " + repo.url + ", path: apps}\n  syncPolicy: {automated: {}}\n")); err != nil {
		t.Fatal(err)
	}
	v, err := s.WaitFor(p.context(t), "shop", func(v argocdtest.View) bool { return v.Health == "Healthy" })
	if err != nil || !slices.Equal(v.Images, []string{"registry:5000/shop:9"}) || !v.SelfHeal {
		t.Errorf("%v %+v", err, v)
	}
}

func TestHistoryKeepsTheLastTenSuccessfulSyncs(t *testing.T) {
	p, s := pretended(t)
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	s.Add(argocdtest.App{Name: "shop", RepoURL: repo.url, Path: "deploy", TargetRevision: "main"})
	for range 12 {
		if err := c.Sync(p.context(t), argocd.App{Name: "shop"}, argocd.SyncRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.WaitFor(p.context(t), "shop", func(v argocdtest.View) bool { return v.Operation.Phase == "Succeeded" }); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Get(p.context(t), argocd.App{Name: "shop"})
	if err != nil || len(got.History) != 10 || got.History[0].ID != 2 || got.History[9].ID != 11 {
		t.Errorf("%v %+v", err, got.History)
	}
}

func TestAHookThatFailsFailsTheSync(t *testing.T) {
	p, s := pretended(t)
	repo, c := p.repository(t), p.open(t)
	files := deployment("1")
	files["deploy/kustomization.yaml"] += "generatorOptions: {disableNameSuffixHash: true}\n"
	files["deploy/kustomization.yaml"] = strings.Replace(files["deploy/kustomization.yaml"], "[deployment.yaml]", "[deployment.yaml, migrate.yaml]", 1)
	files["deploy/migrate.yaml"] = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, annotations: {argocd.argoproj.io/hook: PreSync}}\nspec: {template: {spec: {containers: [{name: m, image: 'migrate:broken'}]}}}\n"
	merge := repo.push(files)
	s.Add(argocdtest.App{Name: "shop", RepoURL: repo.url, Path: "deploy", TargetRevision: "main"})
	app, since := argocd.App{Name: "shop"}, time.Now()
	if err := c.Sync(p.context(t), app, argocd.SyncRequest{ChangeID: "c-1"}); err != nil {
		t.Fatal(err)
	}
	_, end, _ := p.settled(t, c, app, argocd.Want{ChangeID: "c-1", Contains: repo.contains(merge), Since: since})
	if !end.Failed || end.Reasons[0] != "Job/migrate: Job has reached the specified backoff limit" {
		t.Errorf("%+v", end)
	}
}

func TestPeopleReadTheSameOverHTTP(t *testing.T) {
	p, s := pretended(t)
	repo := p.repository(t)
	repo.push(deployment("1"))
	s.Add(argocdtest.App{Name: "shop", RepoURL: repo.url, Path: "deploy", TargetRevision: "main"})
	ask := func(method, path, token, body string) (int, string) {
		req, err := http.NewRequestWithContext(p.context(t), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultTransport.RoundTrip(req) // without following redirects
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text) + resp.Header.Get("Location")
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	code, text := ask("GET", "/api/v1/applications/shop?refresh=normal", "all", "")
	var app v1alpha1.Application
	if err := json.Unmarshal([]byte(text), &app); err != nil || code != 200 || app.Status.Sync.Status != "OutOfSync" {
		t.Errorf("%d %v %.300s", code, err, text)
	}
	for _, test := range []struct {
		method, path, token, body string
		code                      int
		text                      string
	}{
		{"GET", "/api/v1/applications", "", "", 401, `"code":16`},
		{"GET", "/api/v1/applications", "all", "", 200, `"name":"shop"`},
		{"GET", "/api/v1/applications/nowhere", "all", "", 403, `"message":"permission denied"`},
		{"GET", "/api/v1/applications/nowhere?project=default", "all", "", 404, "not found"},
		{"POST", "/api/v1/applications/shop/sync", "all", `{"revision":"main","infos":[{"name":"Change-Id","value":"c-9"}]}`, 200, `"c-9"`},
		{"GET", "/api/version", "", "", 200, "v2.14.21"},
		{"GET", "/", "", "", 200, "<title>Argo CD</title>"},
		{"GET", "/-/state", "", "", 200, `"name":"shop"`},
		{"GET", "/applications/argocd/shop", "", "", 303, "../../#shop"},
	} {
		if code, text := ask(test.method, test.path, test.token, test.body); code != test.code || !strings.Contains(text, test.text) {
			t.Errorf("%s %s: %d %.300s", test.method, test.path, code, text)
		}
	}
	if _, err := s.WaitFor(p.context(t), "shop", func(v argocdtest.View) bool { return v.Health == "Healthy" }); err != nil {
		t.Fatal(err)
	}
	if code, text := ask("GET", "/api/v1/applications/shop/resource-tree", "all", ""); code != 200 || !strings.Contains(text, `"kind":"ReplicaSet"`) {
		t.Errorf("tree: %d %.300s", code, text)
	}
}
