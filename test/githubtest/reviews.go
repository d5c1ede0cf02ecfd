package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// review is one review of a pull request.
type review struct {
	id        int64
	author    string
	state     string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING
	body      string
	commit    string // SHA it was given on
	submitted time.Time
}

// newReview is what submitting a review takes.
type newReview struct {
	CommitID string `json:"commit_id"`
	Body     string `json:"body"`
	Event    string `json:"event"` // APPROVE, REQUEST_CHANGES, COMMENT; empty leaves it pending
}

// submitReview adds a review to a pull request. The caller holds r.mu.
func (s *Server) submitReview(r *repo, p *pull, n newReview, who actor) (*review, error) {
	if err := checkBody("PullRequestReview", n.Body); err != nil {
		return nil, err
	}
	own := strings.EqualFold(p.author, who.login)
	states := map[string]string{"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED", "": "PENDING"}
	state, known := states[n.Event]
	switch {
	case !known:
		return nil, unprocessable(fmt.Sprintf("Event %q is not one of APPROVE, REQUEST_CHANGES, COMMENT", n.Event))
	case own && n.Event == "APPROVE":
		return nil, unprocessable("Can not approve your own pull request")
	case own && n.Event == "REQUEST_CHANGES":
		return nil, unprocessable("Can not request changes on your own pull request")
	case n.Event != "APPROVE" && n.Event != "" && strings.TrimSpace(n.Body) == "":
		return nil, unprocessable("Body can't be blank")
	}
	if n.CommitID == "" {
		n.CommitID = p.head
	} else if contains, err := r.git.Contains(s.ctx, p.head, n.CommitID); err != nil || !contains {
		return nil, unprocessable("The commit_id is not part of the pull request")
	}
	v := &review{id: s.newID(), author: who.login, state: state, body: n.Body, commit: n.CommitID, submitted: s.now()}
	p.reviews = append(p.reviews, v)
	p.updated = s.now()
	r.version++
	if state != "PENDING" {
		p.reviewers = slices.DeleteFunc(p.reviewers, func(l string) bool { return strings.EqualFold(l, who.login) })
		s.sendReview(r, p, v, "submitted", who)
	}
	return v, nil
}

// unprocessable is the form of 422 that reviews answer with.
func unprocessable(why string) error {
	return &problem{status: http.StatusUnprocessableEntity, message: "Unprocessable Entity", errors: []string{why}}
}

// standing returns who approves of a pull request, and who is against it: the
// newest word of everybody who may write counts.
func (s *Server) standing(r *repo, p *pull) (approvals, against []string) {
	last := map[string]string{}
	var order []string
	for _, v := range p.reviews {
		if v.state == "COMMENTED" || v.state == "PENDING" {
			continue
		}
		if _, seen := last[v.author]; !seen {
			order = append(order, v.author)
		}
		last[v.author] = v.state
	}
	for _, login := range order {
		if s.role(r, login) < Write {
			continue
		}
		switch last[login] {
		case "APPROVED":
			approvals = append(approvals, login)
		case "CHANGES_REQUESTED":
			against = append(against, login)
		}
	}
	return approvals, against
}

// dismissStale dismisses the approvals of a pull request whose head has moved,
// where the base's protection says so.
func (s *Server) dismissStale(r *repo, p *pull, who actor) {
	if !slices.ContainsFunc(r.rules(p.baseRef), func(rule *Protection) bool { return rule.DismissStale }) {
		return
	}
	for _, v := range p.reviews {
		if v.state == "APPROVED" && v.commit != p.head {
			v.state = "DISMISSED"
			s.sendReview(r, p, v, "dismissed", who)
		}
	}
}

// createReview is pulls/create-review.
func createReview(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	var n newReview
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	v, err := c.s.submitReview(c.repo, p, n, c.actor)
	if err != nil {
		return answer{}, err
	}
	return ok(c.s.renderReview(c.repo, p, v))
}

// listReviews is pulls/list-reviews, oldest first. A pending review is shown
// to its author only.
func listReviews(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	visible := slices.DeleteFunc(slices.Clone(p.reviews), func(v *review) bool { return v.state == "PENDING" && v.author != c.actor.login })
	return listing(c, visible, func(v *review) obj { return c.s.renderReview(c.repo, p, v) })
}

// requestReviewers is pulls/request-reviewers.
func requestReviewers(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	var n struct {
		Reviewers []string `json:"reviewers"`
		Teams     []string `json:"team_reviewers"`
	}
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	for _, login := range n.Reviewers {
		if strings.EqualFold(login, p.author) {
			return answer{}, refuse(http.StatusUnprocessableEntity, "Review cannot be requested from pull request author.")
		}
		if c.s.lookup(login) == nil || c.s.role(c.repo, login) < Read {
			return answer{}, noReviewer(c.repo)
		}
	}
	for _, slug := range n.Teams {
		if _, known := c.s.team(c.repo.owner, slug); !known || c.repo.roles["@"+strings.ToLower(slug)] < Read {
			return answer{}, noReviewer(c.repo)
		}
	}
	for _, login := range n.Reviewers {
		login = c.s.lookup(login).login
		if !slices.Contains(p.reviewers, login) {
			p.reviewers = append(p.reviewers, login)
			c.s.sendPull(c.repo, p, "review_requested", c.actor, obj{"requested_reviewer": c.s.renderLogin(login)})
		}
	}
	for _, slug := range n.Teams {
		if !slices.Contains(p.teams, slug) {
			p.teams = append(p.teams, slug)
			c.s.sendPull(c.repo, p, "review_requested", c.actor, obj{"requested_team": c.s.renderTeam(c.repo.owner, slug)})
		}
	}
	p.updated = c.s.now()
	body, err := c.s.renderPull(c.repo, p, false)
	if err != nil {
		return answer{}, err
	}
	return created(body)
}

func noReviewer(r *repo) error {
	return refuse(http.StatusUnprocessableEntity, "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the "+r.fullName()+" repository.")
}
