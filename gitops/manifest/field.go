package manifest

import (
	"cmp"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

// Field is one scalar in one file: where it stands and what it says.
type Field struct {
	Document int    // which document of the file, from 0
	Object   string // what tells it from the others, as in Deployment/cart; empty where nothing needs to
	Path     string // for people, as in images[2].newTag
	Line     int    // from 1
	Column   int    // in characters, from 1, of the value's first one (a quote, if it has any)
	Start    int    // the value's span of bytes in the file, quotes included,
	End      int    // anchor and tag not; both 0 where Editable is not nil
	Raw      string // the text of that span
	Value    string // what it says: the text without quotes, "" for null

	refusal *gitops.Error
}

// Name is the Path, behind the Object where there is one: no two fields of a
// file have the same.
func (f Field) Name() string {
	if f.Object == "" {
		return f.Path
	}
	return f.Object + " " + f.Path
}

// Editable returns nil where the value can be replaced safely, else the Unsafe
// error that says why not: the value is an alias, is shared with another place
// by an anchor, comes from a merge key, is a block or runs over several lines.
func (f Field) Editable() error {
	if f.refusal == nil {
		return nil
	}
	return f.refusal
}

// target is a Field with what is needed to replace it.
type target struct {
	Field
	node  *yaml.Node
	trail []*yaml.Node // the containers above, outermost first
	json  bool         // the file is JSON

	block  *block // the block in whose text it is, or nil
	inside span   // where in that text
}

// span is a range of bytes.
type span struct{ start, end int }

// target makes a target of the scalar under the cursor. Anything but a scalar,
// and a scalar that only a template can fill, is refused.
func (c cursor) target() (target, error) {
	n := c.node
	if n.Kind != yaml.ScalarNode {
		return target{}, refuse(c.at(), c.line, "it is "+describe(n)+", not a single value", "Name the field inside it that holds the version.")
	}
	t := target{node: n, trail: c.trail, json: c.file.json, Field: Field{
		Document: c.doc, Object: c.file.documentName(c.doc), Path: c.at(), Line: c.line, Column: c.col, Value: textOf(n),
	}}
	start, end, reason := c.file.span(n)
	next := "Write the value on one line, in the place where it is used."
	if reason == noValue {
		next = `Write "" there by hand once.`
	}
	if c.fixed != "" {
		reason, next = c.fixed, cmp.Or(c.instead, next)
	} else if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str" {
		reason, next = fmt.Sprintf("it has the tag %s", quote(n.Tag)), "Remove the tag."
	} else if user := c.sharedBy(); reason == "" && user != nil {
		reason = fmt.Sprintf("the anchor &%s repeats it on line %d, and the edit would change both", cut(user.Value), user.Line)
		next = "Write the value out in both places."
	}
	if reason != "" {
		t.refusal = refuse(c.at(), c.line, reason, next)
		return t, nil
	}
	t.Start, t.End, t.Raw = start, end, string(c.file.data[start:end])
	t.Line, t.Column = c.file.position(start, n.Line)
	if t.block = c.file.within; t.block != nil && !t.block.lift(&t) {
		t.refusal = refuse(c.at(), t.Line, unclear, next)
	}
	return t, nil
}

// sharedBy returns an alias through which the scalar under the cursor appears
// in another place as well, nil if there is none.
func (c cursor) sharedBy() *yaml.Node {
	anchored := map[*yaml.Node]bool{}
	for _, n := range append([]*yaml.Node{c.node}, c.trail...) {
		if n.Anchor != "" {
			anchored[n] = true
		}
	}
	if len(anchored) == 0 {
		return nil
	}
	for _, doc := range c.file.docs {
		if alias := findAlias(doc, anchored); alias != nil {
			return alias
		}
	}
	return nil
}

func findAlias(n *yaml.Node, of map[*yaml.Node]bool) *yaml.Node {
	if n.Kind == yaml.AliasNode && of[n.Alias] {
		return n
	}
	for _, child := range n.Content {
		if alias := findAlias(child, of); alias != nil {
			return alias
		}
	}
	return nil
}
