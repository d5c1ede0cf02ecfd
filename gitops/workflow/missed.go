package workflow

import (
	"context"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// hearMissed counts a review that stands on the forge and was never heard of
// here: the forge does not send a lost event again, and a veto must not be lost
// with it. It takes one at a time; heard says that it did, and that the Change
// was written.
func (w walk) hearMissed(ctx context.Context, tip Tip, c gitops.Change) (heard bool, err error) {
	if !tip.whole() {
		return false, nil // nothing is merged meanwhile
	}
	reviews, err := w.repo.Reviews.Reviews(ctx, c.Proposal.Number)
	if err != nil {
		return false, fmt.Errorf("reviews of #%d: %w", c.Proposal.Number, err)
	}
	for _, v := range reviews {
		person, linked := tip.Catalog.ByGitHub(v.Login)
		if linked && w.missed(tip.Catalog, c, person, v) {
			w.Log.Info("a review that was not heard of", "change", c.ID, "review", v.ID, "answer", v.Answer)
			return true, w.review(ctx, tip.Catalog, c, v)
		}
	}
	return false, nil
}

// missed says whether a review would change what counts: it is of the present
// proposal, of somebody who may decide, and newer than all they said.
func (w walk) missed(catalog *gitops.Catalog, c gitops.Change, p gitops.Person, v Review) bool {
	if v.Answer == gitops.Withdraw {
		for _, d := range c.Standing() {
			if d.Person.ID == p.ID && d.Via == viaGitHub && d.Review <= v.ID {
				return true
			}
		}
		return false
	}
	for _, d := range c.Decisions {
		if d.Person.ID == p.ID && !v.isAfter(d) {
			return false
		}
	}
	for _, d := range c.Standing() {
		if d.Person.ID == p.ID && d.Answer == v.Answer && (d.Via != viaGitHub || d.Review >= v.ID) {
			return false
		}
	}
	return v.isOf(c.Proposal) && w.Policy.MayDecide(catalog, c, p).Allows()
}

// isAfter says whether a review was given after a decision of the same person.
// Among reviews their ids say so, since they count up.
func (v Review) isAfter(d gitops.Decision) bool {
	if d.Review != 0 {
		return v.ID > d.Review
	}
	return d.At.Before(v.At)
}
