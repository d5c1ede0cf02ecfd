package manifest

import (
	"regexp"

	"go.yaml.in/yaml/v3"
)

// Helm is a field of a values file that holds a tag alone:
//
//	image:
//	  repository: ghcr.io/acme/checkout
//	  tag: 1.42.3
//	  digest: ""
//
// A field named digest beside a field named tag belongs to it, as in most
// charts, where it decides if it is not empty. A tag that is written as
// 1.42.3@sha256:… or as sha256:… keeps that form.
type Helm struct {
	Path string // see CheckPath
}

// String implements [Locator].
func (h Helm) String() string { return "the Helm value " + quote(h.Path) }

func (h Helm) places(f *file) ([]place, error) {
	steps, err := parsePath(h.Path)
	if err != nil {
		return nil, err
	}
	return f.first(h, readByHelm, func(root cursor) (place, error) { return root.tagAt(steps) })
}

// tagAt makes a place of the tag at the end of steps, and of the digest that
// belongs to it.
func (c cursor) tagAt(steps []step) (place, error) {
	v, err := c.follow(steps)
	if err != nil {
		return place{}, err
	}
	last := len(steps) - 1
	if steps[last].kind != intoKey || steps[last].key != "tag" {
		return v.placeOf(aTag)
	}
	parent, err := c.follow(steps[:last])
	if err != nil {
		return place{}, err
	}
	return parent.place("tag", "digest")
}

// HelmImage is a field of a values file that holds the whole image, in one
// string or in parts (see splitImage):
//
//	image: ghcr.io/acme/checkout:1.42.3
//
// Only the version changes, never the repository.
type HelmImage struct {
	Path string // see CheckPath
}

// String implements [Locator].
func (h HelmImage) String() string { return "the Helm value " + quote(h.Path) }

func (h HelmImage) places(f *file) ([]place, error) {
	steps, err := parsePath(h.Path)
	if err != nil {
		return nil, err
	}
	return f.first(h, readByHelm, func(root cursor) (place, error) { return root.imageAt(steps, "") })
}

// imageAt makes a place of the whole image at the end of steps. It must be of
// the repository, unless that is empty.
func (c cursor) imageAt(steps []step, repository string) (place, error) {
	v, err := c.follow(steps)
	if err != nil {
		return place{}, err
	}
	if v.node.Kind != yaml.MappingNode {
		return v.reference(repository)
	}
	name, err := v.splitRepository()
	if err == nil {
		err = v.runs(name, repository)
	}
	if err != nil {
		return place{}, err
	}
	return v.splitImage()
}

// bareTag is what a tag looks like and no image is called.
var bareTag = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+)*([.+_-][0-9A-Za-z.+_-]*)?$`)

// reference makes a place of the image reference under the cursor. It must be
// of the repository; where that is empty, of any, but not a tag alone, behind
// which another would be written.
func (c cursor) reference(repository string) (place, error) {
	p, err := c.placeOf(aReference)
	if err != nil {
		return place{}, err
	}
	text := textOf(c.node)
	if repository == "" && bareTag.MatchString(text) {
		return place{}, refuse(c.at(), c.line, quote(text)+" looks like a tag and not like an image", "Say in the catalogue that the field holds the tag: helm, and not helmImage.")
	}
	name, _, _ := splitReference(text)
	return p, c.runs(name, repository)
}

// runs returns an error where the image under the cursor is of another
// repository than is wanted. An empty wish is any.
func (c cursor) runs(repository, wanted string) error {
	if wanted == "" || repository == wanted {
		return nil
	}
	return notFound("Correct the name in the catalogue, or name the field that has it.",
		"%s (line %d) runs %s, not %s.", c.at(), c.line, quote(repository), quote(wanted))
}
