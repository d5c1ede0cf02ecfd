package notifier

import (
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/pulltext"
)

// A File is a text that stands whole beside a message: what is cut in a card is
// complete here, and what is spread over a thread is in one piece.
type File struct {
	Name string // no other file of the workspace has it: it is what the file is found by
	Text string // never empty
}

// keyFile begins the key of a message with a File. What was attached stays,
// even where it no longer holds: it is evidence.
const keyFile = "file:"

// files are what a Change's thread carries: the diff of each proposal, and, at
// the end, the log. A Change that came to no edits has neither.
func files(v View) []Spec {
	c := v.Change
	if len(c.Plan.Edits) == 0 {
		return nil
	}
	room := To{Channel: c.Request.Room.Channel, Thread: c.Request.Room.Thread}
	attach := func(name, text string, words Text) Spec {
		return Spec{
			Key: keyFile + name, To: room, Under: keyLive,
			Message: Message{paragraph(words)}, File: &File{Name: name, Text: text},
		}
	}
	specs := []Spec{attach(c.ID+"-"+c.Plan.Digest.Short()+".diff", diffFile(c),
		say("The whole diff, digest "+c.Plan.Digest.Short()+". An approval covers exactly this."))}
	if whole := pulltext.RenderedFile(c.Plan.Rendered); whole != "" {
		specs = append(specs, attach(c.ID+"-"+c.Plan.Digest.Short()+"-rendered.diff", whole,
			say("What it does to the rendered manifests: "+pulltext.RenderedSummary(c.Plan.Rendered)+".")))
	}
	if c.State.Ended() {
		specs = append(specs, attach(c.ID+"-log.txt", logFile(v), say("The log, from the request to the end.")))
	}
	return specs
}

// diffFile writes every edit, in a form that is coloured as a diff.
func diffFile(c gitops.Change) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, #%s\n# digest %s\n", what(c), c.ID, c.Plan.Digest)
	place := ""
	for _, e := range c.Plan.Edits {
		if here := e.Repository + " " + e.Branch + " " + e.Path; here != place {
			place = here
			from, to := "a/"+e.Path, "b/"+e.Path
			switch e.Kind {
			case gitops.EditAdd, gitops.EditHold:
				from = "/dev/null"
			case gitops.EditDelete, gitops.EditLift:
				to = "/dev/null"
			}
			fmt.Fprintf(&b, "\n# %s\n--- %s\n+++ %s\n", strings.TrimSpace(e.Repository+" "+e.Branch), from, to)
		}
		if e.WholeFile() {
			goes, comes := e.Lines()
			fmt.Fprintf(&b, "%s%s%s", marked("# ", goes), marked("# ", comes), e.Diff)
			continue
		}
		fmt.Fprintf(&b, "@@ %s @@\n%s%s", e.Field, marked("-", e.Old), marked("+", e.New))
	}
	return b.String()
}

// marked puts a mark before every line; nothing is no line.
func marked(mark, text string) string {
	if text == "" {
		return ""
	}
	return mark + strings.ReplaceAll(text, "\n", "\n"+mark) + "\n"
}

// logFile writes the journal as it is at the end, but for the messages in chat:
// those are seen beside it.
func logFile(v View) string {
	c := v.Change
	var b strings.Builder
	fmt.Fprintf(&b, "%s, #%s\nasked by %s", what(c), c.ID, nameOf(c.Request.Requester))
	if because := c.Request.Command.Because; because != "" {
		fmt.Fprintf(&b, " because %s", because)
	}
	b.WriteString("\n\n")
	last := ""
	for _, e := range v.Entries {
		last = e.Hash
		if strings.HasPrefix(e.Key, keyPost) {
			continue
		}
		fmt.Fprintf(&b, "%s  %-10s  %-10s  %s\n", e.At.UTC().Format("2006-01-02 15:04:05.000Z"), e.Kind, e.Actor, logText(e))
	}
	fmt.Fprintf(&b, "\n%d entries; the hash of the last is %s\n", len(v.Entries), last)
	return b.String()
}

// logText is one line, whatever was typed.
func logText(e gitops.Entry) string {
	text := e.Text
	if text == "" {
		text = e.Key
	}
	return strings.Join(strings.Fields(text), " ")
}
