package argocd

import (
	"context"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// A Deployer is a Client as the road of a Change sees it. It implements
// workflow.Deployer.
type Deployer struct {
	Client *Client
	Clock  func() time.Time
	Settle time.Duration // see Want
	Grace  time.Duration // see Want
}

// Sync makes Argo CD look at git and asks it to apply the tracked branch, on
// behalf of a Change. An application with auto-sync does that by itself: to
// look at git is all it needs.
func (d Deployer) Sync(ctx context.Context, app gitops.ArgoApp, change string) error {
	state, err := d.Client.Refresh(ctx, App(app))
	if err != nil || state.AutoSync {
		return err
	}
	return d.Client.Sync(ctx, App(app), SyncRequest{ChangeID: change})
}

// Synced says whether a sync on behalf of the Change was begun.
func (d Deployer) Synced(ctx context.Context, app gitops.ArgoApp, change string) (bool, error) {
	state, err := d.Client.Get(ctx, App(app))
	return state.Operation.ChangeID == change, err
}

// Rollout says how far the application has come with what is wanted. Until it
// has synced the merge, every look makes Argo CD look at git as well.
func (d Deployer) Rollout(ctx context.Context, app gitops.ArgoApp, want workflow.Want) (workflow.Rollout, error) {
	state, err := d.Client.Get(ctx, App(app))
	if err != nil {
		return workflow.Rollout{}, err
	}
	ancestry := asker{ask: want.Contains, known: map[string]bool{}}
	w := Want{
		ChangeID: want.Change, Contains: ancestry.contains, Images: want.Images,
		Since: want.Since, Settle: d.Settle, Grace: d.Grace, Now: d.Clock(),
	}
	if !contains(state.SyncRevisions, w) && !state.Operation.Running {
		if state, err = d.Client.Refresh(ctx, App(app)); err != nil {
			return workflow.Rollout{}, err
		}
	}
	if state.AutoSync {
		w.ChangeID = ""
	}
	progress := Settled(state, w)
	if ancestry.err != nil {
		return workflow.Rollout{}, ancestry.err
	}
	return rollout(progress, state.URL), nil
}

func rollout(p Progress, url string) workflow.Rollout {
	r := workflow.Rollout{State: gitops.StateSyncing, Waiting: p.Waiting, Failures: failures(p.Warnings), URL: url, Again: p.Superseded}
	switch {
	case p.Failed:
		r.State, r.Failures = gitops.StateDegraded, failures(p.Reasons)
	case p.Done:
		r.State, r.Failures = gitops.StateHealthy, nil
	}
	return r
}

// failures splits lines like "Deployment/checkout: ImagePullBackOff".
func failures(lines []string) []gitops.Failure {
	var all []gitops.Failure
	for _, line := range lines {
		resource, message, found := strings.Cut(line, ": ")
		if !found {
			resource, message = "", line
		}
		all = append(all, gitops.Failure{Resource: resource, Message: message})
	}
	return all
}

// Running returns what every application runs now, but for those in the middle
// of a sync.
func (d Deployer) Running(ctx context.Context) ([]workflow.Running, error) {
	states, err := d.Client.List(ctx)
	if err != nil {
		return nil, err
	}
	now, own := d.Clock(), d.Client.Namespace(ctx)
	var running []workflow.Running
	for _, s := range states {
		if s.Operation.Running || s.ReconciledAt.Before(s.Operation.FinishedAt) {
			continue // its health is still that of before
		}
		r := workflow.Running{App: gitops.ArgoApp(s.App), Own: s.App.Namespace == own, Health: gitops.Health(s.Health), At: now}
		// What is applied is the last sync's revision; the comparison's may
		// be newer and not applied.
		if n := len(s.History); n > 0 && len(s.History[n-1].Revisions) > 0 {
			r.Revision = s.History[n-1].Revisions[0]
		}
		running = append(running, r)
	}
	return running, nil
}

// An asker asks for each revision once, and remembers the first error of a
// question that has no room for one.
type asker struct {
	ask   func(revision string) (bool, error)
	known map[string]bool
	err   error
}

func (a *asker) contains(revision string) bool {
	if in, known := a.known[revision]; known {
		return in
	}
	in, err := a.ask(revision)
	if a.err == nil {
		a.err = err
	}
	a.known[revision] = in
	return in
}
