package workflow

import (
	"context"
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// lifting is the action that a grant names for lifting a Hold.
const lifting = string(gitops.KindLift)

// onHold refuses a version that a Hold keeps from a Target; nil where none does.
func onHold(c *gitops.Catalog, ref gitops.TargetRef, v gitops.Version) error {
	h, kept := c.Keeps(ref, v)
	if !kept {
		return nil
	}
	return refuseHold(h)
}

// refuseHold says that a Hold keeps a version back, and how it is lifted.
func refuseHold(h gitops.Hold) error {
	lift := fmt.Sprintf("lift %s in %s because …", h.Target.Application, h.Target.Environment)
	next := "Promote another version. If this one may come back, lift its hold first: " + lift
	if h.Broken != "" {
		next = "Mend the file, or lift the hold: " + lift
	}
	return heldError{refusal: &gitops.Error{Code: gitops.Denied, Message: gitops.Stopped(h.String()), Next: next}}
}

// heed lets a promotion bring nothing that is on hold.
func (a *aim) heed() error {
	if a.wanted == a.current {
		return nil // it runs there already
	}
	return onHold(a.tip.Catalog, a.target.TargetRef, a.wanted)
}

// hold notes what a rollback leaves: a Hold on the version that runs now. One
// that it goes to by name although it is on hold itself is lifted with it, if
// the requester may do that and says yes.
func (w walk) hold(a *aim, c gitops.Change) error {
	if a.wanted == a.current {
		return nil
	}
	catalog, ref := a.tip.Catalog, a.target.TargetRef
	if len(catalog.HoldsOn(ref, a.current)) == 0 {
		a.hold = gitops.NewHold(c, ref, a.current)
		a.speak(fmt.Sprintf("%s is put on hold: it does not come to %s again until the hold is lifted", a.current, ref.Environment))
	}
	lifts := catalog.HoldsOn(ref, a.wanted)
	if len(lifts) == 0 {
		return nil
	}
	v := w.Policy.Authorise(catalog, gitops.Access{
		Person: c.Request.Requester, Room: c.Request.Room, Action: lifting, Application: ref.Application, Environment: ref.Environment,
	})
	if !v.Allows() {
		refusal := v.Refusal()
		return &gitops.Error{
			Code:    gitops.Denied,
			Message: gitops.Sentence(lifts[0].String()) + " " + refusal.Message,
			Rooms:   refusal.Rooms,
			Next:    joinSentences(refusal.Next, fmt.Sprintf("Or go further back: see what ran there with: history of %s in %s", ref.Application, ref.Environment)),
		}
	}
	a.lifts = lifts
	a.question = joinSentences(a.question, gitops.Stopped(lifts[0].String())+" Roll back to it all the same, and lift the hold?")
	return nil
}

// aimLift finds the Holds that shall go: on the version named, or all there are.
func (a *aim) aimLift() error {
	a.wanted = a.current
	all := a.tip.Catalog.HoldsOf(a.target.TargetRef)
	if name := a.command.Version; name != "" {
		named := gitops.ParseVersion(name)
		a.lifts = slices.DeleteFunc(slices.Clone(all), func(h gitops.Hold) bool { return h.Broken != "" || !h.Version.Named(name) && !h.On(named) })
		if len(a.lifts) == 0 {
			return notOnHold(a.target.TargetRef, name, all)
		}
	} else if a.lifts = all; len(all) == 0 {
		return notOnHold(a.target.TargetRef, "", nil)
	}
	for _, h := range a.lifts {
		if told := h.Told(); told != "" {
			a.speak(h.Version.String() + " was put on hold: " + told)
		}
	}
	return nil
}

func notOnHold(ref gitops.TargetRef, version string, all []gitops.Hold) error {
	e := &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf("No version of %s is on hold in %s.", ref.Application, ref.Environment)}
	if len(all) == 0 {
		return e
	}
	e.Message = fmt.Sprintf("%s %s is not on hold in %s.", ref.Application, version, ref.Environment)
	e.Next = gitops.Stopped(holds(all))
	return e
}

// holds names what Holds are on, for the journal.
func holds(all []gitops.Hold) string {
	var names []string
	for _, h := range all {
		names = append(names, h.String())
	}
	return gitops.AndList(few(names))
}

// reheld is what a step's Holds are on another tip: the one that it leaves is
// on what runs there by then, and what is lifted already is not lifted again.
func reheld(c *gitops.Catalog, s gitops.Step, current gitops.Version) (hold gitops.Hold, lifts []gitops.Hold) {
	if !s.Hold.IsZero() && current != s.New && len(c.HoldsOn(s.Target.TargetRef, current)) == 0 {
		hold = s.Hold
		hold.Version = current
	}
	there := c.HoldsOf(s.Target.TargetRef)
	for _, h := range s.Lifts {
		if slices.ContainsFunc(there, func(t gitops.Hold) bool { return t.File == h.File }) {
			lifts = append(lifts, h)
		}
	}
	return hold, lifts
}

// stillFree refuses a step whose new version was put on hold since it was
// planned: by another Hold than those that it lifts. One that cannot be read
// stops no rollback.
func stillFree(c *gitops.Catalog, kind gitops.Kind, s gitops.Step, current gitops.Version) error {
	if s.New == current || kind == gitops.KindRestart || kind == gitops.KindLift {
		return nil
	}
	ref := s.Target.TargetRef
	if kind != gitops.KindRollback {
		return onHold(c, ref, s.New)
	}
	for _, h := range c.HoldsOn(ref, s.New) {
		if !slices.ContainsFunc(s.Lifts, func(l gitops.Hold) bool { return l.File == h.File }) {
			return refuseHold(h)
		}
	}
	return nil
}

// writeHolds puts a step's Hold into the tree, and takes out what it lifts.
func (w walk) writeHolds(ctx context.Context, t *worktree, base string, s gitops.Step) error {
	if h := s.Hold; !h.IsZero() {
		t.before[h.File], t.after[h.File] = nil, h.Text()
		t.holds[h.File] = gitops.Edit{Kind: gitops.EditHold, New: h.Version.Full()}
	}
	for _, h := range s.Lifts {
		data, err := w.repo.Git.ReadFile(ctx, base, h.File)
		if err != nil {
			return fmt.Errorf("read %s: %w", h.File, err)
		}
		t.before[h.File], t.after[h.File] = data, nil
		t.holds[h.File] = gitops.Edit{Kind: gitops.EditLift, Old: h.Version.Full()}
	}
	return nil
}

// lifted ends a Change that lifts Holds once it is merged: what runs stays as
// it is, so there is nothing to sync and nothing to wait for.
func (w walk) lifted(ctx context.Context, c gitops.Change) error {
	entry, err := w.enter(&c, gitops.StateHealthy, Self, "lifted; what runs stays as it is")
	if err != nil {
		return err
	}
	_, err = w.write(ctx, w.lease, c, nil, entry)
	return err
}
