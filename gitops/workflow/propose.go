package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
	"github.com/changebot/changebot/gitops/pulltext"
)

// propose puts a plan before people: one commit on the Change's own branch,
// one pull request, and the gate closed on it.
func (w walk) propose(ctx context.Context, c gitops.Change) error {
	next, err := w.push(ctx, c)
	if gitops.CodeOf(err) == gitops.Conflict {
		return w.branchTaken(ctx, c, err)
	}
	if why, ok := uncommittable(err); ok {
		return w.end(ctx, c, gitops.StateDenied, why, Self)
	}
	if err != nil {
		return err
	}
	c.Proposal = next
	w.renderPushed(ctx, &c)
	tip, err := w.repo.tip(ctx)
	if err != nil {
		return err
	}
	c.Judge(w.verdict(tip, c), w.Clock())
	pull, err := w.open(ctx, c)
	if err != nil {
		return err
	}
	c.Proposal.Number, c.Proposal.URL = pull.Number, pull.URL
	if err := w.setGate(ctx, c, false, c.Verdict.Reason); err != nil {
		return err
	}
	entry, err := w.enter(&c, gitops.StateProposed, Self, fmt.Sprintf("opened pull request #%d", pull.Number))
	if err != nil {
		return err
	}
	_, err = w.write(ctx, w.lease, c, nil, entry)
	return err
}

// push makes the round's commit and lets the Change's branch point at it. The
// commit's id depends on the plan alone, so doing it twice is doing it once.
func (w walk) push(ctx context.Context, c gitops.Change) (gitops.Proposal, error) {
	next := c.Proposal
	next.Round++
	next.Base = c.Plan.Base
	sha, err := effect.Once(ctx, w.Journal, w.lease, effect.Act[string]{
		Intent: effect.Intent{Change: c.ID, Key: pushKey(next.Round, c.Plan), Text: "push " + c.BranchName()},
		Do: func(ctx context.Context) (string, error) {
			files, _, err := w.edit(ctx, c.Plan)
			if w.repo.gone(ctx, c.Plan.Base, err) {
				return "", baseGone(c.Plan, err)
			}
			if err != nil {
				return "", err
			}
			return w.repo.Git.Push(ctx, Commit{
				Base: c.Plan.Base, Files: files, Message: pulltext.CommitMessage(c), At: c.Request.At,
				Branch: c.BranchName(), Expect: c.Proposal.HeadSHA,
			})
		},
	})
	if err != nil {
		return next, fmt.Errorf("push %s: %w", c.BranchName(), err)
	}
	next.Earlier = earlier(c, sha)
	next.HeadSHA, next.Digest, next.ForeignHead, next.Moving = sha, c.Plan.Digest, "", false
	return next, nil
}

// baseGone is what a push says whose base is not there any more: the plan is made
// anew.
func baseGone(p gitops.Plan, cause error) error {
	return &gitops.Error{
		Code: gitops.Conflict, Message: fmt.Sprintf("The commit %.8s, on which it was planned, is not known here any more.", p.Base),
		Next: "It is planned anew.", Err: cause,
	}
}

// uncommittable says that no commit can be made of a plan, however often it is
// tried: a new file would differ by case alone from one beside it, say.
func uncommittable(err error) (gitops.Error, bool) {
	refusal, ok := errors.AsType[*gitops.Error](err)
	if !ok || refusal.System != "" || refusal.Code != gitops.Invalid && refusal.Code != gitops.Unsafe {
		return gitops.Error{}, false
	}
	return *refusal, true
}

// earlier are the heads before the next one that hold what it holds.
func earlier(c gitops.Change, next string) []string {
	switch {
	case c.Proposal.HeadSHA == "" || c.Shown() != c.Plan.Digest:
		return nil
	case c.Proposal.HeadSHA == next:
		return c.Proposal.Earlier
	default:
		return append(slices.Clone(c.Proposal.Earlier), c.Proposal.HeadSHA)
	}
}

// pushKey names the push of one plan: the same round of another plan is another
// effect.
func pushKey(round int, p gitops.Plan) string {
	return fmt.Sprintf("push/%d/%.8s/%s", round, p.Base, p.Digest.Short())
}

