package manifest

import "fmt"

// Locator says where in a manifest the version of one image is kept. The
// catalogue builds one for each Target; its implementations are the shapes of
// manifest that changebot knows.
type Locator interface {
	// String names what is looked for, in a sentence: `the kustomize image "…"`.
	fmt.Stringer

	// places returns every place in f that holds the version, at least one.
	// Where a shape has room for one only, more are refused.
	places(f *file) ([]place, error)
}

// Locate returns the fields that hold what at describes, in the order of the
// file. It returns at least one, or an error: NotFound where there is none,
// Unsafe where they cannot be told for certain, Invalid for a bad locator.
func Locate(data []byte, at Locator) ([]Field, error) {
	places, _, err := find(data, at)
	if err != nil {
		return nil, err
	}
	var fields []Field
	for _, p := range places {
		for _, part := range p.parts {
			fields = append(fields, part.Field)
		}
	}
	return fields, nil
}

// Read returns the version that is written in data, "1.10" as 1.10. It also
// reads values that Set refuses to replace, such as aliases. The version is
// zero where the field is there and empty. Errors are those of Locate, and
// Unsafe where the field says something that is no version, or where several
// places that must agree do not.
func Read(data []byte, at Locator) (Version, error) {
	places, _, err := find(data, at)
	if err != nil {
		return Version{}, err
	}
	return agreed(places)
}

func find(data []byte, at Locator) ([]place, *file, error) {
	f, err := open(data)
	if err != nil {
		return nil, nil, err
	}
	places, err := at.places(f)
	return places, f, err
}

// agreed returns the one version that all places name.
func agreed(places []place) (Version, error) {
	first, err := places[0].version()
	if err != nil {
		return Version{}, err
	}
	for _, p := range places[1:] {
		v, err := p.version()
		if err != nil {
			return Version{}, err
		}
		if v != first {
			return Version{}, refuse(p.path, p.line,
				fmt.Sprintf("it runs %s where %s (line %d) runs %s", quote(v.String()), places[0].path, places[0].line, quote(first.String())),
				"Bring both to the same version by hand first.")
		}
	}
	return first, nil
}

// theOne returns the only place of several documents that were searched, and
// the first error where none has it.
func theOne(at Locator, found []place, missing error) ([]place, error) {
	switch len(found) {
	case 0:
		if missing == nil {
			missing = notFound("", "The file is empty, so it has no place for %s.", at)
		}
		return nil, missing
	case 1:
		return found, nil
	default:
		return nil, refuse(found[1].path, found[1].line,
			fmt.Sprintf("%s is there more than once, first on line %d (%s)", at, found[0].line, found[0].path),
			"Leave one of them, so that it is certain which one counts.")
	}
}
