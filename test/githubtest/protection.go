package githubtest

import (
	"path"
	"slices"
	"strings"
)

// RequiredStatus is a status context (or the name of a check run) that must be
// successful before a merge.
type RequiredStatus struct {
	Context string
	AppID   int64 // the expected source; 0 takes it from anybody
}

// Protection is what guards a branch, as classic protection or in a ruleset.
type Protection struct {
	RequiredStatuses  []RequiredStatus
	Strict            bool // the head must contain the tip of the base
	RequirePull       bool // no direct pushes; implied by RequiredApprovals
	RequiredApprovals int
	DismissStale      bool // a push dismisses approvals
	// BypassPulls are logins and App slugs that need neither a pull request nor
	// its approvals.
	BypassPulls []string
	// EnforceAdmins holds administrators to the rules too.
	EnforceAdmins bool
}

// Ruleset is a named protection of all branches that match.
type Ruleset struct {
	ID       int64 // filled in
	Name     string
	Branches []string // names or patterns like release/*
	Protection
}

// needsPull tells whether changes must come by pull request.
func (p *Protection) needsPull() bool { return p.RequirePull || p.RequiredApprovals > 0 }

// bypassedBy tells whether an actor is on the bypass list.
func (p *Protection) bypassedBy(who actor, slug string) bool {
	return slices.ContainsFunc(p.BypassPulls, func(name string) bool {
		return strings.EqualFold(name, who.login) || who.kind == install && strings.EqualFold(name, slug)
	})
}

// Protect sets the classic protection of a branch. RemoveProtection takes it
// away.
func (s *Server) Protect(name, branch string, p Protection) error {
	return s.with(name, func(r *repo) error { r.protection[branch] = &p; return nil })
}

// RemoveProtection takes the classic protection off a branch.
func (s *Server) RemoveProtection(name, branch string) error {
	return s.with(name, func(r *repo) error { delete(r.protection, branch); return nil })
}

// AddRuleset adds a ruleset to a repository.
func (s *Server) AddRuleset(name string, set Ruleset) error {
	set.ID = s.newID()
	return s.with(name, func(r *repo) error { r.rulesets = append(r.rulesets, &set); return nil })
}

// RemoveRuleset takes the rulesets of a name off a repository.
func (s *Server) RemoveRuleset(name, ruleset string) error {
	return s.with(name, func(r *repo) error {
		r.rulesets = slices.DeleteFunc(r.rulesets, func(set *Ruleset) bool { return set.Name == ruleset })
		return nil
	})
}

// rules returns everything that guards a branch.
func (r *repo) rules(branch string) []*Protection {
	var all []*Protection
	if p := r.protection[branch]; p != nil {
		all = append(all, p)
	}
	for _, set := range r.rulesets {
		if set.guards(branch) {
			all = append(all, &set.Protection)
		}
	}
	return all
}

func (set *Ruleset) guards(branch string) bool {
	return slices.ContainsFunc(set.Branches, func(pattern string) bool {
		ok, err := path.Match(pattern, branch)
		return ok && err == nil
	})
}

// getBranch is repos/get-branch.
func getBranch(c *call) (answer, error) {
	branch := c.op.Vars["branch"]
	sha, err := c.repo.git.Commit(c.ctx, "refs/heads/"+branch)
	if err != nil {
		return answer{}, refuse(404, "Branch not found")
	}
	commit, err := c.s.commitByID(c.ctx, c.repo, sha)
	if err != nil {
		return answer{}, err
	}
	self := c.s.apiRepo(c.repo) + "/branches/" + escape(branch)
	contexts := obj{"enforcement_level": "off", "contexts": []string{}, "checks": []obj{}}
	p := c.repo.protection[branch]
	if p != nil {
		level := "non_admins"
		if p.EnforceAdmins {
			level = "everyone"
		}
		contexts = p.checks()
		contexts["enforcement_level"] = level
	}
	return ok(obj{
		"name": branch, "commit": commit,
		"_links":         obj{"self": self, "html": c.s.htmlRepo(c.repo) + "/tree/" + escape(branch)},
		"protected":      len(c.repo.rules(branch)) > 0,
		"protection":     obj{"enabled": p != nil, "required_status_checks": contexts},
		"protection_url": self + "/protection",
	})
}

