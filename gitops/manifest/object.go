package manifest

import (
	"fmt"
	"slices"
)

// Custom is a field of an object of any kind, custom resources above all:
//
//	kind: Flow
//	metadata: {name: nightly}
//	spec:
//	  runner:
//	    image: ghcr.io/acme/checkout:1.42.3
//
// It holds a version, or where Image is given the whole image, in one string or
// in parts. A field named tag takes the digest beside it along, as [Helm] does.
// Exactly one object of the file must have it.
type Custom struct {
	Path  string // see CheckPath; from the object's root
	Image string // the repository of the image that the field holds; empty where it holds a version
	Kind  string // of the object; empty is any
	Name  string // metadata.name of the object; empty is any
}

// String implements [Locator].
func (c Custom) String() string {
	if object := describeObject(c.Kind, c.Name); object != "" {
		return "the field " + quote(c.Path) + " of " + object
	}
	return "the field " + quote(c.Path)
}

func (c Custom) places(f *file) ([]place, error) {
	steps, err := parsePath(c.Path)
	if err != nil {
		return nil, err
	}
	if err := checkRepository(c.Image); err != nil {
		return nil, err
	}
	objects, err := f.objects(c.Kind, c.Name)
	if err != nil {
		return nil, err
	}
	return search(c, objects, func(object cursor) (place, error) { return object.versionAt(steps, c.Image) })
}

// versionAt makes a place of the field at the end of steps, which holds a
// version, or the whole image where a repository is given.
func (c cursor) versionAt(steps []step, repository string) (place, error) {
	if repository == "" {
		return c.tagAt(steps)
	}
	return c.imageAt(steps, repository)
}

// checkRepository refuses what cannot be the name of an image. Empty is none.
func checkRepository(image string) error {
	if image == "" || repositoryPattern.MatchString(image) {
		return nil
	}
	return invalid("Write the repository as in the manifest, without a tag.", "%s is not the name of an image.", quote(image))
}

// objects returns the objects of the file that have the kind and the name, both
// of which may be empty for any. There is at least one, or an error.
func (f *file) objects(kind, name string) ([]cursor, error) {
	var found []cursor
	var others []string
	for _, root := range f.roots() {
		objects, err := root.objects()
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			isKind, isName, err := object.identity()
			if err != nil {
				return nil, err
			}
			if (kind == "" || kind == isKind) && (name == "" || name == isName) {
				found = append(found, object)
			} else {
				others = append(others, isKind+"/"+isName)
			}
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	const next = "Correct the kind and the name in the catalogue, or name the file that has it."
	if len(others) == 0 {
		return nil, notFound("", "The file is empty, so it has no %s.", describeObject(kind, name))
	}
	slices.Sort(others)
	return nil, notFound(next, "The file has no %s; it has %s.", describeObject(kind, name), enumerate(slices.Compact(others)))
}

// identity returns the kind and the name of an object, "" where it has none.
func (c cursor) identity() (kind, name string, err error) {
	if kind, err = c.text("kind"); err != nil {
		return "", "", err
	}
	metadata, ok, err := c.key("metadata")
	if err == nil && ok {
		name, err = metadata.text("name")
	}
	return kind, name, err
}

func describeObject(kind, name string) string {
	switch {
	case kind != "" && name != "":
		return fmt.Sprintf("%s %s", cut(kind), quote(name))
	case name != "":
		return "object " + quote(name)
	default:
		return cut(kind)
	}
}
