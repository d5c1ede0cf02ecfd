package render

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// answers is an Argo CD: what it renders of each commit, or why not.
type answers map[string]any

func (a answers) Manifests(_ context.Context, app gitops.ArgoApp, commit string) ([]string, error) {
	switch v := a[commit].(type) {
	case error:
		return nil, v
	case string:
		return []string{v}, nil
	}
	return nil, fmt.Errorf("%s has no %s", app, commit)
}

// pushed asks an Argo CD for the difference between two commits.
func pushed(t *testing.T, argo Source) gitops.Rendered {
	t.Helper()
	r := renderer(t, nil)
	r.Argo = argo
	target := gitops.Target{Argo: gitops.ArgoApp{Name: "shop-prod"}}
	return r.Pushed(t.Context(), "c-1", "base", "head", []gitops.Target{target})[0]
}

func TestArgoCDSaysWhatAChartRendersTo(t *testing.T) {
	got := pushed(t, answers{
		"base": `{"kind":"Deployment","metadata":{"name":"shop"},"spec":{"image":"shop:1"}}`,
		"head": `{"kind":"Deployment","metadata":{"name":"shop"},"spec":{"image":"shop:2"}}`,
	})
	if got.From != "argocd app manifests shop-prod" || got.Summary() != "1 resource changes" || !strings.Contains(got.Resources[0].Diff, "-  image: shop:1\n+  image: shop:2\n") {
		t.Errorf("%+v", got)
	}
}

func TestWhatArgoCDDoesNotRenderIsSaidInOurOwnWords(t *testing.T) {
	base := `{"kind":"Deployment"}`
	for want, argo := range map[string]Source{
		"Argo CD is not asked.": nil,
		"Argo CD did not render it: `argocd app manifests shop-prod --revision head` says why.":                                           answers{"base": base, "head": errors.New("helm: hunter2 is no number")},
		"Argo CD has no application shop-prod.":                                                                                           answers{"base": &gitops.Error{Code: gitops.NotFound}},
		"Argo CD does not let changebot see shop-prod.":                                                                                   answers{"base": &gitops.Error{Code: gitops.Denied}},
		"Argo CD renders the same from both commits, as it does where the change is not in the first of several sources, or in a Secret.": answers{"base": base, "head": base},
		"What Argo CD renders of it is larger than 8 MB.":                                                                                 answers{"base": `{"a":"` + strings.Repeat("x", maxOutput) + `"}`},
		"What Argo CD renders of it cannot be read.":                                                                                      answers{"base": base, "head": laughs()},
		"Argo CD did not render it: `argocd app manifests shop-prod --revision base` says why.":                                           answers{},
	} {
		if got := pushed(t, argo); got.Unknown != want || len(got.Resources) > 0 {
			t.Errorf("it says %q, not %q", got.Unknown, want)
		}
	}
}

// Argo CD repeats the command that failed, with the parameters of the chart.
func TestWhatArgoCDComplainsAboutIsNotLogged(t *testing.T) {
	var log strings.Builder
	r := Renderer{Log: slog.New(slog.NewJSONHandler(&log, nil)), Argo: answers{"base": &gitops.Error{
		Code: gitops.Unavailable, Message: "Argo CD did not answer as it should.", Err: errors.New("`helm template . --set password=hunter2` failed exit status 1")}}}
	r.Pushed(t.Context(), "c-1", "base", "head", []gitops.Target{{Argo: gitops.ArgoApp{Name: "shop-prod"}}})
	if said := log.String(); !strings.Contains(said, "did not render it") || !strings.Contains(said, `"change":"c-1"`) || strings.Contains(said, "hunter2") {
		t.Errorf("it logs %s", said)
	}
}

// slow is an Argo CD that does not answer.
type slow struct{}

func (slow) Manifests(ctx context.Context, _ gitops.ArgoApp, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestNobodyIsToldThatArgoCDFailedWhereItWasNotWaitedFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := Renderer{Log: slog.New(slog.DiscardHandler), Argo: slow{}}
	got := r.Pushed(ctx, "c-1", "base", "head", []gitops.Target{{Argo: gitops.ArgoApp{Name: "shop-prod"}}})
	if got[0].Unknown != "Argo CD takes too long." {
		t.Errorf("it says %q", got[0].Unknown)
	}
}
