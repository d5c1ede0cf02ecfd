package workflow

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/changebot/changebot/gitops"
)

// judge asks the policy, as of the base branch's tip, whether the decisions
// that stand are enough. Where they are not, the Change waits, and says for whom.
func (w walk) judge(ctx context.Context, c gitops.Change) error {
	if err := w.waitForPeople(ctx, c); err != nil {
		return err
	}
	tip, err := w.repo.tip(ctx)
	if err != nil {
		return err
	}
	v := w.verdict(tip, c)
	switch {
	case v.Allows():
		c.Judge(v, w.Clock())
		c.Reason, c.Rule, c.Next = "", "", ""
		entry, err := w.enter(&c, gitops.StateApproved, Self, "approved: "+v.Reason)
		if err != nil {
			return err
		}
		_, err = w.write(ctx, w.lease, c, nil, entry)
		return err
	case reflect.DeepEqual(v, c.Verdict):
		return nil
	}
	if err := w.setGate(ctx, c, false, v.Reason); err != nil {
		return err
	}
	c.Judge(v, w.Clock())
	_, err = w.write(ctx, w.lease, c, nil)
	return err
}

// verdict is the policy's answer as of a tip: the requester may still ask for
// all that the plan does, and those who must approve have.
func (w walk) verdict(tip Tip, c gitops.Change) gitops.Verdict {
	switch {
	case tip.Broken != nil:
		return gitops.Verdict{
			Rule: "catalogue", Outcome: gitops.OutcomeWaiting,
			Reason: fmt.Sprintf("%s on %s is broken, so nothing is approved", CatalogFile, w.repo.Branch),
			Next:   "Its owners mend it; then this goes on by itself.",
		}
	case c.Proposal.ForeignHead != "":
		return gitops.Verdict{
			Rule: "head", Outcome: gitops.OutcomeDenied,
			Reason: fmt.Sprintf("somebody pushed %.8s to the branch, and only what changebot made is merged", c.Proposal.ForeignHead),
			Next:   "Take that commit off the branch again, or cancel this change and ask anew.",
		}
	}
	return gitops.All("policy", w.Policy.Approvals(tip.Catalog, c), w.Policy.MayStill(tip.Catalog, c))
}

func (r *Road) proposedAt(c gitops.Change) time.Time {
	if at, ok := c.Times[gitops.StateProposed]; ok {
		return at
	}
	return c.Request.At
}

// expire ends a Change that waited too long for people: for decisions, or for
// the requester's confirmation.
func (r *Road) expire(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
	waits := c.State == gitops.StateRequested && c.Question != "" || c.State == gitops.StateProposed || c.State == gitops.StateApproved
	if !waits {
		return nil
	}
	if left := r.proposedAt(c).Add(r.Expiry).Sub(r.Clock()); left > 0 {
		return gitops.Again{After: left, Why: "it may wait longer"}
	}
	repo, err := r.repository(c.Request.Repository)
	if err != nil {
		return err
	}
	w := walk{Road: r, repo: repo, lease: lease}
	if out, err := w.mergeIsOut(ctx, c); out || err != nil {
		return err
	}
	return w.end(ctx, c, gitops.StateExpired, gitops.Error{
		Message: fmt.Sprintf("Nobody decided within %s.", gitops.Lasted(r.Expiry)),
		Next:    "Ask again if it is still wanted.",
	}, Self)
}
