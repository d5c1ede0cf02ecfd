package workflow

import (
	"context"
	"errors"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// Observe notes what every Target runs and how it is. It is called on a timer
// from the first start on, so that a rollback knows which version was healthy.
func (r *Road) Observe(ctx context.Context) error {
	running, err := r.Deployer.Running(ctx)
	if err != nil {
		return fmt.Errorf("ask Argo CD what runs: %w", err)
	}
	var all error
	budget := askedAtOnce
	for _, repo := range r.repositories {
		tip, err := repo.tip(ctx)
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		if tip.Catalog == nil {
			continue // it was never good; there are no Targets to speak of
		}
		for _, t := range tip.Catalog.Targets {
			for _, run := range running {
				if run.is(t.Argo) && run.Revision != "" {
					all = errors.Join(all, r.observe(ctx, repo, t, run, &budget))
				}
			}
		}
	}
	return all
}

// observe notes one Target. A revision whose file cannot be read as a version
// teaches nothing, and is no fault.
func (r *Road) observe(ctx context.Context, repo *Repository, t gitops.Target, run Running, budget *int) error {
	version, found, err := r.sightings.version(ctx, r.Clock(), t, run.Revision, func(ctx context.Context) (gitops.Version, error) {
		return repo.versionSeen(ctx, r.Manifests, run.Revision, t, budget)
	})
	if err != nil || !found {
		return err
	}
	return r.Observations.Record(ctx, gitops.Observation{
		Target: t.TargetRef, Version: version, Commit: run.Revision, Health: run.Health, First: run.At, Last: run.At,
	})
}
