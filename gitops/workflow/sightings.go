package workflow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/changebot/changebot/gitops"
)

const (
	// askedAtOnce is how many files one look at what runs asks the forge for.
	// Ten thousand applications may run what lies before the mirror's start;
	// they are looked at again after a while.
	askedAtOnce = 20

	// unreadableFor is how long a revision that taught nothing is not asked
	// for again.
	unreadableFor = time.Hour
)

// errNotYet says that a revision is read at another look.
var errNotYet = errors.New("enough was asked at once")

// sightings remember which version each Target had at the revision that it was
// last seen to run: it is asked at every look, and never becomes another.
type sightings struct {
	mu   sync.Mutex
	last map[gitops.TargetRef]sighting
}

type sighting struct {
	revision string
	place    gitops.Place
	version  gitops.Version
	found    bool
	at       time.Time
}

// version returns what is remembered, or else what read finds. Nothing is
// found, without an error, where the revision has no version there.
func (s *sightings) version(ctx context.Context, now time.Time, t gitops.Target, revision string, read func(context.Context) (gitops.Version, error)) (v gitops.Version, found bool, err error) {
	s.mu.Lock()
	last := s.last[t.TargetRef]
	s.mu.Unlock()
	if last.revision == revision && last.place == t.Places[0] && (last.found || now.Sub(last.at) < unreadableFor) {
		return last.version, last.found, nil
	}
	v, err = read(ctx)
	switch {
	case errors.Is(err, errNotYet):
		return v, false, nil
	case gitops.CodeOf(err) == gitops.Unavailable, gitops.CodeOf(err) == gitops.Internal:
		return v, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[gitops.TargetRef]sighting{}
	}
	s.last[t.TargetRef] = sighting{revision, t.Places[0], v, err == nil, now}
	return v, err == nil, nil
}

// versionSeen is versionAt for what runs, which may lie before the mirror's
// start. The forge is asked for as much as the budget allows.
func (repo *Repository) versionSeen(ctx context.Context, m Manifests, revision string, t gitops.Target, budget *int) (gitops.Version, error) {
	place := t.Places[0]
	data, err := repo.Git.ReadFile(ctx, revision, place.File)
	if gitops.CodeOf(err) == gitops.NotFound {
		if *budget--; *budget < 0 {
			return gitops.Version{}, errNotYet
		}
		data, err = repo.Past.FileAt(ctx, revision, place.File)
	}
	if err != nil {
		return gitops.Version{}, fmt.Errorf("read %s at %.8s: %w", place.File, revision, err)
	}
	return m.Read(data, place)
}
