package pages

import (
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"
)

// Markdown renders a small subset of GitHub's Markdown: headings, paragraphs,
// lists, tables, quotes, fenced code, rules, <details>, and inline code, bold,
// italic, links to http(s) and characters written as &#58;, which mark nothing
// up. Everything else, all other HTML but <code> included, is shown as text;
// HTML comments are left out.
func Markdown(text string) template.HTML {
	text = comment.ReplaceAllString(strings.ReplaceAll(text, "\r\n", "\n"), "")
	var b strings.Builder
	blocks(&b, strings.Split(text, "\n"), 0)
	return template.HTML(b.String())
}

var (
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	heading = regexp.MustCompile(`^(#{1,6})\s+(.*?)\s*#*$`)
	bullet  = regexp.MustCompile(`^\s*[-*+]\s+(.*)$`)
	ordered = regexp.MustCompile(`^\s*\d+[.)]\s+(.*)$`)
	ruler   = regexp.MustCompile(`^\s*(-\s*){3,}$|^\s*(\*\s*){3,}$`)
	divider = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$`)
	link    = regexp.MustCompile(`\[([^\[\]]+)\]\((https?://[^\s()]+)\)|https?://[^\s<>()]+[^\s<>().,;:!?]`)
	coded   = regexp.MustCompile("\\[`([^`\\[\\]]+)`\\]\\((https?://[^\\s()]+)\\)")
	bold    = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	italic  = regexp.MustCompile(`(^|[\s(])[*_]([^*_\s][^*_]*)[*_]`)
	entity  = regexp.MustCompile(`&amp;#\d{1,6};`)
	tt      = regexp.MustCompile(`&lt;code&gt;(.*?)&lt;/code&gt;`)
	folds   = regexp.MustCompile(`(?i)^\s*<details( open)?>\s*(?:<summary>(.*?)</summary>)?\s*$`)
	summary = regexp.MustCompile(`(?i)^\s*<summary>(.*?)</summary>\s*$`)
	closing = regexp.MustCompile(`(?i)^\s*</details>\s*$`)
)

// maxDepth bounds folds within folds and quotes within quotes.
const maxDepth = 8

func blocks(b *strings.Builder, lines []string, depth int) {
	for i := 0; i < len(lines); {
		line := lines[i]
		n := 1
		switch {
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "```"):
			n = fence(b, lines[i:])
		case folds.MatchString(line) && depth < maxDepth:
			n = details(b, lines[i:], depth)
		case heading.MatchString(line):
			m := heading.FindStringSubmatch(line)
			level := strconv.Itoa(len(m[1]))
			b.WriteString("<h" + level + ">" + inline(m[2]) + "</h" + level + ">\n")
		case ruler.MatchString(line):
			b.WriteString("<hr>\n")
		case strings.HasPrefix(line, ">") && depth < maxDepth:
			n = quote(b, lines[i:], depth)
		case strings.Contains(line, "|") && i+1 < len(lines) && divider.MatchString(lines[i+1]):
			n = table(b, lines[i:])
		case bullet.MatchString(line):
			n = list(b, lines[i:], "ul", bullet)
		case ordered.MatchString(line):
			n = list(b, lines[i:], "ol", ordered)
		default:
			n = paragraph(b, lines[i:])
		}
		i += n
	}
}

// Each of the following writes one block and returns its number of lines.

func fence(b *strings.Builder, lines []string) int {
	kind := ""
	if strings.HasPrefix(lines[0], "```diff") {
		kind = ` class="diff"`
	}
	b.WriteString("<pre" + kind + ">")
	for i, line := range lines[1:] {
		if strings.HasPrefix(line, "```") {
			b.WriteString("</pre>\n")
			return i + 2
		}
		text := html.EscapeString(line)
		if kind != "" && line != "" {
			if class := map[byte]string{'+': "add", '-': "del", '@': "hunk"}[line[0]]; class != "" {
				text = `<span class="` + class + `">` + text + "</span>"
			}
		}
		b.WriteString(text + "\n")
	}
	b.WriteString("</pre>\n")
	return len(lines)
}

func details(b *strings.Builder, lines []string, depth int) int {
	m := folds.FindStringSubmatch(lines[0])
	open, title, start := m[1], m[2], 1
	if title == "" && len(lines) > 1 && summary.MatchString(lines[1]) {
		title, start = summary.FindStringSubmatch(lines[1])[1], 2
	}
	if title == "" {
		title = "Details"
	}
	end, nested := len(lines), 1
	for i := start; i < len(lines); i++ {
		if folds.MatchString(lines[i]) {
			nested++
		} else if closing.MatchString(lines[i]) {
			nested--
		}
		if nested == 0 {
			end = i
			break
		}
	}
	b.WriteString("<details" + strings.ToLower(open) + "><summary>" + inline(title) + "</summary>\n")
	blocks(b, lines[start:end], depth+1)
	b.WriteString("</details>\n")
	return min(end+1, len(lines))
}

func quote(b *strings.Builder, lines []string, depth int) int {
	var inner []string
	for _, line := range lines {
		if !strings.HasPrefix(line, ">") {
			break
		}
		inner = append(inner, strings.TrimPrefix(line[1:], " "))
	}
	b.WriteString("<blockquote>")
	blocks(b, inner, depth+1)
	b.WriteString("</blockquote>\n")
	return len(inner)
}

func table(b *strings.Builder, lines []string) int {
	row := func(line, cell string) {
		b.WriteString("<tr>")
		line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
		for _, text := range strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|") {
			text = strings.ReplaceAll(strings.TrimSpace(text), "\x00", "|")
			b.WriteString("<" + cell + ">" + inline(text) + "</" + cell + ">")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table><thead>")
	row(lines[0], "th")
	b.WriteString("</thead><tbody>")
	n := 2
	for ; n < len(lines) && strings.Contains(lines[n], "|"); n++ {
		row(lines[n], "td")
	}
	b.WriteString("</tbody></table>\n")
	return n
}

func list(b *strings.Builder, lines []string, tag string, item *regexp.Regexp) int {
	b.WriteString("<" + tag + ">\n")
	n := 0
	for ; n < len(lines) && item.MatchString(lines[n]); n++ {
		text := item.FindStringSubmatch(lines[n])[1]
		box := ""
		if rest, found := strings.CutPrefix(text, "[ ] "); found {
			box, text = "☐ ", rest
		} else if rest, found := strings.CutPrefix(text, "[x] "); found {
			box, text = "☑ ", rest
		}
		b.WriteString("<li>" + box + inline(text) + "</li>\n")
	}
	b.WriteString("</" + tag + ">\n")
	return n
}

func paragraph(b *strings.Builder, lines []string) int {
	n := 1
	for n < len(lines) && strings.TrimSpace(lines[n]) != "" && !strings.HasPrefix(lines[n], "```") &&
		!folds.MatchString(lines[n]) && !closing.MatchString(lines[n]) && !bullet.MatchString(lines[n]) {
		n++
	}
	b.WriteString("<p>" + inline(strings.Join(lines[:n], "\n")) + "</p>\n")
	return n
}

// inline escapes a text, then marks code, links, bold and italic in it.
func inline(text string) string {
	var b strings.Builder
	rest := 0
	for _, m := range coded.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(spans(text[rest:m[0]]))
		b.WriteString(anchor(text[m[4]:m[5]], "<code>"+html.EscapeString(text[m[2]:m[3]])+"</code>"))
		rest = m[1]
	}
	b.WriteString(spans(text[rest:]))
	return b.String()
}

// spans is for text without links whose words are code.
func spans(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		switch {
		case i%2 == 1 && strings.Count(text, "`") > i:
			b.WriteString("<code>" + html.EscapeString(part) + "</code>")
		case i%2 == 1: // a lone backtick
			b.WriteString("`" + prose(part))
		default:
			b.WriteString(prose(part))
		}
	}
	return b.String()
}

