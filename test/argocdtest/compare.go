package argocdtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/argoproj/gitops-engine/pkg/health"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// compareLoop compares git with the cluster when it is asked to, at every poll,
// and when a rollout comes to its next stage.
func (s *Server) compareLoop(ctx context.Context, a *followed) {
	for {
		next := time.NewTimer(s.untilNext(a, time.Now()))
		var seenSince time.Time // how old a look at git may be
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-a.compare:
			seenSince = time.Now()
		case now := <-next.C:
			seenSince = now.Add(-s.opts.Pace.Poll) // applications of one repository share a look
		}
		next.Stop()
		if !pause(ctx, s.opts.Pace.Compare) {
			return
		}
		s.reconcile(ctx, a, seenSince)
	}
}

// untilNext is the time to the next poll or the next stage of a rollout.
func (s *Server) untilNext(a *followed, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next := a.cluster.next(now); !next.IsZero() {
		return min(next.Sub(now)+time.Millisecond, s.opts.Pace.Poll)
	}
	return s.opts.Pace.Poll
}

// reconcile looks at git, compares, and writes the status; then it starts an
// automated sync where one is due.
func (s *Server) reconcile(ctx context.Context, a *followed, seenSince time.Time) {
	spec := s.current(a)
	_, refresh := spec.Annotations[v1alpha1.AnnotationKeyRefresh]
	if refresh {
		seenSince = time.Now() // who asked for it wants git as it is now
	}
	src := spec.Spec.GetSource()
	revision, desired, err := s.load(ctx, spec, src.TargetRevision, seenSince)
	if ctx.Err() != nil {
		return
	}
	s.change(a, func(o *v1alpha1.Application) {
		now := time.Now()
		if refresh { // one that was asked for meanwhile waits for the next comparison
			delete(o.Annotations, v1alpha1.AnnotationKeyRefresh)
		}
		if len(o.Annotations) == 0 {
			o.Annotations = nil
		}
		if err == nil {
			a.desired = desired
		}
		s.compared(o, a, revision, err, now)
		s.autoSync(o, a, now)
	})
}

// load reads and renders a revision of the application's source.
func (s *Server) load(ctx context.Context, app *v1alpha1.Application, revision string, notBefore time.Time) (string, []object, error) {
	sha, tree, err := s.sources.resolve(ctx, app.Spec.GetSource().RepoURL, revision, notBefore)
	if err != nil {
		return sha, nil, err
	}
	objects, err := s.opts.Builds.render(tree, app)
	return sha, objects, err
}

// compared writes the outcome of a comparison into o. The lock is held.
func (s *Server) compared(o *v1alpha1.Application, a *followed, revision string, failed error, now time.Time) {
	st := &o.Status
	st.Conditions = slices.DeleteFunc(st.Conditions, func(c v1alpha1.ApplicationCondition) bool { return c.Type == v1alpha1.ApplicationConditionSyncError })
	st.Sync.ComparedTo = v1alpha1.ComparedTo{Source: o.Spec.GetSource(), Destination: o.Spec.Destination}
	st.ReconciledAt = ptr(stamp(now))
	st.Summary.Images = images(a.cluster.tree(now))
	if failed != nil {
		setCondition(st, v1alpha1.ApplicationConditionComparisonError, manifestError(failed), now)
		st.Sync.Status, st.Sync.Revision = v1alpha1.SyncStatusCodeUnknown, ""
		st.Resources = nil
		setHealth(st, health.HealthStatusUnknown, now)
		if len(a.cluster.objects) > 0 { // what runs is still there to look at
			setHealth(st, worst(a.cluster.statuses(nil, now)), now)
		}
		return
	}
	st.Conditions = slices.DeleteFunc(st.Conditions, func(c v1alpha1.ApplicationCondition) bool {
		return c.Type == v1alpha1.ApplicationConditionComparisonError
	})
	st.Resources = a.cluster.statuses(a.desired, now)
	st.Sync.Revision, st.Sync.Status = revision, v1alpha1.SyncStatusCodeSynced
	for _, r := range st.Resources {
		if r.Status == v1alpha1.SyncStatusCodeOutOfSync {
			st.Sync.Status = v1alpha1.SyncStatusCodeOutOfSync
		}
	}
	setHealth(st, worst(st.Resources), now)
}

// glance does what a change in the cluster makes the controller do: it compares
// with the revision that it looked at before. The lock is held.
func (s *Server) glance(o *v1alpha1.Application, a *followed, now time.Time) {
	st := &o.Status
	if st.Sync.Revision == "" {
		return
	}
	looked := st.ReconciledAt
	s.compared(o, a, st.Sync.Revision, nil, now)
	st.ReconciledAt = looked // that is only for looks at git
}

// manifestError puts an error into the words of the controller.
func manifestError(err error) string {
	return fmt.Sprintf("Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = %v", err)
}

