package manifest

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
	last := len(steps) - 1
	if steps[last].kind != intoKey || steps[last].key != "tag" {
		return f.one(h, steps, aTag)
	}
	return f.search(h, func(root cursor) (place, error) {
		// The digest alone is not enough: charts have digests of other things.
		if _, err := root.follow(steps); err != nil {
			return place{}, err
		}
		parent, err := root.follow(steps[:last])
		if err != nil {
			return place{}, err
		}
		return parent.place("tag", "digest")
	})
}

// HelmImage is a field of a values file that holds repository and tag in one:
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
	return f.one(h, steps, aReference)
}
