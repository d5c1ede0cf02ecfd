package manifest

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// block is YAML within YAML: a string whose text is a document of its own, as
// helm.values of an Argo CD Application. What is found in it can be edited where
// the string is a literal block (|), because there each line of the text is a
// line of the file behind some indent. Any other string can be read only.
//
// An edit is proven on both levels: the text is spliced and verified as a file
// by itself, and the file must then have exactly this text in the block.
type block struct {
	in   *file      // where the string is
	node *yaml.Node // the string
	text *file      // its text, with pad before it
	pad  int        // line breaks before the text, so that it has the line numbers of the file
}

// maxBlocks bounds the work for one file: each block is parsed with as many
// line breaks before it as the file has.
const maxBlocks = 10

// inside moves to the root of the document that is the text of the string
// under the cursor.
func (c cursor) inside() (cursor, error) {
	if c.node.Kind != yaml.ScalarNode || textOf(c.node) == "" {
		return c, notFound("Correct the path, or add the field by hand: a missing field is never invented.",
			"%s (line %d) holds no YAML: it is %s.", c.at(), c.line, describe(c.node))
	}
	if len(c.file.blocks) == maxBlocks && c.file.blocks[c.node] == nil {
		return c, refuse(c.at(), c.line, fmt.Sprintf("more than %d strings of the file hold YAML", maxBlocks), "Say in the catalogue which object is meant, or split the file.")
	}
	b, err := c.file.block(c.node)
	if err != nil {
		return c, refuse(c.at(), c.line, "the YAML in it cannot be read: "+strings.TrimSuffix(err.Error(), "."), "Correct it.")
	}
	roots := b.text.roots()
	if len(roots) != 1 {
		return c, refuse(c.at(), c.line, fmt.Sprintf("it holds %d documents", len(roots)), "Leave one.")
	}
	root := roots[0]
	root.path, root.doc, root.fixed, root.instead = c.path, c.doc, c.fixed, c.instead
	if user := c.sharedBy(); root.fixed == "" && user != nil {
		root.fixed = fmt.Sprintf("the anchor &%s repeats the text around it on line %d, and the edit would change both", cut(user.Value), user.Line)
	}
	if root.fixed == "" && !literal(c.node) {
		root.fixed = "it stands in a string that is no literal block (|), so its bytes in the file cannot be told for certain"
		root.instead = "Write the text as a literal block, or as a map under valuesObject."
	}
	return root, nil
}

func literal(n *yaml.Node) bool {
	return n.Style&yaml.LiteralStyle != 0 && n.Tag == "!!str"
}

// block returns the block of n, always the same for one node: several edits in
// it compose.
func (f *file) block(n *yaml.Node) (*block, error) {
	if b := f.blocks[n]; b != nil {
		return b, nil
	}
	b := &block{in: f, node: n}
	if literal(n) {
		if start, ok := f.offset(n.Line, n.Column); ok {
			b.pad, _ = f.position(f.skipProperties(start), n.Line)
		}
	}
	text, err := open([]byte(strings.Repeat("\n", b.pad) + n.Value))
	if err != nil {
		return nil, err
	}
	text.within, b.text = b, text
	if b.pad == 0 { // the lines of the text are not those of the file
		for _, doc := range text.docs {
			onLine(doc, n.Line)
		}
	}
	if f.blocks == nil {
		f.blocks = map[*yaml.Node]*block{}
	}
	f.blocks[n] = b
	return b, nil
}

func onLine(n *yaml.Node, line int) {
	n.Line = line
	for _, child := range n.Content {
		onLine(child, line)
	}
}

// lift turns the span of t, which lies in the text, into that in the file. It
// reports false where the two do not agree on the line.
func (b *block) lift(t *target) bool {
	if t.Line > len(b.in.lines) {
		return false
	}
	inner, outer := b.text.line(t.Line), b.in.line(t.Line)
	indent := len(outer) - len(inner)
	if indent < 0 || !bytes.Equal(outer[indent:], inner) || len(bytes.Trim(outer[:indent], " ")) > 0 {
		return false
	}
	t.inside = span{t.Start, t.End}
	shift := b.in.lines[t.Line-1] + indent - b.text.lines[t.Line-1]
	t.Start, t.End, t.Column = t.Start+shift, t.End+shift, t.Column+indent
	return true
}

// line returns the text of a line, counted from 1, without its break.
func (f *file) line(n int) []byte {
	rest := f.data[f.lines[n-1]:]
	for i := range rest {
		if breakAt(rest[i:]) > 0 {
			return rest[:i]
		}
	}
	return rest
}

// edited returns the text with the replacements made, as one replacement of
// the whole string, once it is proven that nothing else in it changes.
func (b *block) edited(all []replacement) (replacement, error) {
	inside := make([]replacement, len(all))
	for i, r := range all {
		r.target.Start, r.target.End, r.target.block = r.target.inside.start, r.target.inside.end, nil
		inside[i] = r
	}
	text := b.text.splice(inside)
	return replacement{target: target{node: b.node}, value: string(text[b.pad:]), style: b.node.Style}, b.text.verify(text, inside)
}

// wholeScalars returns all with those inside a block as one replacement of its
// text.
func wholeScalars(all []replacement) ([]replacement, error) {
	var whole []replacement
	inside := map[*block][]replacement{}
	for _, r := range all {
		if b := r.target.block; b != nil {
			inside[b] = append(inside[b], r)
		} else {
			whole = append(whole, r)
		}
	}
	for b, within := range inside {
		r, err := b.edited(within)
		if err != nil {
			return nil, err
		}
		whole = append(whole, r)
	}
	return whole, nil
}
