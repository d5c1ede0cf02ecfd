package argocdtest

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/argoproj/gitops-engine/pkg/health"
)

// tree returns everything that lives in the cluster because of the application,
// down to the pods.
func (c *cluster) tree(now time.Time) []v1alpha1.ResourceNode {
	var nodes []v1alpha1.ResourceNode
	for _, l := range c.sorted() {
		top := node(l.group, l.version, l.kind, l.namespace, l.name, c.health(l, now))
		nodes = append(nodes, top)
		if !workload(l.kind) || l.kind == "Pod" || l.replicas == 0 {
			continue
		}
		if l.before != nil && !c.ready(l, now) {
			nodes = append(nodes, c.replicas(l, top, l.round-1, l.before, l.replicas, verdict{status: isHealthy}, now)...)
		}
		nodes = append(nodes, c.replicas(l, top, l.round, l.images, c.started(l, now), c.podHealth(l, now), now)...)
	}
	return nodes
}

func (c *cluster) sorted() []*live {
	out := make([]*live, 0, len(c.objects))
	for _, l := range c.objects {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b *live) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
	return out
}

// started is how many new pods there are: a rollout that replaces others begins
// with one and gets no further when that does not start.
func (c *cluster) started(l *live, now time.Time) int {
	if l.before != nil && !c.ready(l, now) {
		return 1
	}
	return l.replicas
}

func (c *cluster) podHealth(l *live, now time.Time) verdict {
	if c.ready(l, now) {
		return verdict{status: isHealthy}
	}
	if i := slices.IndexFunc(l.images, c.unpullable); i >= 0 {
		return verdict{isDegraded, fmt.Sprintf("Back-off pulling image %s", l.images[i])}
	}
	return verdict{status: isProgressing}
}

// replicas returns a workload's pods and, for a Deployment, the ReplicaSet
// between.
func (c *cluster) replicas(l *live, top v1alpha1.ResourceNode, round int, images []string, n int, pod verdict, now time.Time) []v1alpha1.ResourceNode {
	hash := podHash(l, round)
	parent, name := top, l.name+"-"+hash
	var nodes []v1alpha1.ResourceNode
	if l.kind == "Deployment" || l.kind == "Rollout" {
		set := verdict{status: pod.status}
		if pod.status == isDegraded || pod.status == isProgressing {
			set = verdict{isProgressing, fmt.Sprintf("Waiting for rollout to finish: 0 out of %d new replicas are available...", n)}
		}
		parent = child(top, "apps", "ReplicaSet", name, set)
		nodes = append(nodes, parent)
	}
	for i := range n {
		p := child(parent, "", "Pod", fmt.Sprintf("%s-%s", name, podHash(l, round*100+i+7)[:5]), pod)
		p.Images = images
		p.Info = append(p.Info, v1alpha1.InfoItem{Name: "Status Reason", Value: podStatus(pod)})
		nodes = append(nodes, p)
	}
	return nodes
}

func podStatus(v verdict) string {
	switch v.status {
	case isHealthy:
		return "Running"
	case isDegraded:
		return "ImagePullBackOff"
	}
	return "ContainerCreating"
}

func podHash(l *live, round int) string {
	h := fnv.New64a()
	fmt.Fprint(h, l.namespace, l.kind, l.name, round)
	const letters = "bcdfghjklmnpqrstvwxz2456789" // Kubernetes' own: no words arise
	var b strings.Builder
	for n, i := h.Sum64(), 0; i < 9; n, i = n/uint64(len(letters)), i+1 {
		b.WriteByte(letters[n%uint64(len(letters))])
	}
	return b.String()
}

func node(group, version, kind, namespace, name string, v verdict) v1alpha1.ResourceNode {
	n := v1alpha1.ResourceNode{ResourceRef: v1alpha1.ResourceRef{
		Group: group, Version: version, Kind: kind, Namespace: namespace, Name: name,
		UID: strings.Join([]string{group, kind, namespace, name}, "/"),
	}}
	if v.status != "" {
		n.Health = &v1alpha1.HealthStatus{Status: health.HealthStatusCode(v.status), Message: v.message}
	}
	return n
}

func child(parent v1alpha1.ResourceNode, group, kind, name string, v verdict) v1alpha1.ResourceNode {
	n := node(group, "v1", kind, parent.Namespace, name, v)
	n.ParentRefs = []v1alpha1.ResourceRef{parent.ResourceRef}
	return n
}

// images returns what the pods run, sorted, as the summary of an application
// lists it.
func images(nodes []v1alpha1.ResourceNode) []string {
	seen := map[string]bool{}
	for _, n := range nodes {
		for _, i := range n.Images {
			seen[i] = true
		}
	}
	return sortedKeys(seen)
}
