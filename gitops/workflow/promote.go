package workflow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/changebot/changebot/gitops"
)

// aimForward finds the version of a promotion: the one named, or what the
// environment before runs.
func (w walk) aimForward(ctx context.Context, a *aim) error {
	source, err := a.source()
	if err != nil {
		return err
	}
	if source == "" {
		a.wanted = gitops.ParseVersion(a.command.Version)
		return nil
	}
	from, ok := a.tip.Catalog.Target(a.target.Application, source)
	if !ok {
		return noTarget(a.tip.Catalog, a.target.Application, source)
	}
	a.wanted, err = w.versionAt(ctx, a.tip.Commit, from)
	if err != nil {
		return err
	}
	a.copied = copies(a.target, from, a.tip.Commit)
	if a.command.Version != "" && !a.wanted.Named(a.command.Version) {
		if err := w.mustHaveRun(ctx, a, from); err != nil {
			return err
		}
	}
	evidence, err := w.healthEvidence(ctx, from, a.wanted)
	a.speak(evidence)
	return err
}

// source returns the environment a promotion takes its version from; empty
// where the environment is the first and the version was named.
func (a *aim) source() (string, error) {
	_, to := a.tip.Catalog.Environment(a.target.Environment)
	if a.command.From != "" {
		_, from := a.tip.Catalog.Environment(a.command.From)
		if from < 0 || from >= to {
			return "", &gitops.Error{
				Code:    gitops.Invalid,
				Message: fmt.Sprintf("A promotion goes forward: %s does not come before %s.", a.command.From, a.target.Environment),
				Next:    "To go back to an earlier version, ask for a rollback.",
			}
		}
		return a.command.From, nil
	}
	for i := to - 1; i >= 0; i-- {
		name := a.tip.Catalog.Environments[i].Name
		if _, ok := a.tip.Catalog.Target(a.target.Application, name); ok {
			return name, nil
		}
	}
	if a.command.Version == "" {
		return "", &gitops.Error{
			Code:    gitops.Invalid,
			Message: fmt.Sprintf("%s is the first environment of %s, so there is no version to take from before it.", a.target.Environment, a.target.Application),
			Next:    fmt.Sprintf("Name one: promote %s 1.2.3 to %s", a.target.Application, a.target.Environment),
		}
	}
	return "", nil
}

// mustHaveRun refuses a named version that the environment before has never
// run: what was not tried there is not promoted from there.
func (w walk) mustHaveRun(ctx context.Context, a *aim, from gitops.Target) error {
	pasts, err := w.pasts(ctx, a.tip.Commit, from, a.command.Version)
	if err != nil {
		return err
	}
	var names []string
	for _, p := range pasts {
		if p.Version.Named(a.command.Version) {
			a.wanted = p.Version
			return nil
		}
		names = append(names, p.Version.Tag)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	e := &gitops.Error{
		Code:    gitops.NotFound,
		Message: fmt.Sprintf("%s %s has never run in %s.", a.target.Application, a.command.Version, from.Environment),
		Next:    fmt.Sprintf("Promote it to %s first, or choose what ran there: %s.", from.Environment, gitops.OrList(names[max(0, len(names)-5):])),
	}
	if near := gitops.Nearest(a.command.Version, names); len(near) > 0 {
		e.Next = fmt.Sprintf("Did you mean %s? Those ran in %s.", gitops.OrList(near), from.Environment)
	}
	return e
}

// healthEvidence says how a version fares where it runs.
func (w walk) healthEvidence(ctx context.Context, t gitops.Target, v gitops.Version) (string, error) {
	seen, err := w.Observations.Seen(ctx, t.TargetRef)
	if err != nil {
		return "", fmt.Errorf("observations of %s: %w", t.TargetRef, err)
	}
	for _, o := range seen {
		if o.Version != v {
			continue
		}
		if lasted := o.Last.Sub(o.First); lasted >= time.Minute {
			return fmt.Sprintf("%s in %s: %s for %s", v, t.Environment, lower(o.Health), gitops.Lasted(lasted)), nil
		}
		return fmt.Sprintf("%s in %s: %s, seen for less than a minute", v, t.Environment, lower(o.Health)), nil
	}
	return fmt.Sprintf("%s in %s: health unknown, it was not observed", v, t.Environment), nil
}
