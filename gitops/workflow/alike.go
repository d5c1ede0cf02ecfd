package workflow

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// alike refuses a copy that brings a name which differs from another one by case
// alone, be it a file's or that of a directory above it: git would not take the
// commit, and where everything is promoted that would keep back all the others.
func (c *copying) alike(ctx context.Context, from, to []TreeFile) error {
	old, source := paths(to), paths(from)
	if !slices.ContainsFunc(from, func(f TreeFile) bool { return !old[f.Path] }) {
		return nil
	}
	there, err := c.repo.Trees.FilesBelow(ctx, c.base, c.step.Target.Directory, mostListed)
	if err != nil && gitops.CodeOf(err) != gitops.NotFound {
		return err
	}
	spelt := map[string]string{} // a name in small letters to how it is spelt
	for _, f := range there {
		if old[f.Path] && !source[f.Path] {
			continue // it goes
		}
		for name := range above(f.Path) {
			spelt[strings.ToLower(name)] = name
		}
	}
	for _, f := range from {
		if old[f.Path] {
			continue
		}
		for name := range above(f.Path) {
			other, taken := spelt[strings.ToLower(name)]
			if taken && other != name {
				return notCopied(path.Join(c.step.Target.Directory, f.Path),
					fmt.Sprintf("would stand beside %s, and Windows and macOS take the two for one", path.Join(c.step.Target.Directory, other)))
			}
			spelt[strings.ToLower(name)] = name
		}
	}
	return nil
}

// above are a file's path and those of the directories above it.
func above(file string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for file != "." && yield(file) {
			file = path.Dir(file)
		}
	}
}

// paths are the files' paths.
func paths(files []TreeFile) map[string]bool {
	all := map[string]bool{}
	for _, f := range files {
		all[f.Path] = true
	}
	return all
}
