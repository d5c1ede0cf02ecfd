package workflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// What keeps one application out of a promotion of all does not keep back the
// others: it is left out, with whatever would refuse it alone. The next
// "promote all" takes it along once that is mended. Of applications that are
// named nothing is left out: who named them meant them together.

// leftOut is an application that an error leaves out of a promotion of all;
// false where the error is none of the application's.
func leftOut(application string, err error) (gitops.LeftOut, bool) {
	refusal, ok := errors.AsType[*gitops.Error](err)
	if !ok || refusal.Code == gitops.Unavailable || refusal.Code == gitops.Internal {
		return gitops.LeftOut{}, false
	}
	bar := gitops.BarOther
	if _, ok := errors.AsType[heldError](err); ok {
		bar = gitops.BarHold
	}
	return gitops.LeftOut{Application: application, Bar: bar, Reason: refusal.Message}, true
}

// heldError is a refusal because of a Hold.
type heldError struct{ refusal *gitops.Error }

func (e heldError) Error() string { return e.refusal.Error() }
func (e heldError) Unwrap() error { return e.refusal }

// barred says what keeps an application out of a promotion of all whatever
// version it would get: the requester may not ask for it, or another Change
// has claimed it.
func (w walk) barred(tip Tip, c gitops.Change, ref gitops.TargetRef, holders map[gitops.TargetRef]Holder) (gitops.Bar, *gitops.Error) {
	if refusal := w.mayNot(tip, c, ref.Application); refusal != nil {
		return gitops.BarRight, refusal
	}
	if h, held := holders[ref]; held && h.ID != c.ID {
		return gitops.BarTaken, alreadyChanged(h, ref)
	}
	return "", nil
}

// mayNot is why the requester may not ask for this of an application; nil where
// they may.
func (w walk) mayNot(tip Tip, c gitops.Change, application string) *gitops.Error {
	q := c.Request
	v := w.Policy.Authorise(tip.Catalog, gitops.Access{
		Person: q.Requester, Room: q.Room, Action: string(q.Command.Kind), Application: application, Environment: q.Command.Environment,
	})
	if v.Allows() {
		return nil
	}
	return v.Refusal()
}

// noneLeft refuses a promotion of all from which everything is left out.
func noneLeft(p gitops.Plan, first error) error {
	if len(p.LeftOut) < 2 {
		return first
	}
	refusal := &gitops.Error{Code: gitops.CodeOf(first), Message: sayLeftOut(p.LeftOut), Err: first}
	if e, ok := asError(first); ok {
		refusal.Next, refusal.Rooms = e.Next, e.Rooms
	}
	return refusal
}

// sayLeftOut says in sentences what is left out, and why.
func sayLeftOut(all []gitops.LeftOut) string {
	var text string
	for _, line := range gitops.TellLeftOut(all) {
		text = joinSentences(text, gitops.Sentence(line))
	}
	return text
}

// nothingToDo says why a planned Change changes nothing.
func nothingToDo(c gitops.Change) gitops.Error {
	return gitops.Error{Message: joinSentences(alreadyThere(c), sayLeftOut(c.Plan.LeftOut)), Next: comeLater(c, c.Plan.LeftOut)}
}

// meanwhileThere says why a Change has nothing left to do once the base branch
// has moved, with what is left out since.
func meanwhileThere(c gitops.Change, gone string) gitops.Error {
	return gitops.Error{Message: joinSentences("Meanwhile "+alreadyThere(c), gone), Next: comeLater(c, c.Plan.LeftOut)}
}

// comeLater says what brings along what is left out; empty where that is nothing.
func comeLater(c gitops.Change, all []gitops.LeftOut) string {
	for _, l := range all {
		if l.Bar == gitops.BarHold {
			return fmt.Sprintf("What is on hold comes along once its hold is lifted: lift %s in %s because …", l.Application, c.Request.Command.Environment)
		}
	}
	if slices.ContainsFunc(all, func(l gitops.LeftOut) bool { return l.Bar != gitops.BarThere }) {
		return "Ask for all again when what keeps the others back is settled."
	}
	return ""
}

