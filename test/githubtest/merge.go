package githubtest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// mergeability is what is known about merging a head into a base. It is
// forgotten whenever one of them moves.
type mergeability struct {
	known     bool
	clean     bool     // the trees merge
	conflicts []string // paths, where they do not
	commit    string   // the test merge, refs/pull/{n}/merge
}

// computeMerge tries the merge of an open pull request. The caller holds r.mu.
func (s *Server) computeMerge(r *repo, p *pull) error {
	if p.merge.known || p.state != "open" {
		return nil
	}
	base, err := r.git.Commit(s.ctx, "refs/heads/"+p.baseRef)
	if errors.Is(err, bare.ErrNotFound) {
		return nil // somebody took the branch away in git; it stays unknown
	}
	if err != nil {
		return err
	}
	tree, conflicts, err := r.git.Merge(s.ctx, base, p.head)
	if err != nil {
		return err
	}
	m := mergeability{known: true, clean: len(conflicts) == 0, conflicts: conflicts}
	if m.clean {
		m.commit, err = r.git.WriteCommit(s.ctx, bare.Commit{
			Tree: tree, Parents: []string{base, p.head}, Author: s.github(), Committer: s.github(),
			Message: "Merge " + p.head + " into " + base,
		})
		if err != nil {
			return err
		}
	}
	p.merge = m
	return nil
}

// github is GitHub itself as a committer.
func (s *Server) github() bare.Person {
	return bare.Person{Name: "GitHub", Email: "noreply@github.com", When: s.now()}
}

// blockers tells everything that stands in the way of merging a pull request
// as this actor, the most telling first. The caller holds r.mu and has called
// computeMerge.
func (s *Server) blockers(r *repo, p *pull, who actor) ([]string, error) {
	var why []string
	if p.draft {
		why = append(why, "Pull Request is still a draft")
	}
	if !p.merge.clean {
		why = append(why, "Pull Request is not mergeable")
	}
	base, err := r.git.Commit(s.ctx, "refs/heads/"+p.baseRef)
	if err != nil {
		return nil, err
	}
	for _, rule := range r.rules(p.baseRef) {
		if !rule.EnforceAdmins && who.kind == person && s.role(r, who.login) == Admin {
			continue
		}
		if rule.needsPull() && !rule.bypassedBy(who, s.opt.App.Slug) {
			why = append(why, s.missingReviews(r, p, rule)...)
		}
		for _, required := range rule.RequiredStatuses {
			why = append(why, s.missingStatus(r, p.head, required)...)
		}
		if rule.Strict {
			contains, err := r.git.Contains(s.ctx, p.head, base)
			if err != nil {
				return nil, err
			}
			if !contains {
				why = append(why, fmt.Sprintf("Head branch is out of date. Review and try the merge again: it lacks commits of %s.", p.baseRef))
			}
		}
	}
	return slices.Compact(why), nil
}

// missingReviews tells which reviews a rule still wants.
func (s *Server) missingReviews(r *repo, p *pull, rule *Protection) []string {
	approvals, against := s.standing(r, p)
	var why []string
	if len(against) > 0 {
		why = append(why, "Changes were requested by "+strings.Join(against, ", ")+".")
	}
	if n := rule.RequiredApprovals; len(approvals) < n {
		noun := "review is"
		if n > 1 {
			noun = "reviews are"
		}
		why = append(why, fmt.Sprintf("At least %d approving %s required by reviewers with write access.", n, noun))
	}
	return why
}

// missingStatus tells why a required status does not let a commit pass.
func (s *Server) missingStatus(r *repo, sha string, required RequiredStatus) []string {
	switch state := s.statusOf(r, sha, required); state {
	case "success":
		return nil
	case "":
		return []string{fmt.Sprintf("Required status check %q is expected.", required.Context)}
	case "foreign":
		return []string{fmt.Sprintf("Required status check %q was not set by the expected GitHub app.", required.Context)}
	case "pending":
		return []string{fmt.Sprintf("Required status check %q is pending.", required.Context)}
	default:
		return []string{fmt.Sprintf("Required status check %q is failing.", required.Context)}
	}
}

// mergeState is GitHub's mergeable_state of an open pull request.
func (s *Server) mergeState(r *repo, p *pull) (string, error) {
	switch {
	case p.state != "open" || !p.merge.known:
		return "unknown", nil
	case !p.merge.clean:
		return "dirty", nil
	case p.draft:
		return "draft", nil
	}
	why, err := s.blockers(r, p, actor{})
	if errors.Is(err, bare.ErrNotFound) {
		return "unknown", nil // its base branch has gone
	}
	if err != nil {
		return "", err
	}
	switch {
	case len(why) > 0 && strings.HasPrefix(why[0], "Head branch is out of date"):
		return "behind", nil
	case len(why) > 0:
		return "blocked", nil
	case len(r.statuses[p.head]) > 0 && s.combined(r, p.head) != "success":
		return "unstable", nil
	}
	return "clean", nil
}

// mergeRequest is the body of a merge.
type mergeRequest struct {
	Title   string `json:"commit_title"`
	Message string `json:"commit_message"`
	SHA     string `json:"sha"`
	Method  string `json:"merge_method"`
}

