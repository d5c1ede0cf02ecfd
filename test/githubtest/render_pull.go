package githubtest

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// association is how close an account is to a repository.
func (s *Server) association(r *repo, login string) string {
	switch {
	case strings.EqualFold(r.owner, login):
		return "OWNER"
	case login == s.botLogin():
		return "NONE" // as GitHub says of Apps
	case s.role(r, login) > NoAccess:
		return "COLLABORATOR"
	}
	return "NONE"
}

// renderPull is a pull request, whole or as in a list. The caller holds r.mu.
func (s *Server) renderPull(r *repo, p *pull, whole bool) (obj, error) {
	self, html := fmt.Sprintf("%s/pulls/%d", s.apiRepo(r), p.number), s.htmlPull(r, p)
	issue := fmt.Sprintf("%s/issues/%d", s.apiRepo(r), p.number)
	statuses := s.apiRepo(r) + "/statuses/" + p.head
	repo, owner := s.renderRepo(r), s.renderLogin(r.owner)
	branch := func(ref, sha string) obj {
		return obj{"label": r.owner + ":" + ref, "ref": ref, "sha": sha, "user": owner, "repo": repo}
	}
	reviewers, assignees, teams := s.renderLogins(p.reviewers), s.renderLogins(p.assignees), []obj{}
	for _, slug := range p.teams {
		teams = append(teams, s.renderTeam(r.owner, slug))
	}
	mergeCommit := p.merge.commit
	if !p.merged.IsZero() {
		mergeCommit = p.mergeCommit
	}
	href := func(url string) obj { return obj{"href": url} }
	o := obj{
		"id": p.id, "node_id": nodeID("PR", p.id), "number": p.number, "state": p.state, "locked": false, "title": p.title, "body": orNull(p.body),
		"draft": p.draft, "user": s.renderLogin(p.author), "author_association": s.association(r, p.author),
		"url": self, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch", "issue_url": issue,
		"commits_url": self + "/commits", "review_comments_url": self + "/comments", "review_comment_url": s.apiRepo(r) + "/pulls/comments{/number}",
		"comments_url": issue + "/comments", "statuses_url": statuses,
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closed), "merged_at": stamp(p.merged),
		"merge_commit_sha": orNull(mergeCommit), "assignee": firstOf(assignees), "assignees": assignees, "milestone": nil, "auto_merge": nil,
		"active_lock_reason": nil, "labels": s.renderLabels(r, p), "requested_reviewers": reviewers, "requested_teams": teams,
		"head": branch(p.headRef, p.head), "base": branch(p.baseRef, p.base),
		"_links": obj{
			"self": href(self), "html": href(html), "issue": href(issue), "comments": href(issue + "/comments"),
			"review_comments": href(self + "/comments"), "review_comment": href(s.apiRepo(r) + "/pulls/comments{/number}"),
			"commits": href(self + "/commits"), "statuses": href(statuses),
		},
	}
	if whole {
		return o, s.addWhole(o, r, p)
	}
	return o, nil
}

// addWhole adds what only a single pull request shows.
func (s *Server) addWhole(o obj, r *repo, p *pull) error {
	state, err := s.mergeState(r, p)
	if err != nil {
		return err
	}
	var mergeable any
	if p.merge.known && p.state == "open" {
		mergeable = p.merge.clean
	}
	commits, err := r.git.Count(s.ctx, p.head, p.base)
	if err != nil {
		return err
	}
	from, err := r.mergeBase(s.ctx, p)
	if err != nil {
		return err
	}
	changes, err := r.git.Diff(s.ctx, from, p.head)
	if err != nil {
		return err
	}
	added, deleted := 0, 0
	for _, f := range changes {
		added += f.Additions
		deleted += f.Deletions
	}
	maps.Copy(o, obj{
		"merged": !p.merged.IsZero(), "merged_by": s.renderLogin(p.mergedBy), "mergeable": mergeable, "rebaseable": mergeable,
		"mergeable_state": state, "comments": len(p.comments), "review_comments": 0, "maintainer_can_modify": false,
		"commits": commits, "additions": added, "deletions": deleted, "changed_files": len(changes),
	})
	return nil
}

