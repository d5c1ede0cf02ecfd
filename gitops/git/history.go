package git

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

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
