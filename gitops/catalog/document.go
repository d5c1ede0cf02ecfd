package catalog

import (
	"bytes"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A document is the file taken apart: its values as a JSON schema sees them,
// where each of them stands, and what was wrong so far. Values are named by
// JSON pointers, "/access/0/who".
type document struct {
	root     *yaml.Node
	value    any
	values   map[string]*yaml.Node
	keys     map[string]*yaml.Node
	problems Problems
	noted    map[bool]int    // how many problems, and (true) how many warnings
	unsound  map[string]bool // sections whose form is wrong; "" is the whole file
}

// mostProblems bounds what is noted, of problems that refuse the file and of
// warnings each, so that many of the one do not hide the other.
const mostProblems = 200

// parse takes the YAML apart. Problems of it are in the document; without a
// root there is nothing to go on with.
func parse(data []byte) *document {
	d := &document{
		values:  map[string]*yaml.Node{},
		keys:    map[string]*yaml.Node{},
		noted:   map[bool]int{},
		unsound: map[string]bool{},
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var top yaml.Node
	switch err := decoder.Decode(&top); {
	case errors.Is(err, io.EOF):
		d.at(1, 1, "The file is empty.", "manifests/example in changebot's repository has one to begin with.")
		return d
	case err != nil:
		d.syntax(err)
		return d
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		d.at(second.Line, second.Column, "A second document begins here.", "Remove the line --- and what follows it.")
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
		return d
	}
	d.root = top.Content[0]
	d.value = d.convert("", d.root)
	return d
}

// at notes a Problem of the file as a whole.
func (d *document) at(line, column int, message, next string) {
	d.problems = append(d.problems, Problem{File: File, Line: max(line, 1), Column: max(column, 1), Message: message, Next: next})
}

// yamlLine matches the position in the YAML library's errors, its only form.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func (d *document) syntax(err error) {
	line := 1
	text := err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	d.at(line, 1, "This is not YAML: "+strings.TrimSpace(text)+".", "Look at this line and the one before it.")
}

// problem notes what is wrong with the value at a pointer.
func (d *document) problem(pointer, message, next string) {
	d.add(d.values[pointer], pointer, message, next, false)
}

// misshapen notes that the value at a pointer has the wrong form.
func (d *document) misshapen(pointer, message, next string) {
	d.problem(pointer, message, next)
	d.blame(pointer)
}

// blame notes that the section a pointer leads into cannot be relied on.
func (d *document) blame(pointer string) {
	section, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	d.unsound[section] = true
}

// warning notes what the author should know of the value at a pointer.
func (d *document) warning(pointer, message, next string) {
	d.add(d.values[pointer], pointer, message, next, true)
}

func (d *document) add(node *yaml.Node, pointer, message, next string, warning bool) {
	if d.noted[warning] >= mostProblems {
		return
	}
	d.noted[warning]++
	p := Problem{File: File, Line: 1, Column: 1, Path: fieldPath(pointer), Message: message, Next: next, Warning: warning}
	if node != nil {
		p.Line, p.Column = max(node.Line, 1), max(node.Column, 1)
	}
	d.problems = append(d.problems, p)
}

// sound says whether sections had the right form, so that names they declare
// can be relied on.
func (d *document) sound(sections ...string) bool {
	for _, s := range sections {
		if d.unsound[s] {
			return false
		}
	}
	return !d.unsound[""]
}

// convert makes of a node what JSON would have. Aliases, merge keys and tags
// are refused: the file shall say in each place what holds there, and a
// document without aliases cannot grow when it is read.
func (d *document) convert(pointer string, n *yaml.Node) any {
	d.values[pointer] = n
	switch n.Kind {
	case yaml.MappingNode:
		return d.mapping(pointer, n)
	case yaml.SequenceNode:
		items := make([]any, len(n.Content))
		for i, item := range n.Content {
			items[i] = d.convert(pointer+"/"+strconv.Itoa(i), item)
		}
		return items
	case yaml.ScalarNode:
		return d.scalar(pointer, n)
	default:
		d.misshapen(pointer, "Aliases (*name) are not read here.", "Write the value out.")
		d.unsound[""] = true
		return nil
	}
}

func (d *document) mapping(pointer string, n *yaml.Node) any {
	object := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			d.problem(pointer, "A key on line "+strconv.Itoa(key.Line)+" is not text.", "Write it in quotes; aliases and << are not read here.")
			d.unsound[""] = true
			continue
		}
		child := pointer + "/" + escape(key.Value)
		if first, twice := d.keys[child]; twice {
			d.add(key, child, quote(key.Value)+" stands here a second time.", "The first is on line "+strconv.Itoa(first.Line)+"; keep one of them.", false)
			d.unsound[""] = true
			continue
		}
		d.keys[child] = key
		object[key.Value] = d.convert(child, value)
	}
	return object
}

func (d *document) scalar(pointer string, n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return n.Value
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err == nil && !isInfinite(v) {
			return v
		}
	}
	d.problem(pointer, quote(n.Value)+" is of a kind that is not read here.", "Write plain text, in quotes where it looks like something else.")
	d.unsound[""] = true
	return nil
}

func isInfinite(v any) bool {
	f, ok := v.(float64)
	return ok && (math.IsInf(f, 0) || math.IsNaN(f))
}

// escape makes a key a part of a JSON pointer.
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// fieldPath writes a JSON pointer as people write paths: access[0].who.
func fieldPath(pointer string) string {
	var path strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if _, err := strconv.Atoi(part); err == nil {
			path.WriteString("[" + part + "]")
			continue
		}
		if path.Len() > 0 {
			path.WriteString(".")
		}
		if runes := []rune(part); len(runes) > 60 {
			part = string(runes[:60]) + "…"
		}
		path.WriteString(strings.Trim(strconv.Quote(part), `"`))
	}
	return path.String()
}
