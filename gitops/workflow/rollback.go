package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// aimBack finds the version of a rollback in the Target's own history, pinned
// at one commit and joined with the health that was observed. The answer names
// the version and why that one, before anything is written.
func (w walk) aimBack(ctx context.Context, a *aim) error {
	pasts, err := w.pasts(ctx, a.tip.Commit, a.target, a.command.Version)
	if err != nil {
		return err
	}
	for i, p := range pasts {
		pasts[i].OnHold = len(a.tip.Catalog.HoldsOn(a.target.TargetRef, p.Version)) > 0
	}
	choice, err := chooseBack(pasts, a.current, a.command, a.target.TargetRef)
	if err != nil {
		return err
	}
	a.wanted, a.question = choice.past.Version, choice.question
	a.speak(choice.why)
	return w.copyBack(ctx, a, choice.past)
}

// A choice is the version to go back to.
type choice struct {
	past     gitops.Past
	why      string
	question string // set where its health is not known
}

// chooseBack picks from a Target's history, newest first: the version named,
// the one N back, or else the newest other one that was observed healthy and
// that nobody has rolled back since: a second rollback goes on, not forth.
// Where none was, the one before is offered with a question, unless it was
// observed and never healthy.
func chooseBack(pasts []gitops.Past, current gitops.Version, c gitops.Command, ref gitops.TargetRef) (choice, error) {
	others := otherVersions(pasts, current)
	switch {
	case c.Version != "":
		return chooseNamed(others, current, c.Version, ref)
	case len(others) == 0:
		return choice{}, &gitops.Error{
			Code:    gitops.NotFound,
			Message: fmt.Sprintf("%s has no version before %s in its history, so there is nothing to roll back to.", ref, current),
			Next:    "Promote the version that you want instead.",
		}
	case c.Back > len(others):
		return choice{}, &gitops.Error{
			Code:    gitops.NotFound,
			Message: fmt.Sprintf("%s has only %d other version(s) in its history, not %d.", ref, len(others), c.Back),
			Next:    "See them with: history of " + ref.Application + " in " + ref.Environment,
		}
	case c.Back > 0:
		return explained(others[c.Back-1], fmt.Sprintf("%d back", c.Back), ref), nil
	}
	var skip skipped
	for _, p := range others {
		if skip.past(p) {
			continue
		}
		if healthy(p) {
			return explained(p, "the last version observed healthy here"+skip.String(), ref), nil
		}
		skip.sick = append(skip.sick, p.Version.String())
	}
	for _, p := range others {
		if !p.Observed && !p.TakenBack && !p.OnHold {
			return explained(p, "the version before"+skip.String(), ref), nil
		}
	}
	return choice{}, &gitops.Error{
		Code:    gitops.NotFound,
		Message: fmt.Sprintf("No earlier version of %s is left that was ever seen healthy here%s.", ref, skip),
		Next:    "Name one to go back to all the same: rollback " + ref.Application + " in " + ref.Environment + " to version " + others[0].Version.Full(),
	}
}

func chooseNamed(others []gitops.Past, current gitops.Version, name string, ref gitops.TargetRef) (choice, error) {
	if current.Named(name) {
		return choice{past: gitops.Past{Version: current}}, nil
	}
	var names []string
	for _, p := range others {
		if p.Version.Named(name) {
			return explained(p, "as named"+lastHealthy(others, p), ref), nil
		}
		names = append(names, p.Version.Full())
	}
	e := &gitops.Error{
		Code:    gitops.NotFound,
		Message: fmt.Sprintf("%s has never run %s, so it cannot be rolled back to it.", ref, name),
		Next:    "See what ran with: history of " + ref.Application + " in " + ref.Environment,
	}
	if near := gitops.Nearest(name, names); len(near) > 0 {
		e.Next = fmt.Sprintf("Did you mean %s?", gitops.OrList(near))
	} else if len(names) > 0 {
		e.Next = fmt.Sprintf("It has run %s.", gitops.AndList(names[:min(5, len(names))]))
	}
	return choice{}, e
}

// lastHealthy says that the version named is the one that an unnamed rollback
// would have gone to, where it is.
func lastHealthy(others []gitops.Past, p gitops.Past) string {
	if i := slices.IndexFunc(others, func(o gitops.Past) bool { return healthy(o) && !o.TakenBack && !o.OnHold }); i >= 0 && others[i].Version == p.Version {
		return ", the last version observed healthy here"
	}
	return ""
}

// otherVersions keeps each version that is not the current one, where it ran last.
func otherVersions(pasts []gitops.Past, current gitops.Version) []gitops.Past {
	seen := map[gitops.Version]bool{current: true}
	var others []gitops.Past
	for _, p := range pasts {
		if !seen[p.Version] {
			seen[p.Version] = true
			others = append(others, p)
		}
	}
	return others
}

// explained says why a version was chosen, and asks where its health is not known.
func explained(p gitops.Past, why string, ref gitops.TargetRef) choice {
	c := choice{past: p}
	since := fmt.Sprintf("%s: %s; in git since %s", p.Version, why, p.At.UTC().Format("2006-01-02 15:04 MST"))
	switch {
	case healthy(p):
		c.why = fmt.Sprintf("%s; healthy for %s, last seen %s", since, gitops.Lasted(p.Healthy.Last.Sub(p.Healthy.First)), p.Healthy.Last.UTC().Format("2006-01-02 15:04 MST"))
	case p.Observed:
		c.why = since + "; it was observed and was never healthy"
		c.question = fmt.Sprintf("%s was observed in %s and was never healthy. Roll back to it all the same?", p.Version, ref.Environment)
	default:
		c.why = since + "; health unknown, it ran before changebot had watched it for long enough"
		c.question = fmt.Sprintf("Health unknown: %s ran in %s before changebot had watched it for long enough. Roll back to it all the same?", p.Version, ref.Environment)
	}
	return c
}

func healthy(p gitops.Past) bool { return p.Healthy.Health == gitops.HealthHealthy }

// skipped are the versions that a rollback passes over, by the reason.
type skipped struct{ sick, taken, held []string }

// past notes a version that may not be chosen at all.
func (s *skipped) past(p gitops.Past) bool {
	switch {
	case p.TakenBack:
		s.taken = append(s.taken, p.Version.String())
	case p.OnHold:
		s.held = append(s.held, p.Version.String())
	default:
		return !p.Observed
	}
	return true
}

// String names them, and why.
func (s skipped) String() string {
	var why []string
	say := func(reason string, versions []string) {
		if len(versions) > 0 {
			why = append(why, reason+": "+strings.Join(versions, ", "))
		}
	}
	say("never healthy", s.sick)
	say("rolled back before", s.taken)
	say("on hold", s.held)
	if len(why) == 0 {
		return ""
	}
	return " (skipped, " + strings.Join(why, "; ") + ")"
}
