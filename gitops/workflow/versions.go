package workflow

import (
	"context"
	"sync"

	"github.com/changebot/changebot/gitops"
)

// mostRead is how many readings of old commits are remembered: half of them at
// least, and all of them at most.
const mostRead = 20_000

// readings remember which version stood at a place as of a commit, which never
// changes. A step that was cut short does not read again what it has read. It
// is a cache: the older half is forgotten when the newer one is full.
type readings struct {
	mu           sync.Mutex
	newer, older map[reading]outcome
}

type reading struct {
	commit string
	place  gitops.Place
}

type outcome struct {
	version gitops.Version
	found   bool
}

func (r *readings) get(key reading) (outcome, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, known := r.newer[key]
	if !known {
		o, known = r.older[key]
	}
	return o, known
}

func (r *readings) put(key reading, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newer == nil || len(r.newer) >= mostRead/2 {
		r.newer, r.older = map[reading]outcome{}, r.newer
	}
	r.newer[key] = o
}

// versionOnce is versionAt for a commit that somebody looks back at. found is
// false where no version stood there: the file was another one then, or not
// yet there.
func (repo *Repository) versionOnce(ctx context.Context, m Manifests, commit string, t gitops.Target) (version gitops.Version, found bool, err error) {
	key := reading{commit: commit, place: t.Places[0]}
	if o, known := repo.readings.get(key); known {
		return o.version, o.found, nil
	}
	version, err = repo.versionAt(ctx, m, commit, t)
	switch gitops.CodeOf(err) {
	case "", gitops.Invalid, gitops.Unsafe:
		repo.readings.put(key, outcome{version, err == nil})
		return version, err == nil, nil
	case gitops.Unavailable, gitops.Internal:
		return version, false, err
	default: // what the forge does not have it may only hide for a while
		return version, false, nil
	}
}
