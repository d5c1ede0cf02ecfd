package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/history"
	"github.com/changebot/changebot/gitops/pulltext"
)

// maxChanges bounds what one commit may have changed to be looked at: a larger
// one, an import say, is as good as the beginning of the history.
const maxChanges = 500_000

// Log visits the ancestors of a commit with what each changed. See
// history.Source.
func (m *Mirror) Log(ctx context.Context, tip Hash, most int, known func(Hash) bool, visit func(history.Commit) error) error {
	h, err := parseHash("commit", tip)
	if err != nil {
		return err
	}
	l := logWalk{m: m, known: known, met: map[plumbing.Hash]*logged{}}
	l.trees.read = func(h plumbing.Hash) (data []byte, err error) {
		err = m.read(ctx, func(st *store) error {
			data, err = st.read(plumbing.TreeObject, h, maxTreeSize)
			return incomplete(err)
		})
		return data, err
	}
	order, err := l.collect(ctx, h, most)
	for _, c := range order {
		if err != nil {
			break
		}
		var out history.Commit
		if out, err = l.shown(ctx, c); err == nil {
			err = visit(out)
		}
	}
	return asError(err, gitops.Internal, "The history of %s could not be read.", tip)
}

// A logWalk is one reading of the history.
type logWalk struct {
	m     *Mirror
	known func(Hash) bool
	met   map[plumbing.Hash]*logged
	trees trees
}

// logged is a commit that is to be visited.
type logged struct {
	*rawCommit
	main bool
}

// collect returns the commits that are not known, parents before children. The
// line of first parents comes in first, so that it is the last to be cut off.
func (l *logWalk) collect(ctx context.Context, tip plumbing.Hash, most int) ([]*logged, error) {
	for at, ok := tip, true; ok; {
		c, err := l.take(ctx, at, most)
		if err != nil {
			return nil, err
		}
		if c == nil {
			break
		}
		c.main = true
		if ok = len(c.parents) > 0; ok {
			at = c.parents[0]
		}
	}
	if l.met[tip] == nil {
		if l.known(tip.String()) {
			return nil, nil
		}
		return nil, unknownCommit(errMissing, tip)
	}
	var order []*logged
	done := map[plumbing.Hash]bool{}
	for stack := []plumbing.Hash{tip}; len(stack) > 0; {
		at := stack[len(stack)-1]
		c := l.met[at]
		if done[at] {
			stack = stack[:len(stack)-1]
			continue
		}
		ready := true
		for _, p := range slices.Backward(c.parents) {
			next, err := l.take(ctx, p, most)
			if err != nil {
				return nil, err
			}
			if next != nil && !done[p] {
				stack = append(stack, p)
				ready = false
			}
		}
		if ready {
			stack = stack[:len(stack)-1]
			done[at] = true
			order = append(order, c)
		}
	}
	return order, nil
}

// take reads a commit that is to be visited; nil where it is known, is not held, or would be one too many.
func (l *logWalk) take(ctx context.Context, h plumbing.Hash, most int) (*logged, error) {
	if c := l.met[h]; c != nil || len(l.met) >= most || l.known(h.String()) {
		return c, nil
	}
	raw, err := l.commit(ctx, h)
	if raw == nil || err != nil {
		return nil, err
	}
	c := &logged{rawCommit: raw}
	l.met[h] = c
	return c, nil
}

// commit reads a commit, nil where it is not held.
func (l *logWalk) commit(ctx context.Context, h plumbing.Hash) (c *rawCommit, err error) {
	if err := ctx.Err(); err != nil {
		return nil, refuse(gitops.Unavailable, err, "", "Reading the history took too long.")
	}
	err = l.m.read(ctx, func(st *store) error {
		c, err = st.commit(h)
		return err
	})
	if errors.Is(err, errMissing) {
		return nil, nil
	}
	return c, err
}

// shown is a commit with its changes. A parent that is neither held nor to be
// visited makes it the boundary.
func (l *logWalk) shown(ctx context.Context, c *logged) (history.Commit, error) {
	out := history.Commit{Hash: c.hash.String(), Main: c.main}
	var data []byte
	err := l.m.read(ctx, func(st *store) (err error) {
		data, err = st.read(plumbing.CommitObject, c.hash, maxTreeSize)
		return err
	})
	if err != nil {
		return out, err
	}
	out.Author, out.At, out.Title = describeCommit(data)
	parents := make([]plumbing.Hash, len(c.parents)) // their trees
	for i, p := range c.parents {
		out.Parents = append(out.Parents, p.String())
		if l.met[p] == nil && !l.known(p.String()) {
			out.Boundary = true
			continue
		}
		raw, err := l.commit(ctx, p)
		if err != nil {
			return out, err
		}
		if raw == nil { // known from before the mirror was cloned again
			out.Boundary = true
			continue
		}
		parents[i] = raw.tree
	}
	if out.Boundary {
		return out, nil
	}
	out.Changes, err = l.changes(ctx, c.tree, parents)
	if errors.Is(err, errTooMany) {
		out.Boundary, out.Changes, err = true, nil, nil
	}
	return out, err
}

func (l *logWalk) changes(ctx context.Context, tree plumbing.Hash, parents []plumbing.Hash) ([]history.Change, error) {
	var first plumbing.Hash
	if len(parents) > 0 {
		first = parents[0]
	}
	var changes []history.Change
	err := l.trees.diff(ctx, first, tree, func(path string, _, now rawEntry) error {
		if len(changes) >= maxChanges {
			return errTooMany
		}
		c := history.Change{Path: path, Hash: shownBlob(now)}
		for i := 1; i < len(parents) && c.Same == 0; i++ {
			there, err := l.trees.find(parents[i], path)
			if err != nil {
				return err
			}
			if there.same(now) {
				c.Same = i
			}
		}
		changes = append(changes, c)
		return nil
	})
	return changes, err
}

// shownBlob is the hash of a regular file's content, empty for all else.
func shownBlob(l rawEntry) Hash {
	if blob := l.blob(); !blob.IsZero() {
		return blob.String()
	}
	return Zero
}

// describeCommit reads who, when and what from a commit; what is not written as git
// writes it is left empty. Of a commit that was asked for, who asked counts as
// its author: else changebot would have done everything.
func describeCommit(data []byte) (author string, at time.Time, title string) {
	header, message, _ := bytes.Cut(data, []byte("\n\n"))
	for header := range strings.Lines(string(header)) {
		if rest, ok := strings.CutPrefix(header, "author "); ok {
			author, _, _ = strings.Cut(rest, " <")
		}
		if rest, ok := strings.CutPrefix(header, "committer "); ok {
			if fields := strings.Fields(rest[strings.LastIndex(rest, ">")+1:]); len(fields) > 0 {
				seconds, _ := strconv.ParseInt(fields[0], 10, 64)
				at = time.Unix(seconds, 0).UTC()
			}
			break
		}
	}
	author = cmp.Or(pulltext.Requester(string(message)), author)
	title, _, _ = strings.Cut(string(bytes.TrimLeft(message, "\n")), "\n")
	return strings.ToValidUTF8(author, "�"), at, strings.ToValidUTF8(strings.TrimSpace(title), "�")
}
