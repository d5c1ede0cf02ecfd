package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Open opens a pull request, or takes the newest that the branch has, open or
// not, and sees to it that it has its labels, assignee and reviewers. Doing it
// twice is doing it once.
func (r *Repository) Open(ctx context.Context, p workflow.PullRequest) (workflow.Pull, error) {
	pull, found, err := r.Find(ctx, p.Branch)
	if err != nil {
		return pull, err
	}
	if !found {
		created, _, err := r.client.PullRequests.Create(ctx, r.owner, r.name, &gh.NewPullRequest{
			Title: &p.Title, Body: &p.Body, Head: &p.Branch, Base: &p.Base,
		})
		if err != nil {
			return pull, explain("open a pull request for "+p.Branch, err)
		}
		pull = convert(created)
	}
	if err := r.label(ctx, pull.Number, p.Labels); err != nil {
		return pull, err
	}
	if err := r.assign(ctx, pull.Number, p.Assignee); err != nil {
		return pull, err
	}
	return pull, r.requestReviews(ctx, pull.Number, p.Reviewers)
}

// assign gives the pull request to who asked for it; GitHub leaves out by
// itself who may not write to the repository.
func (r *Repository) assign(ctx context.Context, number int, login string) error {
	if login == "" {
		return nil
	}
	_, _, err := r.client.Issues.AddAssignees(ctx, r.owner, r.name, number, []string{login})
	return tolerate(explain(fmt.Sprintf("assign #%d", number), err))
}

func (r *Repository) label(ctx context.Context, number int, labels []string) error {
	if len(labels) == 0 {
		return nil
	}
	_, _, err := r.client.Issues.AddLabelsToIssue(ctx, r.owner, r.name, number, labels)
	return tolerate(explain(fmt.Sprintf("label #%d", number), err))
}

// requestReviews asks all at once; where GitHub refuses one (no access to the
// repository, or gone), it asks one by one and leaves that one out.
func (r *Repository) requestReviews(ctx context.Context, number int, logins []string) error {
	if len(logins) == 0 {
		return nil
	}
	doing := fmt.Sprintf("request reviews of #%d", number)
	_, _, err := r.client.PullRequests.RequestReviewers(ctx, r.owner, r.name, number, gh.ReviewersRequest{Reviewers: logins})
	if gitops.CodeOf(explain(doing, err)) != gitops.Invalid {
		return tolerate(explain(doing, err))
	}
	for _, login := range logins {
		_, _, err := r.client.PullRequests.RequestReviewers(ctx, r.owner, r.name, number, gh.ReviewersRequest{Reviewers: []string{login}})
		if err := tolerate(explain(doing, err)); err != nil {
			return err
		}
	}
	return nil
}

// tolerate forgives a definite no to what is only an ornament of a pull request.
func tolerate(err error) error {
	switch gitops.CodeOf(err) {
	case gitops.Invalid, gitops.Denied, gitops.NotFound:
		return nil
	default:
		return err
	}
}

// Find returns the newest pull request of a branch, open or not. The head is
// asked for with its owner: GitHub ignores a bare branch name and returns
// other people's pull requests.
func (r *Repository) Find(ctx context.Context, branch string) (workflow.Pull, bool, error) {
	pulls, _, err := r.client.PullRequests.List(ctx, r.owner, r.name, &gh.PullRequestListOptions{
		Head: r.owner + ":" + branch, State: "all", Sort: "created", Direction: "desc",
	})
	if err != nil {
		return workflow.Pull{}, false, explain("look for the pull request of "+branch, err)
	}
	for _, p := range pulls {
		if p.GetHead().GetRef() == branch && strings.EqualFold(p.GetHead().GetRepo().GetFullName(), r.owner+"/"+r.name) {
			return convert(p), true, nil
		}
	}
	return workflow.Pull{}, false, nil
}

// Get returns a pull request as it is now.
func (r *Repository) Get(ctx context.Context, number int) (workflow.Pull, error) {
	p, _, err := r.client.PullRequests.Get(ctx, r.owner, r.name, number)
	if err != nil {
		return workflow.Pull{}, explain(fmt.Sprintf("read #%d", number), err)
	}
	pull := convert(p)
	if pull.MergedBy == r.Bot() {
		pull.MergedBy = ""
	}
	return pull, nil
}

// Update changes a pull request's text, and closes it. Doing it twice is doing
// it once.
func (r *Repository) Update(ctx context.Context, number int, u workflow.PullUpdate) error {
	edit := &gh.PullRequest{}
	if u.Title != "" {
		edit.Title = &u.Title
	}
	if u.Body != "" {
		edit.Body = &u.Body
	}
	if u.Close {
		edit.State = gh.String("closed")
	}
	_, _, err := r.client.PullRequests.Edit(ctx, r.owner, r.name, number, edit)
	return explain(fmt.Sprintf("edit #%d", number), err)
}

// Merge merges the head given with a merge commit, and no other head: GitHub
// answers 409 where the branch has moved, and 405 where it does not allow the
// merge now; both are a gitops.Conflict.
func (r *Repository) Merge(ctx context.Context, number int, m workflow.MergeRequest) (string, error) {
	result, response, err := r.client.PullRequests.Merge(ctx, r.owner, r.name, number, m.Message, &gh.PullRequestOptions{
		CommitTitle: m.Title, SHA: m.HeadSHA, MergeMethod: "merge",
	})
	if err != nil {
		return "", explain(fmt.Sprintf("merge #%d", number), err)
	}
	if !result.GetMerged() || response.StatusCode != http.StatusOK {
		return "", &gitops.Error{Code: gitops.Conflict, Message: "GitHub did not merge: " + result.GetMessage()}
	}
	return result.GetSHA(), nil
}

func convert(p *gh.PullRequest) workflow.Pull {
	pull := workflow.Pull{
		Number: p.GetNumber(), URL: p.GetHTMLURL(), HeadSHA: p.GetHead().GetSHA(), Base: p.GetBase().GetRef(), Author: p.GetUser().GetLogin(),
		Body: p.GetBody(), Files: p.GetChangedFiles(), Open: p.GetState() == "open", Merged: p.GetMerged(), Mergeable: mergeable(p),
	}
	if pull.Merged {
		pull.MergeSHA, pull.MergedBy = p.GetMergeCommitSHA(), p.GetMergedBy().GetLogin()
	}
	return pull
}

// mergeable reads mergeable_state, as GitHub computes it: "unstable" and
// "has_hooks" can be merged all the same.
func mergeable(p *gh.PullRequest) workflow.Mergeable {
	switch p.GetMergeableState() {
	case "clean", "unstable", "has_hooks":
		return workflow.MergeableClean
	case "dirty":
		return workflow.MergeableDirty
	case "behind":
		return workflow.MergeableBehind
	case "blocked", "draft":
		return workflow.MergeableBlocked
	default:
		return workflow.MergeableUnknown
	}
}
