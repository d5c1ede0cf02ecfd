package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
	"github.com/changebot/changebot/gitops/pulltext"
)

// PullChanged looks at a pull request that the forge says has changed: pushed
// to, closed, reopened or merged. What the event says is not believed; the
// pull request is read anew.
func (r *Road) PullChanged(ctx context.Context, repository, branch string, number int) error {
	id, ours := strings.CutPrefix(branch, "changebot/")
	if !ours {
		return r.gateForeign(ctx, repository, number)
	}
	err := r.withChange(ctx, id, func(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
		repo, err := r.repository(repository)
		if err != nil {
			return err
		}
		if c.Request.Repository != repository || c.Proposal.Number != number {
			return r.gateForeign(ctx, repository, number) // somebody gave a branch of theirs our name
		}
		if c.State.InGit() {
			return nil
		}
		pull, err := repo.Pulls.Get(ctx, number)
		if err != nil {
			return fmt.Errorf("read pull request #%d: %w", number, err)
		}
		w := walk{Road: r, repo: repo, lease: lease}
		if c.State.Ended() {
			return w.mergedAfterAll(ctx, c, pull)
		}
		if pull.standsAs(c) {
			return nil
		}
		return w.pullMoved(ctx, c, pull)
	})
	if gitops.CodeOf(err) == gitops.NotFound {
		return r.gateForeign(ctx, repository, number) // a branch that only looks like one of ours
	}
	return err
}

// standsAs says that a pull request is as changebot left it.
func (p Pull) standsAs(c gitops.Change) bool {
	return p.Open && !p.Merged && p.Base == c.Plan.Branch && p.HeadSHA == c.Proposal.HeadSHA && c.Proposal.ForeignHead == ""
}

// pullMoved takes in that a pull request is not what changebot left: merged or
// closed by somebody, pointed at another branch, or with another head.
func (w walk) pullMoved(ctx context.Context, c gitops.Change, p Pull) error {
	merger := "changebot"
	if p.MergedBy != "" {
		merger = "@" + p.MergedBy
	}
	switch {
	case p.Base != c.Plan.Branch:
		return w.end(ctx, c, gitops.StateCancelled, gitops.Error{
			Message: fmt.Sprintf("Pull request #%d was pointed at another branch than %s on the forge, and nobody was asked about that one.", p.Number, c.Plan.Branch),
			Next:    "Ask again if it is still wanted.",
		}, Self)
	case p.Merged && p.HeadSHA == c.Proposal.HeadSHA:
		return w.foundMerged(ctx, c, p)
	case p.Merged:
		return w.end(ctx, c, gitops.StateCancelled, gitops.Error{
			Message: fmt.Sprintf("Pull request #%d was merged on the forge by %s with commits that changebot did not make.", p.Number, merger),
			Next:    "Look at what was merged; changebot does not sync or watch it.",
		}, Self)
	case !p.Open:
		return w.end(ctx, c, gitops.StateCancelled, gitops.Error{
			Message: fmt.Sprintf("Pull request #%d was closed on the forge.", p.Number),
			Next:    "Ask again if it is still wanted.",
		}, Self)
	case p.HeadSHA == c.Proposal.HeadSHA:
		c.Proposal.ForeignHead = ""
		return w.reenter(ctx, c, gitops.Entry{Kind: gitops.EntryNote, Text: fmt.Sprintf("the branch is back at %.8s", p.HeadSHA)})
	case c.Proposal.Moving && c.Proposal.ForeignHead == "":
		return w.move(ctx, c)
	}
	// The branch itself knows better than the pull request, which may still
	// show a head of before.
	head, found, err := w.repo.Git.Head(ctx, c.BranchName())
	if err != nil {
		return fmt.Errorf("look at %s: %w", c.BranchName(), err)
	}
	if found && head == c.Proposal.HeadSHA {
		return gitops.Again{After: w.Poll, Why: fmt.Sprintf("#%d does not show the branch's head yet", p.Number)}
	}
	return w.foreignHead(ctx, c, p.HeadSHA)
}

