package git

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

// ReadCommit returns a commit's parents, people, dates and message. See
// ErrUnknownCommit.
func (m *Mirror) ReadCommit(ctx context.Context, commit Hash) (CommitInfo, error) {
	var out CommitInfo
	h, err := parseHash("commit", commit)
	if err != nil {
		return out, err
	}
	err = m.read(ctx, func(st *store) error {
		c, err := st.commit(h)
		if err != nil {
			return unknownCommit(err, h)
		}
		out = c.info()
		return nil
	})
	return out, asError(err, gitops.Internal, "The commit %s could not be read.", commit)
}

// Contains reports whether ancestor is commit itself or was merged into it.
//
// A shallow mirror knows what was merged since it was cloned. Where the answer
// lies before that, it is an error with ErrShallow in the chain and code
// NotFound: ask the forge. For a commit that is unknown here see ErrUnknownCommit.
func (m *Mirror) Contains(ctx context.Context, commit, ancestor Hash) (bool, error) {
	c, err := parseHash("commit", commit)
	if err != nil {
		return false, err
	}
	a, err := parseHash("ancestor", ancestor)
	if err != nil {
		return false, err
	}
	var yes bool
	err = m.read(ctx, func(st *store) error {
		if !st.has(c) {
			return unknownCommit(errMissing, c)
		}
		yes, err = st.contains(ctx, c, a)
		return err
	})
	if errors.Is(err, ErrShallow) {
		return false, refuse(gitops.NotFound, err, "",
			"Whether %s contains %s lies before the start of the mirror.", commit, ancestor)
	}
	return yes, asError(err, gitops.Internal, "Whether %s contains %s could not be found out.", commit, ancestor)
}

// contains is Contains for commits that were checked. Commits before the start
// of the mirror could hide anything, so "no" needs a proof: either all history
// of commit is here, or ancestor comes after every place where it breaks off,
// for no commit is among the ancestors of its own ancestors.
func (s *store) contains(ctx context.Context, commit, ancestor plumbing.Hash) (bool, error) {
	seen, breaks, err := s.ancestors(ctx, commit, ancestor)
	if err != nil || seen[ancestor] {
		return seen[ancestor], err
	}
	if len(breaks) == 0 {
		return false, nil
	}
	if s.has(ancestor) {
		before, _, err := s.ancestors(ctx, ancestor, plumbing.ZeroHash)
		if err != nil {
			return false, err
		}
		if !slices.ContainsFunc(breaks, func(b plumbing.Hash) bool { return !before[b] }) {
			return false, nil
		}
	}
	return false, ErrShallow
}

// ancestors walks all history of a commit that is here, until it meets stop. breaks are the
// commits of which a parent is not here.
func (s *store) ancestors(ctx context.Context, from, stop plumbing.Hash) (seen map[plumbing.Hash]bool, breaks []plumbing.Hash, err error) {
	seen = map[plumbing.Hash]bool{from: true}
	queue := []plumbing.Hash{from}
	for len(queue) > 0 && !seen[stop] {
		if err := ctx.Err(); err != nil {
			return nil, nil, refuse(gitops.Unavailable, err, "", "Reading the history took too long.")
		}
		c, err := s.commit(queue[0])
		if err != nil {
			return nil, nil, err
		}
		queue = queue[1:]
		whole := true
		for _, p := range c.parents {
			switch {
			case seen[p]:
			case p == stop || s.has(p):
				seen[p] = true
				queue = append(queue, p)
			default:
				whole = false
			}
		}
		if !whole {
			breaks = append(breaks, c.hash)
		}
	}
	return seen, breaks, nil
}

// checkStart walks the first parents of tip to where they break off, and checks
// that this is a place the server was told about.
func (s *store) checkStart(tip plumbing.Hash) error {
	for at := tip; ; {
		c, err := s.commit(at)
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", tip, err)
		}
		if slices.Contains(s.shallow, at) || len(c.parents) == 0 {
			return nil
		}
		at = c.parents[0]
	}
}

// FileVersion is a commit that gave a file another content, mode or existence
// than its first parent has.
type FileVersion struct {
	Commit CommitInfo
	Blob   Hash // Zero: the file was deleted here
	Mode   Mode // Keep: the file was deleted here
}

// FileHistory is what the first parents of a commit did to one path.
type FileHistory struct {
	Versions []FileVersion // newest first

	// Complete: the first commit of all was reached. Otherwise exactly one of
	// the next two says why not.
	Complete bool

	// Boundary is the oldest commit of the mirror; whether it changed the file, and
	// what was before, only the forge knows. The file stood there as Start.
	Boundary Hash
	Start    FileVersion

	// Next is where to go on after the limit.
	Next Hash
}

// FileHistory walks the first parents of commit, which on a base branch are the
// merges, and returns up to limit commits that changed the file at path. A path
// that never was gives no versions. Cost: two small reads per commit.
func (m *Mirror) FileHistory(ctx context.Context, commit Hash, path string, limit int) (FileHistory, error) {
	var out FileHistory
	elements, err := splitPath(path)
	if err != nil {
		return out, err
	}
	h, err := parseHash("commit", commit)
	if err != nil {
		return out, err
	}
	err = m.read(ctx, func(st *store) error {
		out, err = st.fileHistory(ctx, h, elements, limit)
		return err
	})
	return out, asError(err, gitops.Internal, "The history of %q could not be read.", path)
}

func (s *store) fileHistory(ctx context.Context, from plumbing.Hash, elements []string, limit int) (FileHistory, error) {
	var out FileHistory
	c, err := s.commit(from)
	if err != nil {
		return out, unknownCommit(err, from)
	}
	now, err := s.entryAt(c.tree, elements)
	for err == nil && ctx.Err() == nil {
		if len(out.Versions) >= limit {
			out.Next = c.hash.String()
			return out, nil
		}
		var before entry
		var parent *rawCommit
		if len(c.parents) > 0 {
			parent, err = s.commit(c.parents[0])
			if errors.Is(err, errMissing) {
				out.Boundary, out.Start = c.hash.String(), version(c, now)
				return out, nil
			}
			if err != nil {
				return out, err
			}
			if before = now; parent.tree != c.tree {
				if before, err = s.entryAt(parent.tree, elements); err != nil {
					return out, err
				}
			}
		}
		if before.hash != now.hash || before.mode() != now.mode() {
			out.Versions = append(out.Versions, version(c, now))
		}
		if parent == nil {
			out.Complete = true
			return out, nil
		}
		c, now = parent, before
	}
	if err == nil {
		err = refuse(gitops.Unavailable, ctx.Err(), "", "Reading the history took too long.")
	}
	return out, err
}

func version(c *rawCommit, e entry) FileVersion {
	if e.hash.IsZero() {
		return FileVersion{Commit: c.info()}
	}
	return FileVersion{Commit: c.info(), Blob: e.hash.String(), Mode: e.mode()}
}

// entryAt is lookup where nothing, or a file in the place of a directory, is an
// empty entry.
func (s *store) entryAt(root plumbing.Hash, elements []string) (entry, error) {
	e, err := s.lookup(root, elements)
	switch gitops.CodeOf(err) {
	case gitops.NotFound, gitops.Unsafe:
		return entry{}, nil
	}
	return e, err
}
