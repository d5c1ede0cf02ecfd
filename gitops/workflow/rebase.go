package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/crash"
)

// rebase works the Request out again when the base branch has moved. The same
// Digest means the same change, so the approvals stay; another one voids them,
// visibly; nothing left to do ends the Change. moved says that the Change was
// written, and that the present step is over.
func (w walk) rebase(ctx context.Context, tip Tip, c gitops.Change, mergeable Mergeable) (moved bool, err error) {
	stuck := mergeable == MergeableDirty || mergeable == MergeableBehind
	if tip.Commit == c.Plan.Base && !stuck {
		return false, nil
	}
	rewound, err := w.rewound(ctx, tip, c)
	if err != nil {
		return false, err
	}
	now, err := w.again(ctx, tip, c)
	if w.repo.gone(ctx, tip.Commit, err) {
		return false, movedAway(tip)
	}
	if refusal, ok := errors.AsType[*gitops.Error](err); ok && refusal.Code != gitops.Unavailable && refusal.Code != gitops.Internal {
		return true, w.endOnMovedBase(ctx, c, *refusal)
	}
	if err != nil {
		return false, err
	}
	crash.Point("reapplied")
	switch {
	case len(now.Edits) == 0:
		gone := sayLeftOut(since(c.Plan, now))
		c.Plan.Targets, c.Plan.LeftOut = now.Targets, now.LeftOut
		return true, w.end(ctx, c, gitops.StateUnchanged, meanwhileThere(c, gone), Self)
	case now.Digest != c.Plan.Digest:
		return true, w.voidByBase(ctx, c, now, rewound)
	case stuck || rewound || len(now.Targets) < len(c.Plan.Targets):
		return true, w.carry(ctx, c, now, rewound)
	default:
		return false, nil
	}
}

// endOnMovedBase ends a Change that has become impossible.
func (w walk) endOnMovedBase(ctx context.Context, c gitops.Change, why gitops.Error) error {
	return w.end(ctx, c, gitops.StateDenied, gitops.Error{
		Message: "On the moved base branch this cannot be done any more: " + gitops.Clause(why.Message), Next: why.Next,
	}, Self)
}

// again computes a Change's plan on another tip.
func (w walk) again(ctx context.Context, tip Tip, c gitops.Change) (gitops.Plan, error) {
	if c.Request.Command.All {
		return w.reapplyAll(ctx, tip, c)
	}
	return w.reapply(ctx, tip, c.Request.Command.Kind, c.Plan)
}

// reapply computes a plan's intent on another tip: the same Targets get the
// same versions, from whatever they have now. Which versions those are was
// settled when it was asked.
func (w walk) reapply(ctx context.Context, tip Tip, kind gitops.Kind, p gitops.Plan) (gitops.Plan, error) {
	now := gitops.Plan{Base: tip.Commit, Branch: p.Branch, Evidence: p.Evidence, Included: p.Included}
	for _, s := range p.Targets {
		step, err := w.restep(ctx, tip, kind, s)
		if err != nil {
			return now, err
		}
		now.Targets = append(now.Targets, step)
	}
	return w.fill(ctx, now)
}

// restep is what one step comes to on another tip.
func (w walk) restep(ctx context.Context, tip Tip, kind gitops.Kind, s gitops.Step) (gitops.Step, error) {
	target, ok := tip.Catalog.Target(s.Target.Application, s.Target.Environment)
	if !ok {
		return s, noTarget(tip.Catalog, s.Target.Application, s.Target.Environment)
	}
	current, err := w.versionAt(ctx, tip.Commit, target)
	if err != nil {
		return s, err
	}
	copied, err := w.recopy(ctx, tip, target, s.Copied)
	if err != nil {
		return s, err
	}
	if err := stillFree(tip.Catalog, kind, s, current); err != nil {
		return s, err
	}
	step := gitops.Step{Target: target, Old: current, New: s.New, Copied: copied, Restarted: s.Restarted}
	step.Hold, step.Lifts = reheld(tip.Catalog, s, current)
	step.OnlyLifts = s.OnlyLifts
	if s.Restarted != "" || s.OnlyLifts {
		step.New = current // whatever runs by now restarts, or runs on
	}
	return step, nil
}

// rewound says that the base branch was set back behind what the Change builds
// on, by a force-push. Its branch still holds the commits that were taken away,
// and a merge would bring them back.
func (w walk) rewound(ctx context.Context, tip Tip, c gitops.Change) (bool, error) {
	if w.repo.stillHolds(ctx, tip.Commit, c.Plan.Base) {
		return false, nil
	}
	in, err := w.contains(ctx, tip.Commit, c.Plan.Base)
	if err != nil {
		return false, fmt.Errorf("whether %s still holds %.8s: %w", c.Plan.Branch, c.Plan.Base, err)
	}
	if in {
		w.repo.holds(tip.Commit, c.Plan.Base)
	}
	return !in, nil
}

