package githubtest

import (
	"net/http"
	"slices"
)

// mostAssignees is how many people GitHub lets an issue be assigned to.
const mostAssignees = 10

// addAssignees is issues/add-assignees. Who may not write is left out without
// a word, as GitHub does.
func addAssignees(c *call) (answer, error) {
	p, err := c.pull("issue_number")
	if err != nil {
		return answer{}, err
	}
	var n struct {
		Assignees []string `json:"assignees"`
	}
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	for _, login := range n.Assignees {
		account := c.s.lookup(login)
		if account == nil || c.s.role(c.repo, login) < Write || slices.Contains(p.assignees, account.login) {
			continue
		}
		if len(p.assignees) == mostAssignees {
			return answer{}, refuse(http.StatusUnprocessableEntity, "Validation Failed")
		}
		p.assignees = append(p.assignees, account.login)
		p.updated = c.s.now()
		c.s.sendPull(c.repo, p, "assigned", c.actor, obj{"assignee": c.s.renderLogin(account.login)})
	}
	return created(c.s.renderIssue(c.repo, p))
}

// renderLogins renders accounts in order, never as null.
func (s *Server) renderLogins(logins []string) []any {
	all := []any{}
	for _, login := range logins {
		all = append(all, s.renderLogin(login))
	}
	return all
}

// firstOf is null where a list is empty.
func firstOf(all []any) any {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}
