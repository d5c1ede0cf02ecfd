package workflow

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// An intent is what a Request comes to at one commit.
type intent struct {
	plan     gitops.Plan
	question string // what the requester must accept first; empty where nothing
}

// compute works a Request out at a tip: which versions, which Edits. It reads
// everything at that one commit, so nothing rides along.
func (w walk) compute(ctx context.Context, tip Tip, c gitops.Change) (intent, error) {
	in := intent{plan: gitops.Plan{Base: tip.Commit, Branch: w.repo.Branch}}
	evidence := map[gitops.TargetRef][]string{}
	aims, err := w.aims(ctx, tip, c, &in.plan)
	if err != nil {
		return in, err
	}
	for _, a := range aims {
		in.plan.Targets = append(in.plan.Targets, a.step())
		evidence[a.target.TargetRef] = a.evidence
		if a.question != "" {
			in.question = joinSentences(in.question, a.question)
		}
	}
	fill := w.fill
	if c.Request.Command.All {
		fill = w.fillAll
	}
	in.plan, err = fill(ctx, in.plan)
	for _, s := range in.plan.Targets {
		in.plan.Evidence = append(in.plan.Evidence, evidence[s.Target.TargetRef]...)
	}
	if err == nil && len(in.plan.Edits) > 0 {
		in.plan.Included = w.include(ctx, c.ID, in.plan.Targets)
	}
	return in, err
}

// aims finds the versions that the applications shall get. Of all applications
// those that cannot get one are left out of the plan.
func (w walk) aims(ctx context.Context, tip Tip, c gitops.Change, p *gitops.Plan) ([]*aim, error) {
	var aims []*aim
	var first error
	var holders map[gitops.TargetRef]Holder
	all := c.Request.Command.All
	if all {
		var err error
		if holders, err = w.holders(ctx, c); err != nil {
			return nil, err
		}
	}
	for _, application := range c.Request.Command.Applications {
		ref := gitops.TargetRef{Repository: c.Request.Repository, Application: application, Environment: c.Request.Command.Environment}
		if all {
			if bar, refusal := w.barred(tip, c, ref, holders); refusal != nil {
				p.LeftOut = append(p.LeftOut, gitops.LeftOut{Application: application, Bar: bar, Reason: refusal.Message})
				first = cmp.Or[error](first, refusal)
				continue
			}
		}
		a, err := w.aim(ctx, tip, c, application)
		if out, is := leftOut(application, err); is && all {
			p.LeftOut = append(p.LeftOut, out)
			first = cmp.Or(first, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		aims = append(aims, a)
	}
	if len(aims) == 0 {
		return nil, noneLeft(*p, first)
	}
	return aims, nil
}

// aim finds the version that one application shall get.
func (w walk) aim(ctx context.Context, tip Tip, c gitops.Change, application string) (*aim, error) {
	target, ok := tip.Catalog.Target(application, c.Request.Command.Environment)
	if !ok {
		return nil, noTarget(tip.Catalog, application, c.Request.Command.Environment)
	}
	current, err := w.versionAt(ctx, tip.Commit, target)
	if err != nil {
		return nil, err
	}
	a := &aim{tip: tip, target: target, current: current, command: c.Request.Command, undoes: c.Request.Undoes}
	switch c.Request.Command.Kind {
	case gitops.KindPromote:
		if err = w.aimForward(ctx, a); err == nil {
			err = a.heed()
		}
	case gitops.KindRollback:
		if err = w.aimBack(ctx, a); err == nil {
			err = w.hold(a, c)
		}
	case gitops.KindRestart:
		err = w.aimAgain(ctx, a, c.Request.At)
	case gitops.KindLift:
		err = a.aimLift()
	default:
		err = unknownKind(c.Request.Command)
	}
	return a, err
}

// unknownKind refuses what another version of changebot took in.
func unknownKind(c gitops.Command) error {
	return &gitops.Error{
		Code:    gitops.Invalid,
		Message: fmt.Sprintf("This version of changebot does not know how to do “%s”.", c.Kind),
		Next:    "Ask again when the newer one runs.",
	}
}

// fill adds the Edits to a plan whose versions are known; none where the files
// say so already.
func (w walk) fill(ctx context.Context, p gitops.Plan) (gitops.Plan, error) {
	files, edits, err := w.edit(ctx, p)
	if err != nil {
		return p, err
	}
	if len(files) > 0 {
		p.Edits, p.Digest = edits, gitops.DigestOf(edits)
	}
	return p, nil
}

// An aim is the search for the version that one Target shall get.
type aim struct {
	tip     Tip
	target  gitops.Target
	current gitops.Version
	command gitops.Command
	undoes  string // the Change that is rolled back, where it is known

	wanted    gitops.Version
	copied    gitops.Copied
	restarted string
	hold      gitops.Hold
	lifts     []gitops.Hold
	evidence  []string
	question  string
}

// speak notes what speaks for a version, which the sentence begins with: with
// the application before it where the Request is about several.
func (a *aim) speak(of string) {
	if len(a.command.Applications) > 1 && of != "" {
		of = a.target.Application + " " + of
	}
	a.evidence = append(a.evidence, of)
}

// step is what the aim comes to.
func (a *aim) step() gitops.Step {
	return gitops.Step{
		Target: a.target, Old: a.current, New: a.wanted,
		Copied: a.copied, Restarted: a.restarted, Hold: a.hold, Lifts: a.lifts, OnlyLifts: a.command.Kind == gitops.KindLift,
	}
}

// versionAt reads the version of a Target as of a commit.
func (w walk) versionAt(ctx context.Context, commit string, t gitops.Target) (gitops.Version, error) {
	return w.repo.versionAt(ctx, w.Manifests, commit, t)
}

func (repo *Repository) versionAt(ctx context.Context, m Manifests, commit string, t gitops.Target) (gitops.Version, error) {
	place := t.Places[0]
	data, err := repo.read(ctx, commit, place.File)
	if err != nil {
		return gitops.Version{}, fmt.Errorf("read %s at %.8s: %w", place.File, commit, err)
	}
	version, err := m.Read(data, place)
	if err != nil {
		return gitops.Version{}, fmt.Errorf("version of %s at %.8s: %w", t.TargetRef, commit, err)
	}
	return version, nil
}

// noTarget says that an application does not live in an environment.
func noTarget(c *gitops.Catalog, application, environment string) error {
	var in []string
	for _, t := range c.Targets {
		if t.Application == application {
			in = append(in, t.Environment)
		}
	}
	e := &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf("There is no %s in %s.", application, environment)}
	if len(in) > 0 {
		e.Next = fmt.Sprintf("%s lives in %s.", application, gitops.AndList(in))
	}
	return e
}

func joinSentences(a, b string) string {
	return strings.TrimSpace(a + " " + b)
}
