package git

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

// maxWalk bounds the entries that one Walk visits: a small repository can be
// made to hold the same tree a billion times.
const maxWalk = 2_000_000

// TreeEntry is one name in a directory at some commit.
type TreeEntry struct {
	Name string
	Mode Mode
	Hash Hash // of the blob or tree; of a commit elsewhere for a Submodule
}

// ReadFile returns the content of a file at a commit. The caller owns it.
//
// Codes: NotFound where there is no such path; Unsafe where the path
// leads through or to a symbolic link or a submodule; Invalid for a directory, a
// path that cannot be, and a file larger than MaxFileSize.
func (m *Mirror) ReadFile(ctx context.Context, commit Hash, path string) ([]byte, error) {
	return (&Draft{Commit: commit, mirror: m}).ReadFile(ctx, path)
}

// ReadFile returns the content of a file of the draft. Codes as for Mirror's.
func (d *Draft) ReadFile(ctx context.Context, path string) ([]byte, error) {
	elements, err := splitPath(path)
	if err != nil {
		return nil, err
	}
	var data []byte
	err = d.mirror.at(ctx, d.Commit, d.ahead, func(st *store, root plumbing.Hash) error {
		e, err := st.lookup(root, elements)
		if err != nil {
			return err
		}
		switch mode := e.mode(); mode {
		case Directory:
			return isDirectory(path)
		case Symlink, Submodule:
			return notFollowed(path, mode)
		}
		size, err := st.size(e.hash)
		if err == nil && size > MaxFileSize {
			return tooLarge(path, size)
		}
		if err == nil {
			data, err = st.read(plumbing.BlobObject, e.hash, MaxFileSize)
		}
		return incomplete(err)
	})
	return data, asError(err, gitops.Internal, "%q could not be read at %s.", path, d.Commit)
}

// ListTree returns the entries of a directory at a commit, in git's order. The
// root is "". Links and submodules are reported as what they are.
func (m *Mirror) ListTree(ctx context.Context, commit Hash, dir string) ([]TreeEntry, error) {
	var out []TreeEntry
	elements, err := splitDir(dir)
	if err != nil {
		return nil, err
	}
	err = m.at(ctx, commit, nil, func(st *store, root plumbing.Hash) error {
		tree, err := st.lookupDir(root, elements)
		if err != nil {
			return err
		}
		entries, err := st.tree(tree)
		out = shown(entries)
		return incomplete(err)
	})
	return out, asError(err, gitops.Internal, "The directory %q could not be read at %s.", dir, commit)
}

// WalkDirs calls fn for dir and every directory below it, parents first, each with
// its entries in git's order. fn may return fs.SkipDir to stay out of what is
// below, or fs.SkipAll to end; any other error ends the walk and is returned. The
// path is "" for the root.
func (m *Mirror) WalkDirs(ctx context.Context, commit Hash, dir string, fn func(path string, entries []TreeEntry) error) error {
	elements, err := splitDir(dir)
	if err != nil {
		return err
	}
	var top plumbing.Hash
	err = m.at(ctx, commit, nil, func(st *store, root plumbing.Hash) error {
		top, err = st.lookupDir(root, elements)
		return err
	})
	if err == nil {
		left := maxWalk
		err = m.walk(ctx, top, dir, fn, &left)
	}
	if errors.Is(err, fs.SkipAll) {
		return nil
	}
	return err
}

// walk takes the store anew for each directory, so that a long walk neither
// holds up a writer nor repeats directories after the mirror was healed.
func (m *Mirror) walk(ctx context.Context, tree plumbing.Hash, dir string, fn func(string, []TreeEntry) error, left *int) error {
	if err := ctx.Err(); err != nil {
		return refuse(gitops.Unavailable, err, "", "Reading the directories took too long.")
	}
	var entries []entry
	err := m.read(ctx, func(st *store) (err error) {
		entries, err = st.tree(tree)
		return incomplete(err)
	})
	if err != nil {
		return asError(err, gitops.Internal, "The directory %q could not be read.", dir)
	}
	if *left -= len(entries); *left < 0 || strings.Count(dir, "/") >= maxDepth {
		return refuse(gitops.Invalid, nil, "", "The repository has more than %d files or is too deep.", maxWalk)
	}
	err = fn(dir, shown(entries))
	if errors.Is(err, fs.SkipDir) {
		return nil
	}
	for _, e := range entries {
		if err == nil && e.isDir() {
			err = m.walk(ctx, e.hash, path.Join(dir, e.name), fn, left)
		}
	}
	return err
}

func shown(entries []entry) []TreeEntry {
	out := make([]TreeEntry, len(entries))
	for i, e := range entries {
		out[i] = TreeEntry{Name: e.name, Mode: e.mode(), Hash: e.hash.String()}
	}
	return out
}

// at runs fn over the store, and what is ahead of it, with the root tree of the
// commit.
func (m *Mirror) at(ctx context.Context, commit Hash, ahead map[plumbing.Hash]object, fn func(*store, plumbing.Hash) error) error {
	h, err := parseHash("commit", commit)
	if err != nil {
		return err
	}
	return m.read(ctx, func(st *store) error {
		st = st.with(ahead)
		c, err := st.commit(h)
		if err != nil {
			return unknownCommit(err, h)
		}
		return fn(st, c.tree)
	})
}

// lookup finds the entry at a path, following directories only.
func (s *store) lookup(root plumbing.Hash, elements []string) (entry, error) {
	at := entry{raw: rawDirectory, hash: root}
	for i, name := range elements {
		shown := strings.Join(elements[:i+1], "/")
		entries, err := s.tree(at.hash)
		if err != nil {
			return entry{}, incomplete(err)
		}
		j := findEntry(entries, name)
		if j < 0 {
			return entry{}, noSuchPath(shown)
		}
		at = entries[j]
		if i == len(elements)-1 || at.isDir() {
			continue
		}
		if mode := at.mode(); mode == Symlink || mode == Submodule {
			return entry{}, notFollowed(shown, mode)
		}
		return entry{}, noSuchPath(strings.Join(elements, "/"))
	}
	return at, nil
}

func (s *store) lookupDir(root plumbing.Hash, elements []string) (plumbing.Hash, error) {
	e, err := s.lookup(root, elements)
	if err == nil && !e.isDir() {
		err = refuse(gitops.Invalid, nil, "", "%q is not a directory.", strings.Join(elements, "/"))
	}
	return e.hash, err
}

// incomplete turns a missing object into damage: below a commit that is here,
// every tree and blob must be.
func incomplete(err error) error {
	if errors.Is(err, errMissing) {
		return errors.Join(errDamaged, err)
	}
	return err
}
