package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
	"github.com/changebot/changebot/gitops/turn"
)

// asJSON prints an answer for programs; where there is none, the error.
func asJSON(w io.Writer, a api.Answer, err error) error {
	if err != nil {
		message, next := wordsOf(err)
		code := string(gitops.CodeOf(err))
		if e, ok := errors.AsType[*api.Error](err); ok {
			code = e.Code
		}
		switch exitCode(err) {
		case exitUnknown:
			code = api.CodeUnauthenticated
		case exitUnreachable, exitStillOpen:
			code = string(gitops.Unavailable)
		case exitMisused:
			code = string(gitops.Invalid)
		}
		a = api.Answer{Error: &api.Error{Code: code, Message: message, Next: next}}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return errors.Join(encoder.Encode(a), err)
}

// asText prints an answer for people.
func asText(w io.Writer, a api.Answer) {
	switch {
	case a.Change != nil:
		printChange(w, *a.Change)
	case a.Table != nil:
		printTable(w, *a.Table)
	case a.Diff != nil:
		printDiff(w, *a.Diff)
	case a.Help != nil:
		fmt.Fprintln(w, "environments:", plain(strings.Join(a.Help.Environments, ", ")))
		fmt.Fprintln(w, "applications:", plain(strings.Join(a.Help.Applications, ", ")))
	}
}

func printChange(w io.Writer, c api.Change) {
	fmt.Fprintf(w, "#%s  %s: %s\n", c.ID, plain(c.Text), c.State)
	for _, t := range c.Targets {
		version := strings.NewReplacer("{old}", plain(t.Old), "{new}", plain(t.New)).Replace(gitops.Kind(c.Kind).Words().Runs)
		fmt.Fprintf(w, "  %s/%s  %s", plain(t.Application), plain(t.Environment), version)
		if t.State != "" {
			fmt.Fprintf(w, "  %s  %s", t.State, plain(t.Waiting))
		}
		fmt.Fprintln(w)
		for _, f := range t.Failures {
			fmt.Fprintf(w, "    %s: %s\n", plain(f.Resource), plain(f.Message))
		}
	}
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(w, "  %s: %s\n", label, plain(text))
		}
	}
	if c.PullRequest != nil {
		line("pull request", c.PullRequest.URL)
	}
	for _, d := range c.Decisions {
		if d.Counts {
			line(cmp.Or(d.Name, d.Person), strings.Trim(d.Answer+"  "+d.Reason, " "))
		}
	}
	for _, o := range c.Overlaps {
		line("overlaps", "#"+o.Change+": "+o.What)
	}
	line("why", c.Reason)
	line("asks", c.Question)
	line("now", now(c))
	line("next", cmp.Or(c.Next, c.Turn.Next))
}

// now says whose turn it is, and what keeps the change back; empty where it
// has ended.
func now(c api.Change) string {
	who := c.Turn.Who
	switch {
	case len(c.Turn.Names) > 0:
		who = gitops.OrList(c.Turn.Names)
	case len(c.Turn.People) > 0: // a server of before
		who = gitops.OrList(c.Turn.People)
	}
	waits := cmp.Or(c.Turn.Waits, map[string]string{
		"plan": "works out the edits", "judge": "asks the policy", "merge": "merges", "sync": "asks Argo CD to apply it", "settle": "brings it to life", "close": "closes it",
	}[c.Turn.Act])
	text := waits + ": " + who
	switch {
	case c.Ended:
		return ""
	case c.Turn.Waits == "" && (waits == "" || c.Turn.Blocker != ""):
		text = "waits for " + who
	case c.Turn.Waits == "":
		text = who + " " + waits
	}
	if c.Turn.Blocker != "" && c.Turn.Blocker != c.Reason { // the reason stands there already
		text += "; blocked: " + c.Turn.Blocker
	}
	return text
}

func printTable(w io.Writer, t api.Table) {
	fmt.Fprintln(w, plain(t.Title))
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(t.Rows) > 0 {
		var heads []string
		for _, c := range t.Columns {
			heads = append(heads, strings.ToUpper(strings.ReplaceAll(plain(c), "_", " ")))
		}
		fmt.Fprintln(columns, strings.Join(heads, "\t"))
	}
	for _, row := range t.Rows {
		var cells []string
		for _, c := range t.Columns {
			cells = append(cells, plain(row[c]))
		}
		fmt.Fprintln(columns, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	_ = columns.Flush() // standard output is gone, then
	for _, note := range t.Notes {
		fmt.Fprintln(w, plain(note))
	}
}

func printDiff(w io.Writer, d api.Diff) {
	file := ""
	for _, e := range d.Edits {
		if e.Path != file {
			file = e.Path
			fmt.Fprintln(w, plain(file))
		}
		goes, comes := e.Lines()
		if goes != "" {
			fmt.Fprintln(w, "- "+plain(goes))
		}
		if comes != "" {
			fmt.Fprintln(w, "+ "+plain(comes))
		}
		for line := range strings.Lines(e.Diff) {
			fmt.Fprintln(w, "    "+plain(strings.TrimSuffix(line, "\n")))
		}
	}
	if len(d.Edits) == 0 {
		fmt.Fprintf(w, "#%s edits nothing; it is %s.\n", d.Change, d.State)
	}
}

// plain takes from others' text what would act on a terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return unicode.ReplacementChar
		default:
			return r
		}
	}, text)
}

// plainLines does the same, line by line.
func plainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = plain(lines[i])
	}
	return strings.Join(lines, "\n")
}

// A teller writes what happens to a change, each thing once.
type teller struct {
	w     io.Writer
	seq   int64
	waits string
}

func (t *teller) tell(c api.Change) {
	for _, e := range c.Journal {
		if e.Seq <= t.seq {
			continue
		}
		t.seq = e.Seq
		who := ""
		if e.Actor != "changebot" {
			who = cmp.Or(e.Name, e.Actor) + " "
		}
		t.line(e.At, who+e.Text)
	}
	waits := ""
	if c.Turn.Who == string(turn.People) || c.Turn.Blocker != "" {
		waits = strings.TrimSpace(c.Question + " " + now(c)) // machines' turns are in the journal soon
	}
	if waits != t.waits && waits != "" {
		t.line(time.Now(), waits)
	}
	t.waits = waits
}

func (t *teller) line(at time.Time, text string) {
	fmt.Fprintf(t.w, "%s  %s\n", at.Local().Format(time.TimeOnly), plain(text))
}
