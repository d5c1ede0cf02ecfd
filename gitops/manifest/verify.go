package manifest

import (
	"bytes"
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// verify proves that edited is the file with the replacements made and nothing
// else: the bytes between them are the same, and once parsed the two differ in
// the values, quotes and types of those scalars and in the nodes that were to
// be added. It trusts neither the positions that the first parse gave nor the
// code that used them.
func (f *file) verify(edited []byte, all []replacement) error {
	if !f.sameAround(edited, all) {
		return f.doubtful(all, nil)
	}
	docs, err := parse(edited)
	if err != nil || len(docs) != len(f.docs) || f.json && !isJSON(edited) {
		return f.doubtful(all, err)
	}
	whole, err := wholeScalars(all)
	if err != nil {
		return f.doubtful(all, err)
	}
	c := f.comparison(whole)
	for i := range docs {
		if !c.same(f.docs[i], docs[i]) {
			return f.doubtful(all, nil)
		}
	}
	if len(c.wanted) != 0 {
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

// comparison holds what may differ between two trees.
type comparison struct {
	wanted  map[*yaml.Node]replacement
	inserts []insert
}

// insert is where lines came in, and the nodes around that place: they begin
// where their first entry does, which may be a new one.
type insert struct {
	line, column, lines int
	around              map[*yaml.Node]bool
}

func (f *file) comparison(all []replacement) comparison {
	c := comparison{wanted: make(map[*yaml.Node]replacement, len(all))}
	for _, r := range all {
		c.wanted[r.target.node] = r
		if r.grows == nil {
			continue
		}
		in := insert{lines: countBreaks(r.raw), around: map[*yaml.Node]bool{f.docs[r.target.Document]: true, r.target.node: true}}
		in.line, in.column = f.position(r.target.Start, 1)
		for _, n := range r.target.trail {
			in.around[n] = true
		}
		c.inserts = append(c.inserts, in)
	}
	return c
}

func countBreaks(text string) int { return len(lineStarts([]byte(text))) - 1 }

// same compares two trees. It removes each wanted replacement that it found
// made, so that one which was made nowhere is noticed.
func (c comparison) same(before, after *yaml.Node) bool {
	value, tag, style := before.Value, before.Tag, before.Style
	content := after.Content
	if r, ok := c.wanted[before]; ok {
		delete(c.wanted, before)
		switch {
		case r.grows == nil:
			value, tag, style = r.value, cmp.Or(r.tag, "!!str"), r.style
		case r.grows.instead != nil:
			return after.Anchor == before.Anchor && c.sameLine(before, after) && isNew(after, r.grows.instead)
		default:
			if content, ok = r.grows.without(content); !ok {
				return false
			}
		}
	}
	// The value of an alias is the name of its anchor, so nothing is followed.
	if after.Kind != before.Kind || after.Value != value || after.Tag != tag || after.Style != style ||
		after.Anchor != before.Anchor || !c.sameLine(before, after) || !c.sameComments(before, after) || len(content) != len(before.Content) {
		return false
	}
	for i := range before.Content {
		if !c.same(before.Content[i], content[i]) {
			return false
		}
	}
	return true
}

// sameLine reports whether a node stands on its line still, or as many lines
// below as came in above it.
func (c comparison) sameLine(before, after *yaml.Node) bool {
	line := before.Line
	for _, in := range c.inserts {
		if in.around[before] {
			return true
		}
		// A value that is not there ends where it begins: what comes in there is
		// behind it.
		none := before.Kind == yaml.ScalarNode && before.Value == "" && before.Style == 0
		if before.Line > in.line || before.Line == in.line && (before.Column > in.column || before.Column == in.column && !none) {
			line += in.lines
		}
	}
	return after.Line == line
}

// sameComments reports whether a node has its comments. The parser gives a
// comment to the node before or behind it, so that one which comes in between
// may get it: then it is enough that the bytes of all comments are there.
func (c comparison) sameComments(before, after *yaml.Node) bool {
	return len(c.inserts) > 0 ||
		after.HeadComment == before.HeadComment && after.LineComment == before.LineComment && after.FootComment == before.FootComment
}

// without returns content without what was added to it, if that is there.
func (g *growth) without(content []*yaml.Node) ([]*yaml.Node, bool) {
	end := g.index + len(g.added)
	if len(content) < end {
		return nil, false
	}
	for i, n := range g.added {
		if !isNew(content[g.index+i], n) {
			return nil, false
		}
	}
	return slices.Concat(content[:g.index], content[end:]), true
}

// isNew reports whether n is what was to be inserted: its texts are texts, and
// no property changes what they mean.
func isNew(n, wanted *yaml.Node) bool {
	text := n.Kind != yaml.ScalarNode || n.Tag == "!!str"
	if !text || n.Kind != wanted.Kind || n.Value != wanted.Value || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || len(n.Content) != len(wanted.Content) {
		return false
	}
	for i := range n.Content {
		if !isNew(n.Content[i], wanted.Content[i]) {
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
