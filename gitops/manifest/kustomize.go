package manifest

import (
	"fmt"

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
	var list []cursor // the entries of the first document
	for _, root := range f.roots() {
		entries, err := root.entries("images", "kustomization", "name", "newName", "newTag", "digest")
		if err != nil {
			return nil, err
		}
		if root.doc == 0 {
			list = entries
		}
		for _, entry := range entries {
			name, match, err := k.matches(entry)
			if err != nil {
				return nil, err
			}
			switch {
			case match && root.doc > 0:
				return nil, place{path: entry.path, line: entry.line}.unread(readByKustomize)
			case root.doc == 0:
				names = append(names, name)
			}
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
	one, err := theOne(k, found, missing)
	if err != nil {
		return nil, err
	}
	return one, one[0].host.takenFurther(list)
}

// entries returns the items of the list at a key of the root, none where there
// is no list. The keys are those that an item may have.
func (c cursor) entries(key, of string, keys ...string) ([]cursor, error) {
	if err := c.spelled(key); err != nil {
		return nil, err
	}
	list, ok, err := c.key(key)
	if err != nil || !ok || list.node.Tag == "!!null" {
		return nil, err
	}
	if list.node.Kind != yaml.SequenceNode {
		return nil, refuse(list.path, list.line, "it is "+describe(list.node)+", not a list", "Correct the "+of+".")
	}
	items := list.items()
	for _, item := range items {
		if err := item.spelled(keys...); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// takenFurther refuses an entry that gives its image another name, where a
// later entry is about that: kustomize applies one after the other, so that the
// later one decides what runs.
func (c cursor) takenFurther(entries []cursor) error {
	newName, err := c.text("newName")
	if err != nil || newName == "" {
		return err
	}
	behind := false
	for _, entry := range entries {
		if entry.node == c.node {
			behind = true
			continue
		}
		name, err := entry.text("name")
		if err != nil {
			return err
		}
		if behind && name == newName {
			return refuse(entry.path, entry.line, fmt.Sprintf("it is about the image as %s (line %d) renames it, and decides over that", c.path, c.line),
				"Leave the version in one of the two.")
		}
	}
	return nil
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
