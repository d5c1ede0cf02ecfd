package manifest

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// growth is what a map or list gets that it did not have.
type growth struct {
	index   int          // where in its Content it comes,
	added   []*yaml.Node // keys and values, or items
	instead *yaml.Node   // or, of a key without a value, what its value is now
}

// textNode, mapNode and listNode make what is to be inserted.
func textNode(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

func mapNode(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Content: content}
}

func listNode(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: items}
}

// put plans that the value below c along keys is value, nil where it is. What
// is missing of the way is inserted: maps before their neighbours, as metadata
// stands before spec, and the value behind its own.
func (f *file) put(c cursor, keys []string, value string) (*replacement, error) {
	for i, key := range keys {
		next, ok, err := c.key(key)
		if err != nil {
			return nil, err
		}
		if ok {
			c = next
			continue
		}
		added := textNode(value)
		for j := len(keys) - 1; j > i; j-- {
			added = mapNode(textNode(keys[j]), added)
		}
		r, err := f.add(c, mapNode(textNode(key), added), i < len(keys)-1)
		if err != nil {
			return nil, err
		}
		for _, key := range keys[i:] {
			r.target.Path = keyPath(r.target.Path, key)
		}
		r.value = value
		return r, nil
	}
	t, err := c.target()
	if err != nil || t.Value == value && t.node.Tag == "!!str" {
		return nil, err
	}
	if err := t.Editable(); err != nil {
		return nil, err
	}
	raw, style := t.encode(value)
	return &replacement{target: t, value: value, raw: raw, style: style}, nil
}

// add plans that the map or list under the cursor gets the content of more, in
// front of all it has or behind. An empty value becomes more.
func (f *file) add(c cursor, more *yaml.Node, first bool) (*replacement, error) {
	if c.fixed != "" {
		return nil, refuse(c.at(), c.line, c.fixed, "Write it out in the place where it is used.")
	}
	if user := c.sharedBy(); user != nil {
		return nil, refuse(c.at(), c.line, fmt.Sprintf("the anchor &%s repeats it on line %d, and the edit would change both", cut(user.Value), user.Line),
			"Write it out in both places.")
	}
	r := &replacement{
		target: target{node: c.node, trail: c.trail, Field: Field{Document: c.doc, Object: c.file.documentName(c.doc), Path: c.path, Line: c.line}},
		grows:  &growth{index: len(c.node.Content), added: more.Content},
	}
	m := f.mannerAt(c)
	ok := false
	switch {
	case c.node.Tag == "!!null" && c.node.Kind == yaml.ScalarNode:
		r.grows = &growth{instead: more}
		ok = f.fill(c, m, r)
	case c.node.Kind != more.Kind:
		return nil, refuse(c.at(), c.line, fmt.Sprintf("it is %s, not %s", describe(c.node), describe(more)), "Correct the manifest.")
	case c.node.Style&yaml.FlowStyle != 0:
		ok = f.addFlow(c.node, m, r)
	default:
		ok = !first && f.addBelow(c.node, m, r) || f.addAbove(c.node, m, r)
	}
	if !ok {
		return nil, refuse(c.at(), c.line, "where a new key would go cannot be told for certain", "Add it by hand once.")
	}
	r.target.Line, r.target.Column = f.position(r.target.Start, 1)
	return r, nil
}

// addFlow puts growth behind the last entry of a flow map or list, or between
// its brackets.
func (f *file) addFlow(n *yaml.Node, m manner, r *replacement) bool {
	start, ok := f.offset(n.Line, n.Column)
	if !ok {
		return false
	}
	if len(n.Content) == 0 {
		r.target.Start = f.skipProperties(start) + 1
		r.raw = m.flowEntries(n.Kind, r.grows.added, m.comma)
	} else {
		if r.target.Start, ok = f.end(n.Content[len(n.Content)-1]); !ok {
			return false
		}
		separator := f.separator(n, m)
		r.raw = separator + m.flowEntries(n.Kind, r.grows.added, separator)
	}
	r.target.End = r.target.Start
	return true
}

