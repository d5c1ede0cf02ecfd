package git

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// FilesBelow returns all that lies below a directory as of a commit, sorted by path.
func (r Repository) FilesBelow(ctx context.Context, commit, dir string, most int) ([]workflow.TreeFile, error) {
	var files []workflow.TreeFile
	err := r.Mirror.WalkDirs(ctx, commit, dir, func(at string, entries []TreeEntry) error {
		below := strings.TrimPrefix(strings.TrimPrefix(at, dir), "/")
		for _, e := range entries {
			if kind, ok := treeKind(e.Mode); ok {
				files = append(files, workflow.TreeFile{Path: path.Join(below, e.Name), Kind: kind, Content: e.Hash})
			}
		}
		if len(files) > most {
			return refuse(gitops.Invalid, nil, "", "%q has more than %d files.", dir, most)
		}
		return nil
	})
	if err != nil {
		return nil, unknownIsNotFound(err)
	}
	slices.SortFunc(files, func(a, b workflow.TreeFile) int { return cmp.Compare(a.Path, b.Path) })
	return files, nil
}

// treeKind is what is not a directory.
func treeKind(m Mode) (workflow.TreeKind, bool) {
	switch m {
	case Regular:
		return workflow.TreeRegular, true
	case Executable:
		return workflow.TreeExecutable, true
	case Symlink:
		return workflow.TreeSymlink, true
	case Submodule:
		return workflow.TreeSubmodule, true
	default:
		return "", false
	}
}
