package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/pulltext"
)

// Bounds on how far back a field's history is read, since the forge is asked
// for a file of each commit that lies before the mirror. Only a version that is
// named is looked for beyond the newest ones.
const (
	maxCommits  = 150
	maxVersions = 20
)

// pasts returns the versions that a Target's field has held, newest first,
// according to the commits that touched its file up to a commit; each joined
// with the health it was observed in. A version that came back is listed once
// for each time. named is a version that shall be among them if it ever was;
// it may be empty.
func (w walk) pasts(ctx context.Context, upTo string, t gitops.Target, named string) ([]gitops.Past, error) {
	return w.Road.pasts(ctx, w.repo, upTo, t, named)
}

func (r *Road) pasts(ctx context.Context, repo *Repository, upTo string, t gitops.Target, named string) ([]gitops.Past, error) {
	seen, err := r.Observations.Seen(ctx, t.TargetRef)
	if err != nil {
		return nil, fmt.Errorf("observations of %s: %w", t.TargetRef, err)
	}
	var pasts []gitops.Past
	takesBack := false // whether the commit that brought the last of them is a rollback
	read := 0
	for held, err := range repo.History.Log(ctx, upTo, t.Places[0]) {
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", t.TargetRef, err)
		}
		if read++; read > maxCommits {
			break
		}
		if !held.Found {
			continue
		}
		p := past(held, seen, r.Settle)
		p.TakenBack = takesBack
		pasts, takesBack = collapse(pasts, p), pulltext.IsRollback(held.Title)
		if enough(pasts, named) {
			return pasts[:len(pasts)-1], nil
		}
	}
	return pasts, nil
}

// enough says that a history is long enough without its last version, of which
// it is not known yet since when it stood there.
func enough(pasts []gitops.Past, named string) bool {
	whole := pasts[:len(pasts)-1]
	return len(whole) >= maxVersions && (named == "" || slices.ContainsFunc(whole, func(p gitops.Past) bool {
		return p.Version.Named(named)
	}))
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
// tells nothing: right after a sync Argo CD shows for a moment the health of
// before, and a version that ran when changebot came may have gone a moment
// later.
func past(h Held, seen []gitops.Observation, settle time.Duration) gitops.Past {
	p := gitops.Past{Version: h.Version, Commit: h.SHA, At: h.Since, Author: h.Author}
	for _, o := range seen {
		if o.Version != h.Version {
			continue
		}
		lasted := o.Last.Sub(o.First)
		if o.Health == gitops.HealthHealthy && lasted < settle {
			continue
		}
		p.Observed = true
		if o.Health == gitops.HealthHealthy && lasted >= p.Healthy.Last.Sub(p.Healthy.First) {
			p.Healthy = o
		}
	}
	return p
}

func lower(h gitops.Health) string { return strings.ToLower(string(h)) }
