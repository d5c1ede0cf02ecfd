package render

import (
	"context"
	"errors"
	"fmt"
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

	Argo Source // asked for what cannot be rendered here; nil: nobody is

	bounds bounds // in a test; zero: those of this package
}

// bounds are what the building process may take.
type bounds struct {
	all, each time.Duration // for all targets together, and for each
	memory    int64         // in bytes
}

func (r Renderer) bound() bounds {
	if r.bounds == (bounds{}) {
		return bounds{maxTime, maxTargetTime, maxMemory}
	}
	return r.bounds
}

// Diff says for each Target what other contents of files do to the manifests it
// renders to as of a commit. It never fails: what cannot be rendered is said.
func (r Renderer) Diff(ctx context.Context, commit string, files []workflow.File, targets []gitops.Target) []gitops.Rendered {
	ctx, cancel := context.WithTimeout(ctx, r.bound().all)
	defer cancel()
	over := map[string][]byte{}
	for _, f := range files {
		over[f.Path] = append([]byte{}, f.Data...)
		if f.Delete {
			over[f.Path] = nil
		}
	}
	b := &builder{command: r.Command, memory: r.bound().memory}
	defer func() { _ = b.close() }() // it had its orders; how it ends is of no interest
	left := maxKept
	var all []gitops.Rendered
	for _, t := range targets {
		out := r.one(ctx, b, t, &side{tree: r.Tree, commit: commit}, &side{tree: r.Tree, commit: commit, over: over})
		all = append(all, kept(out, &left))
	}
	return all
}

// one renders one Target on both sides.
func (r Renderer) one(ctx context.Context, b *builder, t gitops.Target, before, after *side) (out gitops.Rendered) {
	ctx, cancel := context.WithTimeout(ctx, r.bound().each)
	defer cancel()
	out.Target = t.TargetRef
	defer func() {
		if fault := recover(); fault != nil { // a library's, over files that it does not expect
			r.Log.Error("render", "target", t.String(), "fault", fmt.Sprintf("%T", fault))
			out = gitops.Rendered{Target: t.TargetRef, Unknown: "Rendering it failed."}
		}
	}()
	from, err := r.way(ctx, b, t, after)
	if err == nil {
		out.From = from.name
		out.Resources, out.Left, err = difference(ctx, from, before, after)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = refuse("It takes too long.")
		}
		r.tell(t, err)
		return gitops.Rendered{Target: t.TargetRef, From: out.From, Unknown: sentence(err)}
	}
	return out
}

// tell logs why a Target is not rendered: a refusal is the repository's matter,
// anything else changebot's.
func (r Renderer) tell(t gitops.Target, err error) {
	log := r.Log.With("target", t.String(), "directory", t.Directory, "why", err)
	if _, refused := errors.AsType[refusal](err); refused {
		log.Info("not rendered in this way")
		return
	}
	log.Warn("not rendered in this way")
}

// A way is how a directory becomes manifests.
type way struct {
	name   string
	render func(context.Context, *side) ([]string, error)
}

// way says how Argo CD would render a Target's directory.
func (r Renderer) way(ctx context.Context, b *builder, t gitops.Target, s *side) (way, error) {
	chart, err := s.first(ctx, t.Directory, "Chart.yaml")
	if err != nil {
		return way{}, err
	}
	if chart != "" {
		return way{}, refuse("%s is a Helm chart, and which values it gets is Argo CD's to know.", quote(t.Directory))
	}
	for _, dir := range directories(t) {
		name, err := s.first(ctx, dir, kustomizationNames()...)
		if err != nil {
			return way{}, err
		}
		if name != "" {
			return way{"kustomize build " + dir, func(ctx context.Context, s *side) ([]string, error) {
				c := collector{side: s}
				if err := c.kustomization(ctx, dir); err != nil {
					return nil, err
				}
				return b.build(ctx, order{dir, s.taken})
			}}, nil
		}
	}
	return way{"the manifests in " + t.Directory, func(ctx context.Context, s *side) ([]string, error) {
		return plain(ctx, s, t.Directory)
	}}, nil
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

func difference(ctx context.Context, from way, before, after *side) ([]gitops.RenderedResource, int, error) {
	old, err := from.render(ctx, before)
	if err != nil {
		return nil, 0, err
	}
	now, err := from.render(ctx, after)
	if err != nil {
		return nil, 0, err
	}
	return compare(old, now)
}

// kept cuts what is kept of a result to what is left for it.
func kept(r gitops.Rendered, left *int) gitops.Rendered {
	for i, resource := range r.Resources {
		if len(resource.Diff) > *left {
			r.Resources[i].Diff = ""
			continue
		}
		*left -= len(resource.Diff)
	}
	return r
}
