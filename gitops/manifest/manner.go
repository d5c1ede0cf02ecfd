package manifest

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// manner is how the neighbourhood of an insertion is written.
type manner struct {
	step  int        // how much deeper the keys of a map stand than the key above them, in blanks
	dash  int        // how much deeper the dashes of a list do
	gap   int        // blanks behind a dash
	quote yaml.Style // the quotes of a text that needs some
	json  bool       // all keys are in double quotes, and so is what comes in
	colon string     // between key and value in a flow map
	comma string     // between entries in a flow map or list
	inner bool       // the items of the list are flow maps
}

// The manner of a file that shows none, which is that of kubectl and kustomize.
const (
	usualStep = 2
	usualDash = 0
	usualGap  = 1
)

// mannerAt looks around the cursor, nearest first.
func (f *file) mannerAt(c cursor) manner {
	m := manner{step: usualStep, dash: usualDash, gap: usualGap, colon: ": ", comma: ", "}
	around := append(append([]*yaml.Node{}, c.trail...), c.node)
	m.quote = target{trail: around}.quotesAround()
	m.step = stepOf(around)
	if m.json = f.json; m.json {
		m.quote = yaml.DoubleQuotedStyle
	}
	for i := len(around) - 1; i >= 0; i-- {
		if list, parent := listIn(around[i]); list != nil {
			m.dash = list.Column - 1 - columnOf(parent)
			if item := list.Content[len(list.Content)-1]; item.Style&yaml.FlowStyle == 0 && item.Kind == yaml.MappingNode {
				m.gap = max(columnOf(item)-list.Column, 1)
			}
			break
		}
	}
	if n := c.node; n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		last := n.Content[len(n.Content)-1]
		m.inner = last.Style&yaml.FlowStyle != 0
		if last.Kind == yaml.MappingNode {
			m.gap = max(columnOf(last)-n.Column, 1)
		}
	}
	f.flowManner(&m, around)
	return m
}

// stepOf returns the step between the nearest two block maps of which one is
// the other's value.
func stepOf(around []*yaml.Node) int {
	isBlock := func(n *yaml.Node) bool {
		return n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0
	}
	for i := len(around) - 1; i >= 0; i-- {
		if !isBlock(around[i]) {
			continue
		}
		for j := 1; j < len(around[i].Content); j += 2 {
			if value := around[i].Content[j]; isBlock(value) && columnOf(value) > columnOf(around[i]) {
				return columnOf(value) - columnOf(around[i])
			}
		}
	}
	return usualStep
}

// listIn returns the first block list that is the value of a key of n.
func listIn(n *yaml.Node) (list, parent *yaml.Node) {
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 {
		return nil, nil
	}
	for i := 1; i < len(n.Content); i += 2 {
		v := n.Content[i]
		if v.Kind == yaml.SequenceNode && v.Style&yaml.FlowStyle == 0 && v.Anchor == "" && v.Style&yaml.TaggedStyle == 0 && len(v.Content) > 0 {
			return v, n
		}
	}
	return nil, nil
}

// flowManner looks at the nearest flow map that has a key.
func (f *file) flowManner(m *manner, around []*yaml.Node) {
	for i := len(around) - 1; i >= 0; i-- {
		n := around[i]
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
			continue
		}
		if n.Style&yaml.FlowStyle == 0 {
			return
		}
		key := n.Content[len(n.Content)-2]
		if key.Style&yaml.DoubleQuotedStyle == 0 {
			return
		}
		m.json, m.quote = true, yaml.DoubleQuotedStyle
		if end, ok := f.end(key); ok && end+1 < len(f.data) && f.data[end] == ':' && !isBlank(f.data[end+1]) && breakAt(f.data[end+1:]) == 0 {
			m.colon, m.comma = ":", ","
		}
		return
	}
}

// separator returns what stands before a new entry of a flow map or list: a
// comma, and a line of its own where the last entry has one.
func (f *file) separator(n *yaml.Node, m manner) string {
	entry := n.Content[len(n.Content)-1]
	if n.Kind == yaml.MappingNode {
		entry = n.Content[len(n.Content)-2]
	}
	start, ok := f.offset(entry.Line, entry.Column)
	if !ok || entry.Line == n.Line || !f.startsWith(entry.Line, start) {
		return m.comma
	}
	from := f.lines[entry.Line-1]
	return "," + f.newlineAt(start) + string(f.data[from:start])
}

