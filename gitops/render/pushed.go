package render

import (
	"context"
	"errors"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// A Source renders an application as Argo CD would sync it. gitops/argocd
// implements it.
type Source interface {
	// Manifests returns the objects of an application as of a commit, each as
	// YAML or JSON. The commit must be on the forge.
	Manifests(ctx context.Context, app gitops.ArgoApp, commit string) ([]string, error)
}

// Pushed says for each Target what is rendered differently at another commit,
// by asking Argo CD, which knows more of it than the repository does: the values
// that a chart gets, and where else it comes from. Like Diff it never fails.
func (r Renderer) Pushed(ctx context.Context, change, before, after string, targets []gitops.Target) []gitops.Rendered {
	ctx, cancel := context.WithTimeout(ctx, r.bound().asks)
	defer cancel()
	r.Log = r.Log.With("change", change)
	left := maxKept
	var all []gitops.Rendered
	for _, t := range targets {
		all = append(all, kept(r.asked(ctx, t, before, after), &left))
	}
	return all
}

func (r Renderer) asked(ctx context.Context, t gitops.Target, before, after string) gitops.Rendered {
	from := outcome{From: "argocd app manifests " + t.Argo.Name}
	old, err := r.ask(ctx, t.Argo, before)
	if err != nil {
		return r.told(t, from, err)
	}
	now, err := r.ask(ctx, t.Argo, after)
	if err != nil {
		return r.told(t, from, err)
	}
	out, err := r.compared(ctx, old, now)
	out.From = from.From
	told := r.told(t, out, err)
	if err == nil && len(out.Resources) == 0 {
		told.Unknown = "Argo CD renders the same from both commits, as it does where the change is not in the first of several sources, or in a Secret."
	}
	return told
}

// compared has the building process compare what Argo CD has rendered.
func (r Renderer) compared(ctx context.Context, before, after []string) (outcome, error) {
	if slices.Equal(before, after) {
		return outcome{}, nil
	}
	b, leave := r.builder(ctx)
	defer leave()
	return b.build(ctx, order{Before: before, After: after}, func(question) (answer, error) {
		return answer{}, errors.New("it has all that it is to compare")
	})
}

// ask turns Argo CD's errors into sentences of our own: its own quote what they
// choke on, and the command that failed with every parameter in it, so not even
// the log has them.
func (r Renderer) ask(ctx context.Context, app gitops.ArgoApp, commit string) ([]string, error) {
	if r.Argo == nil {
		return nil, refuse("Argo CD is not asked.")
	}
	manifests, err := r.Argo.Manifests(ctx, app, commit)
	if ctx.Err() != nil {
		return nil, refuse("Argo CD takes too long.")
	}
	switch gitops.CodeOf(err) {
	case "":
	case gitops.NotFound:
		return nil, refuse("Argo CD has no application %s.", app.Name)
	case gitops.Denied:
		return nil, refuse("Argo CD does not let changebot see %s.", app.Name)
	default:
		return nil, refuse("Argo CD did not render it: `argocd app manifests %s --revision %.8s` says why.", app.Name, commit)
	}
	size := 0
	for _, m := range manifests {
		if size += len(m); size > maxOutput {
			return nil, refuse("What Argo CD renders of it is larger than %d MB.", maxOutput>>20)
		}
	}
	return manifests, nil
}
