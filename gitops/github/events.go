package github

import (
	"context"
	"fmt"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// A Desk is told what happened on GitHub. gitops/workflow implements it.
type Desk interface {
	// PullChanged is told that a pull request was opened, pushed to, closed,
	// reopened or merged.
	PullChanged(ctx context.Context, repository, branch string, number int) error

	// Reviewed is told of a review, and of one that was taken back.
	Reviewed(ctx context.Context, v workflow.Review) error

	// Base is told that a base branch moved.
	Base(ctx context.Context, repository string) error

	// StatusSet is told that somebody else set changebot's own status.
	StatusSet(ctx context.Context, repository, sha, login string) error
}

// Events hands stored webhooks to the desk.
type Events struct {
	Desk Desk
	Bot  string // the App's login: what it did itself is no news

	// Branches are the base branches by repository, in whatever case that is
	// written; what happens in other repositories is not ours.
	Branches map[string]string
}

// served is the repository as Branches names it, and its base branch. GitHub
// takes a name in any case, and tells of it in the one it was created with.
func (e Events) served(r interface{ GetFullName() string }) (name, branch string, ours bool) {
	for name, branch := range e.Branches {
		if strings.EqualFold(name, r.GetFullName()) {
			return name, branch, true
		}
	}
	return "", "", false
}

// Handle decodes one delivery and acts on it. A payload that cannot be decoded
// is a gitops.ErrUndecodable; an event that means nothing here is no error.
func (e Events) Handle(ctx context.Context, d gitops.Delivery) error {
	event, err := gh.ParseWebHook(d.Kind, d.Payload)
	if err != nil {
		return &gitops.Error{Code: gitops.Invalid, Message: fmt.Sprintf("The webhook %s (%s) cannot be decoded.", d.ID, d.Kind), Err: fmt.Errorf("%w: %w", gitops.ErrUndecodable, err)}
	}
	switch v := event.(type) {
	case *gh.PullRequestEvent:
		return e.pull(ctx, v)
	case *gh.PullRequestReviewEvent:
		return e.review(ctx, v)
	case *gh.PushEvent:
		return e.push(ctx, v)
	case *gh.StatusEvent:
		return e.status(ctx, v)
	default:
		return nil
	}
}

func (e Events) pull(ctx context.Context, v *gh.PullRequestEvent) error {
	switch v.GetAction() {
	case "opened", "synchronize", "reopened", "closed", "ready_for_review", "edited":
	default:
		return nil
	}
	repository, _, ours := e.served(v.GetRepo())
	if !ours {
		return nil
	}
	if v.GetPullRequest().GetNumber() < 1 {
		return incomplete("pull request", "number")
	}
	return e.Desk.PullChanged(ctx, repository, ownBranch(v.GetPullRequest()), v.GetPullRequest().GetNumber())
}

// incomplete is the error for an event that lacks what it is about; it is kept
// for a person to look at.
func incomplete(event, what string) error {
	return &gitops.Error{Code: gitops.Invalid, Message: fmt.Sprintf("GitHub sent a %s event without its %s.", event, what), Err: gitops.ErrUndecodable}
}

// ownBranch is the head's branch where it lies in the same repository. A
// fork's branch may be called anything and is never one of changebot's.
func ownBranch(p *gh.PullRequest) string {
	if !strings.EqualFold(p.GetHead().GetRepo().GetFullName(), p.GetBase().GetRepo().GetFullName()) {
		return ""
	}
	return p.GetHead().GetRef()
}

func (e Events) review(ctx context.Context, v *gh.PullRequestReviewEvent) error {
	repository, _, ours := e.served(v.GetRepo())
	if !ours {
		return nil
	}
	review := workflow.Review{
		Repository: repository, Branch: ownBranch(v.GetPullRequest()), Number: v.GetPullRequest().GetNumber(),
		ID: v.GetReview().GetID(), At: v.GetReview().GetSubmittedAt().Time,
		Login: v.GetReview().GetUser().GetLogin(), HeadSHA: v.GetReview().GetCommitID(), Reason: firstLine(v.GetReview().GetBody()),
	}
	switch state := strings.ToLower(v.GetReview().GetState()); {
	case v.GetAction() == "dismissed":
		review.Answer, review.By = gitops.Withdraw, v.GetSender().GetLogin()
	case v.GetAction() == "submitted" && state == "approved":
		review.Answer = gitops.Approve
	case v.GetAction() == "submitted" && state == "changes_requested":
		review.Answer = gitops.Reject
	default:
		return nil
	}
	switch {
	case review.Number < 1:
		return incomplete("review", "pull request")
	case review.Login == "":
		return incomplete("review", "author")
	case review.HeadSHA == "" && review.Answer != gitops.Withdraw:
		return incomplete("review", "commit")
	}
	return e.Desk.Reviewed(ctx, review)
}

func (e Events) push(ctx context.Context, v *gh.PushEvent) error {
	repository, branch, ours := e.served(v.GetRepo())
	if !ours || v.GetRef() != "refs/heads/"+branch {
		return nil
	}
	return e.Desk.Base(ctx, repository)
}

func (e Events) status(ctx context.Context, v *gh.StatusEvent) error {
	repository, branch, ours := e.served(v.GetRepo())
	if !ours || v.GetContext() != Context(branch) || v.GetSender().GetLogin() == e.Bot {
		return nil
	}
	if v.GetSHA() == "" {
		return incomplete("status", "commit")
	}
	return e.Desk.StatusSet(ctx, repository, v.GetSHA(), v.GetSender().GetLogin())
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}
