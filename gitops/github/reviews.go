package github

import (
	"context"
	"fmt"

	gh "github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Reviews returns for each login the review that stands: the newest one that
// approves or asks for changes, or that was dismissed. A comment takes nothing
// back.
func (r *Repository) Reviews(ctx context.Context, number int) ([]workflow.Review, error) {
	var standing []workflow.Review
	place := map[string]int{} // by login
	for page := 1; page != 0; {
		reviews, response, err := r.client.PullRequests.ListReviews(ctx, r.owner, r.name, number, &gh.ListOptions{Page: page, PerPage: 100})
		if err != nil {
			return nil, explain(fmt.Sprintf("list the reviews of #%d", number), err)
		}
		for _, v := range reviews { // oldest first
			answer, ok := answers()[v.GetState()]
			login := v.GetUser().GetLogin()
			if !ok || login == "" {
				continue
			}
			review := workflow.Review{
				Repository: r.owner + "/" + r.name, Number: number, ID: v.GetID(), Login: login, HeadSHA: v.GetCommitID(),
				Answer: answer, Reason: firstLine(v.GetBody()), At: v.GetSubmittedAt().Time,
			}
			if at, again := place[login]; again {
				standing[at] = review
				continue
			}
			place[login] = len(standing)
			standing = append(standing, review)
		}
		page = response.NextPage
	}
	return standing, nil
}

// answers are the states of a review that say something.
func answers() map[string]gitops.Answer {
	return map[string]gitops.Answer{"APPROVED": gitops.Approve, "CHANGES_REQUESTED": gitops.Reject, "DISMISSED": gitops.Withdraw}
}
