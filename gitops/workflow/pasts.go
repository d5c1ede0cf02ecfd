package workflow

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// Bounds on how far back a field's history is read: the forge is asked for a
// page of commits and a file for each.
const (
	maxPages    = 3
	maxVersions = 20
)

// pasts returns the versions that a Target's field has held, newest first,
// according to the commits that touched its file up to a commit; each joined
// with the health it was observed in. A version that came back is listed once
// for each time.
func (w walk) pasts(ctx context.Context, upTo string, t gitops.Target) ([]gitops.Past, error) {
	return w.Road.pasts(ctx, w.repo, upTo, t)
}

func (r *Road) pasts(ctx context.Context, repo *Repository, upTo string, t gitops.Target) ([]gitops.Past, error) {
	seen, err := r.Observations.Seen(ctx, t.TargetRef)
	if err != nil {
		return nil, fmt.Errorf("observations of %s: %w", t.TargetRef, err)
	}
	var pasts []gitops.Past
	for page := 1; page <= maxPages && len(pasts) <= maxVersions; page++ {
		commits, err := repo.Past.Commits(ctx, upTo, t.Places[0].File, page)
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", t.Places[0].File, err)
		}
		if len(commits) == 0 {
			break
		}
		for _, c := range commits {
			version, err := repo.versionAt(ctx, r.Manifests, c.SHA, t)
			switch gitops.CodeOf(err) {
			case "":
				pasts = collapse(pasts, past(version, c, seen, r.Settle))
			case gitops.Unavailable, gitops.Internal:
				return nil, err
			default: // the file was another one then, or not yet there: no version of this Target
			}
		}
	}
	return pasts, nil
}

// collapse appends a version, or moves the start of the last one further back
// where a commit touched the file and left the version.
func collapse(pasts []gitops.Past, p gitops.Past) []gitops.Past {
	if n := len(pasts); n > 0 && pasts[n-1].Version == p.Version {
		pasts[n-1].Commit, pasts[n-1].At, pasts[n-1].Author = p.Commit, p.At, p.Author
		return pasts
	}
	return append(pasts, p)
}

// past joins a version with what was observed of it. Health that did not last
// is no health: right after a sync Argo CD shows for a moment the health of
// before.
func past(v gitops.Version, c PastCommit, seen []gitops.Observation, settle time.Duration) gitops.Past {
	p := gitops.Past{Version: v, Commit: c.SHA, At: c.At, Author: c.Author}
	for _, o := range seen {
		if o.Version != v {
			continue
		}
		p.Observed = true
		lasted := o.Last.Sub(o.First)
		if o.Health == gitops.HealthHealthy && lasted >= max(settle, p.Healthy.Last.Sub(p.Healthy.First)) {
			p.Healthy = o
		}
	}
	return p
}

func lower(h gitops.Health) string { return strings.ToLower(string(h)) }
