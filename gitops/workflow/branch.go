package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
)

// finish tidies up after a Change that has ended: it closes a pull request that
// was not merged, and deletes the branch.
func (w walk) finish(ctx context.Context, c gitops.Change) error {
	if err := w.close(ctx, c); err != nil {
		return err
	}
	return w.deleteBranch(ctx, c)
}

// deleteBranch deletes the Change's branch where it stands at a commit that
// changebot pushed. One that somebody else has pushed to is theirs and stays,
// as does one that the forge does not let go; one that is gone already, as
// where the forge deletes branches after the merge, is as it should be.
func (w walk) deleteBranch(ctx context.Context, c gitops.Change) error {
	if !c.State.Ended() {
		return nil
	}
	own, err := w.pushed(ctx, c)
	if err != nil || len(own) == 0 {
		return err
	}
	branch := c.BranchName()
	_, err = effect.Once(ctx, w.Journal, w.lease, effect.Act[bool]{
		Intent: effect.Intent{Change: c.ID, Key: "branch", Text: "delete " + branch},
		Do: func(ctx context.Context) (deleted bool, err error) {
			head, found, err := w.repo.Git.Head(ctx, branch)
			if err != nil || !found || !own[head] {
				return false, err
			}
			err = w.repo.Branches.Delete(ctx, branch, head)
			if code := gitops.CodeOf(err); code == gitops.Conflict || code == gitops.Denied {
				w.Log.Info("the branch stays", "change", c.ID, "error", err)
				return false, nil
			}
			return err == nil, err
		},
	})
	if err != nil {
		return fmt.Errorf("delete %s: %w", branch, err)
	}
	return nil
}

// pushed are the commits at which changebot has let the Change's branch point,
// by its journal.
func (w walk) pushed(ctx context.Context, c gitops.Change) (map[string]bool, error) {
	entries, err := w.Journal.Entries(ctx, c.ID)
	if err != nil {
		return nil, fmt.Errorf("journal of %s: %w", c.ID, err)
	}
	own := map[string]bool{}
	for _, e := range entries {
		if e.Kind != gitops.EntryOutcome || !strings.HasPrefix(e.Key, "push/") {
			continue
		}
		var sha string
		if err := json.Unmarshal(e.Data, &sha); err != nil {
			return nil, fmt.Errorf("read the outcome of %s of %s: %w", e.Key, c.ID, err)
		}
		own[sha] = true
	}
	return own, nil
}
