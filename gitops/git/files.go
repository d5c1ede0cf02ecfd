package git

import (
	"context"
	"errors"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/catalog"
	"github.com/changebot/changebot/gitops/history"
)

// Diff returns the files that differ between two commits. Only the directories
// that differ are read.
func (m *Mirror) Diff(ctx context.Context, from, to Hash) ([]history.File, error) {
	var files []history.File
	err := m.atBoth(ctx, from, to, func(r *trees, a, b plumbing.Hash) error {
		files = nil
		return r.diff(ctx, a, b, func(path string, _, now rawEntry) error {
			if len(files) == maxChanges {
				return errTooMany
			}
			files = append(files, history.File{Path: path, Hash: shownBlob(now)})
			return nil
		})
	})
	return files, asError(err, gitops.Internal, "%.8s and %.8s could not be compared.", from, to)
}

// changed returns the paths that differ between two commits, links and
// submodules too.
func (m *Mirror) changed(ctx context.Context, from, to Hash) ([]catalog.Changed, error) {
	var changed []catalog.Changed
	err := m.atBoth(ctx, from, to, func(r *trees, a, b plumbing.Hash) error {
		changed = nil
		return r.diff(ctx, a, b, func(path string, was, now rawEntry) error {
			if len(changed) == maxChanges {
				return errTooMany
			}
			changed = append(changed, catalog.Changed{Path: path, Listed: was.kind() != now.kind()})
			return nil
		})
	})
	return changed, asError(err, gitops.Internal, "%.8s and %.8s could not be compared.", from, to)
}

func (m *Mirror) atBoth(ctx context.Context, from, to Hash, fn func(r *trees, a, b plumbing.Hash) error) error {
	return m.at(ctx, from, nil, func(st *store, a plumbing.Hash) error {
		h, err := parseHash("commit", to)
		if err != nil {
			return err
		}
		c, err := st.commit(h)
		if err != nil {
			return unknownCommit(err, h)
		}
		err = fn(st.rawTrees(), a, c.tree)
		if errors.Is(err, errTooMany) {
			return refuse(gitops.Invalid, err, "", "%.8s and %.8s differ in more than can be compared.", from, to)
		}
		return err
	})
}

// rawTrees reads the trees of one store, for as long as it is open.
func (s *store) rawTrees() *trees {
	return &trees{read: func(h plumbing.Hash) ([]byte, error) {
		data, err := s.read(plumbing.TreeObject, h, maxTreeSize)
		return data, incomplete(err)
	}}
}

// Find returns the regular files among paths, which are sorted, as of a
// commit. Each directory on the way is read once, however many files of it are
// asked for.
func (m *Mirror) Find(ctx context.Context, commit Hash, paths []string) ([]history.File, error) {
	var files []history.File
	err := m.at(ctx, commit, nil, func(st *store, root plumbing.Hash) error {
		files = make([]history.File, 0, len(paths))
		return st.rawTrees().files(ctx, root, "", paths, &files)
	})
	return files, asError(err, gitops.Internal, "The files at %.8s could not be found.", commit)
}

// files adds those of the paths that are below a tree, whose own path is dir.
func (r *trees) files(ctx context.Context, tree plumbing.Hash, dir string, paths []string, found *[]history.File) error {
	if err := ctx.Err(); err != nil {
		return refuse(gitops.Unavailable, err, "", "Reading the directories took too long.")
	}
	data, err := r.read(tree)
	if err != nil {
		return err
	}
	here, err := index(data)
	if err != nil {
		return err
	}
	for len(paths) > 0 {
		name, _, deeper := strings.Cut(paths[0][len(dir):], "/")
		n := 1
		if deeper {
			below := dir + name + "/"
			for n < len(paths) && strings.HasPrefix(paths[n], below) {
				n++
			}
			if l := here[name]; l.isDir() {
				if err := r.files(ctx, l.object(), below, paths[:n], found); err != nil {
					return err
				}
			}
		} else if blob := shownBlob(here[name]); blob != Zero {
			*found = append(*found, history.File{Path: paths[0], Hash: blob})
		}
		paths = paths[n:]
	}
	return nil
}

// index finds the entries of a tree by their names.
func index(tree []byte) (map[string]rawEntry, error) {
	here := map[string]rawEntry{}
	for {
		l, rest, ok, err := nextEntry(tree)
		if err != nil || !ok {
			return here, err
		}
		here[string(l.name)], tree = l, rest
	}
}

// Blob returns the content of a file by its hash. Codes: NotFound where the
// mirror does not hold it, Invalid where it is larger than MaxFileSize.
func (m *Mirror) Blob(ctx context.Context, hash Hash) ([]byte, error) {
	h, err := parseHash("blob", hash)
	if err != nil {
		return nil, err
	}
	var data []byte
	err = m.read(ctx, func(st *store) error {
		size, err := st.size(h)
		if err == nil && size > MaxFileSize {
			return tooLarge(hash, size)
		}
		if err == nil {
			data, err = st.read(plumbing.BlobObject, h, MaxFileSize)
		}
		if errors.Is(err, errMissing) {
			return refuse(gitops.NotFound, err, "", "The mirror does not hold %s.", hash)
		}
		return err
	})
	return data, asError(err, gitops.Internal, "%s could not be read.", hash)
}
