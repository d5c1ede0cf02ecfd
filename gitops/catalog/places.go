package catalog

import (
	"fmt"
	"path"

	"github.com/changebot/changebot/gitops"
)

// place returns the one place that a version has.
func (v version) place() (gitops.Shape, place) {
	for shape, p := range map[gitops.Shape]*place{
		gitops.ShapeKustomize:      v.Kustomize,
		gitops.ShapeKustomizeChart: v.KustomizeChart,
		gitops.ShapeDependency:     v.Dependency,
		gitops.ShapeHelm:           v.Helm,
		gitops.ShapeHelmImage:      v.HelmImage,
		gitops.ShapeContainer:      v.Container,
		gitops.ShapeCustom:         v.Custom,
		gitops.ShapeApplication:    v.Application,
		gitops.ShapeApplicationSet: v.ApplicationSet,
		gitops.ShapeArgoCDSource:   v.ArgoCDSource,
	} {
		if p != nil {
			return shape, *p
		}
	}
	return "", place{}
}

// place is the domain's form of a place, with the names in it.
func (f found) place(shape gitops.Shape, p place) gitops.Place {
	return gitops.Place{
		Shape:     shape,
		File:      path.Join(f.dir, f.fill(p.File)),
		Image:     f.fill(p.Image),
		Field:     f.fill(p.Field),
		Chart:     f.fill(p.Chart),
		Kind:      p.Kind,
		Name:      f.fill(p.Name),
		Source:    f.fill(p.Source),
		Parameter: f.fill(p.Parameter),
		Element:   f.fill(p.Element),
	}
}

func (f *file) checkLayouts(d *document) {
	for i, l := range f.Layouts {
		pointer := fmt.Sprintf("/layouts/%d", i)
		d.known(pointer+"/environments", l.Environments, f.environmentNames(), "an environment", "environments")
		for j, v := range l.Versions {
			shape, p := v.place()
			d.checkPlace(fmt.Sprintf("%s/versions/%d/%s", pointer, j, shape), shape, p)
		}
	}
}

// checkPlace notes keys of a place that do not go together.
func (d *document) checkPlace(pointer string, shape gitops.Shape, p place) {
	const oneOf = "Name a parameter, a field of the Helm values or an image of kustomize."
	switch {
	case p.Parameter != "" && p.Field != "":
		d.problem(pointer+"/parameter", "A parameter and a field both say where the version is.", "Keep the one that holds it.")
	case p.Element != "" && (p.Source != "" || p.Parameter != ""):
		d.problem(pointer+"/element", "An element of a list generator has no sources and no parameters.", "Keep element and field, or leave element out to mean the template.")
	case p.Element != "" && p.Field == "":
		d.problem(pointer+"/element", "This says which element, and nothing says which field of it.", "Add the field that holds the version, such as field: tag.")
	case shape == gitops.ShapeArgoCDSource && p.Parameter == "" && p.Field == "" && p.Image == "":
		d.problem(pointer, "This does not say where in the file the version is.", oneOf+" Argo CD takes no targetRevision from there.")
	}
}
