package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
		if c.State.Ended() || c.State.InGit() || c.Proposal.Number != number {
			return nil
		}
		pull, err := repo.Pulls.Get(ctx, number)
		if err != nil {
			return fmt.Errorf("read pull request #%d: %w", number, err)
		}
		if !pull.Merged && pull.Open && pull.HeadSHA == c.Proposal.HeadSHA && c.Proposal.ForeignHead == "" {
			return nil
		}
		return walk{Road: r, repo: repo, lease: lease}.pullMoved(ctx, c, pull)
	})
	if gitops.CodeOf(err) == gitops.NotFound {
		return r.gateForeign(ctx, repository, number) // a branch that only looks like one of ours
	}
	return err
}

// pullMoved takes in that a pull request is not what changebot left: merged or
// closed by somebody, or with another head.
func (w walk) pullMoved(ctx context.Context, c gitops.Change, p Pull) error {
	switch {
	case p.Merged && p.HeadSHA == c.Proposal.HeadSHA:
		return w.foundMerged(ctx, c, p)
	case p.Merged:
		return w.end(ctx, c, gitops.StateCancelled, gitops.Error{
			Message: fmt.Sprintf("Pull request #%d was merged on the forge by @%s with commits that changebot did not make.", p.Number, p.MergedBy),
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
	}
	pushing, err := w.intended(ctx, c, pushKey(c.Proposal.Round+1))
	if err != nil {
		return err
	}
	if pushing {
		return Again{After: w.Poll, Why: "a push of changebot's own is being finished"}
	}
	return w.foreignHead(ctx, c, p.HeadSHA)
}

// foundMerged takes in a merge of the approved head whose answer was lost, or
// that somebody did on the forge; the journal tells which.
func (w walk) foundMerged(ctx context.Context, c gitops.Change, p Pull) error {
	intended, err := w.intended(ctx, c, mergeKey(c))
	if err != nil {
		return err
	}
	if !intended {
		return w.merged(ctx, c, gitops.Merge{SHA: p.MergeSHA, At: w.Clock(), By: p.MergedBy})
	}
	sha, err := w.mergePinned(ctx, c)
	if err != nil {
		return err
	}
	return w.merged(ctx, c, gitops.Merge{SHA: sha, At: w.Clock()})
}

// intended says whether the journal holds an intent with the key.
func (w walk) intended(ctx context.Context, c gitops.Change, key string) (bool, error) {
	entries, err := w.Journal.Entries(ctx, c.ID)
	if err != nil {
		return false, fmt.Errorf("journal of %s: %w", c.ID, err)
	}
	return slices.ContainsFunc(entries, func(e gitops.Entry) bool { return e.Key == key }), nil
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

// close closes the pull request of a Change that ended without being merged.
func (w walk) close(ctx context.Context, c gitops.Change) error {
	if c.Proposal.Number == 0 || c.Merge.SHA != "" || !c.State.Ended() {
		return nil
	}
	if c.Proposal.ForeignHead == "" {
		if err := w.setGate(ctx, c, false, string(c.State)+": "+c.Reason); err != nil {
			return err
		}
	}
	comment := pulltext.Escape(strings.TrimSpace(c.Reason + " " + c.Next))
	_, err := effect.Once(ctx, w.Journal, w.lease, effect.Act[bool]{
		Intent: effect.Intent{Change: c.ID, Key: "close", Text: fmt.Sprintf("close pull request #%d", c.Proposal.Number)},
		Ask: func(ctx context.Context) (bool, bool, error) {
			p, err := w.repo.Pulls.Get(ctx, c.Proposal.Number)
			return true, !p.Open, err
		},
		Do: func(ctx context.Context) (bool, error) {
			return true, w.repo.Pulls.Update(ctx, c.Proposal.Number, PullUpdate{Close: true, Comment: comment})
		},
	})
	if err != nil {
		return fmt.Errorf("close pull request #%d: %w", c.Proposal.Number, err)
	}
	return nil
}

func asError(err error) (*gitops.Error, bool) { return errors.AsType[*gitops.Error](err) }
