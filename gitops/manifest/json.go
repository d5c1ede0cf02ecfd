package manifest

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
)

// JSON is read as YAML, which it nearly is: two of its escapes are not. The
// parser gets stand-ins of the same length for them, and the strings get their
// meaning from encoding/json afterwards.

// isJSON reports whether data is one JSON object or array, so that what is
// written into it must be JSON too.
func isJSON(data []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[') && json.Valid(text)
}

// standIn returns JSON with the escapes replaced that YAML does not have, \/
// and the halves of surrogate pairs, and whether there were any. In JSON a
// backslash stands in strings only.
func standIn(data []byte) (replaced []byte, any bool) {
	for i := 0; i+1 < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		i++
		switch {
		case data[i] == '/':
			replaced, any = own(replaced, data), true
			replaced[i] = 't'
		case data[i] == 'u' && (data[i+1] == 'd' || data[i+1] == 'D') && data[i+2] >= '8':
			replaced, any = own(replaced, data), true
			copy(replaced[i:], "u0009")
		}
	}
	if !any {
		return data, false
	}
	return replaced, true
}

// own returns a copy of data, the one that is there already if there is.
func own(replaced, data []byte) []byte {
	if replaced == nil {
		return bytes.Clone(data)
	}
	return replaced
}

// meanings gives the strings below n, which was parsed from a stand-in of data,
// what they say in data, and returns data behind the last of them. The strings
// of JSON are its only quotes, and come in the order of the tree.
func meanings(n *yaml.Node, data []byte) []byte {
	if n.Kind == yaml.ScalarNode && n.Style&yaml.DoubleQuotedStyle != 0 {
		data = data[max(bytes.IndexByte(data, '"'), 0):]
		raw := data[:quotedLength(data, '"')]
		var text string
		if json.Unmarshal(raw, &text) == nil {
			n.Value = text
		}
		return data[len(raw):]
	}
	for _, child := range n.Content {
		data = meanings(child, data)
	}
	return data
}

// jsonString writes a version or an image as a JSON string, with slashes
// escaped as they were.
func jsonString(value, raw string) string {
	if strings.Contains(raw, `\/`) {
		value = strings.ReplaceAll(value, "/", `\/`)
	}
	return `"` + value + `"`
}
