package githubtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// Push is one change of a ref, or the attempt.
type Push struct {
	At       time.Time
	Ref      string // refs/heads/main
	Old, New string // SHAs; all zeros for a ref that was not there, or is no more
	Actor    string // login
	Via      string // git, api, merge, setup
	Refused  string // why the ref did not move; empty where it did
	Forced   bool   // the new commit does not contain the old one
}

// Pushes returns what happened to the refs of a repository whose names start
// with prefix, oldest first, refused attempts included.
func (s *Server) Pushes(repo, prefix string) []Push {
	r, err := s.repo(repo)
	if err != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Push
	for _, p := range r.pushes {
		if strings.HasPrefix(p.Ref, prefix) {
			found = append(found, p)
		}
	}
	return found
}

// Branches returns the branches of a repository and their SHAs.
func (s *Server) Branches(repo string) (map[string]string, error) {
	r, err := s.repo(repo)
	if err != nil {
		return nil, err
	}
	refs, err := r.git.Refs(s.ctx, "refs/heads/")
	if err != nil {
		return nil, err
	}
	branches := map[string]string{}
	for _, ref := range refs {
		branches[strings.TrimPrefix(ref.Name, "refs/heads/")] = ref.SHA
	}
	return branches, nil
}

// setRef moves, makes or deletes a ref by compare and swap and lets everything
// follow. The caller holds r.mu.
func (s *Server) setRef(r *repo, ref, old, sha string, who actor, via string) error {
	var err error
	if sha == bare.Zero {
		err = r.git.DeleteRef(s.ctx, ref, old)
	} else {
		err = r.git.SetRef(s.ctx, ref, sha, old)
	}
	if err != nil {
		return fmt.Errorf("move %s: %w", ref, err)
	}
	return s.moved(r, ref, old, sha, who, via)
}

// moved lets the forge follow a ref that has moved: the log of pushes, pull
// requests from and to the branch, webhooks. The caller holds r.mu.
func (s *Server) moved(r *repo, ref, old, sha string, who actor, via string) error {
	r.version++
	r.pushedAt = s.now()
	push := Push{At: s.now(), Ref: ref, Old: old, New: sha, Actor: who.login, Via: via}
	if old != bare.Zero && sha != bare.Zero {
		contains, err := r.git.Contains(s.ctx, sha, old)
		if err != nil {
			return err
		}
		push.Forced = !contains
	}
	r.pushes = append(r.pushes, push)
	branch, isBranch := strings.CutPrefix(ref, "refs/heads/")
	if isBranch || strings.HasPrefix(ref, "refs/tags/") {
		if err := s.sendPush(r, push); err != nil {
			return err
		}
	}
	if !isBranch {
		return nil
	}
	var failed []error
	for _, p := range r.pulls {
		if p.state != "open" {
			continue
		}
		if p.headRef == branch {
			failed = append(failed, s.headMoved(r, p, sha, who))
		}
		if p.baseRef == branch && p.state == "open" {
			failed = append(failed, s.baseMoved(r, p, sha, who))
		}
	}
	return errors.Join(failed...)
}

// headMoved gives an open pull request its new head.
func (s *Server) headMoved(r *repo, p *pull, sha string, who actor) error {
	if sha == bare.Zero {
		s.closePull(r, p, who)
		return nil
	}
	before := p.head
	p.head, p.updated, p.merge = sha, s.now(), mergeability{}
	if base, err := r.git.Commit(s.ctx, "refs/heads/"+p.baseRef); err == nil {
		p.base = base
	}
	if err := s.pinHead(r, p); err != nil {
		return err
	}
	s.sendPull(r, p, "synchronize", who, obj{"before": before, "after": sha})
	s.dismissStale(r, p, who)
	return nil
}

// baseMoved marks an open pull request as merged when the base has come to
// hold its head, as after a push from the command line.
func (s *Server) baseMoved(r *repo, p *pull, sha string, who actor) error {
	p.merge = mergeability{}
	if sha == bare.Zero {
		s.closePull(r, p, who)
		return nil
	}
	contains, err := r.git.Contains(s.ctx, sha, p.head)
	if err != nil || !contains {
		return err
	}
	s.markMerged(r, p, sha, who)
	return nil
}

// pinHead keeps refs/pull/{n}/head at the head.
func (s *Server) pinHead(r *repo, p *pull) error {
	ref := fmt.Sprintf("refs/pull/%d/head", p.number)
	old, err := r.git.Ref(s.ctx, ref)
	if err != nil {
		old = bare.Zero
	}
	return r.git.SetRef(s.ctx, ref, p.head, old)
}

// denied tells why an actor may not move a branch directly; empty where they
// may. The caller holds r.mu.
func (s *Server) denied(r *repo, ref, old, sha string, who actor) string {
	branch, isBranch := strings.CutPrefix(ref, "refs/heads/")
	if !isBranch {
		if strings.HasPrefix(ref, "refs/pull/") {
			return "refs/pull is read-only"
		}
		return ""
	}
	for _, p := range r.rules(branch) {
		if !p.EnforceAdmins && who.kind == person && s.role(r, who.login) == Admin {
			continue
		}
		contains, err := r.git.Contains(s.ctx, sha, old)
		switch {
		case sha == bare.Zero:
			return "GH006: Cannot delete this protected branch"
		case old != bare.Zero && err == nil && !contains:
			return "GH006: Cannot force-push to this protected branch"
		case p.needsPull() && !p.bypassedBy(who, s.opt.App.Slug):
			return "GH006: Changes must be made through a pull request"
		}
		// The new commit need not be here yet; its statuses are known by name.
		if i := slices.IndexFunc(p.RequiredStatuses, func(c RequiredStatus) bool { return s.statusOf(r, sha, c) != "success" }); i >= 0 {
			return fmt.Sprintf("GH006: Required status check %q is expected", p.RequiredStatuses[i].Context)
		}
	}
	return ""
}
