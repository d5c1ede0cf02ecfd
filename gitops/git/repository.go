package git

import (
	"context"
	"errors"
	"slices"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/catalog"
	"github.com/changebot/changebot/gitops/history"
	"github.com/changebot/changebot/gitops/workflow"
)

// A Repository is a Mirror as the rest of the program sees it. It implements
// workflow.Git, workflow.Trees, workflow.Branches, catalog.Tree, render.Tree
// and history.Source.
type Repository struct {
	Mirror   *Mirror
	Identity Identity // of changebot, who makes every commit; its When is not read
}

// Fetch brings the mirror up to date and returns the base branch's tip.
func (r Repository) Fetch(ctx context.Context) (string, error) { return r.Mirror.Fetch(ctx) }

// ReadFile returns a file as of a commit. A commit that the mirror does not
// hold is gitops.NotFound, like a file that is not there: the forge may have it.
func (r Repository) ReadFile(ctx context.Context, commit, path string) ([]byte, error) {
	data, err := r.Mirror.ReadFile(ctx, commit, path)
	return data, unknownIsNotFound(err)
}

// Contains says whether a commit has another one among its ancestors, or is
// it; gitops.NotFound where the mirror does not reach far enough to tell.
func (r Repository) Contains(ctx context.Context, commit, ancestor string) (bool, error) {
	in, err := r.Mirror.Contains(ctx, commit, ancestor)
	return in, unknownIsNotFound(err)
}

// Push makes a commit and lets its branch point at it. A branch that has the
// very same commit already, but for the signature, was pushed to before the key
// was exchanged: it gets the new one.
func (r Repository) Push(ctx context.Context, c workflow.Commit) (string, error) {
	who := r.Identity
	who.When = c.At.UTC()
	request := CommitRequest{Base: c.Base, Message: c.Message, Author: who, Committer: who}
	for _, f := range c.Files {
		request.Changes = append(request.Changes, FileChange{Path: f.Path, Data: f.Data, Delete: f.Delete})
	}
	commit, err := r.Mirror.Commit(ctx, request)
	if err != nil {
		return "", err
	}
	push := PushRequest{Commit: commit, Ref: branchRef(c.Branch), Expect: c.Expect}
	err = r.Mirror.Push(ctx, push)
	if gitops.CodeOf(err) == gitops.Conflict {
		if at := r.Mirror.signedOtherwise(ctx, push); at != Zero {
			push.Expect = at
			err = r.Mirror.Push(ctx, push)
		}
	}
	return commit.Hash, err
}

// Head returns where a branch stands on the remote.
func (r Repository) Head(ctx context.Context, branch string) (string, bool, error) {
	return r.Mirror.RemoteRef(ctx, branchRef(branch))
}

// Delete deletes a branch that stands at a commit.
func (r Repository) Delete(ctx context.Context, branch, at string) error {
	return r.Mirror.DeleteRef(ctx, branchRef(branch), at)
}

// List returns the directories and regular files of a directory.
func (r Repository) List(ctx context.Context, commit, dir string) ([]catalog.Entry, error) {
	entries, err := r.Mirror.ListTree(ctx, commit, dir)
	if err != nil {
		return nil, unknownIsNotFound(err)
	}
	var list []catalog.Entry
	for _, e := range entries {
		switch e.Mode {
		case Directory:
			list = append(list, catalog.Entry{Name: e.Name, Dir: true})
		case Regular, Executable:
			list = append(list, catalog.Entry{Name: e.Name})
		}
	}
	return list, nil
}

// Files returns the names of the regular files of a directory, sorted.
func (r Repository) Files(ctx context.Context, commit, dir string) ([]string, error) {
	entries, err := r.Mirror.ListTree(ctx, commit, dir)
	if err != nil {
		return nil, unknownIsNotFound(err)
	}
	var names []string
	for _, e := range entries {
		if e.Mode == Regular || e.Mode == Executable {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Log visits the ancestors of a commit with what each changed.
func (r Repository) Log(ctx context.Context, tip string, most int, known func(string) bool, visit func(history.Commit) error) error {
	return unknownIsNotFound(r.Mirror.Log(ctx, tip, most, known, visit))
}

// Diff returns the files that differ between two commits.
func (r Repository) Diff(ctx context.Context, from, to string) ([]history.File, error) {
	files, err := r.Mirror.Diff(ctx, from, to)
	return files, unknownIsNotFound(err)
}

// Find returns the regular files among the paths, which are sorted.
func (r Repository) Find(ctx context.Context, commit string, paths []string) ([]history.File, error) {
	files, err := r.Mirror.Find(ctx, commit, paths)
	return files, unknownIsNotFound(err)
}

// Changed returns the paths that differ between two commits.
func (r Repository) Changed(ctx context.Context, from, to string) ([]catalog.Changed, error) {
	changed, err := r.Mirror.changed(ctx, from, to)
	return changed, unknownIsNotFound(err)
}

// Blob returns the content of a file by its hash.
func (r Repository) Blob(ctx context.Context, hash string) ([]byte, error) {
	return r.Mirror.Blob(ctx, hash)
}

func branchRef(branch string) string { return "refs/heads/" + branch }

// unknownIsNotFound gives a commit that the mirror does not hold the code that
// lets the caller look elsewhere.
func unknownIsNotFound(err error) error {
	if !errors.Is(err, ErrUnknownCommit) {
		return err
	}
	return &gitops.Error{Code: gitops.NotFound, Message: "The mirror does not hold that commit.", Err: err}
}