// checks renders the required statuses.
func (p *Protection) checks() obj {
	contexts, checks := []string{}, []obj{}
	for _, c := range p.RequiredStatuses {
		contexts = append(contexts, c.Context)
		var app any
		if c.AppID != 0 {
			app = c.AppID
		}
		checks = append(checks, obj{"context": c.Context, "app_id": app})
	}
	return obj{"contexts": contexts, "checks": checks}
}

// getBranchProtection is repos/get-branch-protection.
func getBranchProtection(c *call) (answer, error) {
	branch := c.op.Vars["branch"]
	p := c.repo.protection[branch]
	if p == nil {
		return answer{}, refuse(404, "Branch not protected")
	}
	self := c.s.apiRepo(c.repo) + "/branches/" + escape(branch) + "/protection"
	body := obj{
		"url":                              self,
		"enforce_admins":                   obj{"url": self + "/enforce_admins", "enabled": p.EnforceAdmins},
		"required_signatures":              obj{"url": self + "/required_signatures", "enabled": false},
		"required_linear_history":          obj{"enabled": false},
		"allow_force_pushes":               obj{"enabled": false},
		"allow_deletions":                  obj{"enabled": false},
		"block_creations":                  obj{"enabled": false},
		"required_conversation_resolution": obj{"enabled": false},
		"lock_branch":                      obj{"enabled": false},
		"allow_fork_syncing":               obj{"enabled": false},
	}
	if len(p.RequiredStatuses) > 0 || p.Strict {
		checks := p.checks()
		checks["url"] = self + "/required_status_checks"
		checks["contexts_url"] = self + "/required_status_checks/contexts"
		checks["strict"] = p.Strict
		body["required_status_checks"] = checks
	}
	if p.needsPull() {
		users, apps := c.s.bypassLists(p)
		body["required_pull_request_reviews"] = obj{
			"url":                             self + "/required_pull_request_reviews",
			"dismiss_stale_reviews":           p.DismissStale,
			"require_code_owner_reviews":      false,
			"require_last_push_approval":      false,
			"required_approving_review_count": p.RequiredApprovals,
			"bypass_pull_request_allowances":  obj{"users": users, "teams": []obj{}, "apps": apps},
		}
	}
	return ok(body)
}

// bypassLists splits a bypass list in people and Apps.
func (s *Server) bypassLists(p *Protection) (users, apps []obj) {
	users, apps = []obj{}, []obj{}
	for _, name := range p.BypassPulls {
		if strings.EqualFold(name, s.opt.App.Slug) {
			apps = append(apps, s.renderApp())
		} else if a := s.lookup(name); a != nil {
			users = append(users, s.renderUser(a))
		}
	}
	return users, apps
}

// getBranchRules is repos/get-branch-rules: what rulesets ask of a branch.
// Classic protection does not show here, as on GitHub.
func getBranchRules(c *call) (answer, error) {
	var rules []obj
	for _, set := range c.repo.rulesets {
		if !set.guards(c.op.Vars["branch"]) {
			continue
		}
		add := func(kind string, parameters obj) {
			rule := obj{"type": kind, "ruleset_source_type": "Repository", "ruleset_source": c.repo.fullName(), "ruleset_id": set.ID}
			if parameters != nil {
				rule["parameters"] = parameters
			}
			rules = append(rules, rule)
		}
		add("deletion", nil)
		add("non_fast_forward", nil)
		if len(set.RequiredStatuses) > 0 {
			var checks []obj
			for _, r := range set.RequiredStatuses {
				check := obj{"context": r.Context}
				if r.AppID != 0 {
					check["integration_id"] = r.AppID
				}
				checks = append(checks, check)
			}
			add("required_status_checks", obj{
				"required_status_checks": checks, "strict_required_status_checks_policy": set.Strict, "do_not_enforce_on_create": false,
			})
		}
		if set.needsPull() {
			add("pull_request", obj{
				"required_approving_review_count": set.RequiredApprovals, "dismiss_stale_reviews_on_push": set.DismissStale,
				"require_code_owner_review": false, "require_last_push_approval": false,
				"required_review_thread_resolution": false, "allowed_merge_methods": []string{"merge", "squash", "rebase"},
			})
		}
	}
	return listing(c, rules, func(o obj) obj { return o })
}
