package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
	"github.com/changebot/changebot/gitops/pulltext"
)

// merge merges exactly what was approved. Right before it, everything that was
// true at the approval is looked at again: the head of the branch, what the
// request comes to on the tip, and the policy at the tip.
func (w walk) merge(ctx context.Context, c gitops.Change) error {
	// The tip comes first: where a merge is in it, the pull request says so.
	tip, err := w.repo.tip(ctx)
	if err != nil {
		return err
	}
	pull, err := w.repo.Pulls.Get(ctx, c.Proposal.Number)
	if err != nil {
		return fmt.Errorf("read pull request #%d: %w", c.Proposal.Number, err)
	}
	if !pull.standsAs(c) {
		return w.pullMoved(ctx, c, pull)
	}
	if heard, err := w.hearMissed(ctx, tip, c); heard || err != nil {
		return err
	}
	if tip.whole() {
		if moved, err := w.rebase(ctx, tip, c, pull.Mergeable); moved || err != nil {
			return err
		}
	}
	if v := w.verdict(tip, c); !v.Allows() {
		return w.unapprove(ctx, c, v)
	}
	if pull.Mergeable == MergeableUnknown {
		return gitops.Again{After: 500 * time.Millisecond, Why: fmt.Sprintf("the forge has not said yet whether #%d can be merged", pull.Number)}
	}
	sha, err := w.mergePastGate(ctx, c)
	if gitops.CodeOf(err) == gitops.Conflict {
		return w.mergeRefused(ctx, c, err)
	}
	if err != nil {
		return err
	}
	return w.merged(ctx, c, gitops.Merge{SHA: sha, At: w.Clock()})
}

// mergePastGate opens the gate for as long as the merge takes, and closes it
// again where there was none: an open gate lets anybody merge.
func (w walk) mergePastGate(ctx context.Context, c gitops.Change) (string, error) {
	if err := w.setGate(ctx, c, true, "approved; being merged"); err != nil {
		return "", err
	}
	sha, err := w.mergePinned(ctx, c)
	if err == nil {
		return sha, nil
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	if shut := w.setGate(closing, c, false, "approved; the merge did not take place yet"); shut != nil {
		w.Log.Warn("close the gate after a merge that did not take place", "change", c.ID, "error", shut)
	}
	return "", err
}

// closePatience bounds how long the closing of a gate may take.
const closePatience = 10 * time.Second

// mergePinned asks the forge to merge the head that was approved and no other.
func (w walk) mergePinned(ctx context.Context, c gitops.Change) (string, error) {
	entries, err := w.Journal.Entries(ctx, c.ID)
	if err != nil {
		return "", fmt.Errorf("journal of %s: %w", c.ID, err)
	}
	head := ""
	if len(entries) > 0 {
		head = entries[len(entries)-1].Hash
	}
	return effect.Once(ctx, w.Journal, w.lease, effect.Act[string]{
		Intent: effect.Intent{Change: c.ID, Key: mergeKey(c), Text: fmt.Sprintf("merge #%d at %.8s", c.Proposal.Number, c.Proposal.HeadSHA)},
		Ask: func(ctx context.Context) (string, bool, error) {
			p, err := w.repo.Pulls.Get(ctx, c.Proposal.Number)
			return p.MergeSHA, p.Merged && p.HeadSHA == c.Proposal.HeadSHA && p.Base == c.Plan.Branch, err
		},
		Do: func(ctx context.Context) (string, error) {
			return w.repo.Pulls.Merge(ctx, c.Proposal.Number, MergeRequest{
				HeadSHA: c.Proposal.HeadSHA, Title: pulltext.Title(c), Message: pulltext.MergeMessage(c, head),
			})
		},
	})
}

func mergeKey(c gitops.Change) string { return "merge/" + c.Proposal.HeadSHA }

// mergeRefused looks at what stands in the way; the next step finds a moved head
// or a conflict by itself.
func (w walk) mergeRefused(ctx context.Context, c gitops.Change, cause error) error {
	pull, err := w.repo.Pulls.Get(ctx, c.Proposal.Number)
	if err != nil {
		return fmt.Errorf("read pull request #%d: %w", c.Proposal.Number, err)
	}
	if !pull.standsAs(c) {
		return w.pullMoved(ctx, c, pull)
	}
	reason := "the forge refuses the merge"
	if e, ok := asError(cause); ok {
		reason = e.Message
	}
	if c.Reason != reason {
		c.Reason, c.Next = reason, "It is tried again by itself."
		_, err := w.write(ctx, w.lease, c, nil, gitops.Entry{Kind: gitops.EntryNote, Text: "not merged yet: " + reason})
		return err
	}
	return gitops.Again{After: w.Poll, Why: reason}
}

// unapprove takes a Change back to waiting, because the policy no longer
// allows what it allowed before: a right was revoked, a rule was added.
func (w walk) unapprove(ctx context.Context, c gitops.Change, v gitops.Verdict) error {
	if err := w.setGate(ctx, c, false, v.Reason); err != nil {
		return err
	}
	c.Judge(v, w.Clock())
	entry, err := w.enter(&c, gitops.StateProposed, Self, "no longer approved: "+v.Reason)
	if err != nil {
		return err
	}
	_, err = w.write(ctx, w.lease, c, nil, entry)
	return err
}

// merged notes that the Change is in the base branch.
func (w walk) merged(ctx context.Context, c gitops.Change, m gitops.Merge) error {
	neighbours := w.neighbours(ctx, c)
	c.Merge, c.Reason, c.Next = m, "", ""
	text := fmt.Sprintf("merged as %.8s", m.SHA)
	if m.By != "" {
		text = fmt.Sprintf("merged as %.8s by @%s on the forge, past changebot", m.SHA, m.By)
	}
	entry, err := w.enter(&c, gitops.StateMerged, Self, text)
	if err != nil {
		return err
	}
	_, err = w.commit(ctx, Write{Change: c, Entries: []gitops.Entry{entry}, Jobs: neighbours, Lease: w.lease})
	return err
}
