package render

import (
	"context"

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
func (r Renderer) Pushed(ctx context.Context, before, after string, targets []gitops.Target) []gitops.Rendered {
	ctx, cancel := context.WithTimeout(ctx, maxAskTime)
	defer cancel()
	left := maxKept
	var all []gitops.Rendered
	for _, t := range targets {
		all = append(all, kept(r.asked(ctx, t, before, after), &left))
	}
	return all
}

func (r Renderer) asked(ctx context.Context, t gitops.Target, before, after string) gitops.Rendered {
	out := gitops.Rendered{Target: t.TargetRef, From: "argocd app manifests " + t.Argo.Name}
	from := way{out.From, func(ctx context.Context, s *side) ([]string, error) { return r.ask(ctx, t.Argo, s.commit) }}
	var err error
	if out.Resources, out.Left, err = difference(ctx, from, &side{commit: before}, &side{commit: after}); err != nil {
		r.tell(t, err)
		return gitops.Rendered{Target: t.TargetRef, From: out.From, Unknown: sentence(err)}
	}
	if len(out.Resources) == 0 {
		out.Unknown = "Argo CD renders the same from both commits, as it does where the change is not in the first of several sources, or in a Secret."
	}
	return out
}

// ask turns Argo CD's errors into sentences of our own: its own quote what they
// choke on.
func (r Renderer) ask(ctx context.Context, app gitops.ArgoApp, commit string) ([]string, error) {
	if r.Argo == nil {
		return nil, refuse("Argo CD is not asked.")
	}
	manifests, err := r.Argo.Manifests(ctx, app, commit)
	switch gitops.CodeOf(err) {
	case "":
	case gitops.NotFound:
		return nil, refuse("Argo CD has no application %s.", app.Name)
	case gitops.Denied:
		return nil, refuse("Argo CD does not let changebot see %s.", app.Name)
	default:
		r.Log.Warn("ask Argo CD to render", "application", app.String(), "commit", commit, "error", err)
		return nil, refuse("Argo CD did not render it: `argocd app manifests %s --revision %.8s` says why.", app.Name, commit)
	}
	size := 0
	for _, m := range manifests {
		if size += len(m); size > maxOutput {
			return nil, refuse("What Argo CD renders of it is larger than %d MB.", maxOutput>>20)
		}
		// It is JSON in truth, in which nothing stands for anything else; but it
		// is going to be read as YAML.
		if n, err := expanded([]byte(m)); err != nil || n > maxExpanded {
			return nil, refuse("What Argo CD renders of it cannot be read.")
		}
	}
	return manifests, nil
}