// renderIssue is a pull request as a search finds it.
func (s *Server) renderIssue(r *repo, p *pull) obj {
	assignees := s.renderLogins(p.assignees)
	self := fmt.Sprintf("%s/issues/%d", s.apiRepo(r), p.number)
	html := s.htmlPull(r, p)
	return obj{
		"id": p.id, "node_id": nodeID("PR", p.id), "number": p.number, "title": p.title, "body": orNull(p.body), "state": p.state, "locked": false,
		"url": self, "repository_url": s.apiRepo(r), "labels_url": self + "/labels{/name}", "comments_url": self + "/comments", "events_url": self + "/events",
		"html_url": html, "user": s.renderLogin(p.author), "labels": s.renderLabels(r, p), "assignee": firstOf(assignees), "assignees": assignees, "milestone": nil,
		"comments": len(p.comments), "author_association": s.association(r, p.author), "draft": p.draft, "score": 1.0,
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closed),
		"pull_request": obj{
			"url": fmt.Sprintf("%s/pulls/%d", s.apiRepo(r), p.number), "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
			"merged_at": stamp(p.merged),
		},
	}
}

func (s *Server) renderReview(r *repo, p *pull, v *review) obj {
	html := fmt.Sprintf("%s#pullrequestreview-%d", s.htmlPull(r, p), v.id)
	self := fmt.Sprintf("%s/pulls/%d", s.apiRepo(r), p.number)
	o := obj{
		"id": v.id, "node_id": nodeID("PRR", v.id), "user": s.renderLogin(v.author), "body": v.body, "state": v.state, "commit_id": v.commit,
		"html_url": html, "pull_request_url": self, "author_association": s.association(r, v.author),
		"_links": obj{"html": obj{"href": html}, "pull_request": obj{"href": self}},
	}
	if v.state != "PENDING" {
		o["submitted_at"] = stamp(v.submitted)
	}
	return o
}

func (s *Server) renderComment(r *repo, p *pull, k *comment) obj {
	return obj{
		"id": k.id, "node_id": nodeID("IC", k.id), "url": fmt.Sprintf("%s/issues/comments/%d", s.apiRepo(r), k.id),
		"html_url":  fmt.Sprintf("%s#issuecomment-%d", s.htmlPull(r, p), k.id),
		"issue_url": fmt.Sprintf("%s/issues/%d", s.apiRepo(r), p.number), "user": s.renderLogin(k.author), "body": k.body,
		"created_at": stamp(k.created), "updated_at": stamp(k.updated), "author_association": s.association(r, k.author),
	}
}

// renderStatus is a status as in a list.
func (s *Server) renderStatus(r *repo, sha string, st *status) obj {
	return obj{
		"id": st.id, "node_id": nodeID("SC", st.id), "state": st.state, "context": st.context, "description": orNull(st.description),
		"target_url": orNull(st.target), "avatar_url": s.external + "/avatars/" + st.creator, "url": s.apiRepo(r) + "/statuses/" + sha,
		"created_at": stamp(st.created), "updated_at": stamp(st.created),
	}
}

func (s *Server) renderCheckRun(r *repo, run *checkRun) obj {
	self := fmt.Sprintf("%s/check-runs/%d", s.apiRepo(r), run.id)
	pulls := []obj{}
	small := obj{"id": r.id, "name": r.name, "url": s.apiRepo(r)}
	for _, p := range r.pulls {
		if p.head == run.sha && p.state == "open" {
			pulls = append(pulls, obj{
				"id": p.id, "number": p.number, "url": fmt.Sprintf("%s/pulls/%d", s.apiRepo(r), p.number),
				"head": obj{"ref": p.headRef, "sha": p.head, "repo": small}, "base": obj{"ref": p.baseRef, "sha": p.base, "repo": small},
			})
		}
	}
	return obj{
		"id": run.id, "node_id": nodeID("CR", run.id), "head_sha": run.sha, "name": run.name, "external_id": run.external, "url": self,
		"html_url": fmt.Sprintf("%s/runs/%d", s.htmlRepo(r), run.id), "details_url": orNull(run.details), "status": run.status,
		"conclusion": orNull(run.conclusion), "started_at": stamp(run.started), "completed_at": stamp(run.completed),
		"output": obj{
			"title": orNull(run.title), "summary": orNull(run.summary), "text": orNull(run.text), "annotations_count": 0, "annotations_url": self + "/annotations",
		},
		"check_suite": obj{"id": run.id}, "app": s.renderApp(), "pull_requests": pulls,
	}
}

