package githubtest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// operation says who may call it and what it does.
type operation struct {
	// app is the permission an installation needs, "name:level", alternatives
	// separated by "|"; empty needs none; "jwt" needs the App's own signature.
	app string
	// role is what a person needs in the repository.
	role   Role
	handle func(*call) (answer, error)
}

// operations maps the operations of the description to their handlers.
func operations() map[string]operation {
	all := repoOperations()
	maps.Copy(all, identityOperations())
	return all
}

// identityOperations are about Apps, people and teams.
func identityOperations() map[string]operation {
	return map[string]operation{
		"apps/get-authenticated":                     {"jwt", NoAccess, getApp},
		"apps/create-installation-access-token":      {"jwt", NoAccess, createToken},
		"apps/get-repo-installation":                 {"jwt", NoAccess, getRepoInstallation},
		"apps/get-org-installation":                  {"jwt", NoAccess, getOrgInstallation},
		"apps/list-repos-accessible-to-installation": {"", NoAccess, listInstallationRepos},
		"rate-limit/get":                             {"", NoAccess, getRateLimit},
		"users/get-authenticated":                    {"", NoAccess, getAuthenticatedUser},
		"users/get-by-username":                      {"", NoAccess, getUser},
		"teams/list-members-in-org":                  {"members:read", NoAccess, listTeamMembers},
		"teams/get-membership-for-user-in-org":       {"members:read", NoAccess, getTeamMembership},
		"search/issues-and-pull-requests":            {"", NoAccess, searchIssues},
	}
}

// repoOperations are about one repository.
func repoOperations() map[string]operation {
	const commenting = "issues:write|pull_requests:write"
	return map[string]operation{
		"repos/get":                               {"metadata:read", Read, getRepo},
		"repos/get-branch":                        {"contents:read", Read, getBranch},
		"repos/get-branch-protection":             {"administration:read", Admin, getBranchProtection},
		"repos/get-branch-rules":                  {"metadata:read", Read, getBranchRules},
		"repos/get-collaborator-permission-level": {"metadata:read", Read, getPermission},
		"repos/list-commits":                      {"contents:read", Read, listCommits},
		"repos/get-commit":                        {"contents:read", Read, getCommit},
		"repos/compare-commits-with-basehead":     {"contents:read", Read, compare},
		"repos/get-content":                       {"contents:read", Read, getContent},
		"repos/create-or-update-file-contents":    {"contents:write", Write, putContent},
		"repos/delete-file":                       {"contents:write", Write, deleteContent},

		"git/create-blob":        {"contents:write", Write, createBlob},
		"git/get-blob":           {"contents:read", Read, getBlob},
		"git/create-tree":        {"contents:write", Write, createTree},
		"git/get-tree":           {"contents:read", Read, getTree},
		"git/create-commit":      {"contents:write", Write, createGitCommit},
		"git/get-commit":         {"contents:read", Read, getGitCommit},
		"git/get-ref":            {"contents:read", Read, getRef},
		"git/list-matching-refs": {"contents:read", Read, listMatchingRefs},
		"git/create-ref":         {"contents:write", Write, createRef},
		"git/update-ref":         {"contents:write", Write, updateRef},
		"git/delete-ref":         {"contents:write", Write, deleteRef},

		"pulls/list":              {"pull_requests:read", Read, listPulls},
		"pulls/create":            {"pull_requests:write", Read, createPull},
		"pulls/get":               {"pull_requests:read", Read, getPull},
		"pulls/update":            {"pull_requests:write", Triage, updatePull},
		"pulls/list-commits":      {"pull_requests:read", Read, listPullCommits},
		"pulls/list-files":        {"pull_requests:read", Read, listPullFiles},
		"pulls/merge":             {"pull_requests:write|contents:write", Write, putMerge},
		"pulls/update-branch":     {"pull_requests:write", Write, putUpdateBranch},
		"pulls/request-reviewers": {"pull_requests:write", Triage, requestReviewers},
		"pulls/list-reviews":      {"pull_requests:read", Read, listReviews},
		"pulls/create-review":     {"pull_requests:write", Read, createReview},

		"issues/create-comment": {commenting, Read, createComment},
		"issues/list-comments":  {"issues:read|pull_requests:read", Read, listComments},
		"issues/update-comment": {commenting, Read, updateComment},
		"issues/add-labels":     {commenting, Triage, addLabels},
		"issues/add-assignees":  {commenting, Triage, addAssignees},
		"issues/remove-label":   {commenting, Triage, removeLabel},

		"repos/create-commit-status":        {"statuses:write", Write, createStatus},
		"repos/get-combined-status-for-ref": {"statuses:read", Read, getCombinedStatus},
		"checks/create":                     {"checks:write", Write, createCheckRun},
		"checks/update":                     {"checks:write", Write, updateCheckRun},
		"checks/list-for-ref":               {"checks:read", Read, listCheckRuns},
	}
}

// authorize refuses actors that may not call the operation. What they may not
// even see is answered with 404, as GitHub does. The caller holds c.repo.mu.
func (s *Server) authorize(c *call, op operation) error {
	a := c.actor
	if op.app == "jwt" {
		if a.kind != theApp {
			return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
		}
		return nil
	}
	if a.kind == theApp {
		return refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	if c.repo != nil && !s.mayRead(c.repo, a) {
		return notFound()
	}
	switch a.kind {
	case anonymous:
		if c.r.Method != http.MethodGet || op.role > Read || strings.HasPrefix(op.app, "members") {
			return refuse(http.StatusUnauthorized, "Requires authentication")
		}
	case install:
		if !granted(a.permissions, op.app) {
			return refuse(http.StatusForbidden, "Resource not accessible by integration")
		}
	case person:
		if c.repo != nil && s.role(c.repo, a.login) < op.role {
			return refuse(http.StatusForbidden, "Must have "+op.role.String()+" access to Repository.")
		}
	}
	return nil
}

// mayRead tells whether an actor sees a repository. The caller holds r.mu.
func (s *Server) mayRead(r *repo, a actor) bool {
	switch {
	case r.public:
		return true
	case a.kind == install:
		return strings.EqualFold(a.install.owner, r.owner) && (a.repos == nil || slices.Contains(a.repos, r.id))
	case a.kind == person:
		return s.role(r, a.login) >= Read
	}
	return false
}

// granted tells whether permissions hold one of the alternatives.
func granted(permissions map[string]string, alternatives string) bool {
	if alternatives == "" {
		return true
	}
	for _, need := range strings.Split(alternatives, "|") {
		name, level, _ := strings.Cut(need, ":")
		if has := permissions[name]; has == level || has == "write" || has == "admin" {
			return true
		}
	}
	return false
}
