package catalog

import (
	"context"
	"errors"
	"io/fs"

	"github.com/changebot/changebot/gitops"
)

// A Tree is the files of a repository as of any of its commits.
type Tree interface {
	// ReadFile returns a regular file. A gitops.NotFound, Invalid or Unsafe
	// error says that there is none of that path; any other that the tree
	// cannot be read now.
	ReadFile(ctx context.Context, commit, path string) ([]byte, error)

	// List returns the directories and the regular files of a directory,
	// which is "" for the root. Symbolic links and submodules are left out:
	// nothing here follows them. Errors are those of ReadFile.
	List(ctx context.Context, commit, dir string) ([]Entry, error)
}

// An Entry is one name in a directory.
type Entry struct {
	Name string
	Dir  bool
}

// A Differ is a Tree that can compare two commits faster than it can be
// walked. A Tree may be one: what is known of one commit then serves for the
// next, which differs in a file or two of a hundred thousand.
type Differ interface {
	// Changed returns the paths that are no directories and differ between
	// two commits. An error says that they cannot be compared, and no more.
	Changed(ctx context.Context, from, to string) ([]Changed, error)
}

// Changed is a path that differs between two commits.
type Changed struct {
	Path string

	// Listed says that it came, went or became something else, so that
	// directories list it otherwise than before.
	Listed bool
}

// notThere says whether a Tree's error is about the path, not about the tree.
func notThere(err error) bool {
	switch gitops.CodeOf(err) {
	case gitops.NotFound, gitops.Invalid, gitops.Unsafe:
		return true
	default:
		return false
	}
}

// Files is a Tree of plain files, the same as of every commit: a checkout that
// is validated before it is pushed, or a sample that is compiled in.
func Files(files fs.FS) Tree { return fileTree{files} }

type fileTree struct{ files fs.FS }

func (t fileTree) ReadFile(_ context.Context, _, path string) ([]byte, error) {
	data, err := fs.ReadFile(t.files, path)
	return data, fileError(path, err)
}

func (t fileTree) List(_ context.Context, _, dir string) ([]Entry, error) {
	if dir == "" {
		dir = "."
	}
	infos, err := fs.ReadDir(t.files, dir)
	if err != nil {
		return nil, fileError(dir, err)
	}
	var entries []Entry
	for _, info := range infos {
		if info.IsDir() || info.Type().IsRegular() {
			entries = append(entries, Entry{Name: info.Name(), Dir: info.IsDir()})
		}
	}
	return entries, nil
}

// fileError tells a path that is not there, or is of the other sort, from a
// disk that does not answer.
func fileError(path string, err error) error {
	if err == nil {
		return nil
	}
	code := gitops.Unavailable
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		code = gitops.NotFound
	}
	return &gitops.Error{Code: code, Message: path + " cannot be read.", Err: err}
}
