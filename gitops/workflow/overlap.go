package workflow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/changebot/changebot/gitops"
)

// A vicinity is what the open Changes of one repository touch, as of their
// revisions. It is a cache: each question asks the store which revisions are
// open, and only what is newer than it was is loaded. So a message about one
// Change costs as much as has changed since the last one, however many are open.
type vicinity struct {
	mu        sync.Mutex
	revisions map[string]int64
	touched   gitops.Neighbourhood
}

// overlaps asks for the Change's overlaps, after taking in what is new.
func (v *vicinity) overlaps(ctx context.Context, s Store, r Revisions, c gitops.Change) ([]gitops.Overlap, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	open, err := r.Revisions(ctx, c.Request.Repository)
	if err != nil {
		return nil, err
	}
	for id := range v.revisions {
		if _, still := open[id]; !still {
			v.touched.Remove(id)
			delete(v.revisions, id)
		}
	}
	if v.revisions == nil {
		v.revisions = map[string]int64{}
	}
	for _, id := range slices.Sorted(maps.Keys(open)) {
		if known, ok := v.revisions[id]; ok && known >= open[id] {
			continue
		}
		now, err := s.Change(ctx, id)
		if err != nil {
			return nil, err
		}
		v.touched.Put(now)
		v.revisions[id] = now.Revision
	}
	return v.touched.Overlaps(c), nil
}

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
	v, served := r.vicinities[c.Request.Repository]
	if !served || !c.Unmerged() {
		return nil
	}
	all, err := v.overlaps(ctx, r.Store, r.Revisions, c)
	if err != nil {
		r.Log.Warn("look for overlaps", "change", c.ID, "error", err)
	}
	return all
}
