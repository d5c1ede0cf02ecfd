package manifest

import (
	"cmp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ArgoSource is the version in the source of an Argo CD Application:
//
//	repoURL: https://charts.acme.dev
//	chart: checkout
//	targetRevision: 3.2.0               # no field of ArgoSource given
//	helm:
//	  parameters:
//	    - {name: image.tag, value: 1.42.3}   # Parameter: image.tag
//	  valuesObject:
//	    image: {tag: 1.42.3}            # Value: image.tag
//	  values: |
//	    image: {tag: 1.42.3}            # Value: image.tag, if there is no valuesObject
//	kustomize:
//	  images:
//	    - checkout=ghcr.io/acme/checkout:1.42.3   # Image: checkout, or the new name
//
// At most one of Parameter and Value is given. With one of them, Image says that
// it holds the whole image of that repository, and not a version alone.
//
// By itself it is such a source as a file, .argocd-source.yaml or
// .argocd-source-<application>.yaml, from which Argo CD takes what is below helm
// and kustomize.
type ArgoSource struct {
	Parameter string
	Value     string // see CheckPath
	Image     string
}

// String implements [Locator].
func (a ArgoSource) String() string {
	switch {
	case a.Parameter != "":
		return "the Helm parameter " + quote(a.Parameter)
	case a.Value != "":
		return "the Helm value " + quote(a.Value)
	case a.Image != "":
		return "the kustomize image " + quote(a.Image)
	default:
		return "the targetRevision"
	}
}

// word is what a text must have in it to be about the field.
func (a ArgoSource) word() string {
	if path := a.Value; path != "" {
		return path[strings.LastIndexAny(path, ".[")+1:]
	}
	return cmp.Or(a.Parameter, a.Image, "targetRevision")
}

func (a ArgoSource) places(f *file) ([]place, error) {
	if a == (ArgoSource{}) {
		return nil, invalid("Name a parameter, a field of the values, or an image.", "Argo CD takes no targetRevision from a file beside the manifests.")
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return f.first(a, readByArgoCD, a.place)
}

// check refuses what cannot be meant.
func (a ArgoSource) check() error {
	if a.Parameter != "" && a.Value != "" {
		return invalid("Name one of them.", "The version is in the parameter %s or in the value %s, not in both.", quote(a.Parameter), quote(a.Value))
	}
	if a.Value != "" {
		if err := CheckPath(a.Value); err != nil {
			return err
		}
	}
	return checkRepository(a.Image)
}

// place makes a place of what a means in the source under the cursor.
func (a ArgoSource) place(source cursor) (place, error) {
	switch {
	case a.Parameter != "":
		return a.parameter(source)
	case a.Value != "":
		return a.value(source)
	case a.Image != "":
		return a.image(source)
	default:
		return revision(source)
	}
}

func revision(source cursor) (place, error) {
	chart, err := source.text("chart")
	if err != nil {
		return place{}, err
	}
	v, err := source.follow([]step{{key: "targetRevision"}})
	if err != nil {
		return place{}, err
	}
	if chart != "" {
		return v.placeOf(aChartVersion)
	}
	return v.placeOf(aTag)
}

// parameter makes a place of a Helm parameter, and of that for the digest which
// belongs to it as [Helm] says.
func (a ArgoSource) parameter(source cursor) (place, error) {
	list, err := source.follow([]step{{key: "helm"}, {key: "parameters"}})
	if err != nil {
		return place{}, err
	}
	way := func(name string) []step { return []step{{kind: intoItem, key: "name", value: name}, {key: "value"}} }
	v, err := list.follow(way(a.Parameter))
	if err != nil {
		return place{}, err
	}
	if a.Image != "" {
		return v.reference(a.Image)
	}
	p, err := v.placeOf(aTag)
	parent, isTag := strings.CutSuffix(a.Parameter, ".tag")
	if err != nil || !isTag {
		return p, err
	}
	_, ok, err := list.item("name", parent+".digest")
	if err != nil || !ok {
		return p, err
	}
	if v, err = list.follow(way(parent + ".digest")); err != nil {
		return place{}, err
	}
	digest, err := v.placeOf(aDigest)
	p.parts = append(p.parts, digest.parts...)
	return p, err
}

// value makes a place of a field of the Helm values. Argo CD renders with
// valuesObject if there is one, else with the text in values; a parameter of
// the same name decides over both.
func (a ArgoSource) value(source cursor) (place, error) {
	steps, err := parsePath(a.Value)
	if err != nil {
		return place{}, err
	}
	helm, err := source.follow([]step{{key: "helm"}})
	if err != nil {
		return place{}, err
	}
	values, ok, err := helm.key("valuesObject")
	if err != nil {
		return place{}, err
	}
	if !ok || values.node.Tag == "!!null" {
		if values, err = helm.follow([]step{{key: "values"}}); err == nil {
			values, err = values.inside()
		}
		if err != nil {
			return place{}, err
		}
	}
	if parameters, ok, err := helm.key("parameters"); err != nil {
		return place{}, err
	} else if ok {
		over, ok, err := parameters.item("name", a.Value)
		if err != nil {
			return place{}, err
		}
		if ok {
			return place{}, refuse(over.path, over.line, "it decides over the value of the same name", "Name the parameter in the catalogue, or remove it.")
		}
	}
	return values.versionAt(steps, a.Image)
}

// image makes a place of the entry under kustomize.images that is about Image.
func (a ArgoSource) image(source cursor) (place, error) {
	images, err := source.follow([]step{{key: "kustomize"}, {key: "images"}})
	if err != nil {
		return place{}, err
	}
	var found []place
	var names []string
	for _, item := range images.items() {
		if item.node.Kind != yaml.ScalarNode {
			return place{}, refuse(item.at(), item.line, "it is "+describe(item.node)+", not a single value", "Write it as name=image:tag.")
		}
		name, image := splitOverride(textOf(item.node))
		repository, _, _ := splitReference(image)
		names = append(names, strings.TrimSuffix(name, "="))
		if name == "" {
			names[len(names)-1] = repository
		}
		if repository != a.Image && name != a.Image+"=" {
			continue
		}
		p, err := item.placeOf(anOverride)
		if err != nil {
			return place{}, err
		}
		if found = append(found, p); len(found) > 1 {
			break // one too many
		}
	}
	missing := notFound("Add the entry by hand once, or correct the name in the catalogue.",
		"%s (line %d) has no image %s; it has %s.", images.at(), images.line, quote(a.Image), enumerate(names))
	if len(names) == 0 {
		missing = notFound("Add the entry by hand once.", "%s (line %d) has no images.", images.at(), images.line)
	}
	one, err := theOne(a, found, missing)
	if err != nil {
		return place{}, err
	}
	return one[0], nil
}

// splitOverride takes an entry of kustomize.images apart: "name=" or "" and the
// image that stands for it.
func splitOverride(s string) (name, image string) {
	if i := strings.IndexByte(s, '='); i >= 0 {
		return s[:i+1], s[i+1:]
	}
	return "", s
}
