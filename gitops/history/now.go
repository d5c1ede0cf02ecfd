package history

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// A snapshot is which content each file that was asked for has as of a commit,
// and what was read in it. It moves to another commit by what differs between
// the two, which is a few files of ten thousand.
type snapshot struct {
	mu     sync.Mutex
	commit string
	files  map[string]*file
}

// A file is one of a snapshot.
type file struct {
	content id // zero where there is no regular file
	read    []fieldStanding
}

// fieldStanding is what stands at a field of a file's content.
type fieldStanding struct {
	field field
	workflow.Standing
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
				s.files[f.Path] = newFile(f.Hash)
			}
		}
	}
	if s.commit == "" {
		s.files = map[string]*file{}
	}
	s.commit = commit
	var missing []string
	for _, p := range places {
		if _, ok := s.files[p.File]; !ok {
			s.files[p.File] = &file{}
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
		s.files[f.Path] = newFile(f.Hash)
	}
	return nil
}

func newFile(hash string) *file {
	content, _ := parseID(hash) // zero where it is none
	return &file{content: content}
}

// standing returns what is known to stand at a field.
func (f *file) standing(at field) (s workflow.Standing, known bool) {
	for _, r := range f.read {
		if r.field == at {
			return r.Standing, true
		}
	}
	return s, f.content == id{}
}

// Now returns what stands at places as of a commit that the mirror holds, in
// their order. A place without a version is not Found, and that is no error:
// one file of ten thousand that cannot be read hides none of the others.
func (x *Index) Now(ctx context.Context, commit string, places []gitops.Place) ([]workflow.Standing, error) {
	all := make([]workflow.Standing, len(places))
	unread, err := x.known(ctx, commit, places, all)
	if err != nil || len(unread) == 0 {
		return all, err
	}
	defer x.flush()
	for i := range unread {
		u := &unread[i]
		u.Version, u.Found, err = x.versionOf(ctx, u.content, places[u.place])
		if err != nil {
			return nil, fmt.Errorf("read %s at %.8s: %w", places[u.place].File, commit, err)
		}
		all[u.place] = u.Standing
	}
	x.learn(places, unread)
	return all, nil
}

// A gap is a place of which nobody has read yet what stands there.
type gap struct {
	place   int
	content id
	workflow.Standing
}

// known fills in what is known as of a commit, and returns the gaps.
func (x *Index) known(ctx context.Context, commit string, places []gitops.Place, all []workflow.Standing) (unread []gap, err error) {
	x.now.mu.Lock()
	defer x.now.mu.Unlock()
	if err := x.now.move(ctx, x.opts.Source, commit, places); err != nil {
		return nil, err
	}
	for i, p := range places {
		f := x.now.files[p.File]
		s, known := f.standing(fieldOf(p))
		if all[i] = s; !known {
			unread = append(unread, gap{place: i, content: f.content})
		}
	}
	return unread, nil
}

// learn adds what was read, where the content is still the one.
func (x *Index) learn(places []gitops.Place, read []gap) {
	x.now.mu.Lock()
	defer x.now.mu.Unlock()
	for _, g := range read {
		p := places[g.place]
		f, ok := x.now.files[p.File]
		if !ok || f.content != g.content {
			continue
		}
		if _, known := f.standing(fieldOf(p)); !known {
			f.read = append(f.read, fieldStanding{fieldOf(p), g.Standing})
		}
	}
}
