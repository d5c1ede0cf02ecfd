package manifest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// drawn is a manifest: where the version is, and the text with a hole for each
// of its tags and digests.
type drawn struct {
	at   Locator
	text string
}

const (
	tagHole    = "\x01"
	digestHole = "\x02"
)

// with returns the manifest at a version.
func (d drawn) with(v Version) []byte {
	return []byte(strings.NewReplacer(tagHole, v.Tag, digestHole, v.Digest).Replace(d.text))
}

// branch is a part of a manifest before it is decided how it is written: a
// text, or a map or list of branches.
type branch struct {
	key  string
	kind byte // t, m or l
	text string
	kids []branch
}

func leaf(key, text string) branch              { return branch{key: key, kind: 't', text: text} }
func tree(key string, kids ...branch) branch    { return branch{key: key, kind: 'm', kids: kids} }
func listOf(key string, items ...branch) branch { return branch{key: key, kind: 'l', kids: items} }

// at wraps b in maps: at(b, "x", "y") is x: {y: b}.
func at(b branch, keys ...string) branch {
	for i := len(keys) - 1; i >= 0; i-- {
		b = tree(keys[i], b)
	}
	return b
}

// pen writes branches in whatever style it draws.
type pen struct {
	*rapid.T
	json     bool
	indent   int
	dash     int
	gap      int
	noises   int
	anchored int
}

func (p *pen) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(p.T, label)
}
func (p *pen) chance(label string, one int) bool {
	return rapid.IntRange(0, one-1).Draw(p.T, label) == one-1
}

// drawManifest draws how the root is written: the lines around, quotes, comments,
// indents, flow or block style, line endings, other documents.
func drawManifest(t *rapid.T, root branch) string {
	p := &pen{T: t, json: rapid.IntRange(0, 9).Draw(t, "json") == 0}
	if p.json {
		return p.pick("byte order mark", "", "\ufeff") + p.flow(root, p.pick("colon", ":", ": "), p.pick("comma", ",", ", ", ",\n\t")) + p.pick("end", "", "\n", "\r\n")
	}
	p.indent, p.dash, p.gap = rapid.IntRange(1, 4).Draw(t, "indent"), rapid.IntRange(0, 2).Draw(t, "dash"), rapid.IntRange(1, 3).Draw(t, "gap")
	heads := []string{"", "", "---\n", "# head\n", "%YAML 1.1\n---\n", "\n\n", "# other\n---\n"}
	if isObject(root) {
		heads = append(heads, "other: 1\n---\n")
	}
	text := p.pick("head", heads...)
	if p.chance("all flow", 10) {
		text += p.flow(root, ": ", p.pick("comma", ", ", ",", ",\n   ")) + p.comment() + "\n"
	} else {
		text += strings.Join(p.blockMap(root.kids), "\n") + "\n"
	}
	text += p.pick("tail", "", "", "...\n", "---\nother: 2\n", "# tail", "\n\n")
	if p.chance("no final newline", 4) {
		text = strings.TrimRight(text, "\n")
	}
	text = strings.ReplaceAll(text, "\n", p.pick("line ending", "\n", "\n", "\r\n"))
	if strings.HasPrefix(text, "%") {
		return text
	}
	return p.pick("byte order mark", "", "", "", "\ufeff") + text
}

// isObject says that root is read wherever it stands in its file: of all else
// the first document is.
func isObject(root branch) bool {
	return slices.ContainsFunc(root.kids, func(b branch) bool { return b.key == "kind" && b.text != "Kustomization" })
}

func (p *pen) blockMap(kids []branch) []string {
	var lines []string
	for _, kid := range rapid.Permutation(kids).Draw(p.T, "order") {
		lines = append(lines, p.noise()...)
		key := p.quoted(kid.key, "key") + ":"
		switch {
		case kid.kind == 't':
			lines = append(lines, key+p.pick("gap", " ", " ", "   ", " \t")+p.properties("", "!!str ")+p.quoted(kid.text, "quotes")+p.comment())
		case p.chance("flow", 4):
			lines = append(lines, key+" "+p.properties("")+p.flow(kid, ": ", p.pick("comma", ", ", ",", " , "))+p.comment())
		case len(kid.kids) == 0:
			lines = append(lines, key+p.comment())
		case kid.kind == 'm':
			lines = append(append(lines, strings.TrimRight(key+" "+p.properties(""), " ")+p.comment()), indented(p.blockMap(kid.kids), p.indent)...)
		default:
			lines = append(append(lines, key+p.comment()), indented(p.blockList(kid.kids), p.dash)...)
		}
	}
	return append(lines, p.noise()...)
}

func (p *pen) blockList(items []branch) []string {
	var lines []string
	for _, item := range items {
		text := []string{p.flow(item, ": ", ", ") + p.comment()}
		if item.kind == 'm' && !p.chance("flow", 4) {
			text = p.blockMap(item.kids)
		}
		text = indented(text, 1+p.gap)
		text[0] = "-" + text[0][1:]
		lines = append(lines, text...)
	}
	return lines
}

func (p *pen) flow(b branch, colon, comma string) string {
	if b.kind == 't' {
		return p.quoted(b.text, "quotes")
	}
	var entries []string
	for _, kid := range b.kids {
		entry := p.flow(kid, colon, comma)
		if b.kind == 'm' {
			entry = p.quoted(kid.key, "key") + colon + entry
		}
		entries = append(entries, entry)
	}
	brackets, end := "{}", ""
	if b.kind == 'l' {
		brackets = "[]"
	}
	if !p.json && len(entries) > 0 {
		end = p.pick("end", "", "", " ", ", ")
	}
	return brackets[:1] + strings.Join(entries, comma) + end + brackets[1:]
}

func (p *pen) quoted(text, label string) string {
	quotes := `"`
	if !p.json {
		quotes = p.pick(label, "", "", "", "'", `"`)
	}
	return quotes + text + quotes
}

func (p *pen) comment() string {
	return p.pick("comment", "", "", "", " # v1", "   #", "\t# ü 🚢")
}

// properties draws an anchor that nobody uses, or one of the others.
func (p *pen) properties(others ...string) string {
	if p.chance("anchor", 8) {
		p.anchored++
		return fmt.Sprintf("&a%d ", p.anchored)
	}
	return p.pick("properties", others...)
}

// noise draws lines that have nothing to do with the version.
func (p *pen) noise() []string {
	if !p.chance("noise", 3) {
		return nil
	}
	p.noises++
	line := p.pick("line",
		"KEY: v1", "KEY: 'it''s'   # why", `KEY: "\t\u00fc: # no comment"`, "KEY: 1.10", "KEY: [a, {b: c}, 'd']", "KEY: {tag: v1, image: {tag: v1}}",
		"KEY: !!str 007", "KEY: &KEY v1", "KEY: |\n  tag: v1\n\n  # text\n", "KEY: >-\n  folded\n   more\n", "KEY: |+\n  kept\n", "KEY:\n- a # 1\n-   b\n- {c: d}", "KEY:\n  tag: v1\n  deep: {}",
		"? KEY\n: v1", "'KEY': ~", "\"KEY\": 🚢 ü", "KEY:", "", "# a comment", "  # an indented one", "#", "KEY: plain text\n  over two lines", "KEY: 2024-01-01",
		"KEY: 'tabs\there'\t# and\there", "KEYa: &KEY {a: b}\nKEYb: *KEY", "KEYa: &KEY {a: b}\nKEYb:\n  <<: *KEY\n  c: d")
	return strings.Split(strings.ReplaceAll(line, "KEY", fmt.Sprintf("n%d", p.noises)), "\n")
}
