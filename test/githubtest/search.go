package githubtest

import (
	"net/http"
	"slices"
	"strings"
)

// searchIssues is search/issues-and-pull-requests over what this server has,
// pull requests. It understands repo:, org:, user:, is:, state:, type:, head:,
// base:, author:, label:, draft:, review-requested: and words of the title or
// body, each of which may be negated with a minus.
func searchIssues(c *call) (answer, error) {
	query := c.r.URL.Query().Get("q")
	if strings.TrimSpace(query) == "" {
		return answer{}, invalid(obj{"resource": "Search", "field": "q", "code": "missing"})
	}
	type hit struct {
		r *repo
		p *pull
	}
	var hits []hit
	for _, r := range c.s.allRepos() {
		r.mu.Lock()
		if c.s.mayRead(r, c.actor) {
			for _, p := range r.pulls {
				if c.s.found(r, p, terms(query)) {
					hits = append(hits, hit{r, p})
				}
			}
		}
		r.mu.Unlock()
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return b.p.created.Compare(a.p.created) })
	a, err := listing(c, hits, func(h hit) obj {
		h.r.mu.Lock()
		defer h.r.mu.Unlock()
		return c.s.renderIssue(h.r, h.p)
	})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, header: a.header, body: obj{"total_count": len(hits), "incomplete_results": false, "search_type": "lexical", "items": a.body}}, nil
}

// terms splits a query at spaces outside of quotes.
func terms(query string) []string {
	quoted := false
	fields := strings.FieldsFunc(query, func(ch rune) bool {
		if ch == '"' {
			quoted = !quoted
		}
		return ch == ' ' && !quoted
	})
	for i := range fields {
		fields[i] = strings.ReplaceAll(fields[i], `"`, "")
	}
	return fields
}

func (s *Server) found(r *repo, p *pull, terms []string) bool {
	for _, t := range terms {
		want := true
		if rest, negated := strings.CutPrefix(t, "-"); negated {
			t, want = rest, false
		}
		if s.matches(r, p, t) != want {
			return false
		}
	}
	return true
}

func (s *Server) matches(r *repo, p *pull, term string) bool {
	key, value, qualified := strings.Cut(term, ":")
	is := func(a string) bool { return strings.EqualFold(a, value) }
	switch {
	case !qualified:
		return strings.Contains(strings.ToLower(p.title+"\n"+p.body), strings.ToLower(term))
	case key == "repo":
		return is(r.fullName())
	case key == "org", key == "user":
		return is(r.owner)
	case key == "is", key == "state", key == "type":
		switch value {
		case "merged":
			return !p.merged.IsZero()
		case "unmerged":
			return p.merged.IsZero()
		case "open", "closed":
			return p.state == value
		case "draft":
			return p.draft
		}
		return value == "pr"
	case key == "draft":
		return p.draft == (value == "true")
	case key == "head":
		return strings.HasPrefix(p.headRef, value)
	case key == "base":
		return p.baseRef == value
	case key == "author":
		return is(p.author) || is("app/"+strings.TrimSuffix(p.author, "[bot]")) || value == "app/"+s.opt.App.Slug && p.author == s.botLogin()
	case key == "label":
		return slices.ContainsFunc(p.labels, is)
	case key == "review-requested":
		return slices.ContainsFunc(p.reviewers, is)
	}
	return false
}
