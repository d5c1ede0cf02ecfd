package gitops

import (
	"fmt"
	"strings"
)

// Rendered is what a Plan does to the manifests that one Target renders to:
// not what is edited, but what the cluster gets of it. It is for people; nothing
// is decided by it. What Secrets hold is not in it.
type Rendered struct {
	Target TargetRef
	From   string // what was rendered and how, e.g. "kustomize build apps/checkout/overlays/prod"

	// Resources are those that differ, sorted by name. Left is how many more
	// do, of which nothing is kept.
	Resources []RenderedResource
	Left      int

	// Unknown says as a sentence why nothing is known; empty where it is.
	Unknown string
}

// A RenderedResource is one Kubernetes object that differs. Its text comes from
// the repository and is untrusted.
type RenderedResource struct {
	Name   string // "Deployment/checkout-prod/checkout": kind, namespace where it has one, name
	Effect Effect

	// Diff is a unified diff of the object as YAML, without file names; empty
	// where it was left out because there is too much of it.
	Diff string
}

// Effect is what happens to a resource.
type Effect string

// The effects.
const (
	EffectChanged Effect = "changed"
	EffectAdded   Effect = "added"
	EffectRemoved Effect = "removed"
)

// Summary says in a few words what happens: "1 resource changes", "2 resources
// change, 1 is added", "nothing changes"; empty where that is not known.
func (r Rendered) Summary() string {
	if r.Unknown != "" {
		return ""
	}
	n := map[Effect]int{EffectChanged: r.Left}
	for _, resource := range r.Resources {
		n[resource.Effect]++
	}
	var parts []string
	if changed := n[EffectChanged]; changed == 1 {
		parts = append(parts, "1 resource changes")
	} else if changed > 1 {
		parts = append(parts, fmt.Sprintf("%d resources change", changed))
	}
	for _, effect := range []Effect{EffectAdded, EffectRemoved} {
		if n[effect] > 0 {
			parts = append(parts, are(n[effect], effect, len(parts) == 0))
		}
	}
	if len(parts) == 0 {
		return "nothing changes"
	}
	return strings.Join(parts, ", ")
}

// are says "1 resource is added", or "2 are removed" where what they are was
// said before.
func are(n int, effect Effect, first bool) string {
	noun, verb := "", " is "
	if n > 1 {
		verb = " are "
	}
	if first {
		noun = strings.TrimPrefix(count(n, "resource"), fmt.Sprint(n))
	}
	return fmt.Sprint(n) + noun + verb + string(effect)
}
