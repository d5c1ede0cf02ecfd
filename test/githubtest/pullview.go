package githubtest

import (
	"fmt"
	"slices"
	"strings"
)

// A PullView is a pull request as an assertion sees it.
type PullView struct {
	Number      int
	Title, Body string
	State       string // "open", "closed" or "merged"
	Author      string
	Head        string // branch
	HeadSHA     string
	MergeSHA    string // once merged
	MergedBy    string
	Labels      []string
	Assignees   []string // logins
	Reviewers   []string // requested people
	Comments    []string // their texts, oldest first
}

// String writes the view for patterns to match, the body last.
func (p PullView) String() string {
	return fmt.Sprintf("#%d %s: %s\nby %s, merged by %q\nlabels %s\nassignees %s\nreviewers %s\n%s\n---\n%s",
		p.Number, p.State, p.Title, p.Author, p.MergedBy, strings.Join(p.Labels, " "), strings.Join(p.Assignees, " "), strings.Join(p.Reviewers, " "),
		strings.Join(p.Comments, "\n"), p.Body)
}

// Pull returns a pull request as it is now.
func (s *Server) Pull(repository string, number int) (PullView, bool) {
	r, err := s.repo(repository)
	if err != nil {
		return PullView{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pull(int64(number))
	if p == nil {
		return PullView{}, false
	}
	v := PullView{
		Number: p.number, Title: p.title, Body: p.body, State: p.state, Author: p.author, Head: p.headRef, HeadSHA: p.head,
		MergeSHA: p.mergeCommit, MergedBy: p.mergedBy, Labels: slices.Clone(p.labels), Assignees: slices.Clone(p.assignees), Reviewers: slices.Clone(p.reviewers),
	}
	if !p.merged.IsZero() {
		v.State = "merged"
	}
	for _, c := range p.comments {
		v.Comments = append(v.Comments, c.body)
	}
	return v, true
}

// Pulls returns all pull requests of a repository, oldest first.
func (s *Server) Pulls(repository string) []PullView {
	var all []PullView
	for n := 1; ; n++ {
		v, ok := s.Pull(repository, n)
		if !ok {
			return all
		}
		all = append(all, v)
	}
}
