package workflow

import (
	"context"
	"fmt"

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
	for _, application := range c.Request.Command.Applications {
		target, ok := tip.Catalog.Target(application, c.Request.Command.Environment)
		if !ok {
			return in, noTarget(tip.Catalog, application, c.Request.Command.Environment)
		}
		current, err := w.versionAt(ctx, tip.Commit, target)
		if err != nil {
			return in, err
		}
		a := aim{tip: tip, target: target, current: current, command: c.Request.Command, undoes: c.Request.Undoes}
		switch c.Request.Command.Kind {
		case gitops.KindRollback:
			err = w.aimBack(ctx, &a)
		case gitops.KindRestart:
			err = w.aimAgain(ctx, &a, c.Request.At)
		default:
			err = w.aimForward(ctx, &a)
		}
		if err != nil {
			return in, err
		}
		in.plan.Targets = append(in.plan.Targets, gitops.Step{Target: target, Old: current, New: a.wanted, Copied: a.copied, Restarted: a.restarted})
		in.plan.Evidence = append(in.plan.Evidence, a.evidence...)
		if a.question != "" {
			in.question = joinSentences(in.question, a.question)
		}
	}
	if c.Request.Command.All {
		in.plan = withoutIdle(in.plan)
	}
	var err error
	if in.plan, err = w.fill(ctx, in.plan); err == nil && len(in.plan.Edits) > 0 {
		in.plan.Included = w.include(ctx, c.ID, in.plan.Targets)
	}
	return in, err
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
	evidence  []string
	question  string
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
	if a == "" {
		return b
	}
	return a + " " + b
}
