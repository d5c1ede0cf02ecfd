package manifest

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// verify proves that edited is the file with the replacements made and nothing
// else: the bytes between them are the same, and once parsed the two differ in
// the values, quotes and types of those scalars only. It trusts neither the
// positions that the first parse gave nor the code that used them.
func (f *file) verify(edited []byte, all []replacement) error {
	if !f.sameAround(edited, all) {
		return f.doubtful(all, nil)
	}
	docs, err := parse(edited)
	if err != nil || len(docs) != len(f.docs) {
		return f.doubtful(all, err)
	}
	wanted := make(map[*yaml.Node]replacement, len(all))
	for _, r := range all {
		wanted[r.target.node] = r
	}
	for i := range docs {
		if !same(f.docs[i], docs[i], wanted) {
			return f.doubtful(all, nil)
		}
	}
	if len(wanted) != 0 {
		return f.doubtful(all, nil)
	}
	return nil
}

// sameAround reports whether the bytes outside the replacements, which are in
// the order of the file, are the same.
func (f *file) sameAround(edited []byte, all []replacement) bool {
	end := 0
	for _, r := range all {
		between := f.data[end:r.target.Start]
		if !bytes.HasPrefix(edited, between) || !bytes.HasPrefix(edited[len(between):], []byte(r.raw)) {
			return false
		}
		edited, end = edited[len(between)+len(r.raw):], r.target.End
	}
	return bytes.Equal(edited, f.data[end:])
}

// same compares two trees. It removes each wanted replacement that it found
// made, so that one which was made nowhere is noticed.
func same(before, after *yaml.Node, wanted map[*yaml.Node]replacement) bool {
	value, tag, style := before.Value, before.Tag, before.Style
	if r, ok := wanted[before]; ok {
		value, tag, style = r.value, "!!str", r.style
		delete(wanted, before)
	}
	// The value of an alias is the name of its anchor, so nothing is followed.
	if after.Kind != before.Kind || after.Value != value || after.Tag != tag || after.Style != style ||
		after.Anchor != before.Anchor || after.Line != before.Line ||
		after.HeadComment != before.HeadComment || after.LineComment != before.LineComment || after.FootComment != before.FootComment ||
		len(after.Content) != len(before.Content) {
		return false
	}
	for i := range before.Content {
		if !same(before.Content[i], after.Content[i], wanted) {
			return false
		}
	}
	return true
}

func (f *file) doubtful(all []replacement, cause error) error {
	first := all[0].target
	err := refuse(first.Path, first.Line, "a trial edit changed more than this value", "Edit this file by hand, and report its shape.")
	err.Err = cause
	return err
}