func prose(text string) string {
	var b strings.Builder
	rest := text
	for _, m := range link.FindAllStringSubmatchIndex(text, -1) {
		before := text[len(text)-len(rest) : m[0]]
		b.WriteString(emphasis(before))
		label, target := text[m[0]:m[1]], text[m[0]:m[1]]
		if m[2] >= 0 {
			label, target = text[m[2]:m[3]], text[m[4]:m[5]]
		}
		b.WriteString(anchor(target, entities(html.EscapeString(label))))
		rest = text[m[1]:]
	}
	b.WriteString(emphasis(rest))
	return b.String()
}

func anchor(target, label string) string {
	return `<a href="` + html.EscapeString(target) + `" target="_top" rel="noopener noreferrer">` + label + "</a>"
}

func emphasis(text string) string {
	text = bold.ReplaceAllString(html.EscapeString(text), "<strong>$1</strong>")
	text = italic.ReplaceAllString(text, "$1<em>$2</em>")
	return entities(tt.ReplaceAllString(text, "<code>$1</code>"))
}

// entities turns escaped references to characters into the characters. It comes
// last: what is written so never marks anything up.
func entities(escaped string) string {
	return entity.ReplaceAllStringFunc(escaped, func(ref string) string {
		return html.EscapeString(html.UnescapeString("&" + strings.TrimPrefix(ref, "&amp;")))
	})
}
