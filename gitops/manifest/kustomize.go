package manifest

import (
	"go.yaml.in/yaml/v3"
)

// Kustomize is an entry under images of a kustomization:
//
//	images:
//	  - name: ghcr.io/acme/checkout
//	    newTag: 1.42.3
//	    digest: sha256:…
//
// An entry is meant if its name or its newName is Image. newTag and digest are
// one place: where both are there a version needs both, because kustomize
// lets the digest decide.
type Kustomize struct {
	Image string // as in the manifests, without a tag
}

// String implements [Locator].
func (k Kustomize) String() string { return "the kustomize image " + quote(k.Image) }

func (k Kustomize) places(f *file) ([]place, error) {
	if !repositoryPattern.MatchString(k.Image) {
		return nil, invalid("Write its name as under images in the kustomization, without a tag.", "%s is not the name of an image.", quote(k.Image))
	}
	var found []place
	var missing error
	var names []string
	for _, root := range f.roots() {
		images, ok, err := root.key("images")
		if err != nil {
			return nil, err
		}
		if !ok || images.node.Tag == "!!null" {
			continue
		}
		if images.node.Kind != yaml.SequenceNode {
			return nil, refuse(images.path, images.line, "it is "+describe(images.node)+", not a list", "Correct the kustomization.")
		}
		for _, entry := range images.items() {
			name, match, err := k.matches(entry)
			if err != nil {
				return nil, err
			}
			names = append(names, name)
			if !match {
				continue
			}
			p, err := entry.place("newTag", "digest")
			if err != nil {
				missing = err
				continue
			}
			found = append(found, p)
		}
	}
	if missing != nil {
		return nil, missing
	}
	const next = "Add the entry with its newTag by hand once, or correct the name in the catalogue."
	if missing = notFound(next, "The kustomization has no images."); len(names) > 0 {
		missing = notFound(next, "The kustomization has no image %s; it has %s.", quote(k.Image), enumerate(names))
	}
	return theOne(k, found, missing)
}

// matches reports whether entry is about the image, and the entry's name.
func (k Kustomize) matches(entry cursor) (name string, ok bool, err error) {
	name, err = entry.text("name")
	if err != nil {
		return "", false, err
	}
	newName, err := entry.text("newName")
	return name, name == k.Image || newName == k.Image, err
}

// place makes a place of the map under the cursor, which keeps the tag and the
// digest under the given keys. One of the two must be there.
func (c cursor) place(tagKey, digestKey string) (place, error) {
	p := place{path: c.at(), line: c.line, host: c}
	for _, key := range []struct {
		name  string
		holds holding
	}{{tagKey, aTag}, {digestKey, aDigest}} {
		v, ok, err := c.key(key.name)
		if err != nil {
			return place{}, err
		}
		if !ok {
			continue
		}
		t, err := v.target()
		if err != nil {
			return place{}, err
		}
		p.parts = append(p.parts, part{target: t, holds: key.holds})
	}
	if len(p.parts) == 0 {
		return place{}, notFound("Add one of the two by hand once: a missing field is never invented.",
			"%s (line %d) has neither %s nor %s.", c.at(), c.line, tagKey, digestKey)
	}
	return p, nil
}
