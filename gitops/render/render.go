package render

import (
	"context"
	"errors"
	"log/slog"
	"path"
	"slices"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// A Renderer renders directories of one repository. It implements
// workflow.Renders and is safe for concurrent use.
type Renderer struct {
	Tree Tree
	Log  *slog.Logger

	// Command is what to start as the building process: a program, with its
	// arguments, that calls Build and nothing else.
	Command []string

	// Places is shared by the Renderers of one server, and holds as many as
	// building processes may run at a time; nil: as many as are wanted.
	Places chan struct{}

	Argo Source // asked for what cannot be rendered here; nil: nobody is

	bounds bounds // in a test; zero: those of this package
}

// bounds are what the building process may take, and the time that Argo CD is
// asked for.
type bounds struct {
	all, each time.Duration // for all targets together, and for each
	memory    int64         // in bytes
	asks      time.Duration
}

func (r Renderer) bound() bounds {
	if r.bounds == (bounds{}) {
		return bounds{maxTime, maxTargetTime, maxMemory, maxAskTime}
	}
	return r.bounds
}

// Diff says for each Target what other contents of files do to the manifests it
// renders to as of a commit. It never fails: what cannot be rendered is said.
func (r Renderer) Diff(ctx context.Context, change, commit string, files []workflow.File, targets []gitops.Target) []gitops.Rendered {
	ctx, cancel := context.WithTimeout(ctx, r.bound().all)
	defer cancel()
	r.Log = r.Log.With("change", change)
	repository := overlaid(r.Tree, commit, files)
	b, leave := r.builder(ctx)
	defer leave()
	left := maxKept
	var all []gitops.Rendered
	for _, t := range targets {
		all = append(all, kept(r.one(ctx, b, t, repository), &left))
	}
	return all
}

// builder waits for a place and returns what builds there, until it is left.
func (r Renderer) builder(ctx context.Context) (b *builder, leave func()) {
	b = &builder{command: r.Command, memory: r.bound().memory}
	if r.Places == nil {
		return b, func() { _ = b.close() } // it had its orders; how it ends is of no interest
	}
	select {
	case r.Places <- struct{}{}:
		return b, func() { _ = b.close(); <-r.Places }
	case <-ctx.Done(): // which every order will find
		return b, func() {}
	}
}

// one renders one Target on both sides.
func (r Renderer) one(ctx context.Context, b *builder, t gitops.Target, repository changed) gitops.Rendered {
	ctx, cancel := context.WithTimeout(ctx, r.bound().each)
	defer cancel()
	out, err := b.build(ctx, order{Directories: directories(t)}, func(q question) (answer, error) { return repository.answer(ctx, q) })
	return r.told(t, out, err)
}

// told is the outcome of an order for people.
func (r Renderer) told(t gitops.Target, out outcome, err error) gitops.Rendered {
	if err == nil {
		return gitops.Rendered{Target: t.TargetRef, From: out.From, Resources: out.Resources, Left: out.Left}
	}
	log := r.Log.With("target", t.String(), "directory", t.Directory, "why", err)
	if _, refused := errors.AsType[refusal](err); refused {
		log.Info("not rendered in this way") // the repository's matter
	} else {
		log.Warn("not rendered in this way") // changebot's
	}
	return gitops.Rendered{Target: t.TargetRef, From: out.From, Unknown: sentence(err)}
}

// directories are where a Target's kustomization may stand: in its directory or
// beside the file that holds its version.
func directories(t gitops.Target) []string {
	dirs := []string{t.Directory}
	for _, p := range t.Places {
		if p.Shape == gitops.ShapeKustomize {
			dirs = append(dirs, path.Dir(p.File))
		}
	}
	return slices.Compact(dirs)
}

// kept cuts what is kept of a result to what is left for it.
func kept(r gitops.Rendered, left *int) gitops.Rendered {
	for i, resource := range r.Resources {
		r.Resources[i].Diff = within(left, resource.Diff)
	}
	return r
}
