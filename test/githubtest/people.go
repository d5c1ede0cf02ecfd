package githubtest

import (
	"errors"
	"fmt"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// The events of a review.
const (
	Approve        = "APPROVE"
	RequestChanges = "REQUEST_CHANGES"
	Comment        = "COMMENT"
)

// asPerson runs f on a pull request as a person with at least that role.
func (s *Server) asPerson(login, name string, number int, need Role, f func(*repo, *pull, actor) error) error {
	r, err := s.repo(name)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pull(int64(number))
	if p == nil {
		return fmt.Errorf("%s has no pull request #%d", name, number)
	}
	if has := s.role(r, login); has < need {
		return fmt.Errorf("%s has %s access to %s, but this needs %s", login, has, name, need)
	}
	return f(r, p, actor{kind: person, login: login})
}

// ReviewAs submits a review as a person: event is Approve, RequestChanges or
// Comment.
func (s *Server) ReviewAs(login, name string, number int, event, body string) error {
	return s.asPerson(login, name, number, Read, func(r *repo, p *pull, who actor) error {
		_, err := s.submitReview(r, p, newReview{Event: event, Body: body}, who)
		return said(err)
	})
}

// DismissAs dismisses the newest review of a reviewer, as a person who may
// write.
func (s *Server) DismissAs(login, name string, number int, reviewer string) error {
	return s.asPerson(login, name, number, Write, func(r *repo, p *pull, who actor) error {
		for i := len(p.reviews) - 1; i >= 0; i-- {
			v := p.reviews[i]
			if v.author == reviewer && (v.state == "APPROVED" || v.state == "CHANGES_REQUESTED") {
				v.state = "DISMISSED"
				s.sendReview(r, p, v, "dismissed", who)
				return nil
			}
		}
		return fmt.Errorf("#%d has no review of %s to dismiss", number, reviewer)
	})
}

// MergeAs merges a pull request as a person and returns the merge's SHA.
func (s *Server) MergeAs(login, name string, number int) (sha string, err error) {
	err = s.asPerson(login, name, number, Write, func(r *repo, p *pull, who actor) (err error) {
		sha, err = s.mergePull(r, p, mergeRequest{}, who)
		return said(err)
	})
	return sha, err
}

// ClosePR closes a pull request as a person who may write, or as its author.
func (s *Server) ClosePR(login, name string, number int) error {
	return s.asPerson(login, name, number, Triage, func(r *repo, p *pull, who actor) error {
		s.closePull(r, p, who)
		return nil
	})
}

// Retarget points a pull request at another base as a person who may write.
func (s *Server) Retarget(login, name string, number int, base string) error {
	return s.asPerson(login, name, number, Write, func(r *repo, p *pull, who actor) error {
		return said(s.retarget(s.ctx, r, p, base, who))
	})
}

// ReopenPR opens a closed pull request again.
func (s *Server) ReopenPR(login, name string, number int) error {
	return s.asPerson(login, name, number, Triage, func(r *repo, p *pull, who actor) error {
		return said(s.reopenPull(r, p, who))
	})
}

// CommentAs comments on a pull request as a person.
func (s *Server) CommentAs(login, name string, number int, body string) error {
	return s.asPerson(login, name, number, Read, func(r *repo, p *pull, who actor) error {
		_, err := s.addComment(r, p, body, who)
		return said(err)
	})
}

// OpenPR opens a pull request as a person and returns its number.
func (s *Server) OpenPR(login, name, head, base, title, body string) (number int, err error) {
	err = s.with(name, func(r *repo) error {
		p, err := s.openPull(r, newPull{Title: title, Body: body, Head: head, Base: base}, actor{kind: person, login: login})
		if err == nil {
			number = p.number
		}
		return said(err)
	})
	return number, err
}

// SetStatusAs sets a commit status as a person, which is how a status is
// forged.
func (s *Server) SetStatusAs(login, name, sha, context, state, description string) error {
	return s.with(name, func(r *repo) error {
		n := newStatus{State: state, Context: context, Description: description}
		_, err := s.setStatus(r, sha, n, actor{kind: person, login: login})
		return said(err)
	})
}

// Push commits files (path to content) to a branch as a person, past every
// protection, and returns the commit. A branch that is not there starts at the
// default branch. An empty message becomes "Update".
func (s *Server) Push(name, branch, login string, files map[string]string, message string) (sha string, err error) {
	return s.push(name, change{branch: branch, files: files, message: message}, login)
}

// Remove commits the removal of files to a branch, as Push does.
func (s *Server) Remove(name, branch, login string, paths []string, message string) (sha string, err error) {
	return s.push(name, change{branch: branch, remove: paths, message: message}, login)
}

func (s *Server) push(name string, c change, login string) (sha string, err error) {
	if c.message == "" {
		c.message = "Update"
	}
	author := s.account(login, "", "User")
	c.author = s.signature(author)
	err = s.with(name, func(r *repo) error {
		ref, old := "refs/heads/"+c.branch, bare.Zero
		if tip, err := r.git.Ref(s.ctx, ref); err == nil {
			old = tip
		}
		if sha, err = r.commit(s.ctx, c); err != nil {
			return err
		}
		return s.setRef(r, ref, old, sha, actor{kind: person, login: author.login}, "setup")
	})
	return sha, err
}

// Rewind takes the newest commits off a branch by a force-push, as a person who
// may.
func (s *Server) Rewind(name, branch, login string, commits int) error {
	return s.with(name, func(r *repo) error {
		ref := "refs/heads/" + branch
		old, err := r.git.Ref(s.ctx, ref)
		if err != nil {
			return err
		}
		back, err := r.git.Ref(s.ctx, fmt.Sprintf("%s~%d", ref, commits))
		if err != nil {
			return err
		}
		return s.setRef(r, ref, old, back, actor{kind: person, login: login}, "setup")
	})
}

// Tag lets a tag point at a commit, as a person who releases does.
func (s *Server) Tag(name, tag, sha, login string) error {
	return s.with(name, func(r *repo) error {
		return s.setRef(r, "refs/tags/"+tag, bare.Zero, sha, actor{kind: person, login: login}, "setup")
	})
}

// DeleteBranch deletes a branch as a person.
func (s *Server) DeleteBranch(name, branch, login string) error {
	return s.with(name, func(r *repo) error {
		ref := "refs/heads/" + branch
		old, err := r.git.Ref(s.ctx, ref)
		if err != nil {
			return err
		}
		return s.setRef(r, ref, old, bare.Zero, actor{kind: person, login: login}, "setup")
	})
}

// said turns a refusal of the API into an error that says all of it.
func said(err error) error {
	if p, ok := errors.AsType[*problem](err); ok && p.errors != nil {
		return fmt.Errorf("%w: %v", err, p.errors)
	}
	return err
}
