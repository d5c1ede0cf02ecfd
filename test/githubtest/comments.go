package githubtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// comment is a comment on a pull request.
type comment struct {
	id               int64
	author, body     string
	created, updated time.Time
}

// addComment comments on a pull request. The caller holds r.mu.
func (s *Server) addComment(r *repo, p *pull, body string, who actor) (*comment, error) {
	if strings.TrimSpace(body) == "" {
		return nil, invalid(obj{"resource": "IssueComment", "code": "missing_field", "field": "body"})
	}
	if err := checkBody("IssueComment", body); err != nil {
		return nil, err
	}
	k := &comment{id: s.newID(), author: who.login, body: body, created: s.now(), updated: s.now()}
	p.comments = append(p.comments, k)
	p.updated = s.now()
	r.version++
	s.sendComment(r, p, k, "created", who)
	return k, nil
}

type commentBody struct {
	Body string `json:"body"`
}

// createComment is issues/create-comment.
func createComment(c *call) (answer, error) {
	p, err := c.pull("issue_number")
	if err != nil {
		return answer{}, err
	}
	var n commentBody
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	k, err := c.s.addComment(c.repo, p, n.Body, c.actor)
	if err != nil {
		return answer{}, err
	}
	return created(c.s.renderComment(c.repo, p, k))
}

// listComments is issues/list-comments, oldest first.
func listComments(c *call) (answer, error) {
	p, err := c.pull("issue_number")
	if err != nil {
		return answer{}, err
	}
	found := p.comments
	if since, err := time.Parse(time.RFC3339, c.r.URL.Query().Get("since")); err == nil {
		found = slices.DeleteFunc(slices.Clone(found), func(k *comment) bool { return k.updated.Before(since) })
	}
	return listing(c, found, func(k *comment) obj { return c.s.renderComment(c.repo, p, k) })
}

// updateComment is issues/update-comment: by its author, or by who may write.
func updateComment(c *call) (answer, error) {
	id, err := c.number("comment_id")
	if err != nil {
		return answer{}, err
	}
	var n commentBody
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	for _, p := range c.repo.pulls {
		for _, k := range p.comments {
			if k.id != id {
				continue
			}
			if err := checkBody("IssueComment", n.Body); err != nil {
				return answer{}, err
			}
			if c.actor.kind == person && k.author != c.actor.login && c.s.role(c.repo, c.actor.login) < Write {
				return answer{}, refuse(http.StatusForbidden, "Must have write access to edit the comments of others.")
			}
			k.body, k.updated = n.Body, c.s.now()
			c.repo.version++
			c.s.sendComment(c.repo, p, k, "edited", c.actor)
			return ok(c.s.renderComment(c.repo, p, k))
		}
	}
	return answer{}, notFound()
}

// label is a label of a repository.
type label struct {
	id          int64
	name, color string
}

// label returns the label of that name, made on first use.
func (s *Server) label(r *repo, name string) *label {
	key := strings.ToLower(name)
	if r.labels[key] == nil {
		r.labels[key] = &label{id: s.newID(), name: name, color: "ededed"}
	}
	return r.labels[key]
}

// addLabels is issues/add-labels: an object with labels, or a bare array, of
// names or of objects with a name.
func addLabels(c *call) (answer, error) {
	p, err := c.pull("issue_number")
	if err != nil {
		return answer{}, err
	}
	names, err := c.labelNames()
	if err != nil {
		return answer{}, err
	}
	for _, name := range names {
		if name == "" || len(name) > 50 {
			return answer{}, invalid(obj{"resource": "Label", "code": "invalid", "field": "name"})
		}
	}
	for _, name := range names {
		l := c.s.label(c.repo, name)
		if slices.Contains(p.labels, l.name) {
			continue
		}
		p.labels = append(p.labels, l.name)
		p.updated = c.s.now()
		c.s.sendPull(c.repo, p, "labeled", c.actor, obj{"label": c.s.renderLabel(c.repo, l.name)})
	}
	return ok(c.s.renderLabels(c.repo, p))
}

func (c *call) labelNames() ([]string, error) {
	var raw any
	if err := c.decode(&raw); err != nil {
		return nil, err
	}
	if o, isObject := raw.(obj); isObject {
		raw = o["labels"]
	}
	items, isList := raw.([]any)
	if !isList {
		return nil, invalid(obj{"resource": "Label", "code": "invalid", "field": "labels"})
	}
	var names []string
	for _, item := range items {
		if o, isObject := item.(obj); isObject {
			item = o["name"]
		}
		name, isText := item.(string)
		if !isText {
			return nil, invalid(obj{"resource": "Label", "code": "invalid", "field": "name"})
		}
		names = append(names, name)
	}
	return names, nil
}

// removeLabel is issues/remove-label.
func removeLabel(c *call) (answer, error) {
	p, err := c.pull("issue_number")
	if err != nil {
		return answer{}, err
	}
	i := slices.IndexFunc(p.labels, func(l string) bool { return strings.EqualFold(l, c.op.Vars["name"]) })
	if i < 0 {
		return answer{}, refuse(http.StatusNotFound, "Label does not exist")
	}
	gone := c.s.renderLabel(c.repo, p.labels[i])
	p.labels = slices.Delete(p.labels, i, i+1)
	p.updated = c.s.now()
	c.s.sendPull(c.repo, p, "unlabeled", c.actor, obj{"label": gone})
	return ok(c.s.renderLabels(c.repo, p))
}
