package manifest

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// end returns the offset behind the last byte of n, if it can be told. The
// parser says only where a node begins.
func (f *file) end(n *yaml.Node) (int, bool) {
	start, ok := f.offset(n.Line, n.Column)
	if !ok {
		return 0, false
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return start + len("*") + len(n.Value), true
	case n.Kind == yaml.ScalarNode:
		return f.scalarEnd(n, start)
	case n.Style&yaml.FlowStyle != 0:
		return f.flowEnd(n, start)
	case len(n.Content) == 0:
		return 0, false
	default:
		return f.end(n.Content[len(n.Content)-1])
	}
}

func (f *file) scalarEnd(n *yaml.Node, start int) (int, bool) {
	bare := n.Anchor == "" && n.Style&yaml.TaggedStyle == 0
	if n.Value == "" && n.Style&^yaml.TaggedStyle == 0 {
		return start, bare // no value: its place is behind the colon or the dash
	}
	start = f.skipProperties(start)
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.DoubleQuotedStyle:
		length := quotedLength(f.data[start:], '"')
		return start + length, length > 0
	case yaml.SingleQuotedStyle:
		length := quotedLength(f.data[start:], '\'')
		return start + length, length > 0
	case yaml.LiteralStyle, yaml.FoldedStyle:
		return f.blockEnd(start)
	default:
		return f.plainEnd(n.Value, start)
	}
}

// plainEnd returns the end of a text without quotes, which may run over lines:
// then there are a break and an indent where the value has a blank.
func (f *file) plainEnd(value string, start int) (int, bool) {
	const blank = " \t\r\n"
	for rest := value; rest != ""; {
		if start == len(f.data) {
			return 0, false
		}
		word := strings.TrimLeft(rest, blank)
		if len(word) == len(rest) {
			if f.data[start] != rest[0] {
				return 0, false
			}
			start, rest = start+1, rest[1:]
			continue
		}
		text := bytes.TrimLeft(f.data[start:], blank)
		if len(text) == len(f.data)-start {
			return 0, false
		}
		start, rest = len(f.data)-len(text), word
	}
	return start, true
}

// flowEnd looks for the closing bracket behind the last entry.
func (f *file) flowEnd(n *yaml.Node, start int) (int, bool) {
	i := f.skipProperties(start) + 1
	if len(n.Content) > 0 {
		var ok bool
		if i, ok = f.end(n.Content[len(n.Content)-1]); !ok {
			return 0, false
		}
	}
	i = f.skipBlank(i)
	if i < len(f.data) && f.data[i] == ',' {
		i = f.skipBlank(i + 1)
	}
	closing := byte('}')
	if n.Kind == yaml.SequenceNode {
		closing = ']'
	}
	return i + 1, i < len(f.data) && f.data[i] == closing
}

// blockEnd returns the end of the last line of the block of text (| or >)
// whose header is at start. It goes on for as long as lines are indented; one
// that keeps the breaks at its end has the empty lines there too. One that the
// file ends in without a break would get another text if a line came behind.
func (f *file) blockEnd(start int) (int, bool) {
	line, _ := f.position(start, 1)
	header, _, _ := bytes.Cut(f.data[start:f.lineEnd(line)], []byte("#"))
	keep, strip := bytes.ContainsRune(header, '+'), bytes.ContainsRune(header, '-')
	indent, end := -1, f.lineEnd(line)
	for next := line + 1; next <= len(f.lines); next++ {
		text := f.data[f.lines[next-1]:f.lineEnd(next)]
		depth := len(text) - len(bytes.TrimLeft(text, " "))
		switch {
		case depth == len(text):
			if keep && next < len(f.lines) {
				end = f.lineEnd(next)
			}
			continue
		case indent < 0:
			indent = depth
		}
		if depth < indent || indent == 0 {
			break
		}
		end = f.lineEnd(next)
	}
	return end, indent > 0 && (strip || end < len(f.data))
}

// lineEnd returns the offset of the break at the end of a line, or of the end
// of the file.
func (f *file) lineEnd(line int) int {
	i := f.lines[line-1]
	for i < len(f.data) && breakAt(f.data[i:]) == 0 {
		i++
	}
	return i
}
