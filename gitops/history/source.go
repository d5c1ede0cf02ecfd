package history

import (
	"context"
	"time"
)

// A Source is the mirror of one repository. gitops/git implements it. Hashes
// are git's, 40 hexadecimal digits.
type Source interface {
	// Log visits the ancestors of a commit, itself included, that known does
	// not know, each after its parents. It goes no further back than most
	// commits, those on the line of first parents before others. Where a parent is not held, the commit is
	// visited as a Boundary.
	Log(ctx context.Context, tip string, most int, known func(hash string) bool, visit func(Commit) error) error

	// Diff returns the files that differ between two commits, sorted by path.
	// File.Hash is that of the second commit.
	Diff(ctx context.Context, from, to string) ([]File, error)

	// Find returns the regular files among the paths, which are sorted, as of
	// a commit; those that are not there are left out.
	Find(ctx context.Context, commit string, paths []string) ([]File, error)

	// Blob returns the content of a file by its hash.
	Blob(ctx context.Context, hash string) ([]byte, error)

	// Contains says whether a commit has another one among its ancestors, or
	// is it; gitops.NotFound where that cannot be told.
	Contains(ctx context.Context, commit, ancestor string) (bool, error)
}

// A Commit is what the history of files needs of one.
type Commit struct {
	Hash    string
	Parents []string
	At      time.Time // the committer's date, by which git sorts
	Author  string    // or who asked for it, where it was asked for in chat
	Title   string    // the first line of the message

	// Main says that it is on the line of first parents of the tip that was
	// asked for.
	Main bool

	// Boundary says that a parent is not held, so that nobody knows here what the
	// commit changed. Changes is empty then.
	Boundary bool

	// Changes are the files that differ from the first parent, or all files
	// where there is no parent.
	Changes []Change
}

// A Change is a file that a commit has another way than its first parent.
type Change struct {
	Path string
	Hash string // of its content in the commit; empty where it is no regular file, or gone

	// Same is the number of the first other parent that has it the same way,
	// as in a merge that brings it; 0 where none has.
	Same int
}

// A File is a regular file of a commit.
type File struct {
	Path string
	Hash string // of its content; empty where it is gone, or no regular file any more
}