// fillAll is fill for a promotion of all: a Target that cannot be edited is left
// out. Which one it is shows when each is tried alone.
func (w walk) fillAll(ctx context.Context, p gitops.Plan) (gitops.Plan, error) {
	p = withoutIdle(p)
	filled, err := w.fill(ctx, p)
	if _, refused := leftOut("", err); !refused {
		return filled, err
	}
	var steps []gitops.Step
	left := slices.Clone(p.LeftOut)
	for _, s := range p.Targets {
		alone := p
		alone.Targets = []gitops.Step{s}
		_, err := w.fill(ctx, alone)
		if out, refused := leftOut(s.Target.Application, err); refused {
			left = append(left, out)
			continue
		}
		if err != nil {
			return p, err
		}
		steps = append(steps, s)
	}
	if len(steps) == len(p.Targets) {
		return p, err // it is what they do together
	}
	p.LeftOut = left
	if len(steps) == 0 {
		return p, noneLeft(p, err)
	}
	p.Targets = steps
	return w.fill(ctx, p)
}

// withoutIdle leaves out of a plan for all applications those that run already
// what they shall: they are neither claimed nor synced. Where nothing is left
// the plan stays, to say so.
func withoutIdle(p gitops.Plan) gitops.Plan {
	var idle []gitops.LeftOut
	left := slices.DeleteFunc(slices.Clone(p.Targets), func(s gitops.Step) bool {
		stays := s.Old == s.New && s.Copied.IsZero()
		if stays {
			idle = append(idle, gitops.LeftOut{Application: s.Target.Application, Bar: gitops.BarThere})
		}
		return stays
	})
	if len(left) == 0 || len(idle) == 0 {
		return p
	}
	p.Targets = left
	p.LeftOut = slices.Concat(p.LeftOut, idle)
	return p
}

// without drops from what a plan says whatever it says of those that it leaves
// out by now.
func without(p gitops.Plan) gitops.Plan {
	isOut := func(application string) bool {
		return slices.ContainsFunc(p.LeftOut, func(l gitops.LeftOut) bool { return l.Application == application })
	}
	p.Evidence = slices.DeleteFunc(slices.Clone(p.Evidence), func(line string) bool {
		application, _, _ := strings.Cut(line, " ") // as aim.speak begins it
		return isOut(application)
	})
	p.Included = slices.DeleteFunc(slices.Clone(p.Included), func(in gitops.Included) bool { return isOut(in.Application) })
	return p
}

// reapplyAll is reapply for a promotion of all: what became impossible on the
// other tip is left out, and so is what the requester may not ask for any more.
// Where they may not ask for anything of it, the plan stays as it is: the policy
// stops it then, until they may again or somebody ends it.
func (w walk) reapplyAll(ctx context.Context, tip Tip, c gitops.Change) (gitops.Plan, error) {
	p := c.Plan
	now := gitops.Plan{Base: tip.Commit, Branch: p.Branch, Evidence: p.Evidence, Included: p.Included, LeftOut: slices.Clone(p.LeftOut)}
	lost := map[string]*gitops.Error{}
	for _, s := range p.Targets {
		if refusal := w.mayNot(tip, c, s.Target.Application); refusal != nil {
			lost[s.Target.Application] = refusal
		}
	}
	if len(lost) == len(p.Targets) {
		clear(lost)
	}
	var first error
	for _, s := range p.Targets {
		application := s.Target.Application
		if refusal, is := lost[application]; is {
			now.LeftOut = append(now.LeftOut, gitops.LeftOut{Application: application, Bar: gitops.BarRight, Reason: refusal.Message})
			first = cmp.Or[error](first, refusal)
			continue
		}
		step, err := w.restep(ctx, tip, c.Request.Command.Kind, s)
		if out, is := leftOut(application, err); is {
			now.LeftOut = append(now.LeftOut, out)
			first = cmp.Or(first, err)
			continue
		}
		if err != nil {
			return now, err
		}
		now.Targets = append(now.Targets, step)
	}
	if len(now.Targets) == 0 {
		return now, noneLeft(gitops.Plan{LeftOut: since(p, now)}, first)
	}
	now, err := w.fillAll(ctx, now)
	return without(now), err
}

// since is what a plan leaves out that the one before it did not.
func since(before, now gitops.Plan) []gitops.LeftOut {
	return now.LeftOut[min(len(before.LeftOut), len(now.LeftOut)):]
}

// dropped are the Targets of a plan that the next one has no more.
func dropped(before, now gitops.Change) []gitops.TargetRef {
	kept := now.Refs()
	return slices.DeleteFunc(before.Refs(), func(ref gitops.TargetRef) bool { return slices.Contains(kept, ref) })
}

// holders says who has claimed what, for a promotion of all.
func (w walk) holders(ctx context.Context, c gitops.Change) (map[gitops.TargetRef]Holder, error) {
	holders, err := w.Store.Holders(ctx, c.Request.Repository)
	if err != nil {
		return nil, fmt.Errorf("open changes of %s: %w", c.Request.Repository, err)
	}
	return holders, nil
}
