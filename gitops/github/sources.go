package github

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/gitops"
)

// How much of a comparison is read and kept. GitHub returns commits oldest
// first, in pages of a hundred at most; the newest are what people look for.
const (
	comparedPage  = 100
	comparedPages = 3
	mostIncluded  = 20
)

// Between compares two tags of a source repository that the App may read:
// what a version built from the second has and one built from the first has
// not. A gitops.NotFound error says that the repository or a tag is not there,
// or not for the App to see.
func (r *Repository) Between(ctx context.Context, repository, from, to string) (gitops.Included, error) {
	in := gitops.Included{Repository: repository}
	owner, name, _ := strings.Cut(repository, "/")
	forward := comparison{r.client, owner, name, from, to}
	first, err := forward.page(ctx, 1)
	if err != nil {
		return in, err
	}
	in.URL = first.GetHTMLURL()
	pages, _, _ := strings.Cut(in.URL, "/compare/")
	in.Brought, in.TakenBack = first.GetAheadBy(), first.GetBehindBy()
	listed := forward
	if in.Brought == 0 && in.TakenBack > 0 {
		listed.from, listed.to = forward.to, forward.from
		if first, err = listed.page(ctx, 1); err != nil {
			return in, err
		}
	}
	commits, partly, err := listed.newest(ctx, first)
	if err != nil {
		return in, err
	}
	in.Partly = partly
	for _, c := range commits {
		if len(in.Commits) < mostIncluded {
			in.Commits = append(in.Commits, gitops.SourceCommit{
				SHA: c.GetSHA(), URL: c.GetHTMLURL(),
				Title: firstLine(c.GetCommit().GetMessage()), Author: c.GetCommit().GetAuthor().GetName(),
			})
		}
		if p, ok := pullOf(c.GetCommit().GetMessage()); ok && !slices.ContainsFunc(in.Pulls, func(o gitops.SourcePull) bool { return o.Number == p.Number }) {
			p.URL = fmt.Sprintf("%s/pull/%d", pages, p.Number)
			in.Pulls = append(in.Pulls, p)
		}
	}
	return in, nil
}

// A comparison is of two refs of one repository.
type comparison struct {
	client   *gh.Client
	owner    string
	name     string
	from, to string
}

func (c comparison) page(ctx context.Context, number int) (*gh.CommitsComparison, error) {
	answer, _, err := c.client.Repositories.CompareCommits(ctx, c.owner, c.name, c.from, c.to, &gh.ListOptions{Page: number, PerPage: comparedPage})
	if err != nil {
		return nil, explain(fmt.Sprintf("compare %s and %s of %s/%s", c.from, c.to, c.owner, c.name), err)
	}
	return answer, nil
}

// newest returns the commits of the last pages, newest first, and whether there
// are more.
func (c comparison) newest(ctx context.Context, first *gh.CommitsComparison) (commits []*gh.RepositoryCommit, partly bool, err error) {
	last := max(1, (first.GetTotalCommits()+comparedPage-1)/comparedPage)
	for n := last; n > max(0, last-comparedPages); n-- {
		page := first
		if n > 1 {
			if page, err = c.page(ctx, n); err != nil {
				return nil, false, err
			}
		}
		slices.Reverse(page.Commits)
		commits = append(commits, page.Commits...)
	}
	return commits, last > comparedPages, nil
}

// The titles that GitHub gives by itself: "Fix it (#12)" to a squash, "Merge
// pull request #12 from acme/fix" to a merge commit, whose body begins with
// the pull request's title.
var (
	squashed = regexp.MustCompile(`^(.*\S)\s+\(#([1-9][0-9]{0,8})\)$`)
	merged   = regexp.MustCompile(`^Merge pull request #([1-9][0-9]{0,8}) from `)
)

// pullOf reads from a commit's message which pull request it came by.
func pullOf(message string) (gitops.SourcePull, bool) {
	title := firstLine(message)
	if m := squashed.FindStringSubmatch(title); m != nil {
		number, err := strconv.Atoi(m[2])
		return gitops.SourcePull{Number: number, Title: m[1]}, err == nil
	}
	if m := merged.FindStringSubmatch(title); m != nil {
		number, err := strconv.Atoi(m[1])
		_, body, _ := strings.Cut(message, "\n")
		return gitops.SourcePull{Number: number, Title: firstLine(strings.TrimSpace(body))}, err == nil
	}
	return gitops.SourcePull{}, false
}