// opened is the outcome of opening a pull request.
type opened struct {
	Number int
	URL    string
}

func (w walk) open(ctx context.Context, c gitops.Change) (opened, error) {
	body, err := pulltext.Body(c, w.SigningKey)
	if err != nil {
		return opened{}, err
	}
	pull, err := effect.Once(ctx, w.Journal, w.lease, effect.Act[opened]{
		Intent: effect.Intent{Change: c.ID, Key: "open", Text: "open the pull request"},
		Do: func(ctx context.Context) (opened, error) {
			p, err := w.repo.Pulls.Open(ctx, PullRequest{
				Branch: c.BranchName(), Base: c.Plan.Branch, Title: pulltext.Title(c), Body: body,
				Labels: pulltext.Labels(c), Assignee: c.Request.Requester.GitHub, Reviewers: logins(c.Verdict.Waits),
			})
			return opened{p.Number, p.URL}, err
		},
	})
	if err != nil {
		return pull, fmt.Errorf("open a pull request for %s: %w", c.BranchName(), err)
	}
	return pull, nil
}

// logins are the forge's names of those who may decide now.
func logins(people []gitops.Person) []string {
	var names []string
	for _, p := range people {
		if p.GitHub != "" {
			names = append(names, p.GitHub)
		}
	}
	return names
}

// branchTaken looks why a push did not go through. What people pushed is never
// overwritten: the Change stops and says so. Where the branch stands as it
// should, it is the plan's base that is gone from the mirror, and the plan is
// made anew. What the forge's rules forbid does not come here: that waits.
func (w walk) branchTaken(ctx context.Context, c gitops.Change, cause error) error {
	head, found, err := w.repo.Git.Head(ctx, c.BranchName())
	if err != nil {
		return fmt.Errorf("look at %s: %w", c.BranchName(), err)
	}
	switch {
	case head == c.Proposal.HeadSHA && c.Proposal.Round == 0:
		gone := gitops.Entry{Kind: gitops.EntryNote, Text: fmt.Sprintf("planned anew: the base %.8s is gone", c.Plan.Base)}
		c.Plan = gitops.Plan{}
		_, err := w.write(ctx, w.lease, c, nil, gone)
		return err
	case head == c.Proposal.HeadSHA:
		tip, err := w.repo.tip(ctx)
		if err != nil || tip.Broken != nil {
			return err // it is looked at again when the branch moves, and now and then
		}
		_, err = w.rebase(ctx, tip, c, MergeableDirty)
		return err
	case c.Proposal.Round == 0 && found:
		return w.end(ctx, c, gitops.StateDenied, gitops.Error{
			Message: fmt.Sprintf("The branch %s exists already and is not mine, so I left it alone.", c.BranchName()),
			Next:    "Delete that branch if nobody needs it, and ask again.", Err: cause,
		}, Self)
	default:
		return w.foreignHead(ctx, c, head)
	}
}

// setGate sets the commit status on the proposal's head. The journal has each
// state of the gate once for a revision of the Change; the status is set as
// often as that is asked for, since nothing is doubled by it.
func (w walk) setGate(ctx context.Context, c gitops.Change, open bool, reason string) error {
	state, set := "pending", false
	if open {
		state = "success"
	}
	do := func(ctx context.Context) (bool, error) {
		set = true
		return true, w.repo.Gate.Set(ctx, GateStatus{
			SHA: c.Proposal.HeadSHA, Branch: c.Plan.Branch, Open: open, Reason: reason, LinkURL: c.Proposal.URL,
		})
	}
	_, err := effect.Once(ctx, w.Journal, w.lease, effect.Act[bool]{
		Intent: effect.Intent{
			Change: c.ID,
			Key:    fmt.Sprintf("gate/%d/%d/%s", c.Proposal.Round, c.Revision, state),
			Text:   fmt.Sprintf("set the gate on %.8s to %s: %s", c.Proposal.HeadSHA, state, reason),
		},
		Do: do,
	})
	if err == nil && !set {
		_, err = do(ctx)
	}
	if err != nil {
		return fmt.Errorf("set the gate on %.8s: %w", c.Proposal.HeadSHA, err)
	}
	return nil
}
