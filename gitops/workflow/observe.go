package workflow

import (
	"context"
	"errors"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// Observe notes what every Target runs and how it is. It is called on a timer
// from the first start on, so that a rollback knows which version was healthy.
// What was seen is noted all at once: ten thousand Targets are ten thousand
// rows, not as many transactions.
func (r *Road) Observe(ctx context.Context) error {
	running, err := r.Deployer.Running(ctx)
	if err != nil {
		return fmt.Errorf("ask Argo CD what runs: %w", err)
	}
	var wrong []error
	var seen []gitops.Observation
	apps, budget := inventoryOf(running), askedAtOnce
	for _, repo := range r.repositories {
		tip, err := repo.tip(ctx)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if tip.Catalog == nil {
			continue // it was never good; there are no Targets to speak of
		}
		for _, t := range tip.Catalog.Targets {
			run, runs := apps.of(t.Argo)
			if !runs || run.Revision == "" {
				continue
			}
			o, found, err := r.observe(ctx, repo, t, run, &budget)
			if found {
				seen = append(seen, o)
			}
			if err != nil {
				wrong = append(wrong, err)
			}
		}
	}
	if len(seen) > 0 {
		wrong = append(wrong, r.Observations.Record(ctx, seen...))
	}
	return errors.Join(wrong...)
}

// An inventory is what runs, by the applications' names.
type inventory map[string][]Running

func inventoryOf(running []Running) inventory {
	all := inventory{}
	for _, r := range running {
		all[r.App.Name] = append(all[r.App.Name], r)
	}
	return all
}

// of returns what an application of the catalogue runs.
func (i inventory) of(app gitops.ArgoApp) (Running, bool) {
	for _, r := range i[app.Name] {
		if r.is(app) {
			return r, true
		}
	}
	return Running{}, false
}

// observe says what one Target runs. A revision whose file cannot be read as a
// version teaches nothing, and is no fault.
func (r *Road) observe(ctx context.Context, repo *Repository, t gitops.Target, run Running, budget *int) (o gitops.Observation, found bool, err error) {
	version, found, err := r.sightings.version(ctx, r.Clock(), t, run.Revision, func(ctx context.Context) (gitops.Version, error) {
		return repo.versionSeen(ctx, r.Manifests, run.Revision, t, budget)
	})
	if err != nil || !found {
		return o, false, err
	}
	return gitops.Observation{
		Target: t.TargetRef, Version: version, Commit: run.Revision, Health: run.Health, First: run.At, Last: run.At,
	}, true, nil
}
