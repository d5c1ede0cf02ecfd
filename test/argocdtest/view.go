package argocdtest

import (
	"context"
	"fmt"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
)

// View is one application in plain words, for assertions and for the page.
type View struct {
	Name        string        `json:"name"`
	Project     string        `json:"project"`
	Namespace   string        `json:"namespace"` // of the Application object
	TargetSpace string        `json:"targetSpace"`
	RepoURL     string        `json:"repoURL"`
	Path        string        `json:"path"`
	Target      string        `json:"target"` // the branch it follows
	AutoSync    bool          `json:"autoSync"`
	SelfHeal    bool          `json:"selfHeal"`
	Sync        string        `json:"sync"`
	Revision    string        `json:"revision"` // that was compared
	Health      string        `json:"health"`
	HealthSince string        `json:"healthSince,omitempty"`
	Images      []string      `json:"images"` // of the pods
	Operation   OperationView `json:"operation"`
	Conditions  []Condition   `json:"conditions"`
	Tree        []Node        `json:"tree"`
	History     []string      `json:"history"` // revisions, oldest first
}

// OperationView is the sync that runs or was the last to run.
type OperationView struct {
	Phase    string `json:"phase"` // "Pending" before it begins; empty: there was none
	Message  string `json:"message"`
	Revision string `json:"revision"`
	By       string `json:"by"`
	ChangeID string `json:"changeID"`
	Finished string `json:"finished,omitempty"`
}

// Condition is a problem or a warning.
type Condition struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Node is an object in the cluster and what belongs to it.
type Node struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Health   string `json:"health,omitempty"`
	Message  string `json:"message,omitempty"`
	Sync     string `json:"sync,omitempty"` // of what is declared in git
	Children []Node `json:"children,omitempty"`
}

// Application returns an application of the default namespace as it is now.
func (s *Server) Application(name string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.apps[controlPlane+"/"+name]
	if !ok {
		return View{}, false
	}
	return viewOf(a, time.Now()), true
}

// Applications returns all of them, by namespace and name.
func (s *Server) Applications() []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	views := []View{}
	for _, key := range sortedKeys(s.apps) {
		views = append(views, viewOf(s.apps[key], time.Now()))
	}
	return views
}

// WaitFor waits until done says so; it is asked now and after every change and
// call. The error tells what the application looked like in the end.
func (s *Server) WaitFor(ctx context.Context, name string, done func(View) bool) (View, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		v, _ := s.Application(name)
		if done(v) {
			return v, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return v, fmt.Errorf("wait for %s (%s, %s, operation %s %q): %w", name, v.Sync, v.Health, v.Operation.Phase, v.Operation.Message, ctx.Err())
		}
	}
}

// Edit changes an object in the cluster by hand, as "kubectl edit" does, so that
// it differs from git.
func (s *Server) Edit(app, kind, name string, change func(raw map[string]any)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.apps[controlPlane+"/"+app]
	if !ok {
		return fmt.Errorf("edit %s/%s: no application %s", kind, name, app)
	}
	for _, l := range a.cluster.objects {
		if l.kind != kind || l.name != name {
			continue
		}
		o, err := l.with(l.raw) // a copy
		if err != nil {
			return err
		}
		change(o.raw)
		if o, err = o.with(o.raw); err != nil {
			return err
		}
		_, err = a.cluster.apply(o, time.Now())
		nudge(a.compare)
		return err
	}
	return fmt.Errorf("edit %s/%s: %s has no such object in its cluster", kind, name, app)
}

func viewOf(a *followed, now time.Time) View {
	o := a.object
	src, st := o.Spec.GetSource(), o.Status
	v := View{
		Name: o.Name, Project: o.Spec.GetProject(), Namespace: o.Namespace, TargetSpace: o.Spec.Destination.Namespace,
		RepoURL: src.RepoURL, Path: src.Path, Target: src.TargetRevision,
		Sync: string(st.Sync.Status), Revision: st.Sync.Revision, Health: string(st.Health.Status),
		Images: append([]string{}, st.Summary.Images...), Conditions: []Condition{}, History: []string{},
		Tree: nest(a.cluster.tree(now), st.Resources),
	}
	if t := st.Health.LastTransitionTime; t != nil {
		v.HealthSince = t.Format(time.RFC3339)
	}
	if p := o.Spec.SyncPolicy; p != nil && p.Automated != nil {
		v.AutoSync, v.SelfHeal = true, p.Automated.SelfHeal
	}
	for _, c := range st.Conditions {
		v.Conditions = append(v.Conditions, Condition{c.Type, c.Message})
	}
	for _, h := range st.History {
		v.History = append(v.History, h.Revision)
	}
	if op := o.Operation; op != nil {
		v.Operation = operationView(*op)
		v.Operation.Phase = "Pending"
	}
	if op := st.OperationState; op != nil {
		v.Operation = operationView(op.Operation)
		v.Operation.Phase, v.Operation.Message = string(op.Phase), op.Message
		if op.FinishedAt != nil {
			v.Operation.Finished = op.FinishedAt.Format(time.RFC3339)
		}
		if op.SyncResult != nil {
			v.Operation.Revision = op.SyncResult.Revision
		}
	}
	return v
}

func operationView(op v1alpha1.Operation) OperationView {
	v := OperationView{By: op.InitiatedBy.Username}
	if op.InitiatedBy.Automated {
		v.By = "auto-sync"
	}
	if op.Sync != nil {
		v.Revision = op.Sync.Revision
	}
	for _, i := range op.Info {
		if i.Name == "Change-Id" {
			v.ChangeID = i.Value
		}
	}
	return v
}

// nest makes a tree of a list; what git declares shows how it compares, also
// where it is not in the cluster yet.
func nest(nodes []v1alpha1.ResourceNode, declared []v1alpha1.ResourceStatus) []Node {
	below := map[string][]v1alpha1.ResourceNode{}
	for _, n := range nodes {
		parent := ""
		if len(n.ParentRefs) > 0 {
			parent = n.ParentRefs[0].UID
		}
		below[parent] = append(below[parent], n)
	}
	sync := map[string]string{}
	for _, r := range declared {
		sync[r.Kind+"/"+r.Namespace+"/"+r.Name] = string(r.Status)
	}
	var build func(parent string) []Node
	build = func(parent string) []Node {
		var out []Node
		for _, n := range below[parent] {
			key := n.Kind + "/" + n.Namespace + "/" + n.Name
			node := Node{Kind: n.Kind, Name: n.Name, Sync: sync[key], Children: build(n.UID)}
			delete(sync, key)
			if n.Health != nil {
				node.Health, node.Message = string(n.Health.Status), n.Health.Message
			}
			out = append(out, node)
		}
		return out
	}
	tree := build("")
	for _, r := range declared {
		if status, left := sync[r.Kind+"/"+r.Namespace+"/"+r.Name]; left {
			tree = append(tree, Node{Kind: r.Kind, Name: r.Name, Health: isMissing, Sync: status})
		}
	}
	return tree
}
