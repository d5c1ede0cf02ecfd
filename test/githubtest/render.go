package githubtest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// api is the address of a resource of the REST API.
func (s *Server) apiURL(path string) string { return s.external + apiBase + path }

func (s *Server) apiRepo(r *repo) string { return s.apiURL("/repos/" + r.fullName()) }

func (s *Server) htmlRepo(r *repo) string { return s.external + "/" + r.fullName() }

func (s *Server) htmlPull(r *repo, p *pull) string {
	return fmt.Sprintf("%s/pull/%d", s.htmlRepo(r), p.number)
}

// escape escapes a path segment by segment.
func escape(p string) string {
	parts := strings.Split(p, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// nodeID is an opaque id as GraphQL knows it.
func nodeID(kind string, id any) string {
	return kind + "_" + base64.RawURLEncoding.EncodeToString(fmt.Append(nil, id))
}

// stamp renders a time, null for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// orNull renders a text, null for an empty one.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// renderLogin renders an account by its login, null for nobody.
func (s *Server) renderLogin(login string) any {
	if a := s.lookup(login); a != nil {
		return s.renderUser(a)
	}
	return nil
}

// renderUser is GitHub's "simple user".
func (s *Server) renderUser(a *account) obj {
	self := s.apiURL("/users/" + url.PathEscape(a.login))
	o := obj{
		"login": a.login, "id": a.id, "node_id": nodeID("U", a.id), "avatar_url": s.external + "/avatars/" + url.PathEscape(a.login),
		"gravatar_id": "", "url": self, "html_url": s.external + "/" + url.PathEscape(a.login), "type": a.kind, "site_admin": false,
		"gists_url": self + "/gists{/gist_id}", "starred_url": self + "/starred{/owner}{/repo}", "events_url": self + "/events{/privacy}",
		"user_view_type": "public",
	}
	for _, name := range []string{"followers", "following", "subscriptions", "organizations", "repos", "received_events"} {
		o[name+"_url"] = self + "/" + strings.TrimSuffix(name, "anizations")
	}
	o["organizations_url"] = self + "/orgs"
	return o
}

// renderProfile is GitHub's "public user".
func (s *Server) renderProfile(a *account) obj {
	o := s.renderUser(a)
	maps.Copy(o, obj{
		"name": a.name, "email": a.email, "company": nil, "blog": "", "location": nil, "hireable": nil, "bio": nil,
		"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": stamp(a.created), "updated_at": stamp(a.created),
	})
	return o
}

// renderApp is GitHub's "integration".
func (s *Server) renderApp() obj {
	app := s.opt.App
	bot := s.lookup(s.botLogin())
	return obj{
		"id": app.ID, "slug": app.Slug, "node_id": nodeID("A", app.ID), "name": app.Name, "description": "", "client_id": fmt.Sprintf("Iv1.%d", app.ID),
		"owner": s.renderUser(bot), "external_url": s.external, "html_url": s.external + "/apps/" + app.Slug,
		"created_at": stamp(bot.created), "updated_at": stamp(bot.created),
		"permissions": obj{"contents": "write", "metadata": "read", "pull_requests": "write", "statuses": "write", "checks": "write", "issues": "write"},
		"events":      []string{"check_run", "issue_comment", "pull_request", "pull_request_review", "push", "status"},
	}
}

func (s *Server) renderInstallation(in *installation) obj {
	owner := s.lookup(in.owner)
	self := s.apiURL(fmt.Sprintf("/app/installations/%d", in.id))
	return obj{
		"id": in.id, "account": s.renderUser(owner), "app_id": s.opt.App.ID, "app_slug": s.opt.App.Slug,
		"target_id": owner.id, "target_type": owner.kind, "permissions": in.permissions, "single_file_name": nil,
		"events":               []string{"check_run", "issue_comment", "pull_request", "pull_request_review", "push", "status"},
		"repository_selection": "all", "access_tokens_url": self + "/access_tokens", "repositories_url": s.apiURL("/installation/repositories"),
		"html_url":   s.external + fmt.Sprintf("/organizations/%s/settings/installations/%d", in.owner, in.id),
		"created_at": stamp(in.created), "updated_at": stamp(in.created), "suspended_by": nil, "suspended_at": nil,
	}
}

func (s *Server) renderTeam(org, slug string) obj {
	t, _ := s.team(org, slug)
	self := s.apiURL("/orgs/" + org + "/teams/" + slug)
	return obj{
		"id": t.id, "node_id": nodeID("T", t.id), "url": self, "members_url": self + "/members{/member}", "name": slug, "slug": slug,
		"description": nil, "permission": "push", "privacy": "closed", "html_url": s.external + "/orgs/" + org + "/teams/" + slug,
		"repositories_url": self + "/repos", "parent": nil, "type": "organization",
	}
}

// renderRepo is GitHub's repository, the full form of it.
func (s *Server) renderRepo(r *repo) obj {
	self, html := s.apiRepo(r), s.htmlRepo(r)
	open := 0
	for _, p := range r.pulls {
		if p.state == "open" {
			open++
		}
	}
	visibility := "private"
	if r.public {
		visibility = "public"
	}
	o := obj{
		"id": r.id, "node_id": nodeID("R", r.id), "name": r.name, "full_name": r.fullName(), "owner": s.renderLogin(r.owner),
		"private": !r.public, "visibility": visibility, "html_url": html, "url": self, "description": nil, "fork": false,
		"clone_url": html + ".git", "git_url": html + ".git", "ssh_url": "git@localhost:" + r.fullName() + ".git", "svn_url": html,
		"default_branch": r.branch, "mirror_url": nil, "homepage": nil, "language": nil, "license": nil, "size": 0,
		"archived": false, "disabled": false, "has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false,
		"has_discussions": false, "has_downloads": false, "forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0,
		"watchers_count": 0, "open_issues": open, "open_issues_count": open, "topics": []string{},
		"created_at": stamp(r.created), "updated_at": stamp(r.pushedAt), "pushed_at": stamp(r.pushedAt),
		"allow_merge_commit": true, "allow_squash_merge": true, "allow_rebase_merge": true, "delete_branch_on_merge": r.autoDelete,
	}
	for name, tail := range repoLinks() {
		o[name+"_url"] = self + tail
	}
	return o
}

// repoLinks are the templates of addresses that a repository carries.
func repoLinks() map[string]string {
	return map[string]string{
		"archive": "/{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}", "branches": "/branches{/branch}",
		"collaborators": "/collaborators{/collaborator}", "comments": "/comments{/number}", "commits": "/commits{/sha}",
		"compare": "/compare/{base}...{head}", "contents": "/contents/{+path}", "contributors": "/contributors", "deployments": "/deployments",
		"downloads": "/downloads", "events": "/events", "forks": "/forks", "git_commits": "/git/commits{/sha}", "git_refs": "/git/refs{/sha}",
		"git_tags": "/git/tags{/sha}", "hooks": "/hooks", "issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}",
		"issues": "/issues{/number}", "keys": "/keys{/key_id}", "labels": "/labels{/name}", "languages": "/languages", "merges": "/merges",
		"milestones": "/milestones{/number}", "notifications": "/notifications{?since,all,participating}", "pulls": "/pulls{/number}",
		"releases": "/releases{/id}", "stargazers": "/stargazers", "statuses": "/statuses/{sha}", "subscribers": "/subscribers",
		"subscription": "/subscription", "tags": "/tags", "teams": "/teams", "trees": "/git/trees{/sha}",
	}
}

func (s *Server) renderRef(r *repo, ref bare.Ref) obj {
	return obj{
		"ref": ref.Name, "node_id": nodeID("REF", ref.Name), "url": s.apiRepo(r) + "/git/" + escape(ref.Name),
		"object": obj{"sha": ref.SHA, "type": ref.Type, "url": s.apiRepo(r) + "/git/" + ref.Type + "s/" + ref.SHA},
	}
}

// renderEntry is a file or folder of the contents API, without its content.
func (s *Server) renderEntry(r *repo, ref string, e bare.Entry) obj {
	kind := map[string]string{"blob": "file", "tree": "dir", "commit": "submodule"}[e.Type]
	plural := map[string]string{"blob": "blob", "tree": "tree", "commit": "tree"}[e.Type]
	self := s.apiRepo(r) + "/contents/" + escape(e.Path) + "?ref=" + url.QueryEscape(ref)
	git := s.apiRepo(r) + "/git/" + plural + "s/" + e.SHA
	html := s.htmlRepo(r) + "/" + plural + "/" + escape(ref) + "/" + escape(e.Path)
	var download any
	if e.Type == "blob" {
		download = s.htmlRepo(r) + "/raw/" + escape(ref) + "/" + escape(e.Path)
	}
	return obj{
		"name": path.Base(e.Path), "path": e.Path, "sha": e.SHA, "size": e.Size, "type": kind, "url": self, "git_url": git, "html_url": html,
		"download_url": download, "_links": obj{"self": self, "git": git, "html": html},
	}
}

func (s *Server) renderLabel(r *repo, name string) obj {
	l := s.label(r, name)
	return obj{
		"id": l.id, "node_id": nodeID("LA", l.id), "url": s.apiRepo(r) + "/labels/" + url.PathEscape(l.name), "name": l.name,
		"color": l.color, "default": false, "description": "",
	}
}

func (s *Server) renderLabels(r *repo, p *pull) []obj {
	labels := []obj{}
	for _, name := range p.labels {
		labels = append(labels, s.renderLabel(r, name))
	}
	slices.SortFunc(labels, func(a, b obj) int { return strings.Compare(a["name"].(string), b["name"].(string)) })
	return labels
}
