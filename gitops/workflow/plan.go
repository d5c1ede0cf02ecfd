package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/changebot/changebot/gitops"
)

// plan turns a Request into the exact Edits, computed at one pinned commit, or
// says why not. The Targets are claimed in the same write: from then on no
// other Change can plan for them.
func (w walk) plan(ctx context.Context, c gitops.Change) error {
	tip, err := w.repo.tip(ctx)
	if err != nil {
		return err
	}
	if tip.Broken != nil {
		return w.refuseBroken(ctx, c, tip)
	}
	if v := w.Policy.MayAsk(tip.Catalog, c.Request); !v.Allows() {
		return w.deny(ctx, c, v)
	}
	intent, err := w.compute(ctx, tip, c)
	if w.repo.gone(ctx, tip.Commit, err) {
		return movedAway(tip)
	}
	if refusal, ok := errors.AsType[*gitops.Error](err); ok && refusal.Code != gitops.Unavailable {
		return w.end(ctx, c, gitops.StateDenied, *refusal, Self)
	}
	if err != nil {
		return err
	}
	c.Plan = intent.plan
	w.render(ctx, c.ID, &c.Plan)
	if len(intent.plan.Edits) == 0 {
		return w.end(ctx, c, gitops.StateUnchanged, nothingToDo(c), Self)
	}
	if !c.Request.Confirmed && intent.question != "" {
		c.Question = intent.question
		if err := w.waitForPeople(ctx, c); err != nil {
			return err
		}
	}
	return w.claim(ctx, c)
}

// claim stores the plan and takes its Targets, or tells who has them. A
// rollback takes them from a Change that is merged and still rolling out: on-call
// people do not wait for a rollout that they want undone.
func (w walk) claim(ctx context.Context, c gitops.Change) error {
	write := Write{Change: c, Claim: c.Refs(), Lease: w.lease, Entries: []gitops.Entry{{Kind: gitops.EntryNote, Text: describePlan(c)}}, Jobs: w.neighbours(ctx, c)}
	for {
		_, err := w.commit(ctx, write)
		held, ok := errors.AsType[*HeldError](err)
		if !ok {
			return err
		}
		holder, err := w.Store.Change(ctx, held.Change)
		if err != nil {
			return fmt.Errorf("load %s, which holds %s: %w", held.Change, held.Target, err)
		}
		if c.Request.Command.All { // it is left out when the plan is made again
			return gitops.Again{After: time.Second, Why: fmt.Sprintf("%s has just taken %s", held.Change, held.Target)}
		}
		if c.Request.Command.Kind != gitops.KindRollback || !holder.State.InGit() || slices.Contains(write.Over, holder.ID) {
			return w.refuseHeld(ctx, c, holder, held.Target)
		}
		write.Over = append(write.Over, holder.ID)
	}
}

func (w walk) refuseHeld(ctx context.Context, c, holder gitops.Change, target gitops.TargetRef) error {
	c.See = append(c.See, gitops.Link{Text: "#" + holder.ID, URL: holder.Proposal.URL})
	return w.end(ctx, c, gitops.StateDenied, *alreadyChanged(Holder{holder.ID, holder.State}, target), Self)
}

// alreadyChanged says that another Change has claimed a Target.
func alreadyChanged(holder Holder, target gitops.TargetRef) *gitops.Error {
	return &gitops.Error{
		Code:    gitops.Conflict,
		Message: fmt.Sprintf("#%s already changes %s: it is %s.", holder.ID, target, holder.State),
		Next:    fmt.Sprintf("Wait until #%s is done, or cancel it and ask again.", holder.ID),
	}
}

// deny ends a Change with a policy's refusal.
func (w walk) deny(ctx context.Context, c gitops.Change, v gitops.Verdict) error {
	rule := v.First(v.Outcome)
	c.Verdict, c.Rule = v, rule.Rule
	return w.end(ctx, c, gitops.StateDenied, gitops.Error{Message: rule.Reason, Next: rule.Next, Rooms: rule.Rooms}, Self)
}

// refuseBroken ends a Change because the policy cannot be read, and sees to it
// that the owners know.
func (w walk) refuseBroken(ctx context.Context, c gitops.Change, tip Tip) error {
	told, err := w.tellOwners(ctx, w.repo, tip)
	if err != nil {
		w.Log.Warn("tell owners", "change", c.ID, "repository", w.repo.Name, "error", err)
	}
	next := "Ask again when it is mended."
	if told {
		next = "Its owners have been told. " + next
	}
	return w.end(ctx, c, gitops.StateDenied, gitops.Error{
		Message: fmt.Sprintf("%s on %s is broken, so nothing can be changed: %s", CatalogFile, w.repo.Branch, gitops.Clause(tip.Broken.Message)),
		Next:    next,
	}, Self)
}

// alreadyThere says that nothing is to be done.
func alreadyThere(c gitops.Change) string {
	var parts []string
	for _, s := range c.Plan.Targets {
		if s.OnlyLifts {
			parts = append(parts, fmt.Sprintf("no version of %s is on hold in %s any more", s.Target.Application, s.Target.Environment))
			continue
		}
		part := fmt.Sprintf("%s already runs %s %s", s.Target.Environment, s.Target.Application, s.New)
		switch {
		case s.Restarted != "":
			part = fmt.Sprintf("the restart of %s in %s is written already", s.Target.Application, s.Target.Environment)
		case !s.Copied.IsZero():
			part += fmt.Sprintf(" with the files of %s", s.Copied.Environment)
		}
		parts = append(parts, part)
	}
	return gitops.AndList(few(parts)) + "."
}

// describePlan says what will be done, for the journal.
func describePlan(c gitops.Change) string {
	var parts []string
	for _, s := range c.Plan.Targets {
		if s.OnlyLifts {
			parts = append(parts, fmt.Sprintf("%s lifts %s", s.Target.TargetRef, holds(s.Lifts)))
			continue
		}
		part := fmt.Sprintf("%s %s → %s", s.Target.TargetRef, s.Old, s.New)
		if s.Restarted != "" {
			part = fmt.Sprintf("%s restarts with %s", s.Target.TargetRef, s.New)
		}
		if k := s.Copied; !k.IsZero() {
			part += fmt.Sprintf(" with %s as of %.8s", k.Directory, k.Commit)
		}
		parts = append(parts, part)
	}
	return fmt.Sprintf("planned at %.8s: %s (digest %s)", c.Plan.Base, gitops.AndList(few(parts)), c.Plan.Digest.Short())
}
