package github

import (
	"context"
	"fmt"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// Comment says something on a pull request.
func (r *Repository) Comment(ctx context.Context, number int, text string) error {
	_, _, err := r.client.Issues.CreateComment(ctx, r.owner, r.name, number, &gh.IssueComment{Body: &text})
	return explain(fmt.Sprintf("comment on #%d", number), err)
}

// Commented says whether changebot has said just that on a pull request.
func (r *Repository) Commented(ctx context.Context, number int, text string) (bool, error) {
	for page := 1; page != 0; {
		comments, response, err := r.client.Issues.ListComments(ctx, r.owner, r.name, number, &gh.IssueListCommentsOptions{
			ListOptions: gh.ListOptions{Page: page, PerPage: 100},
		})
		if err != nil {
			return false, explain(fmt.Sprintf("list the comments on #%d", number), err)
		}
		for _, c := range comments {
			if c.GetUser().GetLogin() == r.Bot() && strings.TrimSpace(c.GetBody()) == strings.TrimSpace(text) {
				return true, nil
			}
		}
		page = response.NextPage
	}
	return false, nil
}