// renderCommit is a commit as the repository's lists have it.
func (s *Server) renderCommit(r *repo, k bare.Commit) obj {
	self := s.apiRepo(r) + "/commits/" + k.SHA
	user := func(p bare.Person) any {
		if a := s.byEmail(p.Email); a != nil {
			return s.renderUser(a)
		}
		return nil
	}
	inner := s.renderGitCommit(r, k)
	parents := inner["parents"]
	for _, p := range []string{"sha", "node_id", "html_url", "parents"} {
		delete(inner, p)
	}
	inner["comment_count"] = 0
	return obj{
		"sha": k.SHA, "node_id": nodeID("C", k.SHA), "url": self, "html_url": s.htmlRepo(r) + "/commit/" + k.SHA, "comments_url": self + "/comments",
		"commit": inner, "author": user(k.Author), "committer": user(k.Committer), "parents": parents,
	}
}

// renderGitCommit is a commit as git data has it.
func (s *Server) renderGitCommit(r *repo, k bare.Commit) obj {
	base, html := s.apiRepo(r)+"/git/", s.htmlRepo(r)+"/commit/"
	parents := []obj{}
	for _, p := range k.Parents {
		parents = append(parents, obj{"sha": p, "url": base + "commits/" + p, "html_url": html + p})
	}
	who := func(p bare.Person) obj {
		return obj{"name": p.Name, "email": p.Email, "date": p.When.UTC().Format(time.RFC3339)}
	}
	return obj{
		"sha": k.SHA, "node_id": nodeID("C", k.SHA), "url": base + "commits/" + k.SHA, "html_url": html + k.SHA, "message": k.Message,
		"author": who(k.Author), "committer": who(k.Committer), "tree": obj{"sha": k.Tree, "url": base + "trees/" + k.Tree}, "parents": parents,
		"verification": unsigned(),
	}
}

func unsigned() obj {
	return obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}

// verification tells of a commit's signature. No keys are known here, so a
// signed commit is never verified.
func (s *Server) verification(r *repo, sha string) (obj, error) {
	signature, signed, err := r.git.Signature(s.ctx, sha)
	if err != nil || signature == "" {
		return unsigned(), err
	}
	return obj{"verified": false, "reason": "unknown_key", "signature": signature, "payload": signed, "verified_at": nil}, nil
}

func (s *Server) commitByID(ctx context.Context, r *repo, sha string) (obj, error) {
	k, err := r.git.Read(ctx, sha)
	if err != nil {
		return nil, err
	}
	return s.renderCommit(r, k), nil
}

// renderChange is a changed file.
func (s *Server) renderChange(r *repo, sha string, f bare.Change) obj {
	o := obj{
		"sha": f.SHA, "filename": f.Path, "status": f.Status, "additions": f.Additions, "deletions": f.Deletions, "changes": f.Additions + f.Deletions,
		"blob_url": s.htmlRepo(r) + "/blob/" + sha + "/" + escape(f.Path), "raw_url": s.htmlRepo(r) + "/raw/" + sha + "/" + escape(f.Path),
		"contents_url": s.apiRepo(r) + "/contents/" + escape(f.Path) + "?ref=" + sha,
	}
	if f.Patch != "" {
		o["patch"] = f.Patch
	}
	if f.OldPath != "" {
		o["previous_filename"] = f.OldPath
	}
	return o
}
