package manifest

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Setting asks for a version at a place.
type Setting struct {
	At Locator
	To Version
}

// Outcome is what became of a Setting.
type Outcome struct {
	Old, New Version
	Fields   []FieldEdit // what was changed, in the order of the file; none where New ran already
}

// FieldEdit is one scalar that was replaced or inserted.
type FieldEdit struct {
	Field  Field  // as it was; where it was absent its span is empty, and where the new bytes went in
	New    string // what it says now, without quotes
	NewRaw string // what stands in its span now: with an insertion also the keys and line breaks around it
}

// Set returns data with the version at one place replaced, and nothing else:
// see the package comment for what is refused and why. data itself is not
// changed. Errors are those of [Read], Unsafe where the place can be read but
// not edited, and Invalid for a version that is none. Where the place names the
// version already, the result is data itself, even if an edit would be refused.
func Set(data []byte, at Locator, to Version) ([]byte, Outcome, error) {
	edited, outcomes, err := SetAll(data, Setting{At: at, To: to})
	if err != nil {
		return nil, Outcome{}, err
	}
	return edited, outcomes[0], nil
}

// SetAll makes several edits in one file, all or none, and returns their
// outcomes in the order of settings. Two settings for one field are Invalid.
func SetAll(data []byte, settings ...Setting) ([]byte, []Outcome, error) {
	f, err := open(data)
	if err != nil {
		return nil, nil, err
	}
	var all []replacement
	taken := map[*yaml.Node]bool{}
	outcomes := make([]Outcome, len(settings))
	for i, s := range settings {
		places, err := f.placesFor(s, taken)
		if err != nil {
			return nil, nil, err
		}
		replacements, old, err := plan(places, s.To)
		if err != nil {
			return nil, nil, err
		}
		outcomes[i] = Outcome{Old: old, New: s.To}
		for _, r := range replacements {
			outcomes[i].Fields = append(outcomes[i].Fields, r.outcome())
		}
		all = append(all, replacements...)
	}
	if len(all) == 0 {
		return data, outcomes, nil
	}
	edited := f.splice(all)
	if err := f.verify(edited, all); err != nil {
		return nil, nil, err
	}
	return edited, outcomes, nil
}

// replacement is the new text of one scalar, or with grows what is put into a
// map or list at an empty span.
type replacement struct {
	target target
	value  string
	raw    string
	style  yaml.Style
	tag    string // that the scalar comes to have; "" is text
	grows  *growth
}

func (r replacement) outcome() FieldEdit {
	return FieldEdit{Field: r.target.Field, New: r.value, NewRaw: r.raw}
}

// placesFor returns the places of s and notes in taken that they are spoken for.
func (f *file) placesFor(s Setting, taken map[*yaml.Node]bool) ([]place, error) {
	if s.To.IsZero() || !s.To.valid() {
		return nil, invalid(howVersionsLook, "%s is not a version.", quote(s.To.String()))
	}
	places, err := s.At.places(f)
	if err != nil {
		return nil, err
	}
	var nodes []*yaml.Node
	for _, p := range places {
		for _, part := range p.parts {
			if taken[part.node] {
				return nil, invalid("Ask for one version of each.", "%s (line %d) was to be set twice at once.", part.Path, part.Line)
			}
			nodes = append(nodes, part.node)
		}
	}
	for _, n := range nodes {
		taken[n] = true
	}
	return places, nil
}

// plan returns what has to be replaced so that places run to, and the version
// that they run.
func plan(places []place, to Version) ([]replacement, Version, error) {
	old, err := agreed(places)
	if err != nil || old == to {
		return nil, old, err
	}
	var replacements []replacement
	for _, p := range places {
		texts, err := p.texts(to)
		if err != nil {
			return nil, old, err
		}
		more, err := p.replace(texts)
		if err != nil {
			return nil, old, err
		}
		replacements = append(replacements, more...)
	}
	sortBySpan(replacements)
	return replacements, old, nil
}

func sortBySpan(replacements []replacement) {
	slices.SortFunc(replacements, func(a, b replacement) int { return cmp.Compare(a.target.Start, b.target.Start) })
}

// splice returns a copy of the file with the spans of all replaced. It sorts
// all by their place.
func (f *file) splice(all []replacement) []byte {
	sortBySpan(all)
	var edited []byte
	end := 0
	for _, r := range all {
		edited = append(append(edited, f.data[end:r.target.Start]...), r.raw...)
		end = r.target.End
	}
	return append(edited, f.data[end:]...)
}
