package slack

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/changebot/changebot/notifier"
)

// userID is what a Slack user id looks like; nothing else becomes a mention.
var userID = regexp.MustCompile(`^[UW][A-Z0-9]{1,20}$`)

// channelID is what a channel's id looks like; nothing else becomes its name.
var channelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,20}$`)

// escape takes the meaning from Slack's three special characters, and so from
// mentions, links and @channel.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// oneLine folds what would start a new line, or a block of code, into one line.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " "), "`", "'")
}

// mrkdwn writes a span. room is how many characters it may take; only words
// are cut.
func mrkdwn(s notifier.Span, room int) string {
	cut := func(wrap string) string {
		words := fit(oneLine(s.Words), room-2*len(wrap))
		inner := strings.TrimSpace(words)
		if inner == "" {
			return words
		}
		before, after, _ := strings.Cut(words, inner) // Slack marks nothing that begins or ends with a space
		return before + wrap + inner + wrap + after
	}
	switch s.Kind {
	case notifier.Bold:
		s.Words = strings.ReplaceAll(s.Words, "*", "∗")
		return cut("*")
	case notifier.Code:
		return cut("`")
	case notifier.Link:
		target := strings.ReplaceAll(escape(s.URL), "|", "%7C")
		words := fit(strings.ReplaceAll(oneLine(s.Words), "|", "¦"), room-len(target)-3)
		return "<" + target + "|" + words + ">"
	case notifier.Mention:
		if userID.MatchString(s.Person.Slack) {
			return "<@" + s.Person.Slack + ">"
		}
		return fit(oneLine(s.Person.Name), room)
	case notifier.Room:
		if channelID.MatchString(s.Room) {
			return "<#" + s.Room + ">"
		}
		return cut("")
	case notifier.Date:
		const form = "2006-01-02 15:04 MST"
		return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", s.At.Unix(), s.At.UTC().Format(form))
	default:
		return cut("")
	}
}

// fit escapes words and cuts them to a number of characters, never inside an
// escape.
func fit(words string, room int) string {
	words = strings.ToValidUTF8(words, "\uFFFD")
	if utf8.RuneCountInString(words) <= room {
		if escaped := escape(words); utf8.RuneCountInString(escaped) <= room {
			return escaped
		}
	}
	end, used := 0, 1 // the ellipsis
	for i, r := range words {
		if used += width(r); used > room {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return escape(words[:end]) + "…"
}

// width is how many characters a character takes once it is escaped.
func width(r rune) int {
	switch r {
	case '&':
		return len("&amp;")
	case '<', '>':
		return len("&lt;")
	default:
		return 1
	}
}

// lineText writes a Text within a number of characters.
func lineText(t notifier.Text, room int) string {
	var b strings.Builder
	used := 0
	for _, s := range t {
		piece := mrkdwn(s, max(room-used, 1))
		n := utf8.RuneCountInString(piece)
		if used+n > room {
			b.WriteString("…")
			break
		}
		used += n
		b.WriteString(piece)
	}
	return b.String()
}

// linesText writes a paragraph within a number of characters, and says how
// many lines did not fit.
func linesText(lines []notifier.Text, room int) string {
	const more = 30 // characters kept for "and N more"
	var out []string
	used := 0
	for i, l := range lines {
		text := lineText(l, room-more)
		n := utf8.RuneCountInString(text) + 1
		if used+n > room-more && i > 0 {
			out = append(out, fmt.Sprintf("and %d more", len(lines)-i))
			break
		}
		used += n
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// codeText writes a block of code within a number of characters.
func codeText(code string, room int) string {
	const around = 40 // characters kept for the fences and "and N more lines"
	lines := strings.Split(strings.ReplaceAll(code, "```", "'''"), "\n")
	var out []string
	used := 0
	for i, l := range lines {
		text := fit(l, room-around)
		n := utf8.RuneCountInString(text) + 1
		if used+n > room-around && i > 0 {
			out = append(out, fmt.Sprintf("and %d more lines", len(lines)-i))
			break
		}
		used += n
		out = append(out, text)
	}
	return "```\n" + strings.Join(out, "\n") + "\n```"
}
