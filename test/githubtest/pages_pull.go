package githubtest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/changebot/changebot/test/githubtest/bare"
	"github.com/changebot/changebot/test/githubtest/pages"
)

// row is a pull request in a list.
func (v *view) row(p *pull) pages.PullRow {
	row := pages.PullRow{Number: p.number, Title: p.title, Author: p.author, State: p.state, Labels: p.labels, When: p.created}
	switch {
	case !p.merged.IsZero():
		row.State = "merged"
	case p.draft && p.state == "open":
		row.State = "draft"
	}
	if len(v.repo.statuses[p.head]) > 0 {
		row.Gate = v.s.combined(v.repo, p.head)
	}
	return row
}

func (v *view) pulls() (page, error) {
	v.frame.Title, v.frame.Tab = "Pull requests of "+v.repo.fullName(), "pulls"
	list := pages.PullList{Frame: v.frame, State: "open"}
	if v.r.URL.Query().Get("state") == "closed" {
		list.State = "closed"
	}
	for _, p := range slices.Backward(v.repo.pulls) {
		if p.state == "open" {
			list.Open++
		} else {
			list.Closed++
		}
		if p.state == list.State {
			list.Pulls = append(list.Pulls, v.row(p))
		}
	}
	return page{"pulls", list}, nil
}

func (v *view) pull() (page, error) {
	number, _, _ := strings.Cut(v.rest, "/")
	n, _ := strconv.ParseInt(number, 10, 64) // what is no number names no pull request
	p := v.repo.pull(n)
	if p == nil {
		return page{}, bare.ErrNotFound
	}
	v.frame.Title, v.frame.Tab = p.title, "pulls"
	who := actor{kind: person, login: v.frame.As}
	role := v.s.role(v.repo, who.login)
	m := pages.Pull{
		Frame: v.frame, Row: v.row(p), Head: p.headRef, Base_: p.baseRef, HeadSHA: p.head, Timeline: v.timeline(p),
		MergedBy: p.mergedBy, MergedSHA: p.mergeCommit, Statuses: v.gates(p), Reviewers: v.reviewers(p),
		Acting:     who.login != "" && role >= Read,
		Reviewable: p.state == "open" && !strings.EqualFold(who.login, p.author),
		Mergeable:  p.state == "open" && who.login != "" && role >= Write,
	}
	if p.state == "open" {
		if err := v.s.computeMerge(v.repo, p); err != nil {
			return page{}, err
		}
		why, err := v.s.blockers(v.repo, p, who)
		if err != nil {
			return page{}, err
		}
		m.Blockers = why
		for _, path := range p.merge.conflicts {
			m.Blockers = append(m.Blockers, "Conflict in "+path)
		}
	}
	commits, err := v.repo.git.Log(v.s.ctx, bare.Query{From: p.head, Not: p.base, OldestFirst: true})
	if err != nil {
		return page{}, err
	}
	for _, k := range commits {
		m.Commits = append(m.Commits, v.shown(k))
	}
	from, err := v.repo.mergeBase(v.s.ctx, p)
	if err != nil {
		return page{}, err
	}
	changes, err := v.repo.git.Diff(v.s.ctx, from, p.head)
	m.Files = shownFiles(changes)
	return page{"pull", m}, err
}

// timeline is what was said, in order.
func (v *view) timeline(p *pull) []pages.Post {
	var posts []pages.Post
	for _, k := range p.comments {
		posts = append(posts, pages.Post{Author: k.author, Verb: "commented", Kind: "comment", Body: pages.Markdown(k.body), When: k.created})
	}
	words := map[string][2]string{
		"APPROVED": {"approved", "approved"}, "CHANGES_REQUESTED": {"requested changes", "changes"},
		"COMMENTED": {"reviewed", "comment"}, "DISMISSED": {"approved, but the approval was dismissed,", "dismissed"},
	}
	for _, r := range p.reviews {
		if w, public := words[r.state]; public {
			posts = append(posts, pages.Post{Author: r.author, Verb: w[0], Kind: w[1], Body: pages.Markdown(r.body), When: r.submitted})
		}
	}
	slices.SortStableFunc(posts, func(a, b pages.Post) int { return a.When.Compare(b.When) })
	body := pages.Post{Author: p.author, Verb: "opened this", Kind: "body", Body: pages.Markdown(p.body), When: p.created}
	return append([]pages.Post{body}, posts...)
}

// gates are the statuses and checks of the head, those that are required and
// still missing too.
func (v *view) gates(p *pull) []pages.Status {
	var gates []pages.Status
	for _, st := range v.repo.latest(p.head) {
		url := st.target
		if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
			url = ""
		}
		gates = append(gates, pages.Status{Context: st.context, State: st.state, Description: st.description, By: st.creator, URL: url})
	}
	for _, run := range v.repo.checks {
		if run.sha == p.head {
			state := run.conclusion
			if state == "" {
				state = "pending"
			}
			gates = append(gates, pages.Status{Context: run.name, State: state, Description: run.title, By: v.s.opt.App.Slug})
		}
	}
	for _, rule := range v.repo.rules(p.baseRef) {
		for _, required := range rule.RequiredStatuses {
			i := slices.IndexFunc(gates, func(g pages.Status) bool { return g.Context == required.Context })
			if i < 0 {
				gates = append(gates, pages.Status{Context: required.Context, State: "pending", Description: "Waiting for the status to be reported"})
				i = len(gates) - 1
			}
			gates[i].Required = true
		}
	}
	return gates
}

// reviewers are who was asked and who has spoken.
func (v *view) reviewers(p *pull) []pages.Reviewer {
	var all []pages.Reviewer
	said := map[string]string{"APPROVED": "approved", "CHANGES_REQUESTED": "changes", "DISMISSED": "dismissed"}
	for _, r := range p.reviews {
		state := said[r.state]
		if state == "" {
			continue
		}
		if i := slices.IndexFunc(all, func(o pages.Reviewer) bool { return o.Name == r.author }); i >= 0 {
			all[i].State = state
		} else {
			all = append(all, pages.Reviewer{Name: r.author, State: state})
		}
	}
	for _, login := range p.reviewers {
		all = append(all, pages.Reviewer{Name: login, State: "pending"})
	}
	for _, slug := range p.teams {
		all = append(all, pages.Reviewer{Name: "@" + v.repo.owner + "/" + slug, State: "pending"})
	}
	return all
}