// statuses compares object by object what is wanted with what there is.
func (c *cluster) statuses(desired []object, now time.Time) []v1alpha1.ResourceStatus {
	var out []v1alpha1.ResourceStatus
	wanted := map[id]bool{}
	for _, o := range desired {
		if hookOf(o) != "" {
			continue
		}
		wanted[o.id()] = true
		r := resource(o)
		r.Status = v1alpha1.SyncStatusCodeOutOfSync
		l := c.objects[o.id()]
		if l == nil {
			r.Health = &v1alpha1.HealthStatus{Status: health.HealthStatusMissing}
		} else {
			r.Health = c.healthOf(l, now)
			if l.sum == o.sum {
				r.Status = v1alpha1.SyncStatusCodeSynced
			}
		}
		out = append(out, r)
	}
	for _, l := range c.sorted() {
		if wanted[l.id()] || hookOf(l.object) != "" {
			continue
		}
		r := resource(l.object)
		r.Status, r.RequiresPruning, r.Health = v1alpha1.SyncStatusCodeOutOfSync, true, c.healthOf(l, now)
		out = append(out, r)
	}
	return out
}

func (c *cluster) healthOf(l *live, now time.Time) *v1alpha1.HealthStatus {
	v := c.health(l, now)
	if v.status == "" {
		return nil
	}
	return &v1alpha1.HealthStatus{Status: health.HealthStatusCode(v.status), Message: v.message}
}

func resource(o object) v1alpha1.ResourceStatus {
	return v1alpha1.ResourceStatus{Group: o.group, Version: o.version, Kind: o.kind, Namespace: o.namespace, Name: o.name}
}

// worst is the health of the application: that of its worst resource. What is
// only left to prune does not count.
func worst(rs []v1alpha1.ResourceStatus) health.HealthStatusCode {
	w := health.HealthStatusHealthy
	for _, r := range rs {
		if r.Health != nil && !r.RequiresPruning && health.IsWorse(w, r.Health.Status) {
			w = r.Health.Status
		}
	}
	return w
}

func setHealth(st *v1alpha1.ApplicationStatus, code health.HealthStatusCode, now time.Time) {
	if st.Health.Status != code {
		st.Health = v1alpha1.HealthStatus{Status: code, LastTransitionTime: ptr(stamp(now))}
	}
}

func setCondition(st *v1alpha1.ApplicationStatus, kind, message string, now time.Time) {
	for i := range st.Conditions {
		if st.Conditions[i].Type == kind {
			st.Conditions[i].Message = message
			return
		}
	}
	st.Conditions = append(st.Conditions, v1alpha1.ApplicationCondition{Type: kind, Message: message, LastTransitionTime: ptr(stamp(now))})
}

// autoSync starts an automated sync where one is due, with the exceptions of
// the real controller: never the same revision twice, unless it heals itself,
// and never one that failed. The lock is held; o is about to be published.
func (s *Server) autoSync(o *v1alpha1.Application, a *followed, now time.Time) {
	if o.Spec.SyncPolicy == nil || o.Spec.SyncPolicy.Automated == nil || o.Operation != nil || o.Status.Sync.Status != v1alpha1.SyncStatusCodeOutOfSync {
		return
	}
	auto := o.Spec.SyncPolicy.Automated
	onlyPruning := !slices.ContainsFunc(o.Status.Resources, func(r v1alpha1.ResourceStatus) bool {
		return r.Status != v1alpha1.SyncStatusCodeSynced && !r.RequiresPruning
	})
	if onlyPruning && !auto.Prune {
		return
	}
	revision := o.Status.Sync.Revision
	if last := o.Status.OperationState; last != nil && last.SyncResult != nil && last.SyncResult.Revision == revision {
		if !last.Phase.Successful() {
			setCondition(&o.Status, v1alpha1.ApplicationConditionSyncError, fmt.Sprintf("Failed sync attempt to %s: %s", revision, last.Message), now)
			return
		}
		if !auto.SelfHeal {
			return
		}
		if wait := a.healed.Add(s.opts.Pace.SelfHeal).Sub(now); wait > 0 {
			return // a later look at git finds it again
		}
		a.healed = now
	}
	o.Operation = &v1alpha1.Operation{
		Sync:        &v1alpha1.SyncOperation{Revision: revision, Prune: auto.Prune},
		InitiatedBy: v1alpha1.OperationInitiator{Automated: true},
	}
	o.Status.OperationState = nil
	nudge(a.operate)
}

// putObject makes an Application of a rendered object; other kinds are nothing
// to Argo CD itself.
func (s *Server) putObject(o object) error {
	if o.group != "argoproj.io" || o.kind != "Application" {
		return nil
	}
	encoded, err := json.Marshal(o.raw)
	if err != nil {
		return fmt.Errorf("read Application %s: %w", o.name, err)
	}
	app := &v1alpha1.Application{}
	if err := json.Unmarshal(encoded, app); err != nil {
		return fmt.Errorf("read Application %s: %w", o.name, err)
	}
	app.Status, app.Operation = v1alpha1.ApplicationStatus{}, nil
	s.put(app)
	return nil
}

// stamp is a moment as Kubernetes writes it: in whole seconds, UTC.
func stamp(t time.Time) metav1.Time { return metav1.Time{Time: t.UTC().Truncate(time.Second)} }

func ptr[T any](v T) *T { return &v }
