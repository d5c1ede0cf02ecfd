package pages

import (
	"fmt"
	"strconv"
	"strings"
)

// Line is one line of a diff.
type Line struct {
	Kind     string // add, del, ctx, hunk
	Old, New string // line numbers, empty where there is none
	Text     string
}

// Diff splits a patch (from the first @@ on) into lines with their numbers.
func Diff(patch string) []Line {
	if patch == "" {
		return nil
	}
	var lines []Line
	var before, after int
	for _, text := range strings.Split(patch, "\n") {
		mark := byte(' ')
		if text != "" {
			mark = text[0]
		}
		switch mark {
		case '@':
			before, after = hunk(text)
			lines = append(lines, Line{Kind: "hunk", Text: text})
		case '+':
			lines = append(lines, Line{Kind: "add", New: strconv.Itoa(after), Text: text})
			after++
		case '-':
			lines = append(lines, Line{Kind: "del", Old: strconv.Itoa(before), Text: text})
			before++
		case '\\':
			lines = append(lines, Line{Kind: "hunk", Text: text})
		default:
			lines = append(lines, Line{Kind: "ctx", Old: strconv.Itoa(before), New: strconv.Itoa(after), Text: text})
			before++
			after++
		}
	}
	return lines
}

// hunk reads the first line numbers of "@@ -1,3 +1,4 @@".
func hunk(text string) (before, after int) {
	f := strings.Fields(text)
	if len(f) >= 3 {
		_, _ = fmt.Sscanf(f[1], "-%d", &before) // git wrote it: a number is there
		_, _ = fmt.Sscanf(f[2], "+%d", &after)
	}
	return before, after
}
