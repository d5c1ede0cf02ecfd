package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

// A rawEntry is one entry of a tree as it lies there, without a copy. A commit's
// trees are compared entry by entry: two trees of 10,000 names that differ in one
// are as good as equal, and nothing is made of the names that are the same.
type rawEntry struct {
	mode, name, hash []byte
}

var errCutOff = errors.New("tree entry is cut off")

// nextEntry splits the first entry off a tree. ok is false at its end.
func nextEntry(tree []byte) (l rawEntry, rest []byte, ok bool, err error) {
	if len(tree) == 0 {
		return rawEntry{}, nil, false, nil
	}
	space, end := bytes.IndexByte(tree, ' '), bytes.IndexByte(tree, 0)
	after := end + 1 + len(plumbing.ZeroHash)
	if space <= 0 || end < space+2 || after > len(tree) {
		return rawEntry{}, nil, false, errCutOff
	}
	return rawEntry{mode: tree[:space], name: tree[space+1 : end], hash: tree[end+1 : after]}, tree[after:], true, nil
}

func (l rawEntry) isDir() bool { return l.kind() == Directory }

// blob is the hash of a regular file, zero for everything else.
func (l rawEntry) blob() plumbing.Hash {
	if kind := l.kind(); kind != Regular && kind != Executable {
		return plumbing.ZeroHash
	}
	return l.object()
}

func (l rawEntry) object() (h plumbing.Hash) {
	copy(h[:], l.hash)
	return h
}

// compare is compareEntries for raw ones: 0 means the same name and both
// directories, or neither.
func (l rawEntry) compare(other rawEntry) int {
	n := min(len(l.name), len(other.name))
	if c := bytes.Compare(l.name[:n], other.name[:n]); c != 0 {
		return c
	}
	return cmp.Compare(l.after(n), other.after(n))
}

func (l rawEntry) after(n int) byte {
	switch {
	case n < len(l.name):
		return l.name[n]
	case l.isDir():
		return '/'
	}
	return 0
}

// pairs calls fn for each entry in which two trees differ, with the other one's
// of the same name and kind, or with nothing.
func pairs(a, b []byte, fn func(old, now rawEntry) error) error {
	for len(a) > 0 || len(b) > 0 {
		if n := bytes.IndexByte(a, 0) + 1 + len(plumbing.ZeroHash); len(a) > 0 && n <= len(a) && n <= len(b) && bytes.Equal(a[:n], b[:n]) {
			a, b = a[n:], b[n:]
			continue
		}
		old, aRest, hasOld, err := nextEntry(a)
		if err != nil {
			return err
		}
		now, bRest, hasNow, err := nextEntry(b)
		if err != nil {
			return err
		}
		order := 0
		switch {
		case !hasNow:
			order = -1
		case !hasOld:
			order = 1
		default:
			order = old.compare(now)
		}
		switch {
		case order < 0:
			now, a = rawEntry{}, aRest
		case order > 0:
			old, b = rawEntry{}, bRest
		default:
			a, b = aRest, bRest
		}
		if err := fn(old, now); err != nil {
			return err
		}
	}
	return nil
}

// same says whether two entries are the same thing to git, which knows two
// modes of files only, whatever old tools wrote.
func (l rawEntry) same(other rawEntry) bool {
	return bytes.Equal(l.hash, other.hash) && l.kind() == other.kind()
}

func (l rawEntry) kind() Mode {
	if l.name == nil {
		return Keep
	}
	return entry{raw: string(l.mode)}.mode()
}

// maxCompared bounds the bytes of trees that one comparison looks at: a small
// repository can be made to hold the same tree a billion times. An import of
// 100,000 files has a tenth of it.
const maxCompared = 128 << 20

var errTooMany = errors.New("too much differs")

// diff calls fn for every path that is no directory and differs between two
// trees, either of which may be zero, in the order of the trees. Where there is
// nothing, the entry is empty. errTooMany is in the chain where that would take
// for ever.
func (r *trees) diff(ctx context.Context, old, now plumbing.Hash, fn func(path string, old, now rawEntry) error) error {
	left := maxCompared
	return r.diffBelow(ctx, old, now, "", &left, fn)
}

func (r *trees) diffBelow(ctx context.Context, old, now plumbing.Hash, dir string, left *int, fn func(path string, old, now rawEntry) error) error {
	if old == now {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return refuse(gitops.Unavailable, err, "", "Comparing the directories took too long.")
	}
	a, err := r.get(old)
	if err != nil {
		return err
	}
	b, err := r.get(now)
	if err != nil {
		return err
	}
	if *left -= len(a) + len(b) + minCompared; *left < 0 || strings.Count(dir, "/") > maxDepth {
		return errTooMany
	}
	return pairs(a, b, func(was, is rawEntry) error {
		name := string(is.name)
		if is.name == nil {
			name = string(was.name)
		}
		if was.isDir() || is.isDir() { // both, or the one that is there
			return r.diffBelow(ctx, was.object(), is.object(), dir+name+"/", left, fn)
		}
		if was.same(is) {
			return nil
		}
		return fn(dir+name, was, is)
	})
}

// minCompared is what a directory counts beside its bytes: it may have none.
const minCompared = 64

// keptTrees bounds the bytes of trees that a walk over the history keeps.
const keptTrees = 16 << 20

// trees reads trees without taking them apart, and keeps the last ones: the
// next commit is compared with this one.
type trees struct {
	read  func(plumbing.Hash) ([]byte, error)
	newer map[plumbing.Hash][]byte
	older map[plumbing.Hash][]byte
	size  int // of newer
}

func (r *trees) get(h plumbing.Hash) ([]byte, error) {
	if h.IsZero() || h == emptyTree() {
		return nil, nil
	}
	if data, ok := r.newer[h]; ok {
		return data, nil
	}
	data, ok := r.older[h]
	if !ok {
		var err error
		if data, err = r.read(h); err != nil {
			return nil, err
		}
	}
	if r.newer == nil || r.size > keptTrees/2 {
		r.newer, r.older, r.size = map[plumbing.Hash][]byte{}, r.newer, 0
	}
	r.newer[h] = data
	r.size += len(data)
	return data, nil
}

// find returns the entry at a path below a tree, empty where there is none.
func (r *trees) find(root plumbing.Hash, path string) (rawEntry, error) {
	for {
		data, err := r.get(root)
		if err != nil {
			return rawEntry{}, err
		}
		name, below, deeper := strings.Cut(path, "/")
		found, err := entryNamed(data, name)
		switch {
		case err != nil || !deeper || found.name == nil:
			return found, err
		case !found.isDir():
			return rawEntry{}, nil
		}
		root, path = found.object(), below
	}
}

func entryNamed(tree []byte, name string) (rawEntry, error) {
	for {
		l, rest, ok, err := nextEntry(tree)
		if err != nil || !ok || string(l.name) == name {
			return l, err
		}
		tree = rest
	}
}
