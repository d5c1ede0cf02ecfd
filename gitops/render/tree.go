package render

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
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

// changed is the repository at one commit, and the same with a change laid over
// it.
type changed struct {
	tree   Tree
	commit string
	over   map[string][]byte // nil is a file that goes
}

func overlaid(tree Tree, commit string, files []workflow.File) changed {
	c := changed{tree, commit, map[string][]byte{}}
	for _, f := range files {
		c.over[f.Path] = append([]byte{}, f.Data...)
		if f.Delete {
			c.over[f.Path] = nil
		}
	}
	return c
}

// answer answers a question of the building process. That something is not in
// the repository is an answer; the error says that it could not be read.
func (c changed) answer(ctx context.Context, q question) (a answer, err error) {
	if q.Names {
		a.Names, err = c.names(ctx, q)
	} else {
		a.Data, err = c.read(ctx, q)
	}
	switch a.Code = gitops.CodeOf(err); a.Code {
	case gitops.NotFound, gitops.Invalid, gitops.Unsafe:
		return a, nil
	}
	if err != nil {
		err = fmt.Errorf("read %s: %w", q.Path, err)
	}
	return a, err
}

func (c changed) read(ctx context.Context, q question) ([]byte, error) {
	if data, ok := c.over[q.Path]; ok && q.After {
		if data == nil {
			return nil, &gitops.Error{Code: gitops.NotFound, Message: "There is no " + q.Path + " any more."}
		}
		return data, nil
	}
	return c.tree.ReadFile(ctx, c.commit, q.Path)
}

// names are the files of a directory, those that are laid over it among them.
func (c changed) names(ctx context.Context, q question) ([]string, error) {
	names, err := c.tree.Files(ctx, c.commit, q.Path)
	if err != nil || !q.After {
		return names, err
	}
	for name, data := range c.over {
		if path.Dir(name) == q.Path && data != nil {
			names = append(names, path.Base(name))
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		data, over := c.over[path.Join(q.Path, name)]
		return over && data == nil
	})
	slices.Sort(names)
	return slices.Compact(names), nil
}