// addBelow puts growth on the lines below the last entry of a block map or
// list.
func (f *file) addBelow(n *yaml.Node, m manner, r *replacement) bool {
	if n.Kind == yaml.SequenceNode && (n.Anchor != "" || n.Style&yaml.TaggedStyle != 0) {
		return false // its node begins there, and not where its dashes are
	}
	end, ok := f.end(n.Content[len(n.Content)-1])
	if !ok {
		return false
	}
	return f.linesBehind(end, indented(m.lines(n.Kind, r.grows.added), columnOf(n)), r)
}

// linesBehind puts lines behind the line on which end lies, and behind the
// comments below it that are further to the right: they are about what is above.
func (f *file) linesBehind(end int, lines []string, r *replacement) bool {
	end = f.skipComment(end)
	column := len(lines[0]) - len(strings.TrimLeft(lines[0], " "))
	for {
		next := end + breakAt(f.data[end:])
		start := next
		for start < len(f.data) && f.data[start] == ' ' {
			start++
		}
		if next == end || start == len(f.data) || f.data[start] != '#' || start-next <= column {
			break
		}
		end = f.skipComment(start)
	}
	newline := f.newlineAt(end)
	if end == len(f.data) {
		r.raw = newline + joined(lines, newline)
	} else if n := breakAt(f.data[end:]); n > 0 {
		end += n
		r.raw = joined(lines, newline) + newline
	} else {
		return false
	}
	r.target.Start, r.target.End = end, end
	return true
}

// skipComment returns the offset behind blanks and a comment on the rest of a
// line.
func (f *file) skipComment(i int) int {
	for i < len(f.data) && isBlank(f.data[i]) {
		i++
	}
	if i < len(f.data) && f.data[i] == '#' {
		for i < len(f.data) && breakAt(f.data[i:]) == 0 {
			i++
		}
	}
	return i
}

// addAbove puts growth on the lines above the first entry of a block map, and
// above the comment that belongs to it.
func (f *file) addAbove(n *yaml.Node, m manner, r *replacement) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	at := n
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		at = n.Content[0] // the properties stand before the first key, on a line of their own or not
	}
	start, ok := f.offset(at.Line, at.Column)
	if !ok {
		return false
	}
	r.grows.index = 0
	column := columnOf(n)
	lines := indented(m.lines(n.Kind, r.grows.added), column)
	newline := f.newlineAt(start)
	if f.startsWith(at.Line, start) {
		line := at.Line
		for line > 1 && f.isComment(line-1) {
			line--
		}
		start = f.lines[line-1]
		r.raw = joined(lines, newline) + newline
	} else if at != n {
		return false
	} else {
		// The key stands behind a dash.
		r.raw = joined(lines, newline)[column:] + newline + blanks(column)
	}
	r.target.Start, r.target.End = start, start
	return true
}

// fill puts growth where a key has no value, or one that says null.
func (f *file) fill(c cursor, m manner, r *replacement) bool {
	n := c.node
	at, ok := f.offset(n.Line, n.Column)
	if !ok || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || len(c.trail) == 0 {
		return false
	}
	if n.Value != "" {
		start, end, reason := f.span(n)
		r.target.Start, r.target.End, r.raw = start, end, m.flow(r.grows.instead)
		return reason == ""
	}
	parent := c.trail[len(c.trail)-1]
	if parent.Kind != yaml.MappingNode || at == 0 || f.data[at-1] != ':' {
		return false
	}
	if parent.Style&yaml.FlowStyle != 0 {
		r.target.Start, r.target.End, r.raw = at, at, " "+m.flow(r.grows.instead)
		return true
	}
	deeper := m.step
	if r.grows.instead.Kind == yaml.SequenceNode {
		deeper = m.dash
	}
	return f.linesBehind(at, indented(m.lines(r.grows.instead.Kind, r.grows.instead.Content), columnOf(parent)+deeper), r)
}
