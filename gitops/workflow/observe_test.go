package workflow

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

func TestAnApplicationIsKnownByItsNamespaceAndItsName(t *testing.T) {
	usual := Running{App: gitops.ArgoApp{Namespace: "argocd", Name: "cart"}, Own: true}
	other := Running{App: gitops.ArgoApp{Namespace: "team-b", Name: "cart"}}
	for _, tt := range []struct {
		name    string
		running Running
		app     gitops.ArgoApp
		want    bool
	}{
		{"the catalogue leaves Argo CD's own namespace out", usual, gitops.ArgoApp{Name: "cart"}, true},
		{"the catalogue names Argo CD's own namespace", usual, gitops.ArgoApp{Namespace: "argocd", Name: "cart"}, true},
		{"the catalogue names another namespace", other, gitops.ArgoApp{Namespace: "team-b", Name: "cart"}, true},
		{"one of the same name elsewhere", other, gitops.ArgoApp{Name: "cart"}, false},
		{"one of the same name in Argo CD's own namespace", usual, gitops.ArgoApp{Namespace: "team-b", Name: "cart"}, false},
		{"another name", usual, gitops.ArgoApp{Name: "cart-prod"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.running.is(tt.app); got != tt.want {
				t.Errorf("is %v", got)
			}
		})
	}
}

// watched is a repository of one file whose health is noted.
type watched struct {
	Git
	Catalogs
	Manifests
	Deployer
	catalog *gitops.Catalog
	running []Running
	seen    map[gitops.TargetRef][]gitops.Health
	writes  int
}

func (s *watched) Fetch(context.Context) (string, error)                    { return "tip", nil }
func (s *watched) At(context.Context, string) (*gitops.Catalog, error)      { return s.catalog, nil }
func (s *watched) ReadFile(context.Context, string, string) ([]byte, error) { return []byte("1"), nil }
func (s *watched) Read(data []byte, _ gitops.Place) (gitops.Version, error) {
	return gitops.Version{Tag: string(data)}, nil
}
func (s *watched) Running(context.Context) ([]Running, error) { return s.running, nil }
func (s *watched) Seen(context.Context, gitops.TargetRef) ([]gitops.Observation, error) {
	return nil, nil
}

func (s *watched) Record(_ context.Context, all ...gitops.Observation) error {
	s.writes++
	for _, o := range all {
		s.seen[o.Target] = append(s.seen[o.Target], o.Health)
	}
	return nil
}

func TestEachTargetIsSeenInItsOwnNamespace(t *testing.T) {
	target := func(environment string) gitops.Target {
		return gitops.Target{
			TargetRef: gitops.TargetRef{Application: "cart", Environment: environment}, Places: []gitops.Place{{File: "cart.yaml"}},
			Argo: gitops.ArgoApp{Namespace: "argocd-" + environment, Name: "cart"},
		}
	}
	s := &watched{catalog: &gitops.Catalog{Targets: []gitops.Target{target("staging"), target("prod")}}, seen: map[gitops.TargetRef][]gitops.Health{}}
	for environment, health := range map[string]gitops.Health{"staging": gitops.HealthHealthy, "prod": gitops.HealthDegraded} {
		s.running = append(s.running, Running{App: target(environment).Argo, Revision: "r", Health: health})
	}
	r := New(Ports{Observations: s, Manifests: s, Deployer: s}, Options{}, &Repository{Git: s, Catalogs: s})
	if err := r.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[gitops.TargetRef][]gitops.Health{target("staging").TargetRef: {gitops.HealthHealthy}, target("prod").TargetRef: {gitops.HealthDegraded}}
	if diff := cmp.Diff(want, s.seen); diff != "" || s.writes != 1 {
		t.Errorf("%s, written %d times", diff, s.writes)
	}
}
