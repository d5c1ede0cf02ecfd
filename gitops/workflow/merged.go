package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// foundMerged takes in a merge of the approved head whose answer was lost, or
// that somebody did on the forge.
func (w walk) foundMerged(ctx context.Context, c gitops.Change, p Pull) error {
	intended, err := w.intended(ctx, c, mergeKey(c))
	if err != nil {
		return err
	}
	if p.MergedBy != "" || !intended {
		return w.merged(ctx, c, gitops.Merge{SHA: p.MergeSHA, At: w.Clock(), By: p.MergedBy})
	}
	sha, err := w.mergePinned(ctx, c)
	if err != nil {
		return err
	}
	return w.merged(ctx, c, gitops.Merge{SHA: sha, At: w.Clock()})
}

// stoppable refuses to stop a Change that is in the base branch although
// nobody here has noted that yet: a merge was asked for and its answer was
// lost. Where that is so, it is noted now.
func (w walk) stoppable(ctx context.Context, c gitops.Change) error {
	out, err := w.mergeIsOut(ctx, c)
	if err != nil || !out {
		return err
	}
	return &gitops.Error{
		Code:    gitops.Conflict,
		Message: fmt.Sprintf("#%s was merged a moment ago; it cannot be stopped any more.", c.ID),
		Next:    c.Request.Command.Kind.Words().Undo,
	}
}

// mergeIsOut takes in a merge whose answer was lost, and says whether there
// was one.
func (w walk) mergeIsOut(ctx context.Context, c gitops.Change) (bool, error) {
	if c.State != gitops.StateApproved {
		return false, nil
	}
	asked, err := w.intended(ctx, c, mergeKey(c))
	if err != nil || !asked {
		return false, err
	}
	pull, err := w.repo.Pulls.Get(ctx, c.Proposal.Number)
	if err != nil {
		return false, fmt.Errorf("read pull request #%d: %w", c.Proposal.Number, err)
	}
	if !pull.Merged || pull.HeadSHA != c.Proposal.HeadSHA || pull.Base != c.Plan.Branch {
		return false, nil
	}
	return true, w.foundMerged(ctx, c, pull)
}

// mergedAfterAll says that a Change which has ended unmerged is in the base
// branch nevertheless: a merge landed late, or somebody did it.
func (w walk) mergedAfterAll(ctx context.Context, c gitops.Change, p Pull) error {
	if !p.Merged || c.Merge.SHA != "" || p.Base != c.Plan.Branch {
		return nil
	}
	c.Merge = gitops.Merge{SHA: p.MergeSHA, At: w.Clock(), By: p.MergedBy}
	by := "a merge of changebot's that landed late"
	if p.MergedBy != "" {
		by = "@" + p.MergedBy
	}
	c.Reason = fmt.Sprintf("Although it is %s, #%d was merged on the forge by %s.", c.State, p.Number, by)
	c.Next = strings.NewReplacer(
		"{applications}", strings.Join(c.Request.Command.Applications, " and "), "{environment}", c.Request.Command.Environment,
	).Replace(c.Request.Command.Kind.Words().Late) + " Nobody syncs or watches it."
	_, err := w.write(ctx, w.lease, c, nil, gitops.Entry{Kind: gitops.EntryVoid, Text: c.Reason})
	return err
}

// intended says whether the journal holds an intent with the key.
func (w walk) intended(ctx context.Context, c gitops.Change, key string) (bool, error) {
	entries, err := w.Journal.Entries(ctx, c.ID)
	if err != nil {
		return false, fmt.Errorf("journal of %s: %w", c.ID, err)
	}
	return slices.ContainsFunc(entries, func(e gitops.Entry) bool { return e.Key == key }), nil
}
