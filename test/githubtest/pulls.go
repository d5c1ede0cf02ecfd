package githubtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// Limits of texts, in characters.
const (
	maxTitle    = 256
	maxBodyText = 65536
)

// pull is a pull request.
type pull struct {
	id               int64
	number           int
	title, body      string
	state            string // open, closed
	draft            bool
	author           string // login
	headRef, baseRef string // branches
	head, base       string // SHAs; base is the base's tip when the head last moved
	created, updated time.Time
	closed           time.Time // zero while open
	merged           time.Time // zero unless merged
	mergedBy         string
	mergeCommit      string // after the merge
	merge            mergeability
	labels           []string
	assignees        []string // logins
	reviewers        []string // requested people
	teams            []string // requested teams, slugs
	reviews          []*review
	comments         []*comment
}

// pull finds a pull request by number, or nil. The caller holds r.mu.
func (r *repo) pull(number int64) *pull {
	if number < 1 || number > int64(len(r.pulls)) {
		return nil
	}
	return r.pulls[number-1]
}

// pull finds the pull request that the path names.
func (c *call) pull(parameter string) (*pull, error) {
	n, err := c.number(parameter)
	if err != nil {
		return nil, err
	}
	p := c.repo.pull(n)
	if p == nil {
		return nil, notFound()
	}
	return p, nil
}

// newPull is what opening a pull request takes.
type newPull struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Head  string `json:"head"`
	Base  string `json:"base"`
	Draft bool   `json:"draft"`
}

// checkText refuses titles and bodies that GitHub refuses.
func checkText(title, body string) error {
	if strings.TrimSpace(title) == "" {
		return invalid(obj{"resource": "Issue", "code": "missing_field", "field": "title"})
	}
	if utf8.RuneCountInString(title) > maxTitle {
		return invalid(obj{"resource": "Issue", "code": "custom", "field": "title", "message": fmt.Sprintf("title is too long (maximum is %d characters)", maxTitle)})
	}
	return checkBody("Issue", body)
}

func checkBody(resource, body string) error {
	if utf8.RuneCountInString(body) > maxBodyText {
		return invalid(obj{"resource": resource, "code": "custom", "field": "body", "message": fmt.Sprintf("body is too long (maximum is %d characters)", maxBodyText)})
	}
	return nil
}

// openPull opens a pull request. The caller holds r.mu.
func (s *Server) openPull(r *repo, n newPull, who actor) (*pull, error) {
	if err := checkText(n.Title, n.Body); err != nil {
		return nil, err
	}
	owner, headRef, qualified := strings.Cut(n.Head, ":")
	if !qualified {
		owner, headRef = r.owner, n.Head
	}
	base, err := r.git.Commit(s.ctx, "refs/heads/"+n.Base)
	if err != nil {
		return nil, invalid(obj{"resource": "PullRequest", "field": "base", "code": "invalid"})
	}
	head, err := r.git.Commit(s.ctx, "refs/heads/"+headRef)
	if err != nil || !strings.EqualFold(owner, r.owner) {
		return nil, invalid(obj{"resource": "PullRequest", "field": "head", "code": "invalid"})
	}
	twin := func(p *pull) bool { return p.state == "open" && p.headRef == headRef && p.baseRef == n.Base }
	if slices.ContainsFunc(r.pulls, twin) {
		return nil, invalid(obj{"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for " + r.owner + ":" + headRef + "."})
	}
	if _, err := r.git.MergeBase(s.ctx, base, head); errors.Is(err, bare.ErrNotFound) {
		return nil, invalid(obj{"resource": "PullRequest", "code": "custom", "message": fmt.Sprintf("The %s branch has no history in common with %s", n.Base, headRef)})
	}
	ahead, err := r.git.Count(s.ctx, head, base)
	if err != nil {
		return nil, err
	}
	if ahead == 0 {
		return nil, invalid(obj{"resource": "PullRequest", "code": "custom", "message": fmt.Sprintf("No commits between %s and %s", n.Base, headRef)})
	}
	p := &pull{
		id: s.newID(), number: len(r.pulls) + 1, title: n.Title, body: n.Body, state: "open", draft: n.Draft, author: who.login,
		headRef: headRef, baseRef: n.Base, head: head, base: base, created: s.now(), updated: s.now(),
	}
	if err := s.pinHead(r, p); err != nil {
		return nil, err
	}
	r.pulls = append(r.pulls, p)
	s.sendPull(r, p, "opened", who, nil)
	return p, nil
}

// closePull closes a pull request without merging it. The caller holds r.mu.
func (s *Server) closePull(r *repo, p *pull, who actor) {
	if p.state != "open" {
		return
	}
	p.state, p.closed, p.updated = "closed", s.now(), s.now()
	s.sendPull(r, p, "closed", who, nil)
}

// reopenPull opens a closed pull request again. The caller holds r.mu.
func (s *Server) reopenPull(r *repo, p *pull, who actor) error {
	head, err := r.git.Commit(s.ctx, "refs/heads/"+p.headRef)
	if !p.merged.IsZero() || err != nil {
		return invalid(obj{"resource": "PullRequest", "code": "custom", "field": "state", "message": "state cannot be changed. The " + p.headRef + " branch has been deleted or the pull request is merged."})
	}
	p.state, p.closed, p.updated, p.head, p.merge = "open", time.Time{}, s.now(), head, mergeability{}
	if err := s.pinHead(r, p); err != nil {
		return err
	}
	s.sendPull(r, p, "reopened", who, nil)
	return nil
}

// mergeBase is where a pull request's branch left its base. After the merge it
// is the one of before, as the base's tip is remembered.
func (r *repo) mergeBase(ctx context.Context, p *pull) (string, error) {
	return r.git.MergeBase(ctx, p.base, p.head)
}

