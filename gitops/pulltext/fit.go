package pulltext

import (
	"regexp"
	"strings"
)

// wasCut stands where a body was cut.
const wasCut = "\n*(cut: the whole list is in the files of this pull request)*\n"

// fitted joins the parts of a body within so many bytes. Of one that is too long
// most is cut from the middle, and every part keeps some of it: what versions it
// is about, and who asked and how to go back.
func fitted(head, middle, end string, room int) string {
	if len(head)+len(middle)+len(end) <= room {
		return head + middle + end
	}
	head, end = shortened(head, room/2), shortened(end, room/4)
	return head + shortened(middle, room-len(head)-len(end)) + end
}

// shortened cuts a text between two lines, so that it and the words that say so
// have at most so many bytes, and ends what it was cut in.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	var b strings.Builder
	var in layout
	for line := range strings.Lines(text) {
		after := in.after(strings.TrimSuffix(line, "\n"))
		if b.Len()+len(line)+len(after.ending())+len(wasCut) > most {
			break
		}
		b.WriteString(line)
		in = after
	}
	return b.String() + in.ending() + wasCut
}

var codeSpans = regexp.MustCompile("`[^`]*`")

// layout is what a line of a body stands in.
type layout struct {
	fence string // that ends the block of code, if it is one
	folds int
}

// after is the layout behind a line.
func (l layout) after(line string) layout {
	switch {
	case l.fence != "":
		if line == l.fence {
			l.fence = ""
		}
	case strings.HasPrefix(line, "```"):
		l.fence = line[:len(line)-len(strings.TrimLeft(line, "`"))]
	default:
		line = codeSpans.ReplaceAllString(line, "") // which a name may fill with anything
		l.folds = max(0, l.folds+strings.Count(line, "<details>")-strings.Count(line, "</details>"))
	}
	return l
}

// ending ends what a line stands in.
func (l layout) ending() string {
	text := strings.Repeat("\n</details>\n", l.folds)
	if l.fence != "" {
		return l.fence + "\n" + text
	}
	return text
}