// mergePull merges a pull request and returns the SHA the base has then. The
// caller holds r.mu.
func (s *Server) mergePull(r *repo, p *pull, m mergeRequest, who actor) (string, error) {
	if p.state != "open" {
		return "", refuse(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	}
	if m.SHA != "" && m.SHA != p.head {
		return "", refuse(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	}
	if err := s.computeMerge(r, p); err != nil {
		return "", err
	}
	why, err := s.blockers(r, p, who)
	if err != nil {
		return "", err
	}
	if len(why) > 0 {
		return "", refuse(http.StatusMethodNotAllowed, strings.Join(why, " "))
	}
	base, err := r.git.Commit(s.ctx, "refs/heads/"+p.baseRef)
	if err != nil {
		return "", err
	}
	sha, err := s.mergedCommit(r, p, m, base, who)
	if err != nil {
		return "", err
	}
	ref := "refs/heads/" + p.baseRef
	if err := r.git.SetRef(s.ctx, ref, sha, base); err != nil {
		return "", refuse(http.StatusMethodNotAllowed, "Base branch was modified. Review and try the merge again.")
	}
	// What the pull request compared is remembered, so that its files and
	// commits stay what they were.
	p.base = base
	s.markMerged(r, p, sha, who)
	if err := s.moved(r, ref, base, sha, who, "merge"); err != nil {
		return "", err
	}
	if r.autoDelete && p.headRef != r.branch {
		return sha, s.setRef(r, "refs/heads/"+p.headRef, p.head, bare.Zero, who, "merge")
	}
	return sha, nil
}

// mergedCommit writes what the base becomes, by the method asked for.
func (s *Server) mergedCommit(r *repo, p *pull, m mergeRequest, base string, who actor) (string, error) {
	author := s.signature(s.account(who.login, "", "User"))
	if m.Method == "rebase" {
		tip, conflicts, err := r.git.Rebase(s.ctx, base, p.head, author)
		if err == nil && len(conflicts) > 0 {
			err = refuse(http.StatusMethodNotAllowed, "This branch can't be rebased")
		}
		return tip, err
	}
	merged, err := r.git.Read(s.ctx, p.merge.commit)
	if err != nil {
		return "", err
	}
	title, message := fmt.Sprintf("Merge pull request #%d from %s/%s", p.number, r.owner, p.headRef), p.title
	commit := bare.Commit{Tree: merged.Tree, Parents: []string{base, p.head}, Author: author, Committer: s.github()}
	if m.Method == "squash" {
		title, message = fmt.Sprintf("%s (#%d)", p.title, p.number), p.body
		commit.Parents = commit.Parents[:1]
		head, err := r.git.Read(s.ctx, p.head)
		if err != nil {
			return "", err
		}
		commit.Author.Name, commit.Author.Email = head.Author.Name, head.Author.Email
	}
	if m.Title != "" {
		title = m.Title
	}
	if m.Message != "" {
		message = m.Message
	}
	commit.Message = strings.TrimSpace(title + "\n\n" + message)
	return r.git.WriteCommit(s.ctx, commit)
}

// markMerged notes that a pull request is merged. The caller holds r.mu.
func (s *Server) markMerged(r *repo, p *pull, sha string, who actor) {
	p.state, p.closed, p.merged, p.updated = "closed", s.now(), s.now(), s.now()
	p.mergedBy, p.mergeCommit = who.login, sha
	s.sendPull(r, p, "closed", who, nil)
}

// putMerge is pulls/merge.
func putMerge(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	var m mergeRequest
	if err := c.decode(&m); err != nil {
		return answer{}, err
	}
	if c.actor.kind == install && c.actor.permissions["contents"] != "write" {
		return answer{}, refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	sha, err := c.s.mergePull(c.repo, p, m, c.actor)
	if err != nil {
		return answer{}, err
	}
	return ok(obj{"sha": sha, "merged": true, "message": "Pull Request successfully merged"})
}

// putUpdateBranch is pulls/update-branch: the base is merged into the head.
func putUpdateBranch(c *call) (answer, error) {
	p, err := c.pull("pull_number")
	if err != nil {
		return answer{}, err
	}
	var u struct {
		Expected string `json:"expected_head_sha"`
	}
	if err := c.decode(&u); err != nil {
		return answer{}, err
	}
	if p.state != "open" || u.Expected != "" && u.Expected != p.head {
		return answer{}, refuse(http.StatusUnprocessableEntity, "expected head sha didn't match current head ref.")
	}
	git := c.repo.git
	base, err := git.Commit(c.ctx, "refs/heads/"+p.baseRef)
	if err != nil {
		return answer{}, err
	}
	if contains, err := git.Contains(c.ctx, p.head, base); err != nil || contains {
		return answer{}, errors.Join(err, refuse(http.StatusUnprocessableEntity, "There are no new commits on the base branch."))
	}
	tree, conflicts, err := git.Merge(c.ctx, p.head, base)
	if err != nil {
		return answer{}, err
	}
	if len(conflicts) > 0 {
		return answer{}, refuse(http.StatusUnprocessableEntity, "merge conflict between base and head")
	}
	sha, err := git.WriteCommit(c.ctx, bare.Commit{
		Tree: tree, Parents: []string{p.head, base}, Author: c.s.signature(c.s.account(c.actor.login, "", "User")), Committer: c.s.github(),
		Message: fmt.Sprintf("Merge branch '%s' into %s", p.baseRef, p.headRef),
	})
	if err != nil {
		return answer{}, err
	}
	if err := c.s.setRef(c.repo, "refs/heads/"+p.headRef, p.head, sha, c.actor, "api"); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusAccepted, body: obj{"message": "Updating pull request branch.", "url": c.s.htmlPull(c.repo, p)}}, nil
}
