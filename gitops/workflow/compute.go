package workflow

import (
	"context"
	"fmt"
	"maps"
	"slices"

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
		a := aim{tip: tip, target: target, current: current, command: c.Request.Command}
		if c.Request.Command.Kind == gitops.KindRollback {
			err = w.aimBack(ctx, &a)
		} else {
			err = w.aimForward(ctx, &a)
		}
		if err != nil {
			return in, err
		}
		in.plan.Targets = append(in.plan.Targets, gitops.Step{Target: target, Old: current, New: a.wanted})
		in.plan.Evidence = append(in.plan.Evidence, a.evidence...)
		if a.question != "" {
			in.question = joinSentences(in.question, a.question)
		}
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

	wanted   gitops.Version
	evidence []string
	question string
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

// edit applies a plan's steps to the files as they are at its base, and
// returns the files that change and the Edits that say how. Edits in one file
// compose.
func (w walk) edit(ctx context.Context, p gitops.Plan) ([]File, []gitops.Edit, error) {
	before, after := map[string][]byte{}, map[string][]byte{}
	var edits []gitops.Edit
	for _, s := range p.Targets {
		for _, place := range s.Target.Places {
			if _, read := after[place.File]; !read {
				data, err := w.repo.Git.ReadFile(ctx, p.Base, place.File)
				if err != nil {
					return nil, nil, fmt.Errorf("read %s: %w", place.File, err)
				}
				before[place.File], after[place.File] = data, data
			}
			data, fields, err := w.Manifests.Set(after[place.File], place, s.New)
			if err != nil {
				return nil, nil, fmt.Errorf("set %s in %s: %w", s.New, place.File, err)
			}
			after[place.File] = data
			for _, f := range fields {
				edits = append(edits, gitops.Edit{
					Repository: w.repo.Name, Branch: p.Branch,
					Path: place.File, Field: f.Field, Old: f.Old, New: f.New,
				})
			}
		}
	}
	return changed(before, after), edits, nil
}

// changed returns the files whose bytes differ, sorted by path.
func changed(before, after map[string][]byte) []File {
	var files []File
	for _, path := range slices.Sorted(maps.Keys(after)) {
		if string(before[path]) != string(after[path]) {
			files = append(files, File{Path: path, Data: after[path]})
		}
	}
	return files
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
