package workflow

import (
	"context"
	"errors"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// Base takes in that a repository's base branch may have moved: owners are told
// of a broken catalogue, and every open proposal is looked at on the new tip.
func (r *Road) Base(ctx context.Context, repository string) error {
	repo, err := r.repository(repository)
	if err != nil {
		return err
	}
	tip, err := repo.tip(ctx)
	if err != nil {
		return err
	}
	if tip.Broken != nil {
		if _, err := r.tellOwners(ctx, repo, tip); err != nil {
			return err
		}
	}
	err = r.reconcile(ctx, repo, tip)
	r.follow(ctx, repo, tip)
	return err
}

// follow lets the history take in what is new, once everything else is done.
// It is a cache: that it stays behind is no error.
func (r *Road) follow(ctx context.Context, repo *Repository, tip Tip) {
	if tip.Catalog == nil || repo.History == nil {
		return
	}
	var places []gitops.Place
	for _, t := range tip.Catalog.Targets {
		places = append(places, t.Places[0])
	}
	if err := repo.History.Follow(ctx, tip.Commit, places); err != nil {
		r.Log.Info("the history stays behind", "repository", repo.Name, "tip", tip.Commit, "reason", err)
	}
}

// Reconcile looks at every open Change of every repository as git and the
// forge have them now. Events make it quick; this makes it sure, since any
// event can be lost.
func (r *Road) Reconcile(ctx context.Context) error {
	var all error
	for _, repo := range r.repositories {
		tip, err := repo.tip(ctx)
		if err == nil {
			err = r.reconcile(ctx, repo, tip)
			r.follow(ctx, repo, tip)
		}
		all = errors.Join(all, err)
	}
	return all
}

func (r *Road) reconcile(ctx context.Context, repo *Repository, tip Tip) error {
	open, err := r.Store.Open(ctx, repo.Name)
	if err != nil {
		return fmt.Errorf("open changes of %s: %w", repo.Name, err)
	}
	var all error
	for _, c := range open {
		if c.State != gitops.StateProposed && !r.standsStill(c) {
			continue
		}
		err := r.withChange(ctx, c.ID, func(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
			if c.State != gitops.StateProposed {
				return r.persevere(ctx, lease, c)
			}
			return walk{Road: r, repo: repo, lease: lease}.lookAgain(ctx, tip, c)
		})
		if _, busy := errors.AsType[gitops.Again](err); busy {
			continue // who works on it looks as well
		}
		all = errors.Join(all, err)
	}
	return all
}

// standsStill says that a Change which waits for nobody has not come on for
// longer than a rollout may take: its job may have been given up after a day of
// failures, and nothing else would ever take it up again.
func (r *Road) standsStill(c gitops.Change) bool {
	if c.State.Ended() || c.State == gitops.StateRequested && c.Question != "" {
		return false
	}
	last := c.Request.At
	for _, at := range c.Times {
		if at.After(last) {
			last = at
		}
	}
	return r.Clock().Sub(last) > r.Deadline
}

// lookAgain compares a proposal with its pull request and with the base
// branch, and then with the policy.
func (w walk) lookAgain(ctx context.Context, tip Tip, c gitops.Change) error {
	if c.State != gitops.StateProposed {
		return nil
	}
	pull, err := w.repo.Pulls.Get(ctx, c.Proposal.Number)
	if err != nil {
		return fmt.Errorf("read pull request #%d: %w", c.Proposal.Number, err)
	}
	stopped := c.Proposal.ForeignHead != "" && pull.HeadSHA == c.Proposal.ForeignHead && pull.Open && pull.Base == c.Plan.Branch
	switch {
	case stopped:
		return nil
	case !pull.standsAs(c):
		return w.pullMoved(ctx, c, pull)
	case c.Proposal.Moving:
		return w.move(ctx, c)
	}
	if heard, err := w.hearMissed(ctx, tip, c); heard || err != nil {
		return err
	}
	if tip.Broken == nil {
		if moved, err := w.rebase(ctx, tip, c, pull.Mergeable); moved || err != nil {
			return err
		}
	}
	return w.judge(ctx, c)
}

// tellOwners says once what is wrong with a catalogue, in the owners' room of
// the last good one. Where there is none nobody is told: requests are refused
// with the reason.
func (r *Road) tellOwners(ctx context.Context, repo *Repository, tip Tip) (told bool, err error) {
	catalog, err := repo.recall(ctx, tip)
	if gitops.CodeOf(err) == gitops.Unavailable {
		return false, err
	}
	if catalog == nil || catalog.Owners.Room == "" {
		return false, nil
	}
	since, err := repo.brokenSince(ctx, tip)
	if err != nil {
		return false, err
	}
	text := fmt.Sprintf("%s of %s is broken on %s since %.8s, so nothing can be changed: %s %s",
		CatalogFile, repo.Name, repo.Branch, since, tip.Broken.Message, tip.Broken.Next)
	err = r.Notices.Notice(ctx, "catalogue/"+repo.Name+"/"+since, catalog.Owners.Room, text)
	return err == nil, err
}
