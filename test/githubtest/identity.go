package githubtest

import (
	"net/http"
	"strings"
	"time"
)

// getApp is apps/get-authenticated.
func getApp(c *call) (answer, error) { return ok(c.s.renderApp()) }

// createToken is apps/create-installation-access-token. A token may be
// narrowed to some repositories and fewer permissions.
func createToken(c *call) (answer, error) {
	id, err := c.number("installation_id")
	if err != nil {
		return answer{}, err
	}
	in := c.s.installationByID(id)
	if in == nil {
		return answer{}, notFound()
	}
	var n struct {
		Repositories  []string
		RepositoryIDs []int64 `json:"repository_ids"`
		Permissions   map[string]string
	}
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	a := c.s.installedActor(in)
	for name, level := range n.Permissions {
		if !granted(in.permissions, name+":"+level) {
			return answer{}, refuse(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
		}
	}
	if len(n.Permissions) > 0 {
		a.permissions = n.Permissions
		a.permissions["metadata"] = "read"
	}
	a.repos = append(a.repos, n.RepositoryIDs...)
	for _, name := range n.Repositories {
		r, err := c.s.repo(in.owner + "/" + name)
		if err != nil {
			return answer{}, refuse(http.StatusUnprocessableEntity, "There is at least one repository that does not exist or is not accessible to the parent installation.")
		}
		a.repos = append(a.repos, r.id)
	}
	expires := c.s.now().Add(tokenLife)
	selection := "all"
	if a.repos != nil {
		selection = "selected"
	}
	return created(obj{
		"token": c.s.keys.issue("ghs", a, expires), "expires_at": expires.Format(time.RFC3339),
		"permissions": a.permissions, "repository_selection": selection,
	})
}

// getRepoInstallation is apps/get-repo-installation.
func getRepoInstallation(c *call) (answer, error) { return c.installationAt(c.repo.owner) }

// getOrgInstallation is apps/get-org-installation.
func getOrgInstallation(c *call) (answer, error) { return c.installationAt(c.op.Vars["org"]) }

func (c *call) installationAt(owner string) (answer, error) {
	in := c.s.installationOf(owner)
	if in == nil {
		return answer{}, notFound()
	}
	return ok(c.s.renderInstallation(in))
}

// listInstallationRepos is apps/list-repos-accessible-to-installation.
func listInstallationRepos(c *call) (answer, error) {
	if c.actor.kind != install {
		return answer{}, refuse(http.StatusForbidden, "You must authenticate with an installation access token in order to list repositories for an installation.")
	}
	var found []*repo
	for _, r := range c.s.allRepos() {
		r.mu.Lock()
		if strings.EqualFold(r.owner, c.actor.install.owner) && c.s.mayRead(r, c.actor) {
			found = append(found, r)
		}
		r.mu.Unlock()
	}
	a, err := listing(c, found, func(r *repo) obj {
		r.mu.Lock()
		defer r.mu.Unlock()
		return c.s.renderRepo(r)
	})
	a.body = obj{"total_count": len(found), "repositories": a.body}
	return a, err
}

// getAuthenticatedUser is users/get-authenticated.
func getAuthenticatedUser(c *call) (answer, error) {
	switch c.actor.kind {
	case anonymous:
		return answer{}, refuse(http.StatusUnauthorized, "Requires authentication")
	case person:
		return ok(c.s.renderProfile(c.s.lookup(c.actor.login)))
	}
	return answer{}, refuse(http.StatusForbidden, "Resource not accessible by integration")
}

// getUser is users/get-by-username.
func getUser(c *call) (answer, error) {
	a := c.s.lookup(c.op.Vars["username"])
	if a == nil {
		return answer{}, notFound()
	}
	return ok(c.s.renderProfile(a))
}

// listTeamMembers is teams/list-members-in-org.
func listTeamMembers(c *call) (answer, error) {
	t, known := c.s.team(c.op.Vars["org"], c.op.Vars["team_slug"])
	if !known || !c.s.mayReadOrg(c.actor, t.org) {
		return answer{}, notFound()
	}
	return listing(c, t.members, func(login string) obj { return c.s.renderUser(c.s.lookup(login)) })
}

// getTeamMembership is teams/get-membership-for-user-in-org.
func getTeamMembership(c *call) (answer, error) {
	t, known := c.s.team(c.op.Vars["org"], c.op.Vars["team_slug"])
	if !known || !c.s.mayReadOrg(c.actor, t.org) {
		return answer{}, notFound()
	}
	for _, login := range t.members {
		if strings.EqualFold(login, c.op.Vars["username"]) {
			return ok(obj{"role": "member", "state": "active", "url": c.self()})
		}
	}
	return answer{}, notFound()
}

// mayReadOrg keeps an installation to its own organisation.
func (s *Server) mayReadOrg(a actor, org string) bool {
	return a.kind != install || strings.EqualFold(a.install.owner, org)
}

// getRepo is repos/get.
func getRepo(c *call) (answer, error) {
	body := c.s.renderRepo(c.repo)
	body["network_count"], body["subscribers_count"] = 0, 0
	if c.actor.kind == person {
		role := c.s.role(c.repo, c.actor.login)
		body["permissions"] = obj{
			"admin": role >= Admin, "maintain": role >= Maintain, "push": role >= Write, "triage": role >= Triage, "pull": role >= Read,
		}
	}
	return ok(body)
}

// getPermission is repos/get-collaborator-permission-level. The permission is
// the old four-step name of the role.
func getPermission(c *call) (answer, error) {
	a := c.s.lookup(c.op.Vars["username"])
	if a == nil {
		return answer{}, notFound()
	}
	role := c.s.role(c.repo, a.login)
	old := map[Role]string{Triage: "read", Maintain: "write"}[role]
	if old == "" {
		old = role.String()
	}
	user := c.s.renderUser(a)
	user["role_name"] = role.String()
	return ok(obj{"permission": old, "role_name": role.String(), "user": user})
}
