package gitops

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// DiffCut begins the last line of a diff that does not show everything.
const DiffCut = "… "

const (
	diffContext = 2       // lines around what changes
	diffCells   = 1 << 20 // pairs of lines that are compared: both files of 1,000 lines
	diffLine    = 300     // bytes of a line that are shown
)

// LineDiff shows what goes and what comes between two contents of a file: each
// line with its mark, a few lines around them, and "@@ line n @@" where lines
// are left out. It has at most so many bytes; what is cut, and what is no text,
// says so in a line that begins with DiffCut.
func LineDiff(before, after []byte, most int) string {
	if !isText(before) || !isText(after) {
		return DiffCut + "no text\n"
	}
	a, b := splitLines(before), splitLines(after)
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	midA, midB := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(midA)*len(midB) > diffCells {
		return fmt.Sprintf("%smore than can be shown: %d lines out, %d in\n", DiffCut, len(midA), len(midB))
	}
	var script []diffed
	for _, line := range a[:head] {
		script = append(script, diffed{' ', line})
	}
	script = append(script, align(midA, midB)...)
	for _, line := range a[len(a)-tail:] {
		script = append(script, diffed{' ', line})
	}
	return printDiff(script, most)
}

// A diffed is a line with its mark: ' ', '-' or '+'.
type diffed struct {
	mark byte
	line string
}

// align finds the longest common subsequence of two lists of lines.
func align(a, b []string) []diffed {
	width := len(b) + 1
	common := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i*width+j] = common[(i+1)*width+j+1] + 1
			} else {
				common[i*width+j] = max(common[(i+1)*width+j], common[i*width+j+1])
			}
		}
	}
	var script []diffed
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			script = append(script, diffed{' ', a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[(i+1)*width+j] >= common[i*width+j+1]:
			script = append(script, diffed{'-', a[i]})
			i++
		default:
			script = append(script, diffed{'+', b[j]})
			j++
		}
	}
	return script
}

func printDiff(script []diffed, most int) string {
	near := make([]bool, len(script))
	for i, d := range script {
		if d.mark != ' ' {
			for k := max(0, i-diffContext); k <= min(len(script)-1, i+diffContext); k++ {
				near[k] = true
			}
		}
	}
	var out strings.Builder
	number := 0 // in the file as it comes, or where nothing comes, as it was
	for i, d := range script {
		if d.mark != '-' {
			number++
		}
		if !near[i] {
			continue
		}
		line := string(d.mark) + cutLine(d.line) + "\n"
		if i > 0 && !near[i-1] {
			line = fmt.Sprintf("@@ line %d @@\n", max(1, number)) + line
		}
		if out.Len()+len(line) > most {
			rest := slices.IndexFunc(script[i:], func(d diffed) bool { return d.mark != ' ' })
			if rest >= 0 {
				out.WriteString(DiffCut + "the rest of this file is in the pull request\n")
			}
			break
		}
		out.WriteString(line)
	}
	return out.String()
}

// splitLines cuts at \n alone; a \r stays where it is, shown as a sign.
func splitLines(data []byte) []string {
	var lines []string
	for line := range bytes.Lines(data) {
		text, ended := strings.CutSuffix(string(line), "\n")
		if !ended {
			text += " (no newline at the end)"
		}
		lines = append(lines, text)
	}
	return lines
}

func cutLine(line string) string {
	line = strings.ReplaceAll(line, "\r", "␍")
	if len(line) > diffLine {
		line = strings.ToValidUTF8(line[:diffLine], "") + "…"
	}
	return line
}

func isText(data []byte) bool { return utf8.Valid(data) && !bytes.ContainsRune(data, 0) }
