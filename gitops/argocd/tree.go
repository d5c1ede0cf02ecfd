package argocd

import (
	"cmp"
	"context"
	"slices"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
)

// Failing returns the resources that explain why an application is not
// healthy, the deepest first: behind a Deployment that "exceeded its progress
// deadline" it finds the Pod whose image cannot be pulled, or the ReplicaSet
// that ran into a quota. Pods that are merely starting are left out as long as
// another resource says more.
func (c *Client) Failing(ctx context.Context, app App) ([]Resource, error) {
	var found []Resource
	err := c.call(ctx, c.opts.Timeout, "read the resources of", app, func(ctx context.Context, s *services) error {
		tree, err := s.apps.ResourceTree(ctx, &application.ResourcesQuery{
			ApplicationName: &app.Name, AppNamespace: optional(app.Namespace), Project: optional(app.Project),
		})
		if err == nil {
			found = failing(tree)
		}
		return err
	})
	return found, err
}

// explain fills Failing where the state needs explaining. Without the right to
// see the tree the state's own resources have to do.
func (c *Client) explain(ctx context.Context, s State) State {
	switch s.Health {
	case Progressing, Degraded, Missing:
	default:
		return s
	}
	found, err := c.Failing(ctx, s.App)
	if err == nil {
		s.Failing = found
	}
	return s
}

// failing orders the unhealthy nodes of a tree by what they tell: a message
// before none, Degraded before Progressing, the deep before the shallow.
func failing(tree *v1alpha1.ApplicationTree) []Resource {
	parent := map[string]string{}
	for _, n := range tree.Nodes {
		if len(n.ParentRefs) > 0 {
			parent[n.UID] = n.ParentRefs[0].UID
		}
	}
	depth := func(uid string) int {
		d := 0
		for up, ok := parent[uid]; ok && d < 20; up, ok = parent[up] {
			d++
		}
		return d
	}
	type ranked struct {
		Resource
		telling, rank, depth int
	}
	var all []ranked
	for _, n := range tree.Nodes {
		if n.Health == nil {
			continue
		}
		r := Resource{Group: n.Group, Kind: n.Kind, Namespace: n.Namespace, Name: n.Name,
			Health: Health(n.Health.Status), HealthMessage: n.Health.Message}
		rank := slices.Index([]Health{Degraded, Missing, Progressing}, r.Health)
		if rank < 0 {
			continue
		}
		x := ranked{Resource: r, rank: rank, depth: depth(n.UID)}
		if r.HealthMessage == "" {
			x.telling = 1
		}
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.telling, b.telling), cmp.Compare(a.rank, b.rank), cmp.Compare(b.depth, a.depth), cmp.Compare(a.String(), b.String()))
	})
	out := make([]Resource, len(all))
	for i, r := range all {
		out[i] = r.Resource
	}
	return out
}
