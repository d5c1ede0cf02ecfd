package manifest

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// cursor is a node and the way that led there. It goes through aliases and
// merge keys as every reader of YAML does, and remembers it in fixed.
type cursor struct {
	file  *file
	doc   int
	path  string       // printed, as in images[2].newTag; "" at the root
	node  *yaml.Node   // never an alias
	line  int          // where node, or the alias or merge key that stands for it,
	col   int          // is written
	trail []*yaml.Node // the nodes above, outermost first
	fixed string       // why nothing from here on can be edited; "" if it can

	instead string // what to do about it, where that is not to write the value out
}

// roots returns a cursor on the root of each document.
func (f *file) roots() []cursor {
	var roots []cursor
	for i, doc := range f.docs {
		if len(doc.Content) == 1 {
			roots = append(roots, cursor{file: f, doc: i}.to("", doc.Content[0]))
		}
	}
	return roots
}

// to moves to n, which lies at path.
func (c cursor) to(path string, n *yaml.Node) cursor {
	if c.node != nil {
		c.trail = append(slices.Clip(c.trail), c.node)
	}
	c.path, c.line, c.col = path, n.Line, n.Column
	if n.Kind == yaml.AliasNode {
		c.fixed = fmt.Sprintf("it is the alias *%s of a value on line %d, which may be used elsewhere too", cut(n.Value), n.Alias.Line)
		n = n.Alias
	}
	c.node = n
	return c
}

// at returns the path for a message.
func (c cursor) at() string {
	if c.path == "" {
		return "the document"
	}
	return c.path
}

// key moves to the value of a key, if there is one. A key that is there twice
// is refused.
func (c cursor) key(key string) (cursor, bool, error) {
	return c.lookup(key, map[*yaml.Node]bool{})
}

// lookup is key with the maps that were searched already: merge keys can lead
// in circles.
func (c cursor) lookup(key string, searched map[*yaml.Node]bool) (cursor, bool, error) {
	if c.node.Kind != yaml.MappingNode || searched[c.node] {
		return c, false, nil
	}
	searched[c.node] = true
	var found *yaml.Node
	var at int // where in the map
	for i := 0; i+1 < len(c.node.Content); i += 2 {
		k, value := c.node.Content[i], c.node.Content[i+1]
		if !isKey(k, key) {
			continue
		}
		if found != nil {
			return c, false, refuse(keyPath(c.path, key), k.Line,
				fmt.Sprintf("the key is there twice, first on line %d", found.Line), "Remove one of the two.")
		}
		found, at = value, i
	}
	var is cursor
	if found != nil {
		is = c.to(keyPath(c.path, key), found)
	}
	// Before a key a merge key changes nothing. Behind it, it decides for some
	// readers, as the last of several does.
	for i := at; i+1 < len(c.node.Content); i += 2 {
		if c.node.Content[i].Tag != "!!merge" {
			continue
		}
		v, ok, err := c.merged(key, c.node.Content[i+1], searched)
		switch {
		case err != nil:
			return c, false, err
		case ok && is.node != nil:
			return c, false, refuse(is.path, is.line, fmt.Sprintf("a merge key (<<) on line %d brings it as well, and which of the two counts depends on who reads it", v.line),
				"Leave it in one of the two.")
		case ok:
			is = v
		}
	}
	if is.node == nil {
		return c, false, nil
	}
	return is, true, nil
}

// merged looks key up in what a merge key brings: a map or a list of maps.
func (c cursor) merged(key string, source *yaml.Node, searched map[*yaml.Node]bool) (cursor, bool, error) {
	line, col := source.Line, source.Column
	if source.Kind == yaml.AliasNode {
		source = source.Alias
	}
	sources := []*yaml.Node{source}
	if source.Kind == yaml.SequenceNode {
		sources = source.Content
	}
	for _, s := range sources {
		from := c.to(c.path, s)
		v, ok, err := from.lookup(key, searched)
		if err != nil {
			return c, false, err
		}
		if ok {
			v.line, v.col = line, col
			v.fixed = fmt.Sprintf("it comes from a merge key (<<) on line %d", line)
			return v, true, nil
		}
	}
	return c, false, nil
}

func isKey(n *yaml.Node, key string) bool {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n.Kind == yaml.ScalarNode && n.Value == key && n.Tag != "!!merge"
}

// items returns a cursor on each item of a list, none for anything else.
func (c cursor) items() []cursor {
	if c.node.Kind != yaml.SequenceNode {
		return nil
	}
	items := make([]cursor, len(c.node.Content))
	for i, n := range c.node.Content {
		items[i] = c.to(indexPath(c.path, i), n)
	}
	return items
}

// text returns the text of the scalar below key, "" if there is none.
func (c cursor) text(key string) (string, error) {
	v, ok, err := c.key(key)
	if err != nil || !ok || v.node.Kind != yaml.ScalarNode {
		return "", err
	}
	return textOf(v.node), nil
}

// textOf returns what stands in a scalar, "" for null. It is the text as
// written: 1.10 is "1.10", whatever number a reader would make of it.
func textOf(n *yaml.Node) string {
	if n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// follow goes along steps. Where the way ends it says at which step and why.
func (c cursor) follow(steps []step) (cursor, error) {
	for i, s := range steps {
		next, ok, err := c.take(s)
		if err != nil {
			return c, err
		}
		if !ok {
			return c, c.noSuch(steps[i:])
		}
		c = next
	}
	return c, nil
}

func (c cursor) take(s step) (cursor, bool, error) {
	switch s.kind {
	case intoIndex:
		if items := c.items(); s.index < len(items) {
			return items[s.index], true, nil
		}
		return c, false, nil
	case intoItem:
		return c.item(s.key, s.value)
	default:
		return c.key(s.key)
	}
}

// item moves to the one item whose key has value.
func (c cursor) item(key, value string) (found cursor, ok bool, err error) {
	for _, item := range c.items() {
		text, err := item.text(key)
		if err != nil {
			return c, false, err
		}
		if text != value {
			continue
		}
		if ok {
			return c, false, refuse(item.path, item.line, fmt.Sprintf("%s has the same %s", found.path, key), "Give each its own, or name the item by its number.")
		}
		found, ok = item, true
	}
	return found, ok, nil
}

// noSuch is the error for a path whose remaining steps lead nowhere from c.
func (c cursor) noSuch(rest []step) error {
	const next = "Correct the path, or add the field by hand: a missing field is never invented."
	want := printStep(c.path, rest[0])
	if whole := dotted(rest); len(rest) > 1 && whole != "" {
		if _, ok, _ := c.key(whole); ok {
			return notFound(fmt.Sprintf("If that key is meant, write the path as %s.", keyPath(c.path, whole)),
				"There is no %s; %s (line %d) has one key spelled %s instead of nested maps.", want, c.at(), c.line, quote(whole))
		}
	}
	if c.node.Kind != yaml.MappingNode && c.node.Kind != yaml.SequenceNode {
		return notFound(next, "There is no %s: %s (line %d) is %s.", want, c.at(), c.line, describe(c.node))
	}
	return notFound(next, "There is no %s: %s (line %d) does not have it.", want, c.at(), c.line)
}

func printStep(parent string, s step) string {
	switch s.kind {
	case intoIndex:
		return indexPath(parent, s.index)
	case intoItem:
		return fmt.Sprintf("%s[%s=%s]", parent, s.key, s.value)
	default:
		return keyPath(parent, s.key)
	}
}
