package workflow

import (
	"context"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// neighbours are the jobs that tell anew of the Changes which overlap with one
// of those given: a Change as it was and as it is going to be. They belong into
// the write that makes it so. It is for people alone, so a store that does not
// answer keeps nothing back.
func (r *Road) neighbours(ctx context.Context, all ...gitops.Change) []gitops.Job {
	var jobs []gitops.Job
	told := map[string]bool{}
	for _, c := range all {
		for _, o := range r.Overlaps(ctx, c) {
			if !told[o.Change] {
				told[o.Change] = true
				jobs = append(jobs, gitops.Job{Kind: gitops.JobTell, Subject: o.Change, Name: fmt.Sprintf("overlap with %s at %d", c.ID, c.Revision)})
			}
		}
	}
	return jobs
}

// Overlaps returns what a Change has in common with the other open ones of its
// repository; nothing where that cannot be found out now.
func (r *Road) Overlaps(ctx context.Context, c gitops.Change) []gitops.Overlap {
	if !c.Unmerged() {
		return nil
	}
	open, err := r.Store.Open(ctx, c.Request.Repository)
	if err != nil {
		r.Log.Warn("look for overlaps", "change", c.ID, "error", err)
		return nil
	}
	return gitops.Overlaps(c, open)
}
