package githubtest

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// send queues a webhook of a repository whose owner has the App installed. The
// caller holds r.mu, which keeps the order.
func (s *Server) send(r *repo, event, action string, who actor, payload obj) {
	in := s.installationOf(r.owner)
	if in == nil {
		return
	}
	if action != "" {
		payload["action"] = action
	}
	payload["repository"] = s.renderRepo(r)
	payload["sender"] = s.renderLogin(who.login)
	if owner := s.lookup(r.owner); owner.kind == "Organization" {
		payload["organization"] = obj{"login": owner.login, "id": owner.id, "node_id": nodeID("O", owner.id), "url": s.apiURL("/orgs/" + owner.login), "avatar_url": s.external + "/avatars/" + owner.login, "description": ""}
	}
	payload["installation"] = obj{"id": in.id, "node_id": nodeID("I", in.id)}
	s.post(r.fullName(), event, action, payload)
}

func (s *Server) post(repo, event, action string, payload obj) {
	raw, err := json.Marshal(payload)
	if err != nil { // impossible: payloads are maps of plain values
		s.log.Error("webhook", "event", event, "error", err)
		return
	}
	s.hooks.Send(repo, event, action, raw)
}

// sendInstallation tells of the App being installed.
func (s *Server) sendInstallation(in *installation, action string) {
	repos := []obj{}
	for _, r := range s.allRepos() {
		if strings.EqualFold(r.owner, in.owner) {
			r.mu.Lock()
			repos = append(repos, obj{"id": r.id, "node_id": nodeID("R", r.id), "name": r.name, "full_name": r.fullName(), "private": !r.public})
			r.mu.Unlock()
		}
	}
	s.post("", "installation", action, obj{
		"action": action, "installation": s.renderInstallation(in), "repositories": repos, "requester": nil, "sender": s.renderLogin(in.owner),
	})
}

// sendPull tells of a pull request. More are the action's own fields.
func (s *Server) sendPull(r *repo, p *pull, action string, who actor, more obj) {
	r.version++
	rendered, err := s.renderPull(r, p, true)
	if err != nil {
		s.log.Error("webhook", "event", "pull_request", "error", err)
		return
	}
	payload := obj{"number": p.number, "pull_request": rendered}
	maps.Copy(payload, more)
	s.send(r, "pull_request", action, who, payload)
}

// sendReview tells of a review. In webhooks its state is in lower case.
func (s *Server) sendReview(r *repo, p *pull, v *review, action string, who actor) {
	rendered, err := s.renderPull(r, p, false)
	if err != nil {
		s.log.Error("webhook", "event", "pull_request_review", "error", err)
		return
	}
	body := s.renderReview(r, p, v)
	body["state"] = strings.ToLower(v.state)
	s.send(r, "pull_request_review", action, who, obj{"review": body, "pull_request": rendered})
}

func (s *Server) sendComment(r *repo, p *pull, k *comment, action string, who actor) {
	s.send(r, "issue_comment", action, who, obj{"issue": s.renderIssue(r, p), "comment": s.renderComment(r, p, k)})
}

func (s *Server) sendStatus(r *repo, sha string, st *status, who actor) {
	commit, err := s.commitByID(s.ctx, r, sha)
	if err != nil {
		s.log.Error("webhook", "event", "status", "error", err)
		return
	}
	branches := []obj{}
	refs, err := r.git.Refs(s.ctx, "refs/heads/")
	if err != nil {
		s.log.Error("webhook", "event", "status", "error", err)
	}
	for _, ref := range refs {
		if ref.SHA == sha {
			branches = append(branches, obj{
				"name": strings.TrimPrefix(ref.Name, "refs/heads/"), "protected": false,
				"commit": obj{"sha": sha, "url": s.apiRepo(r) + "/commits/" + sha},
			})
		}
	}
	s.send(r, "status", "", who, obj{
		"id": st.id, "sha": sha, "name": r.fullName(), "context": st.context, "state": st.state, "description": orNull(st.description),
		"target_url": orNull(st.target), "avatar_url": s.external + "/avatars/" + st.creator, "commit": commit, "branches": branches,
		"created_at": stamp(st.created), "updated_at": stamp(st.created),
	})
}

func (s *Server) sendCheckRun(r *repo, run *checkRun, action string, who actor) {
	s.send(r, "check_run", action, who, obj{"check_run": s.renderCheckRun(r, run)})
}

// sendPush tells of a branch or tag that moved. Its times are as GitHub's, its
// commits the newest twenty.
func (s *Server) sendPush(r *repo, push Push) error {
	made, gone := push.Old == bare.Zero, push.New == bare.Zero
	payload := obj{
		"ref": push.Ref, "before": push.Old, "after": push.New, "created": made, "deleted": gone, "forced": push.Forced, "base_ref": nil,
		"compare": s.htmlRepo(r) + "/compare/" + push.Old[:12] + "..." + push.New[:12], "commits": []obj{}, "head_commit": nil,
	}
	pusher := obj{"name": push.Actor}
	if a := s.lookup(push.Actor); a != nil {
		pusher["email"] = a.email
	}
	payload["pusher"] = pusher
	if !gone {
		commits, err := s.pushedCommits(r, push, made)
		if err != nil {
			return err
		}
		payload["commits"] = commits
		if len(commits) > 0 {
			payload["head_commit"] = commits[len(commits)-1]
		}
	}
	s.send(r, "push", "", actor{login: push.Actor}, payload)
	return nil
}

func (s *Server) pushedCommits(r *repo, push Push, made bool) ([]obj, error) {
	commits := []obj{}
	if t, err := r.git.Type(s.ctx, push.New); err != nil || t != "commit" {
		return commits, err // a tag object has no commits of its own
	}
	query := bare.Query{From: push.New, Not: push.Old, Max: 20}
	if made {
		query.Not = ""
		if base, err := r.git.Commit(s.ctx, "refs/heads/"+r.branch); err == nil && base != push.New {
			query.Not = base
		}
	}
	found, err := r.git.Log(s.ctx, query)
	if err != nil {
		return nil, err
	}
	for i := len(found) - 1; i >= 0; i-- {
		k, err := s.pushedCommit(r, found[i])
		if err != nil {
			return nil, err
		}
		commits = append(commits, k)
	}
	return commits, nil
}

func (s *Server) pushedCommit(r *repo, k bare.Commit) (obj, error) {
	parent := bare.EmptyTree
	if len(k.Parents) > 0 {
		parent = k.Parents[0]
	}
	changes, err := r.git.Diff(s.ctx, parent, k.SHA)
	if err != nil {
		return nil, err
	}
	files := map[string][]string{"added": {}, "removed": {}, "modified": {}}
	for _, f := range changes {
		kind := f.Status
		switch kind {
		case "added", "removed":
		case "renamed":
			files["removed"] = append(files["removed"], f.OldPath)
			kind = "added"
		default:
			kind = "modified"
		}
		files[kind] = append(files[kind], f.Path)
	}
	who := func(p bare.Person) obj {
		o := obj{"name": p.Name, "email": p.Email}
		if a := s.byEmail(p.Email); a != nil {
			o["username"] = a.login
		}
		return o
	}
	return obj{
		"id": k.SHA, "tree_id": k.Tree, "distinct": true, "message": k.Message, "timestamp": stamp(k.Committer.When),
		"url": s.htmlRepo(r) + "/commit/" + k.SHA, "author": who(k.Author), "committer": who(k.Committer),
		"added": files["added"], "removed": files["removed"], "modified": files["modified"],
	}, nil
}
