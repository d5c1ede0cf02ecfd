package workflow

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// Bounds on a directory that is copied. What is larger is no environment's
// configuration, and nobody could review it.
const (
	mostListed      = 10_000  // files in a directory, those that are left alone among them
	mostCopied      = 1_000   // files that are copied
	mostCopiedBytes = 8 << 20 // in the files that differ, on both sides together
)

// A copying is one directory that is to become what another one is.
type copying struct {
	walk
	tree  *worktree
	base  string // the commit of the destination
	step  gitops.Step
	bytes int // read so far
}

// copyInto brings the files of a step's source directory, as of the commit
// that was pinned, into the tree, within the Target's globs. Protected fields
// keep their values; files that the source has not are deleted.
func (w walk) copyInto(ctx context.Context, t *worktree, base string, s gitops.Step) error {
	c := &copying{walk: w, tree: t, base: base, step: s}
	from, err := c.covered(ctx, s.Copied.Commit, s.Copied.Directory)
	if gitops.CodeOf(err) == gitops.NotFound {
		return sourceGone(s.Copied, err)
	}
	if err != nil {
		return err
	}
	if len(from) == 0 {
		return &gitops.Error{
			Code:    gitops.Invalid,
			Message: fmt.Sprintf("%s holds nothing that is copied, so everything in %s would be deleted.", s.Copied.Directory, s.Target.Directory),
			Next:    fmt.Sprintf("Look at include and exclude of this layout's copy in %s.", CatalogFile),
		}
	}
	to, err := c.covered(ctx, base, s.Target.Directory)
	if err != nil && gitops.CodeOf(err) != gitops.NotFound {
		return err
	}
	if err := c.alike(ctx, from, to); err != nil {
		return err
	}
	there := map[string]TreeFile{}
	for _, f := range to {
		there[f.Path] = f
	}
	for _, f := range from {
		old, exists := there[f.Path]
		delete(there, f.Path)
		if err := c.bring(ctx, f, old, exists); err != nil {
			return err
		}
	}
	for _, f := range to {
		if _, gone := there[f.Path]; gone {
			if err := c.take(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// covered lists the files of a directory that are copied.
func (c *copying) covered(ctx context.Context, commit, dir string) ([]TreeFile, error) {
	files, err := c.repo.Trees.FilesBelow(ctx, commit, dir, mostListed)
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(f TreeFile) bool { return !c.step.Target.Copying.Covers(f.Path) })
	if len(files) > mostCopied {
		return nil, &gitops.Error{
			Code:    gitops.Invalid,
			Message: fmt.Sprintf("%s has %d files to copy; %d are the most.", dir, len(files), mostCopied),
			Next:    fmt.Sprintf("Narrow them with include and exclude of this layout's copy in %s.", CatalogFile),
		}
	}
	for _, f := range files {
		if f.Kind == TreeSymlink || f.Kind == TreeSubmodule {
			return nil, notCopied(path.Join(dir, f.Path), fmt.Sprintf("is a %s, and those are never copied, replaced or deleted", f.Kind))
		}
	}
	return files, nil
}

// bring makes a file what it is at the source. One that is the same already is
// not even read: what it keeps of its own, it has.
func (c *copying) bring(ctx context.Context, f, old TreeFile, exists bool) error {
	source, target := path.Join(c.step.Copied.Directory, f.Path), path.Join(c.step.Target.Directory, f.Path)
	switch {
	case exists && old.Kind != f.Kind:
		return notCopied(target, "is executable on one side and not on the other")
	case !exists && f.Kind == TreeExecutable:
		return notCopied(source, "is executable, and a new file comes as a plain one")
	case exists && old.Content == f.Content:
		return nil
	}
	data, err := c.read(ctx, c.step.Copied.Commit, source)
	if err != nil {
		return err
	}
	var before []byte
	if exists {
		if before, err = c.read(ctx, c.base, target); err != nil {
			return err
		}
	}
	if fields := c.step.Target.Copying.Fields(f.Path); len(fields) > 0 {
		if data, err = c.Manifests.Keep(data, before, fields, target, source); err != nil {
			return err
		}
	}
	return c.put(target, before, c.keepRestart(target, data, before))
}

// take deletes a file that the source has not.
func (c *copying) take(ctx context.Context, f TreeFile) error {
	target := path.Join(c.step.Target.Directory, f.Path)
	for _, p := range c.step.Target.Places {
		if p.File == target {
			return notCopied(target, fmt.Sprintf("holds the version, and %s has no such file, so it would be deleted", c.step.Copied.Environment))
		}
	}
	before, err := c.read(ctx, c.base, target)
	if err != nil {
		return err
	}
	return c.put(target, before, nil)
}

// put notes what becomes of a file. Two directories that are copied into each
// other are refused: what came first would decide.
func (c *copying) put(target string, before, after []byte) error {
	if c.tree.copied[target] {
		return notCopied(target, "lies in two directories that are copied at once")
	}
	c.tree.before[target], c.tree.after[target], c.tree.copied[target] = before, after, true
	return nil
}

// read returns a file; one that is empty is not nil.
func (c *copying) read(ctx context.Context, commit, file string) ([]byte, error) {
	data, err := c.repo.Git.ReadFile(ctx, commit, file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if c.bytes += len(data); c.bytes > mostCopiedBytes {
		return nil, &gitops.Error{
			Code:    gitops.Invalid,
			Message: fmt.Sprintf("%s and %s differ in files of more than %d MB together.", c.step.Copied.Directory, c.step.Target.Directory, mostCopiedBytes>>20),
			Next:    fmt.Sprintf("Leave the large ones out with exclude of this layout's copy in %s.", CatalogFile),
		}
	}
	return append([]byte{}, data...), nil
}

func notCopied(file, why string) error {
	return &gitops.Error{
		Code:    gitops.Unsafe,
		Message: fmt.Sprintf("%s cannot be copied safely: it %s.", file, why),
		Next:    fmt.Sprintf("Bring it into line by hand, or leave it out with exclude of this layout's copy in %s.", CatalogFile),
	}
}

// sourceGone says that what was pinned is not there any more. It is a
// conflict: the plan is made anew.
func sourceGone(c gitops.Copied, cause error) error {
	return &gitops.Error{
		Code:    gitops.Conflict,
		Message: fmt.Sprintf("%s as of %.8s is not known here any more.", c.Directory, c.Commit),
		Next:    "Ask again.", Err: cause,
	}
}

// copies says what a promotion copies beside the version; zero where nothing.
func copies(target, from gitops.Target, commit string) gitops.Copied {
	if target.Copying == nil || target.Directory == from.Directory {
		return gitops.Copied{}
	}
	return gitops.Copied{Environment: from.Environment, Directory: from.Directory, Commit: commit}
}

// recopy is what a step copies on another tip: the same, as of the commit that
// was pinned when it was asked. Where the mirror does not hold that any more,
// as one that was cloned since, it is pinned anew, and the digest tells whether
// that comes to the same.
func (w walk) recopy(ctx context.Context, tip Tip, target gitops.Target, c gitops.Copied) (gitops.Copied, error) {
	if c.IsZero() || target.Copying == nil {
		return gitops.Copied{}, nil
	}
	_, err := w.repo.Trees.FilesBelow(ctx, c.Commit, c.Directory, mostListed)
	if gitops.CodeOf(err) != gitops.NotFound {
		return c, nil // whatever else is wrong, copying says
	}
	from, ok := tip.Catalog.Target(target.Application, c.Environment)
	if !ok || c.Environment == target.Environment {
		return c, sourceGone(c, err)
	}
	return copies(target, from, tip.Commit), nil
}

// copyBack is what a rollback brings back beside the version: the directory as
// it was before the Change that is undone, or else as of the commit that
// brought the version. Where the mirror does not reach back so far, the
// requester is asked whether the version alone shall go back.
func (w walk) copyBack(ctx context.Context, a *aim, past gitops.Past) error {
	if a.target.Copying == nil {
		return nil
	}
	commit, err := w.before(ctx, a, past)
	if err != nil || commit == "" {
		return err
	}
	_, err = w.repo.Trees.FilesBelow(ctx, commit, a.target.Directory, mostListed)
	switch unknown := gitops.CodeOf(err) == gitops.NotFound; {
	case unknown && past.Version == a.current:
		return &gitops.Error{
			Code:    gitops.NotFound,
			Message: fmt.Sprintf("Only files of %s were promoted, and what they were at %.8s is not in my mirror any more.", a.target.Directory, commit),
			Next:    "Revert the merge on the forge instead.",
		}
	case unknown:
		a.question = joinSentences(a.question, fmt.Sprintf(
			"%s is promoted as a whole directory, and what that was at %.8s is not in my mirror any more, so only the version would go back. Do that all the same? Else revert the merge on the forge.",
			a.target.Application, commit))
		return nil
	case err != nil:
		return err
	}
	a.copied = gitops.Copied{Environment: a.target.Environment, Directory: a.target.Directory, Commit: commit}
	a.evidence = append(a.evidence, fmt.Sprintf("%s goes back to what it was at %.8s, but for its protected fields", a.target.Directory, commit))
	return nil
}

// before is the commit at which a Target's directory was what a rollback
// brings back; empty where nothing is to go back.
func (w walk) before(ctx context.Context, a *aim, past gitops.Past) (commit string, err error) {
	if a.undoes != "" {
		undone, err := w.Store.Change(ctx, a.undoes)
		if err != nil {
			return "", fmt.Errorf("load %s, which is rolled back: %w", a.undoes, err)
		}
		for _, s := range undone.Plan.Targets {
			if s.Target.TargetRef == a.target.TargetRef && s.Old == past.Version {
				return undone.Plan.Base, nil
			}
		}
	}
	if past.Version == a.current {
		return "", nil
	}
	return past.Commit, nil
}
