package render

import (
	"context"
	"path"

	"github.com/changebot/changebot/gitops"
)

// A Tree is the files of a repository as of any of its commits.
type Tree interface {
	// ReadFile returns a regular file; gitops.NotFound where there is none,
	// Invalid for a directory, Unsafe where a link leads there.
	ReadFile(ctx context.Context, commit, path string) ([]byte, error)

	// Files returns the names of the regular files that stand right in a
	// directory, sorted. Errors are those of ReadFile.
	Files(ctx context.Context, commit, dir string) ([]string, error)
}

// A side is the repository at one commit, before a change or with its files
// laid over it. It counts what is taken from it, and keeps it.
type side struct {
	tree   Tree
	commit string
	over   map[string][]byte // nil is a file that goes

	taken    map[string][]byte // what is built from
	bytes    int
	expanded int
}

// take reads a file and keeps it for the build.
func (s *side) take(ctx context.Context, name string) ([]byte, error) {
	if data, ok := s.taken[name]; ok {
		return data, nil
	}
	data, err := s.read(ctx, name)
	if err != nil {
		return nil, err
	}
	s.bytes += len(data)
	if len(s.taken) == maxFiles || s.bytes > maxInput {
		return nil, refuse("It is built from more than %d files or %d MB.", maxFiles, maxInput>>20)
	}
	if s.taken == nil {
		s.taken = map[string][]byte{}
	}
	s.taken[name] = data
	return data, nil
}

// takeYAML is take for a file that is going to be parsed.
func (s *side) takeYAML(ctx context.Context, name string) ([]byte, error) {
	_, before := s.taken[name]
	data, err := s.take(ctx, name)
	if err != nil || before {
		return data, err
	}
	n, err := expanded(data)
	if err != nil {
		return nil, refuse("%s is not YAML that can be read.", quote(name))
	}
	if s.expanded = sum(s.expanded, n); s.expanded > maxExpanded {
		return nil, refuse("%s is too much, its aliases followed.", quote(name))
	}
	return data, nil
}

func (s *side) read(ctx context.Context, name string) ([]byte, error) {
	if data, ok := s.over[name]; ok && data == nil {
		return nil, &gitops.Error{Code: gitops.NotFound, Message: "There is no " + name + " any more."}
	} else if ok {
		return data, nil
	}
	return s.tree.ReadFile(ctx, s.commit, name)
}

// first returns the first of some names that a directory has as a file; empty
// where it has none.
func (s *side) first(ctx context.Context, dir string, names ...string) (string, error) {
	for _, name := range names {
		_, err := s.read(ctx, path.Join(dir, name))
		switch gitops.CodeOf(err) {
		case "":
			return name, nil
		case gitops.NotFound, gitops.Invalid:
		default:
			return "", unreadable(path.Join(dir, name), err)
		}
	}
	return "", nil
}
