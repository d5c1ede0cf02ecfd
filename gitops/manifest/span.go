package manifest

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The texts that end a line for the parser (YAML 1.1), longest first.
var lineBreaks = [...]string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"}

// breakAt returns the length of the line break at the beginning of data.
func breakAt(data []byte) int {
	if len(data) == 0 || data[0] > '\r' && data[0] < utf8.RuneSelf {
		return 0
	}
	for _, br := range lineBreaks {
		if bytes.HasPrefix(data, []byte(br)) {
			return len(br)
		}
	}
	return 0
}

// lineStarts returns the offset of each line, counted as the parser counts
// them. A byte order mark is no part of the first line.
func lineStarts(data []byte) []int {
	i := 0
	if bytes.HasPrefix(data, []byte("\ufeff")) {
		i = len("\ufeff")
	}
	starts := []int{i}
	for i < len(data) {
		if n := breakAt(data[i:]); n > 0 {
			i += n
			starts = append(starts, i)
		} else {
			i++
		}
	}
	return starts
}

// offset returns the byte at which the parser's line and column lie: both
// count from 1, and columns count characters.
func (f *file) offset(line, column int) (int, bool) {
	if line < 1 || line > len(f.lines) {
		return 0, false
	}
	i := f.lines[line-1]
	for range column - 1 {
		_, size := utf8.DecodeRune(f.data[i:])
		if size == 0 {
			return 0, false
		}
		i += size
	}
	return i, true
}

// position is the inverse of offset.
func (f *file) position(offset, fromLine int) (line, column int) {
	line = fromLine
	for line < len(f.lines) && f.lines[line] <= offset {
		line++
	}
	return line, utf8.RuneCount(f.data[f.lines[line-1]:offset]) + 1
}

// skipProperties returns the offset of a scalar's text behind its anchor and
// tag, which may be followed by comments and line breaks. No scalar's text
// begins with their characters.
func (f *file) skipProperties(i int) int {
	for i < len(f.data) && (f.data[i] == '&' || f.data[i] == '!') {
		for i < len(f.data) && !isBlank(f.data[i]) && breakAt(f.data[i:]) == 0 {
			i++
		}
		i = f.skipBlank(i)
	}
	return i
}

func (f *file) skipBlank(i int) int {
	for i < len(f.data) {
		switch n := breakAt(f.data[i:]); {
		case n > 0:
			i += n
		case isBlank(f.data[i]):
			i++
		case f.data[i] == '#':
			for i < len(f.data) && breakAt(f.data[i:]) == 0 {
				i++
			}
		default:
			return i
		}
	}
	return i
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// noValue is the reason why a key with nothing behind it is not filled: where
// the value would have to go is a matter of taste and comments.
const noValue = "it has no value yet"

// unclear is the reason where the parser's word and the bytes do not agree.
const unclear = "its place in the file cannot be told for certain"

// span returns the bytes of the scalar n, with its quotes and without anchor
// and tag, or the reason why they cannot be replaced. That these bytes are n is
// proven by verify, after the edit.
func (f *file) span(n *yaml.Node) (start, end int, reason string) {
	start, ok := f.offset(n.Line, n.Column)
	if !ok {
		return 0, 0, unclear
	}
	start = f.skipProperties(start)
	rest := f.data[start:]
	length := 0
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.LiteralStyle, yaml.FoldedStyle:
		return 0, 0, "it is a block of text (| or >)"
	case yaml.DoubleQuotedStyle:
		length = quotedLength(rest, '"')
	case yaml.SingleQuotedStyle:
		length = quotedLength(rest, '\'')
	default:
		if n.Value == "" {
			return 0, 0, noValue
		}
		if !bytes.HasPrefix(rest, []byte(n.Value)) {
			return 0, 0, "its value runs over several lines"
		}
		length = len(n.Value)
	}
	text := rest[:length]
	if hasBreak(text) {
		return 0, 0, "its value runs over several lines"
	}
	if length == 0 {
		return 0, 0, unclear
	}
	return start, start + length, ""
}

// quotedLength returns the length of the quoted scalar at the beginning of
// data, 0 if there is none.
func quotedLength(data []byte, mark byte) int {
	if len(data) == 0 || data[0] != mark {
		return 0
	}
	for i := 1; i < len(data); i++ {
		switch {
		case data[i] == '\\' && mark == '"':
			i++
		case data[i] == mark && mark == '\'' && i+1 < len(data) && data[i+1] == mark:
			i++
		case data[i] == mark:
			return i + 1
		}
	}
	return 0
}

func hasBreak(text []byte) bool {
	for _, br := range lineBreaks {
		if bytes.Contains(text, []byte(br)) {
			return true
		}
	}
	return false
}

// describe names the kind of a node for a sentence.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "empty"
		}
		return "a single value (" + strings.TrimPrefix(n.Tag, "!!") + ")"
	default:
		return "nothing"
	}
}
