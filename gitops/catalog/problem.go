package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// A Problem is one thing that is wrong with the catalogue, or that its author
// should know.
type Problem struct {
	File    string // path in the repository
	Line    int    // from 1
	Column  int    // from 1, in characters
	Path    string // the field: "access[0].who[1]"; empty for the whole file
	Message string // what is wrong, a sentence
	Next    string // what to write instead, a sentence; empty where Message says it all
	Warning bool   // the catalogue works, but perhaps not as meant
}

// String returns "file:line:column: path: message next", as editors and
// terminals make a link of it.
func (p Problem) String() string {
	text := fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Warning {
		text += "warning: "
	}
	if p.Path != "" {
		text += p.Path + ": "
	}
	return strings.TrimSpace(text + p.Message + " " + p.Next)
}

// Problems are all that was found, in the order of the file. As an error they
// are the cause behind the gitops.Invalid error that Reader.At answers, for
// tools that want more than its text.
type Problems []Problem

// Error returns one line for each Problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// refusing returns the ones that are not warnings.
func (ps Problems) refusing() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

// shown is how many Problems a person is told at once; the rest is counted.
const shown = 20

// refusal makes the error of Problems that refuse the file.
func (ps Problems) refusal(repository, commit string) *gitops.Error {
	count := fmt.Sprintf("%d problems", len(ps))
	if len(ps) == 1 {
		count = "a problem"
	}
	text := fmt.Sprintf("%s of %s at %s has %s:", File, repository, short(commit), count)
	for _, p := range ps[:min(len(ps), shown)] {
		text += "\n" + p.String()
	}
	if rest := len(ps) - shown; rest > 0 {
		text += fmt.Sprintf("\nand %d more", rest)
	}
	return &gitops.Error{
		Code:    gitops.Invalid,
		Message: text,
		Next:    "Correct the file on the base branch; until then nothing in this repository is changed.",
		Err:     ps,
	}
}

// order sorts by position; what is at one position stays in the order found.
func (ps Problems) order() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func short(commit string) string { return commit[:min(len(commit), 7)] }
