package manifest

import (
	"github.com/changebot/changebot/gitops"
)

// Keep returns data with the values that the fields at paths have in kept,
// each written there as it is written in kept; every other byte is data's. It
// is for a file that is copied over another one, of which some fields belong
// to the place where it lies: how many replicas, which host. See [CheckPath]
// for paths. A field that neither of the two has is passed over.
//
// Errors are Unsafe where only one of the two has a field, since it is not
// certain then what it should be, and where a value cannot be taken or put in
// safely; Invalid for a path that is none. The messages name the line, and say
// which of the two files it is in by the words given.
func Keep(data, kept []byte, paths []string, here, there string) ([]byte, error) {
	to, err := open(data)
	if err != nil {
		return nil, ofFile(err, there)
	}
	from, err := open(kept)
	if err != nil {
		return nil, ofFile(err, here)
	}
	var all []replacement
	for _, path := range paths {
		r, err := keep(to, from, path, here, there)
		if err != nil {
			return nil, err
		}
		if r != nil {
			all = append(all, *r)
		}
	}
	if len(all) == 0 {
		return data, nil
	}
	edited := to.splice(all)
	if err := to.verify(edited, all); err != nil {
		return nil, ofFile(err, there)
	}
	return edited, nil
}

// keep returns what has to be replaced in a file so that the field at path is
// as in another one; nil where it is so.
func keep(to, from *file, path, here, there string) (*replacement, error) {
	new, missing, err := to.scalar(path)
	if err != nil {
		return nil, ofFile(err, there)
	}
	old, absent, err := from.scalar(path)
	switch {
	case err != nil:
		return nil, ofFile(err, here)
	case missing && absent, !missing && !absent && new.Raw == old.Raw && new.Value == old.Value && new.Raw != "":
		return nil, nil
	case missing:
		return nil, ofFile(refuse(old.Path, old.Line, "it is protected, and "+there+" does not have it", "Write it there too, or remove it here."), here)
	case absent:
		return nil, ofFile(refuse(new.Path, new.Line, "it is protected, and "+here+" does not have it", "Write it there too, with the value that it shall keep."), there)
	}
	if err := old.Editable(); err != nil {
		return nil, ofFile(err, here)
	}
	if err := new.Editable(); err != nil {
		return nil, ofFile(err, there)
	}
	return &replacement{target: new, value: old.node.Value, raw: old.Raw, style: old.node.Style, tag: old.node.Tag}, nil
}

// scalar finds the one field at a path; missing says that no document has it.
func (f *file) scalar(path string) (t target, missing bool, err error) {
	places, err := Scalar{Path: path}.places(f)
	switch {
	case gitops.CodeOf(err) == gitops.NotFound:
		return target{}, true, nil
	case err != nil:
		return target{}, false, err
	}
	return places[0].parts[0].target, false, nil
}

// ofFile says in an error's message which file it is about.
func ofFile(err error, file string) error {
	e, ok := err.(*gitops.Error) //nolint:errorlint // every error of this package is one, unwrapped
	if !ok {
		return err
	}
	named := *e
	named.Message = file + ": " + e.Message
	return &named
}
