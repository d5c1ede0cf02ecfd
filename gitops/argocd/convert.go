package argocd

import (
	"net/url"
	"slices"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stateOf translates an Application; web is the address of Argo CD's UI.
func stateOf(a *v1alpha1.Application, web string) State {
	src := a.Spec.GetSource()
	s := State{
		App:            App{Project: a.Spec.GetProject(), Namespace: a.Namespace, Name: a.Name},
		Version:        a.ResourceVersion,
		RepoURL:        src.RepoURL,
		Path:           src.Path,
		TargetRevision: src.TargetRevision,
		Cluster:        a.Spec.Destination.Server,
		TargetSpace:    a.Spec.Destination.Namespace,
		Sync:           SyncStatus(a.Status.Sync.Status),
		SyncRevisions:  revisions(a.Status.Sync.Revision, a.Status.Sync.Revisions),
		ReconciledAt:   timeOf(a.Status.ReconciledAt),
		Health:         Health(a.Status.Health.Status),
		HealthMessage:  a.Status.Health.Message,
		HealthSince:    timeOf(a.Status.Health.LastTransitionTime),
		Images:         slices.Sorted(slices.Values(a.Status.Summary.Images)),
		Operation:      operationOf(a),
		Resources:      resourcesOf(a),
	}
	if s.Cluster == "" {
		s.Cluster = a.Spec.Destination.Name
	}
	if p := a.Spec.SyncPolicy; p != nil && p.Automated != nil {
		s.AutoSync, s.SelfHeal, s.Prune = true, p.Automated.SelfHeal, p.Automated.Prune
	}
	if web != "" {
		s.URL = web + "/applications/" + url.PathEscape(a.Namespace) + "/" + url.PathEscape(a.Name)
	}
	for _, c := range a.Status.Conditions {
		s.Conditions = append(s.Conditions, Condition{Type: c.Type, Message: c.Message, Since: timeOf(c.LastTransitionTime)})
	}
	for _, h := range a.Status.History {
		s.History = append(s.History, Deployment{
			ID: h.ID, Revisions: revisions(h.Revision, h.Revisions), DeployedAt: h.DeployedAt.Time, By: initiator(h.InitiatedBy),
		})
	}
	return s
}

// operationOf reads the operation that was asked for and has not begun, which
// is in the Application itself, or else the one in its status.
func operationOf(a *v1alpha1.Application) Operation {
	st := a.Status.OperationState
	if st == nil {
		if a.Operation == nil {
			return Operation{}
		}
		return Operation{Running: true, ChangeID: changeID(a.Operation.Info), By: initiator(a.Operation.InitiatedBy), Revisions: asked(a.Operation.Sync)}
	}
	op := Operation{
		Phase:      Phase(st.Phase),
		Running:    !st.Phase.Completed(),
		Message:    st.Message,
		Revisions:  asked(st.Operation.Sync),
		StartedAt:  st.StartedAt.Time,
		FinishedAt: timeOf(st.FinishedAt),
		ChangeID:   changeID(st.Operation.Info),
		By:         initiator(st.Operation.InitiatedBy),
		Retries:    int(st.RetryCount),
	}
	if r := st.SyncResult; r != nil {
		if done := revisions(r.Revision, r.Revisions); len(done) > 0 {
			op.Revisions = done
		}
	}
	return op
}

func asked(s *v1alpha1.SyncOperation) []string {
	if s == nil {
		return nil
	}
	return revisions(s.Revision, s.Revisions)
}

// resourcesOf joins the resources of the comparison with what the last
// operation said of each; hooks are only in the operation.
func resourcesOf(a *v1alpha1.Application) []Resource {
	var out []Resource
	at := map[Resource]int{} // by identity: the other fields are zero
	for _, r := range a.Status.Resources {
		id := Resource{Group: r.Group, Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
		at[id] = len(out)
		id.Sync, id.NeedsPruning = SyncStatus(r.Status), r.RequiresPruning
		if r.Health != nil {
			id.Health, id.HealthMessage = Health(r.Health.Status), r.Health.Message
		}
		out = append(out, id)
	}
	if a.Status.OperationState == nil || a.Status.OperationState.SyncResult == nil {
		return out
	}
	for _, r := range a.Status.OperationState.SyncResult.Resources {
		id := Resource{Group: r.Group, Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
		i, ok := at[id]
		if !ok {
			i, at[id] = len(out), len(out)
			out = append(out, id)
		}
		out[i].SyncMessage = r.Message
		if r.HookType != "" {
			out[i].HookPhase = Phase(r.HookPhase)
		}
		failedHook := r.HookType != "" && r.HookPhase.Completed() && !r.HookPhase.Successful()
		out[i].SyncFailed = r.Status == "SyncFailed" || failedHook
	}
	return out
}

func changeID(info []*v1alpha1.Info) string {
	for _, i := range info {
		if i != nil && i.Name == changeIDInfo {
			return i.Value
		}
	}
	return ""
}

func initiator(by v1alpha1.OperationInitiator) string {
	if by.Automated {
		return "auto-sync"
	}
	return by.Username
}

func revisions(one string, many []string) []string {
	if len(many) > 0 {
		return slices.Clone(many)
	}
	if one == "" {
		return nil
	}
	return []string{one}
}

func timeOf(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}