// foreignHead stops a Change whose branch somebody has pushed to: the
// approvals no longer count, and the gate is closed on the new head.
func (w walk) foreignHead(ctx context.Context, c gitops.Change, head string) error {
	if c.Proposal.ForeignHead == head {
		return nil
	}
	c.Proposal.ForeignHead = head
	reason := fmt.Sprintf("somebody pushed %.8s to %s", head, c.BranchName())
	entries := voidAll(&c, reason)
	closed := GateStatus{SHA: head, Branch: c.Plan.Branch, Reason: "has commits that changebot did not make", LinkURL: c.Proposal.URL}
	if err := w.repo.Gate.Set(ctx, closed); err != nil {
		return fmt.Errorf("close the gate on %.8s: %w", head, err)
	}
	c.Verdict = gitops.Verdict{}
	entry, err := w.enter(&c, gitops.StateProposed, Self, "stopped: "+reason)
	if err != nil {
		return err
	}
	_, err = w.write(ctx, w.lease, c, nil, append(entries, entry)...)
	return err
}

// refreshPull writes title and body of the pull request anew.
func (w walk) refreshPull(ctx context.Context, c gitops.Change) error {
	body, err := pulltext.Body(c, w.SigningKey)
	if err != nil {
		return err
	}
	_, err = effect.Once(ctx, w.Journal, w.lease, effect.Act[bool]{
		Intent: effect.Intent{Change: c.ID, Key: fmt.Sprintf("text/%d/%d", c.Proposal.Round, c.Revision), Text: fmt.Sprintf("rewrite the text of #%d", c.Proposal.Number)},
		Do: func(ctx context.Context) (bool, error) {
			return true, w.repo.Pulls.Update(ctx, c.Proposal.Number, PullUpdate{Title: pulltext.Title(c), Body: body})
		},
	})
	if err != nil {
		return fmt.Errorf("rewrite the text of #%d: %w", c.Proposal.Number, err)
	}
	return nil
}

// close closes the pull request of a Change that ended without being merged,
// and says there why.
func (w walk) close(ctx context.Context, c gitops.Change) error {
	if c.Proposal.Number == 0 || c.Merge.SHA != "" || !c.State.Ended() {
		return nil
	}
	pull, err := w.repo.Pulls.Get(ctx, c.Proposal.Number)
	if err != nil {
		return fmt.Errorf("read pull request #%d: %w", c.Proposal.Number, err)
	}
	if pull.Merged {
		return w.mergedAfterAll(ctx, c, pull)
	}
	if c.Proposal.ForeignHead == "" {
		if err := w.setGate(ctx, c, false, string(c.State)+": "+c.Reason); err != nil {
			return err
		}
	}
	_, err = effect.Once(ctx, w.Journal, w.lease, effect.Act[bool]{
		Intent: effect.Intent{Change: c.ID, Key: "close", Text: fmt.Sprintf("close pull request #%d", c.Proposal.Number)},
		Ask: func(ctx context.Context) (bool, bool, error) {
			p, err := w.repo.Pulls.Get(ctx, c.Proposal.Number)
			return true, !p.Open, err
		},
		Do: func(ctx context.Context) (bool, error) {
			return true, w.repo.Pulls.Update(ctx, c.Proposal.Number, PullUpdate{Close: true})
		},
	})
	if err != nil {
		return fmt.Errorf("close pull request #%d: %w", c.Proposal.Number, err)
	}
	return w.sayWhy(ctx, c)
}

// commentLag is how late a comment may appear that a process posted which has
// died since.
const commentLag = 10 * time.Second

// sayWhy says on the pull request why the Change ended.
func (w walk) sayWhy(ctx context.Context, c gitops.Change) error {
	why := pulltext.Escape(strings.TrimSpace(c.Reason + " " + c.Next))
	if why == "" {
		return nil
	}
	_, err := effect.Once(ctx, w.Journal, w.lease, effect.Act[bool]{
		Intent: effect.Intent{Change: c.ID, Key: "comment", Text: fmt.Sprintf("say on #%d why it was closed", c.Proposal.Number)},
		Ask: func(ctx context.Context) (bool, bool, error) {
			said, err := w.repo.Comments.Commented(ctx, c.Proposal.Number, why)
			return said, said, err
		},
		Do: func(ctx context.Context) (bool, error) {
			return true, w.repo.Comments.Comment(ctx, c.Proposal.Number, why)
		},
		Lag: commentLag,
	})
	if err != nil {
		return fmt.Errorf("comment on pull request #%d: %w", c.Proposal.Number, err)
	}
	return nil
}

func asError(err error) (*gitops.Error, bool) { return errors.AsType[*gitops.Error](err) }
