package manifest

import "github.com/changebot/changebot/gitops"

// Scalar is any field that is a version and nothing else, such as
// metadata.labels["app.kubernetes.io/version"]. In a file of several documents
// exactly one must have it.
type Scalar struct {
	Path string // see CheckPath
}

// String implements [Locator].
func (s Scalar) String() string { return "the field " + quote(s.Path) }

func (s Scalar) places(f *file) ([]place, error) {
	steps, err := parsePath(s.Path)
	if err != nil {
		return nil, err
	}
	return f.one(s, steps, aTag)
}

// one finds the one scalar at the end of steps.
func (f *file) one(at Locator, steps []step, holds holding) ([]place, error) {
	return f.search(at, func(root cursor) (place, error) {
		c, err := root.follow(steps)
		if err != nil {
			return place{}, err
		}
		return c.placeOf(holds)
	})
}

// search looks into each document for the one place.
func (f *file) search(at Locator, in func(root cursor) (place, error)) ([]place, error) {
	return search(at, f.roots(), in)
}

// search looks below each root for the one place. A root that does not have it
// is no error as long as another has. It stops at a second place, which is one
// too many: each costs a walk through the file.
func search(at Locator, roots []cursor, in func(root cursor) (place, error)) ([]place, error) {
	var found []place
	var missing error
	for _, root := range roots {
		p, err := in(root)
		switch {
		case err == nil:
			if found = append(found, p); len(found) > 1 {
				return theOne(at, found, nil)
			}
		case gitops.CodeOf(err) == gitops.NotFound:
			if missing == nil {
				missing = err
			}
		default:
			return nil, err
		}
	}
	return theOne(at, found, missing)
}