// voidByBase puts the changed plan before people anew: what they approved is
// not what would happen now.
func (w walk) voidByBase(ctx context.Context, c gitops.Change, p gitops.Plan, rewound bool) error {
	did := "moved"
	if rewound {
		did = "was rewound by a force-push"
	}
	reason := fmt.Sprintf("%s %s, and this change would now do something else (digest %s instead of %s)", c.Plan.Branch, did, p.Digest.Short(), c.Plan.Digest.Short())
	if gone := since(c.Plan, p); len(gone) > 0 {
		reason += ": " + strings.Join(gitops.TellLeftOut(gone), "; ")
	}
	entries := voidAll(&c, reason)
	c.Turned = gitops.Turned{} // people are asked about another plan
	return w.replan(ctx, c, p, append(entries, gitops.Entry{Kind: gitops.EntryNote, Text: "planned anew: " + reason})...)
}

// carry moves the Change's commit onto the new tip with the same Digest; the
// approvals go along, since they say yes to exactly that.
func (w walk) carry(ctx context.Context, c gitops.Change, p gitops.Plan, rewound bool) error {
	text := fmt.Sprintf("moves onto %.8s with the same digest, so the approvals stay", p.Base)
	if rewound {
		text = fmt.Sprintf("%s was rewound by a force-push and holds %.8s no more; this change %s", p.Branch, c.Plan.Base, text)
	}
	if gone := since(c.Plan, p); len(gone) > 0 {
		text += "; " + strings.Join(gitops.TellLeftOut(gone), "; ")
	}
	return w.replan(ctx, c, p, gitops.Entry{Kind: gitops.EntryNote, Text: text})
}

// replan keeps a plan that was made anew. It is kept before anything of it is
// done: whoever takes the Change up from here brings this plan to the branch
// and no other, so what people see is what the branch comes to hold.
func (w walk) replan(ctx context.Context, c gitops.Change, p gitops.Plan, entries ...gitops.Entry) error {
	w.render(ctx, c.ID, &p)
	before := c
	c.Plan, c.Proposal.Moving, c.Verdict = p, true, gitops.Verdict{}
	silent, err := w.enter(&c, gitops.StateProposed, Self, "")
	if err != nil {
		return err
	}
	_, err = w.commit(ctx, Write{Change: c, Entries: append(entries, silent), Release: dropped(before, c), Jobs: w.neighbours(ctx, before, c), Lease: w.lease})
	crash.Point("new plan stored")
	return err
}

// move brings the plan to the Change's branch, as a new round.
func (w walk) move(ctx context.Context, c gitops.Change) error {
	before := c
	next, err := w.push(ctx, c)
	if gitops.CodeOf(err) == gitops.Conflict {
		return w.branchTaken(ctx, c, err)
	}
	if why, ok := uncommittable(err); ok {
		return w.endOnMovedBase(ctx, c, why)
	}
	if err != nil {
		return err
	}
	crash.Point("branch moved")
	c.Proposal = next
	w.renderPushed(ctx, &c)
	for i, d := range c.Decisions {
		if goesAlong(before, d) {
			c.Decisions[i].HeadSHA = next.HeadSHA
		}
	}
	crash.Point("approvals carried")
	return w.reenter(ctx, c)
}

// goesAlong says whether a decision counts for the head that c's plan is moved
// to: it says yes to exactly that plan. A review is bound to what the head held
// that was reviewed, whatever the decision says of itself.
func goesAlong(c gitops.Change, d gitops.Decision) bool {
	seen := d.Via != viaGitHub || c.Shown() == c.Plan.Digest
	return d.HeadSHA == c.Proposal.HeadSHA && d.Void == "" && d.Digest == c.Plan.Digest && seen
}

// reenter writes a Change that stands on a new head: proposed, judged anew.
func (w walk) reenter(ctx context.Context, c gitops.Change, entries ...gitops.Entry) error {
	c.Verdict = gitops.Verdict{}
	if err := w.refreshPull(ctx, c); err != nil {
		return err
	}
	crash.Point("pull request refreshed")
	entry, err := w.enter(&c, gitops.StateProposed, Self, fmt.Sprintf("round %d at %.8s", c.Proposal.Round, c.Proposal.HeadSHA))
	if err != nil {
		return err
	}
	_, err = w.write(ctx, w.lease, c, nil, append(entries, entry)...)
	crash.Point("round stored")
	return err
}

// voidAll makes every decision of the present round count no longer, and
// returns the journal entry that says so; none where nobody had decided.
func voidAll(c *gitops.Change, reason string) []gitops.Entry {
	var names []string
	for i, d := range c.Decisions {
		if d.Void == "" && d.Answer == gitops.Approve {
			c.Decisions[i].Void = reason
			names = append(names, d.Person.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []gitops.Entry{{Kind: gitops.EntryVoid, Text: fmt.Sprintf("the approval of %s no longer counts: %s", gitops.AndList(names), reason)}}
}