// lines writes the content of a block map or list, one line each, from column 0.
func (m manner) lines(kind yaml.Kind, content []*yaml.Node) []string {
	var lines []string
	if kind == yaml.SequenceNode {
		for _, item := range content {
			text := []string{m.flow(item)}
			if item.Kind != yaml.ScalarNode && !m.inner {
				text = m.lines(item.Kind, item.Content)
			}
			text = indented(text, 1+m.gap)
			text[0] = "-" + text[0][1:]
			lines = append(lines, text...)
		}
		return lines
	}
	for i := 0; i+1 < len(content); i += 2 {
		key, value := m.scalar(content[i]), content[i+1]
		switch value.Kind {
		case yaml.MappingNode:
			lines = append(append(lines, key+":"), indented(m.lines(value.Kind, value.Content), m.step)...)
		case yaml.SequenceNode:
			lines = append(append(lines, key+":"), indented(m.lines(value.Kind, value.Content), m.dash)...)
		default:
			lines = append(lines, key+": "+m.scalar(value))
		}
	}
	return lines
}

// flow writes n on one line.
func (m manner) flow(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "{" + m.flowEntries(n.Kind, n.Content, m.comma) + "}"
	case yaml.SequenceNode:
		return "[" + m.flowEntries(n.Kind, n.Content, m.comma) + "]"
	default:
		return m.scalar(n)
	}
}

// flowEntries writes the content of a flow map or list without its brackets.
func (m manner) flowEntries(kind yaml.Kind, content []*yaml.Node, separator string) string {
	var entries []string
	if kind == yaml.SequenceNode {
		for _, item := range content {
			entries = append(entries, m.flow(item))
		}
	} else {
		for i := 0; i+1 < len(content); i += 2 {
			entries = append(entries, m.scalar(content[i])+m.colon+m.flow(content[i+1]))
		}
	}
	return strings.Join(entries, separator)
}

// scalar writes a text of the characters of versions, images and annotations:
// in quotes where it needs them, or where its Style asks for them.
func (m manner) scalar(n *yaml.Node) string {
	quote := n.Style
	if quote == 0 && !plain(n.Value) || m.json {
		quote = m.quote
	}
	switch quote {
	case yaml.DoubleQuotedStyle:
		return `"` + n.Value + `"`
	case yaml.SingleQuotedStyle:
		return "'" + n.Value + "'"
	default:
		return n.Value
	}
}

// columnOf returns the column, from 0, of the entries of a block map or list.
// An anchor or a tag before it stands elsewhere; then it is that of the key
// furthest to the left, because one behind a question mark is not.
func columnOf(n *yaml.Node) int {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 || n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
		return n.Column - 1
	}
	column := n.Content[0].Column
	for i := 2; i < len(n.Content); i += 2 {
		column = min(column, n.Content[i].Column)
	}
	return column - 1
}

func blanks(n int) string { return strings.Repeat(" ", n) }

func indented(lines []string, n int) []string {
	for i := range lines {
		lines[i] = blanks(n) + lines[i]
	}
	return lines
}

func joined(lines []string, newline string) string { return strings.Join(lines, newline) }

// newlineAt returns the line break that is used around offset: the next one,
// else the last.
func (f *file) newlineAt(offset int) string {
	for i := offset; i < len(f.data); i++ {
		if n := breakAt(f.data[i:]); n > 0 {
			return string(f.data[i : i+n])
		}
	}
	if len(f.lines) > 1 {
		last := f.data[:f.lines[len(f.lines)-1]]
		for _, br := range lineBreaks {
			if bytes.HasSuffix(last, []byte(br)) {
				return br
			}
		}
	}
	return "\n"
}

// startsWith reports whether nothing but blanks stands on a line before offset.
func (f *file) startsWith(line, offset int) bool {
	return len(bytes.Trim(f.data[f.lines[line-1]:offset], " \t")) == 0
}

// isComment reports whether a line has a comment and nothing else.
func (f *file) isComment(line int) bool {
	return bytes.HasPrefix(bytes.TrimLeft(f.data[f.lines[line-1]:], " \t"), []byte("#"))
}
