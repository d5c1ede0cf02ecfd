package argocdtest

import (
	"fmt"
	"slices"
	"time"
)

// cluster is what one application has put into its cluster. Nothing in it runs:
// how far a rollout has come is a function of the time since it began.
type cluster struct {
	objects    map[id]*live
	pace       Pace
	unpullable func(string) bool
}

// live is an object of the cluster.
type live struct {
	object

	images   []string  // of the pod template that is being rolled out
	replicas int       // wanted
	since    time.Time // when that template came
	round    int       // how many templates there were
	before   []string  // images of the last template that became ready; nil: none did
	template string    // canonical
}

// apply puts an object into the cluster, as kubectl apply would, and returns
// kubectl's word for it. What the API server would refuse is an error.
func (c *cluster) apply(o object, now time.Time) (string, error) {
	old := c.objects[o.id()]
	if n, ok := number(at(o.raw, "spec", "replicas")); ok && n < 0 {
		doing := "creating"
		if old != nil {
			doing = "patching"
		}
		return "", fmt.Errorf("error when %s \"/dev/shm/1\": %s.%s %q is invalid: spec.replicas: Invalid value: %d: must be greater than or equal to 0", doing, o.kind, o.group, o.name, n)
	}
	if old != nil && old.sum == o.sum {
		return "unchanged", nil
	}
	n := &live{object: o, images: imagesOf(o), replicas: 1, since: now, template: templateOf(o)}
	if r, ok := number(at(o.raw, "spec", "replicas")); ok {
		n.replicas = r
	}
	word := "created"
	if old != nil {
		word, n.round, n.before = "configured", old.round, old.before
		if n.template == old.template {
			n.since = old.since
		} else {
			n.round++
			if c.ready(old, now) {
				n.before = old.images
			}
		}
	}
	c.objects[o.id()] = n
	return word, nil
}

// ready reports whether the rollout of a workload had ended well by now.
func (c *cluster) ready(l *live, now time.Time) bool {
	return !c.stuck(l) && !now.Before(l.since.Add(c.pace.Ready))
}

// stuck reports whether an image of a workload cannot be pulled.
func (c *cluster) stuck(l *live) bool {
	return l.replicas > 0 && slices.ContainsFunc(l.images, c.unpullable)
}

// next returns when the state of some object changes by itself, or zero.
func (c *cluster) next(now time.Time) time.Time {
	var soonest time.Time
	for _, l := range c.objects {
		if !workload(l.kind) {
			continue
		}
		for _, t := range []time.Time{l.since.Add(c.pace.Ready), l.since.Add(c.pace.Deadline)} {
			if t.After(now) && (soonest.IsZero() || t.Before(soonest)) {
				soonest = t
			}
		}
	}
	return soonest
}

// verdict is the health of one object. An empty status is a kind without one.
type verdict struct{ status, message string }

// The words of argo-cd's health package.
const (
	isHealthy     = "Healthy"
	isProgressing = "Progressing"
	isDegraded    = "Degraded"
	isMissing     = "Missing"
)

func (c *cluster) health(l *live, now time.Time) verdict {
	switch {
	case slices.Contains([]string{"Service", "Ingress", "PersistentVolumeClaim", "HorizontalPodAutoscaler"}, l.kind):
		return verdict{status: isHealthy}
	case !workload(l.kind):
		return verdict{}
	case c.ready(l, now):
		return verdict{status: isHealthy}
	case l.kind == "Job" && c.stuck(l) && !now.Before(l.since.Add(c.pace.Deadline)):
		return verdict{isDegraded, "Job has reached the specified backoff limit"}
	case c.stuck(l) && !now.Before(l.since.Add(c.pace.Deadline)):
		return verdict{isDegraded, fmt.Sprintf("%s %q exceeded its progress deadline", l.kind, l.name)}
	case l.before != nil:
		return verdict{isProgressing, fmt.Sprintf("Waiting for rollout to finish: %d old replicas are pending termination...", l.replicas)}
	}
	return verdict{isProgressing, fmt.Sprintf("Waiting for rollout to finish: 0 of %d updated replicas are available...", l.replicas)}
}

func workload(kind string) bool {
	return slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet", "Rollout", "Job", "Pod"}, kind)
}

// imagesOf returns the images of an object's pods.
func imagesOf(o object) []string {
	spec := at(o.raw, "spec", "template", "spec")
	if o.kind == "Pod" {
		spec = o.raw["spec"]
	}
	if !workload(o.kind) {
		return nil
	}
	var out []string
	for _, list := range []string{"initContainers", "containers"} {
		containers, _ := at(spec, list).([]any)
		for _, ctr := range containers {
			if image := text(ctr, "image"); image != "" && !slices.Contains(out, image) {
				out = append(out, image)
			}
		}
	}
	return out
}

// templateOf is what a change of starts new pods.
func templateOf(o object) string {
	t := at(o.raw, "spec", "template")
	if t == nil {
		t = o.raw["spec"]
	}
	return fmt.Sprint(t)
}

// number reads what YAML or JSON took for one.
func number(v any) (int, bool) {
	switch n := v.(type) {
	case float64:
		return int(n), true
	case int:
		return n, true
	}
	return 0, false
}
