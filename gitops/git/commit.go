package git

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

// MaxFileSize is the largest file, in bytes, that is read or written. A
// manifest is a thousand times smaller; anything near this is a mistake.
const MaxFileSize = 16 << 20

// FileChange says what one file is to become.
type FileChange struct {
	Path   string // relative, slash-separated
	Data   []byte // the whole new content
	Delete bool   // remove the file instead; Data and Mode are ignored
	Mode   Mode   // Keep (the zero value), Regular or Executable
}

// CommitRequest describes one commit on top of Base. It is all that goes into
// the commit, beside the mirror's Signer: the same request gives the same hash,
// on any replica, at any time.
type CommitRequest struct {
	Base      Hash // a commit that the mirror holds
	Changes   []FileChange
	Message   string // with its trailers; ends in one newline whatever is given
	Author    Identity
	Committer Identity
}

// Commit is a commit that exists in memory until it is pushed. Making it again
// from the same request is cheap, so it needs no storing.
type Commit struct {
	Hash   Hash
	Tree   Hash
	Parent Hash

	objects []object // new blobs, trees, and the commit itself, last
}

// Objects returns the names of the objects that a push sends: new blobs and
// trees, then the commit.
func (c *Commit) Objects() []Hash {
	out := make([]Hash, len(c.objects))
	for i, o := range c.objects {
		out[i] = o.hash.String()
	}
	return out
}

// Commit applies the changes to the tree of the base commit. Deletions come
// before writes, so a file may give way to a directory in one request. Nothing
// is written to disk or sent.
//
// Codes: Invalid for a path, message or identity that cannot be used, for two
// changes to one file, and (with ErrNoChange in the chain) when nothing would
// change; NotFound for a deletion of what is not there; Conflict
// (with ErrUnknownCommit) for a base that the mirror does not hold;
// Unsafe where a path leads through or to a symbolic link or a submodule.
func (m *Mirror) Commit(ctx context.Context, req CommitRequest) (*Commit, error) {
	return m.commitAhead(ctx, req, nil)
}

// commitAhead is Commit on a base that may not have been pushed yet.
func (m *Mirror) commitAhead(ctx context.Context, req CommitRequest, ahead map[plumbing.Hash]object) (*Commit, error) {
	base, err := parseHash("base", req.Base)
	if err != nil {
		return nil, err
	}
	changes, err := checkChanges(req.Changes)
	if err != nil {
		return nil, err
	}
	var out *Commit
	err = m.read(ctx, func(st *store) error {
		out, err = m.commitOn(st.with(ahead), base, changes, &req)
		return err
	})
	return out, asError(err, gitops.Internal, "The commit on %s could not be made.", req.Base)
}

func (m *Mirror) commitOn(st *store, base plumbing.Hash, changes []splitChange, req *CommitRequest) (*Commit, error) {
	parent, err := st.commit(base)
	if err != nil {
		return nil, unknownCommit(err, base)
	}
	s := &splicer{store: st}
	tree, err := s.splice(parent.tree, changes)
	if err != nil {
		return nil, err
	}
	if tree == parent.tree {
		return nil, refuse(gitops.Invalid, ErrNoChange, "", "The change leaves every file as it is.")
	}
	data, err := commitData(tree, base, req)
	if err == nil && m.opts.Signer != nil {
		data, err = m.opts.Signer.sign(data)
	}
	if err != nil {
		return nil, err
	}
	c := newObject(plumbing.CommitObject, data)
	return &Commit{
		Hash:    c.hash.String(),
		Tree:    tree.String(),
		Parent:  base.String(),
		objects: append(s.objects, c),
	}, nil
}

func unknownCommit(err error, h plumbing.Hash) error {
	if errors.Is(err, errMissing) {
		return refuse(gitops.Conflict, ErrUnknownCommit, "It is fetched and tried again.",
			"The commit %s is not known here, or not any more.", h)
	}
	return err
}

// splitChange is a checked FileChange.
type splitChange struct {
	FileChange
	elements []string
}

// checkChanges validates what can be said without the tree, and puts deletions
// first and the rest in the order of their paths.
func checkChanges(changes []FileChange) ([]splitChange, error) {
	out := make([]splitChange, 0, len(changes))
	seen := make(map[string]bool, len(changes))
	for _, c := range changes {
		elements, err := splitPath(c.Path)
		if err != nil {
			return nil, err
		}
		switch {
		case seen[c.Path]:
			return nil, refuse(gitops.Invalid, nil, "", "%q is changed twice in one commit.", c.Path)
		case len(c.Data) > MaxFileSize && !c.Delete:
			return nil, tooLarge(c.Path, int64(len(c.Data)))
		case c.Mode != Keep && c.Mode != Regular && c.Mode != Executable:
			return nil, refuse(gitops.Invalid, nil, "", "%q cannot be written as a %s.", c.Path, c.Mode)
		}
		seen[c.Path] = true
		out = append(out, splitChange{c, elements})
	}
	slices.SortFunc(out, func(a, b splitChange) int {
		if a.Delete != b.Delete {
			if a.Delete {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Path, b.Path)
	})
	return out, nil
}

func tooLarge(path string, size int64) error {
	return refuse(gitops.Invalid, nil, "", "%q has %d bytes; the limit is %d.", path, size, MaxFileSize)
}
