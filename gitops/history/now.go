package history

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// A snapshot is which content each file that was asked for has as of a commit.
// It moves to another commit by what differs between the two, which is a
// few files of ten thousand.
type snapshot struct {
	mu     sync.Mutex
	commit string
	files  map[string]id // zero where there is no regular file
}

// maxSnapshot bounds the files that a snapshot has.
const maxSnapshot = 500_000

func (s *snapshot) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit, s.files = "", nil
}

// move brings the snapshot to a commit and takes in files that it does not
// have yet. The caller holds mu.
func (s *snapshot) move(ctx context.Context, source Source, commit string, places []gitops.Place) error {
	if s.commit != commit && s.commit != "" {
		changed, err := source.Diff(ctx, s.commit, commit)
		if err != nil || len(s.files) > maxSnapshot { // the mirror was cloned again, say
			s.commit = ""
		}
		for _, f := range changed {
			if _, asked := s.files[f.Path]; asked {
				s.files[f.Path], _ = parseID(f.Hash)
			}
		}
	}
	if s.commit == "" {
		s.files = map[string]id{}
	}
	s.commit = commit
	var missing []string
	for _, p := range places {
		if _, ok := s.files[p.File]; !ok {
			s.files[p.File] = id{}
			missing = append(missing, p.File)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	files, err := source.Find(ctx, commit, missing)
	if err != nil {
		s.commit, s.files = "", nil
		return fmt.Errorf("find the files at %.8s: %w", commit, err)
	}
	for _, f := range files {
		s.files[f.Path], _ = parseID(f.Hash)
	}
	return nil
}

// Now returns what stands at places as of a commit that the mirror holds, in
// their order. A place without a version is not Found, and that is no error:
// one file of ten thousand that cannot be read hides none of the others.
func (x *Index) Now(ctx context.Context, commit string, places []gitops.Place) ([]workflow.Standing, error) {
	contents, err := x.contents(ctx, commit, places)
	if err != nil {
		return nil, err
	}
	defer x.flush()
	all := make([]workflow.Standing, len(places))
	unread := x.recall(contents, places, all)
	for _, i := range unread {
		if all[i].Version, all[i].Found, err = x.versionOf(ctx, contents[i], places[i]); err != nil {
			return nil, fmt.Errorf("read %s at %.8s: %w", places[i].File, commit, err)
		}
	}
	return all, nil
}

func (x *Index) contents(ctx context.Context, commit string, places []gitops.Place) ([]id, error) {
	x.now.mu.Lock()
	defer x.now.mu.Unlock()
	if err := x.now.move(ctx, x.opts.Source, commit, places); err != nil {
		return nil, err
	}
	contents := make([]id, len(places))
	for i, p := range places {
		contents[i] = x.now.files[p.File]
	}
	return contents, nil
}

// recall fills in what is remembered and returns which places are not.
func (x *Index) recall(contents []id, places []gitops.Place, all []workflow.Standing) (unread []int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for i, p := range places {
		if contents[i] == (id{}) {
			continue
		}
		v, found, known := x.readings.get(contents[i], fieldOf(p))
		all[i] = workflow.Standing{Version: v, Found: found}
		if !known {
			unread = append(unread, i)
		}
	}
	return unread
}
