package git

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"

	"github.com/changebot/changebot/gitops/git/indexpack"
)

const (
	// cacheBytes bounds the inflated objects that one mirror keeps in memory:
	// mostly delta bases and the trees near the root.
	cacheBytes = 32 * cache.MiByte

	// maxTreeSize bounds one tree or commit; 10,000 entries take about 400 kB.
	maxTreeSize = 64 << 20
)

// store is the bare repository of one mirror on disk. It holds packs only, so
// that an object is either in a finished, checksummed file or not there at all.
// Every object is hashed when it is read: a decoder may well make something out
// of damaged bytes, and that must never get into a commit.
type store struct {
	dir     string
	shallow []plumbing.Hash // what the server was told, see the file "shallow"

	mu    sync.Mutex // go-git's packs are not safe for concurrent reads
	packs []*pack    // the newest last
	cache cache.Object
	trees treeCache
	clock int // counts reads, to know the file that was not used for longest

	// A store with commits that were not pushed yet holds only those, and the
	// store that they lie upon.
	below *store
	ahead map[plumbing.Hash]object
}

// with returns a store that holds commits that were not pushed yet as well. It
// is for reading.
func (s *store) with(ahead map[plumbing.Hash]object) *store {
	if len(ahead) == 0 {
		return s
	}
	return &store{below: s, ahead: ahead}
}

func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.packs {
		p.closeFile()
	}
}

// objects is how many objects the mirror holds, counting twins twice.
func (s *store) objects() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, p := range s.packs {
		n += p.count
	}
	return n
}

// has reports whether the object is in the mirror, without reading it.
func (s *store) has(h plumbing.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(h) != nil
}

func (s *store) find(h plumbing.Hash) *pack {
	for _, p := range slices.Backward(s.packs) {
		if ok, err := p.index.Contains(h); ok && err == nil {
			return p
		}
	}
	return nil
}

// size is the size of an object in bytes, as its header says.
func (s *store) size(h plumbing.Hash) (int64, error) {
	if o, ok := s.ahead[h]; ok {
		return int64(len(o.data)), nil
	}
	if s.below != nil {
		return s.below.size(h)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(h)
	if p == nil {
		return 0, fmt.Errorf("%w: %s", errMissing, h)
	}
	file, offset, err := s.seek(p, h)
	if err != nil {
		return 0, damaged(h, err)
	}
	n, err := file.GetSizeByOffset(offset)
	if err != nil {
		return 0, damaged(h, err)
	}
	return n, nil
}

// read returns the content of an object of the given kind, which has at most
// limit bytes. The caller owns the slice.
func (s *store) read(kind plumbing.ObjectType, h plumbing.Hash, limit int64) ([]byte, error) {
	n, err := s.size(h)
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", h, n, limit)
	}
	if o, ok := s.ahead[h]; ok && o.kind == kind {
		return slices.Clone(o.data), nil
	}
	if s.below != nil {
		return s.below.read(kind, h, limit)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(h)
	file, offset, err := s.seek(p, h)
	if err != nil {
		return nil, damaged(h, err)
	}
	obj, err := file.GetByOffset(offset)
	if err != nil {
		return nil, damaged(h, err)
	}
	data, err := content(obj)
	if err != nil {
		return nil, damaged(h, err)
	}
	if indexpack.ObjectHash(obj.Type(), data) != h {
		return nil, damaged(h, errors.New("its content has another hash"))
	}
	if obj.Type() != kind {
		return nil, fmt.Errorf("%w: no %s has the name %s", errMissing, kind, h)
	}
	return data, nil
}

// damaged wraps what the decoder said, which may be anything: "not found" for
// the base of a delta is damage too.
func damaged(h plumbing.Hash, err error) error {
	return fmt.Errorf("%w: read %s: %w", errDamaged, h, err)
}

func content(obj plumbing.EncodedObject) ([]byte, error) {
	r, err := obj.Reader()
	if err != nil {
		return nil, err
	}
	data := make([]byte, obj.Size())
	_, err = io.ReadFull(r, data)
	return data, errors.Join(err, r.Close())
}

// tree returns the entries of a tree, which the caller must not change.
func (s *store) tree(h plumbing.Hash) ([]entry, error) {
	if h == emptyTree() {
		return nil, nil
	}
	if _, ahead := s.ahead[h]; s.below != nil && !ahead {
		return s.below.tree(h)
	}
	s.mu.Lock()
	entries, ok := s.trees.get(h)
	s.mu.Unlock()
	if ok {
		return entries, nil
	}
	data, err := s.read(plumbing.TreeObject, h, maxTreeSize)
	if err != nil {
		return nil, err
	}
	if entries, err = parseTree(data); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trees.put(h, entries)
	return entries, nil
}

// emptyTree need not be stored anywhere: git knows it by heart.
func emptyTree() plumbing.Hash { return indexpack.ObjectHash(plumbing.TreeObject, nil) }

func (s *store) commit(h plumbing.Hash) (*rawCommit, error) {
	data, err := s.read(plumbing.CommitObject, h, maxTreeSize)
	if err != nil {
		return nil, err
	}
	return parseCommit(h, data)
}

// moved tells the store that its directory has another name now.
func (s *store) moved(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dir = dir
	for _, p := range s.packs {
		p.closeFile()
		p.path = filepath.Join(dir, "objects/pack", filepath.Base(p.path))
	}
}
