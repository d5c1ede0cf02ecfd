package argocdtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/argoproj/gitops-engine/pkg/sync/common"
)

// historyLength is Argo CD's default of spec.revisionHistoryLimit.
const historyLength = 10

// operateLoop runs the operations that are asked for, one after the other.
func (s *Server) operateLoop(ctx context.Context, a *followed) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.operate:
			if s.current(a).Operation != nil {
				s.operate(ctx, a)
			}
		}
	}
}

// operate goes through the phases of one sync. When it is over the status still
// shows the comparison of before; then the cluster is compared with the revision
// of before, and only then with the new one.
func (s *Server) operate(ctx context.Context, a *followed) {
	if !pause(ctx, s.opts.Pace.Compare) {
		return
	}
	state := &v1alpha1.OperationState{Phase: common.OperationRunning, Operation: *s.current(a).Operation, StartedAt: stamp(time.Now())}
	s.writeState(a, state)
	half := s.opts.Pace.Apply / 2
	if !pause(ctx, half) {
		return
	}
	s.sync(ctx, a, state, half)
	if ctx.Err() != nil {
		return
	}
	state.FinishedAt = ptr(stamp(time.Now()))
	s.finish(a, state)
	if !pause(ctx, s.opts.Pace.Compare) {
		return
	}
	s.change(a, func(o *v1alpha1.Application) { s.glance(o, a, time.Now()) })
	nudge(a.compare)
}

// sync loads the revision and applies it, and leaves the outcome in state.
func (s *Server) sync(ctx context.Context, a *followed, state *v1alpha1.OperationState, takes time.Duration) {
	app := s.current(a)
	op := state.Operation.Sync
	revision, objects, err := s.load(ctx, app, op.Revision, time.Now())
	if revision == "" {
		revision = op.Revision
	}
	state.SyncResult = &v1alpha1.SyncOperationResult{Revision: revision, Source: app.Spec.GetSource()}
	if err != nil {
		state.Phase, state.Message = common.OperationError, "ComparisonError: "+manifestError(err)
		return
	}
	state.Message = "one or more tasks are running"
	s.writeState(a, state)
	if !s.hooks(ctx, a, objects, "PreSync", state) {
		return
	}
	if !pause(ctx, takes) {
		return
	}
	failed := s.applyAll(a, objects, op.Prune, state.SyncResult)
	for _, o := range objects { // applications of applications
		if err := s.putObject(o); err != nil {
			failed = append(failed, err.Error())
		}
	}
	if len(failed) > 0 {
		state.Phase = common.OperationFailed
		state.Message = "one or more objects failed to apply, reason: " + strings.Join(failed, ",")
		return
	}
	if !s.hooks(ctx, a, objects, "PostSync", state) {
		return
	}
	state.Phase, state.Message = common.OperationSucceeded, "successfully synced (all tasks run)"
}

// applyAll puts the objects into the cluster and returns what was refused. One
// refusal does not keep the others from being applied.
func (s *Server) applyAll(a *followed, objects []object, prune bool, result *v1alpha1.SyncOperationResult) (failed []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, wanted := time.Now(), map[id]bool{}
	report := func(o object, code common.ResultCode, message string) {
		result.Resources = append(result.Resources, outcome(o, code, message))
	}
	for _, o := range objects {
		if hookOf(o) != "" {
			continue
		}
		wanted[o.id()] = true
		word, err := a.cluster.apply(o, now)
		if err != nil {
			failed = append(failed, err.Error())
			report(o, common.ResultCodeSyncFailed, err.Error())
			continue
		}
		report(o, common.ResultCodeSynced, fmt.Sprintf("%s/%s %s", resourceName(o), o.name, word))
	}
	for _, l := range a.cluster.sorted() {
		switch {
		case wanted[l.id()]:
		case prune:
			delete(a.cluster.objects, l.id())
			report(l.object, common.ResultCodePruned, "pruned")
		default:
			report(l.object, common.ResultCodePruneSkipped, "ignored (requires pruning)")
		}
	}
	return failed
}

// resourceName is how kubectl names the kind.
func resourceName(o object) string {
	if o.group == "" {
		return strings.ToLower(o.kind)
	}
	return strings.ToLower(o.kind) + "." + o.group
}

func outcome(o object, code common.ResultCode, message string) *v1alpha1.ResourceResult {
	return &v1alpha1.ResourceResult{
		Group: o.group, Version: o.version, Kind: o.kind, Namespace: o.namespace, Name: o.name,
		Status: code, Message: message, HookPhase: common.OperationRunning, SyncPhase: common.SyncPhaseSync,
	}
}

// hookOf returns the phase that an object is a hook of, or "".
func hookOf(o object) string {
	return text(o.raw, "metadata", "annotations", "argocd.argoproj.io/hook")
}

// hooks runs the hooks of a phase as pods and reports whether all of them
// ended well.
func (s *Server) hooks(ctx context.Context, a *followed, objects []object, phase string, state *v1alpha1.OperationState) bool {
	for _, o := range objects {
		if !slices.Contains(strings.Split(hookOf(o), ","), phase) {
			continue
		}
		r := outcome(o, "", "")
		r.HookType, r.SyncPhase = common.HookType(phase), common.SyncPhase(phase)
		state.SyncResult.Resources = append(state.SyncResult.Resources, r)
		state.Message = fmt.Sprintf("waiting for completion of hook %s/%s/%s", o.group, o.kind, o.name)
		s.writeState(a, state)
		takes := s.opts.Pace.Ready
		broken := slices.ContainsFunc(imagesOf(o), s.opts.Unpullable)
		if broken {
			takes = s.opts.Pace.Deadline
		}
		if !pause(ctx, takes) {
			return false
		}
		r.HookPhase = common.OperationSucceeded
		if broken {
			r.HookPhase, r.Message = common.OperationFailed, "Job has reached the specified backoff limit"
			state.Phase = common.OperationFailed
			state.Message = "one or more synchronization tasks completed unsuccessfully, reason: " + r.Message
			return false
		}
	}
	return true
}

// writeState publishes how far the operation has come.
func (s *Server) writeState(a *followed, state *v1alpha1.OperationState) {
	s.change(a, func(o *v1alpha1.Application) { o.Status.OperationState = state.DeepCopy() })
}

// finish publishes the end of the operation; a success goes into the history.
func (s *Server) finish(a *followed, state *v1alpha1.OperationState) {
	s.change(a, func(o *v1alpha1.Application) {
		o.Operation, o.Status.OperationState = nil, state.DeepCopy()
		if state.Phase != common.OperationSucceeded || state.Operation.Sync.DryRun || len(state.Operation.Sync.Resources) > 0 {
			return
		}
		h := o.Status.History
		next := v1alpha1.RevisionHistory{
			Revision: state.SyncResult.Revision, DeployedAt: *state.FinishedAt, DeployStartedAt: &state.StartedAt,
			Source: o.Spec.GetSource(), InitiatedBy: state.Operation.InitiatedBy,
		}
		if len(h) > 0 {
			next.ID = h[len(h)-1].ID + 1
		}
		h = append(slices.Clone(h), next)
		o.Status.History = h[max(0, len(h)-historyLength):]
	})
}