// createPull is pulls/create.
func createPull(c *call) (answer, error) {
	var n newPull
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	p, err := c.s.openPull(c.repo, n, c.actor)
	if err != nil {
		return answer{}, err
	}
	body, err := c.s.renderPull(c.repo, p, true)
	if err != nil {
		return answer{}, err
	}
	a, err := created(body)
	a.header = http.Header{"Location": {c.s.apiRepo(c.repo) + fmt.Sprintf("/pulls/%d", p.number)}}
	return a, err
}

// getPull is pulls/get. The first look after a change answers mergeable null
// and sets the computation going, as GitHub's does; the next one knows.
func getPull(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	if accept := c.r.Header.Get("Accept"); strings.Contains(accept, ".diff") || strings.Contains(accept, ".patch") {
		from, err := c.repo.mergeBase(c.ctx, p)
		if err != nil {
			return answer{}, err
		}
		text, err := c.repo.git.Patch(c.ctx, from, p.head)
		return answer{status: http.StatusOK, text: []byte(text), media: "application/vnd.github.diff; charset=utf-8"}, err
	}
	body, err := c.s.renderPull(c.repo, p, true)
	if err != nil {
		return answer{}, err
	}
	if err := c.s.computeMerge(c.repo, p); err != nil {
		return answer{}, err
	}
	return ok(body)
}

// retarget points a pull request at another base. The caller holds the
// repository's lock.
func (s *Server) retarget(ctx context.Context, r *repo, p *pull, base string, who actor) error {
	sha, err := r.git.Commit(ctx, "refs/heads/"+base)
	if err != nil {
		return invalid(obj{"resource": "PullRequest", "field": "base", "code": "invalid"})
	}
	from := obj{"ref": obj{"from": p.baseRef}, "sha": obj{"from": p.base}}
	p.baseRef, p.base, p.merge, p.updated = base, sha, mergeability{}, s.now()
	s.sendPull(r, p, "edited", who, obj{"changes": obj{"base": from}})
	return nil
}

// updatePull is pulls/update.
func updatePull(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	var u struct {
		Title, Body, State, Base *string
	}
	if err := c.decode(&u); err != nil {
		return answer{}, err
	}
	title, body, base := p.title, p.body, p.baseRef
	for _, field := range []struct{ to, from *string }{{&title, u.Title}, {&body, u.Body}, {&base, u.Base}} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	if err := checkText(title, body); err != nil {
		return answer{}, err
	}
	changes := obj{}
	if title != p.title {
		changes["title"] = obj{"from": p.title}
	}
	if body != p.body {
		changes["body"] = obj{"from": p.body}
	}
	if base != p.baseRef {
		if err := c.s.retarget(c.ctx, c.repo, p, base, c.actor); err != nil {
			return answer{}, err
		}
	}
	p.title, p.body = title, body
	if len(changes) > 0 {
		p.updated = c.s.now()
		c.s.sendPull(c.repo, p, "edited", c.actor, obj{"changes": changes})
	}
	switch {
	case u.State != nil && *u.State == "closed":
		c.s.closePull(c.repo, p, c.actor)
	case u.State != nil && *u.State == "open" && p.state == "closed":
		if err := c.s.reopenPull(c.repo, p, c.actor); err != nil {
			return answer{}, err
		}
	}
	rendered, err := c.s.renderPull(c.repo, p, true)
	if err != nil {
		return answer{}, err
	}
	return ok(rendered)
}

// listPulls is pulls/list.
func listPulls(c *call) (answer, error) {
	q := c.r.URL.Query()
	state, head, base := q.Get("state"), q.Get("head"), q.Get("base")
	if state == "" {
		state = "open"
	}
	owner, branch, qualified := strings.Cut(head, ":")
	var found []*pull
	for _, p := range c.repo.pulls {
		if (state != "all" && p.state != state) || (base != "" && p.baseRef != base) {
			continue
		}
		// A head without "owner:" is silently ignored, as GitHub does.
		if qualified && (!strings.EqualFold(owner, c.repo.owner) || p.headRef != branch) {
			continue
		}
		found = append(found, p)
	}
	descending := q.Get("direction") == "desc" || q.Get("direction") == "" && (q.Get("sort") == "" || q.Get("sort") == "created")
	slices.SortStableFunc(found, func(a, b *pull) int {
		order := a.number - b.number
		if q.Get("sort") == "updated" && !a.updated.Equal(b.updated) {
			order = a.updated.Compare(b.updated)
		}
		if descending {
			return -order
		}
		return order
	})
	var failed error
	a, err := listing(c, found, func(p *pull) obj {
		o, err := c.s.renderPull(c.repo, p, false)
		failed = errors.Join(failed, err)
		return o
	})
	return a, errors.Join(err, failed)
}

// listPullCommits is pulls/list-commits, oldest first.
func listPullCommits(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	commits, err := c.repo.git.Log(c.ctx, bare.Query{From: p.head, Not: p.base, OldestFirst: true})
	if err != nil {
		return answer{}, err
	}
	return listing(c, commits, func(k bare.Commit) obj { return c.s.renderCommit(c.repo, k) })
}

// maxPullFiles is how many files of a pull request GitHub lists, however many
// it touches.
const maxPullFiles = 3000

// listPullFiles is pulls/list-files.
func listPullFiles(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	from, err := c.repo.mergeBase(c.ctx, p)
	if err != nil {
		return answer{}, err
	}
	changes, err := c.repo.git.Diff(c.ctx, from, p.head)
	if err != nil {
		return answer{}, err
	}
	changes = changes[:min(len(changes), maxPullFiles)]
	return listing(c, changes, func(f bare.Change) obj { return c.s.renderChange(c.repo, p.head, f) })
}
