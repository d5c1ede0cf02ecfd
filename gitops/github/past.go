package github

import (
	"cmp"
	"context"
	"fmt"

	gh "github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/pulltext"
	"github.com/changebot/changebot/gitops/workflow"
)

// Commits returns a page of the commits that touched a path, newest first.
func (r *Repository) Commits(ctx context.Context, upTo, path string, page int) ([]workflow.PastCommit, error) {
	commits, _, err := r.client.Repositories.ListCommits(ctx, r.owner, r.name, &gh.CommitsListOptions{
		SHA: upTo, Path: path, ListOptions: gh.ListOptions{Page: page, PerPage: 50},
	})
	if err != nil {
		return nil, explain("list the commits that touched "+path, err)
	}
	past := make([]workflow.PastCommit, len(commits))
	for i, c := range commits {
		past[i] = workflow.PastCommit{
			SHA: c.GetSHA(), At: c.GetCommit().GetCommitter().GetDate().Time,
			Author: cmp.Or(pulltext.Requester(c.GetCommit().GetMessage()), c.GetCommit().GetAuthor().GetName()),
			Title:  firstLine(c.GetCommit().GetMessage()),
		}
	}
	return past, nil
}

// Contains says whether a commit has another one among its ancestors, or is
// it: then GitHub counts no commit that the ancestor is ahead by.
func (r *Repository) Contains(ctx context.Context, commit, ancestor string) (bool, error) {
	answer, _, err := r.client.Repositories.CompareCommits(ctx, r.owner, r.name, ancestor, commit, &gh.ListOptions{PerPage: 1})
	if err != nil {
		return false, explain(fmt.Sprintf("compare %.8s and %.8s", ancestor, commit), err)
	}
	return answer.GetBehindBy() == 0, nil
}

// FileAt returns a file as of a commit. GitHub sends up to 1 MB with the answer
// itself and more as a blob.
func (r *Repository) FileAt(ctx context.Context, commit, path string) ([]byte, error) {
	doing := fmt.Sprintf("read %s at %.8s", path, commit)
	file, _, _, err := r.client.Repositories.GetContents(ctx, r.owner, r.name, path, &gh.RepositoryContentGetOptions{Ref: commit})
	if err != nil {
		return nil, explain(doing, err)
	}
	if file == nil || file.GetType() != "file" {
		return nil, &gitops.Error{Code: gitops.NotFound, Message: path + " is not a file."}
	}
	if file.GetEncoding() == "none" {
		data, _, err := r.client.Git.GetBlobRaw(ctx, r.owner, r.name, file.GetSHA())
		return data, explain(doing, err)
	}
	text, err := file.GetContent()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return []byte(text), nil
}
