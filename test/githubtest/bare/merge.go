package bare

import (
	"context"
	"fmt"
	"strings"
)

// Merge merges two commits without touching any ref. It returns the merged
// tree, or the conflicting paths.
func (r *Repo) Merge(ctx context.Context, ours, theirs string) (tree string, conflicts []string, err error) {
	out, err := r.git(ctx, nil, "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs)
	if err != nil && exitCode(err) != 1 {
		return "", nil, fmt.Errorf("merge %s into %s: %w", theirs, ours, err)
	}
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	if err == nil {
		return fields[0], nil, nil
	}
	return "", fields[1:], nil
}

// Rebase replays the commits of head that base does not have onto base, as the
// committer, and returns the new tip, or the conflicting paths of the first
// commit that does not apply. Merge commits are left out, as git rebase does.
func (r *Repo) Rebase(ctx context.Context, base, head string, committer Person) (tip string, conflicts []string, err error) {
	commits, err := r.Log(ctx, Query{From: head, Not: base, OldestFirst: true})
	if err != nil {
		return "", nil, err
	}
	tip = base
	for _, c := range commits {
		if len(c.Parents) != 1 {
			continue
		}
		tree, conflicts, err := r.replay(ctx, tip, c)
		if err != nil || len(conflicts) > 0 {
			return "", conflicts, err
		}
		c.Tree, c.Parents, c.Committer = tree, []string{tip}, committer
		if tip, err = r.WriteCommit(ctx, c); err != nil {
			return "", nil, err
		}
	}
	return tip, nil, nil
}

// replay gives the tree of tip with c's change applied. Git before 2.40 cannot
// be told the merge base, so a fork is built whose only common ancestor is
// the tree of c's parent.
func (r *Repo) replay(ctx context.Context, tip string, c Commit) (tree string, conflicts []string, err error) {
	parent, err := r.Read(ctx, c.Parents[0])
	if err != nil {
		return "", nil, err
	}
	onto, err := r.Read(ctx, tip)
	if err != nil {
		return "", nil, err
	}
	fork := Commit{Tree: parent.Tree, Author: c.Author, Committer: c.Committer, Message: "fork"}
	root, err := r.WriteCommit(ctx, fork)
	if err != nil {
		return "", nil, err
	}
	fork.Parents = []string{root}
	sides := [2]string{onto.Tree, c.Tree}
	for i := range sides {
		fork.Tree, fork.Message = sides[i], fmt.Sprintf("side %d", i)
		if sides[i], err = r.WriteCommit(ctx, fork); err != nil {
			return "", nil, err
		}
	}
	return r.Merge(ctx, sides[0], sides[1])
}
