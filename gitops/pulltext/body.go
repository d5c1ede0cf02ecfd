package pulltext

import (
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// maxBody is what a forge takes as a body, in characters: GitHub's limit is
// 65,536, and the block must never be cut.
const maxBody = 60000

// Body is the text of a Change's pull request: the table of versions, the
// exact edits and what they do to the rendered manifests, the evidence, what
// the policy waits for, who asked and why, how to roll back, and the signed
// block.
func Body(c gitops.Change, key ed25519.PrivateKey) (string, error) {
	block, err := Block(c, key)
	if err != nil {
		return "", err
	}
	var head, middle, end strings.Builder
	versionTable(&head, c)
	included(&head, c.Plan.Included)
	diff(&middle, c)
	rendered(&middle, c.Plan.Rendered)
	list(&middle, "Evidence", c.Plan.SpeaksInFull())
	policy(&middle, c)
	asked(&end, c)
	undoing(&end, c)
	return fitted(head.String(), middle.String(), end.String(), maxBody-len(block)) + "\n" + block, nil
}

func versionTable(b *strings.Builder, c gitops.Change) {
	b.WriteString("| Application | Environment | Runs now | Will run |\n| --- | --- | --- | --- |\n")
	for _, s := range c.Plan.Targets {
		besides := Escape(s.Besides())
		if besides != "" {
			besides = ", " + besides
		}
		fmt.Fprintf(b, "| %s | %s | `%s` | `%s`%s |\n", Escape(s.Target.Application), Escape(s.Target.Environment), code(s.Old.String()), code(s.New.String()), besides)
	}
}

func diff(b *strings.Builder, c gitops.Change) {
	b.WriteString("\n<details><summary>Exact edits (digest <code>" + c.Plan.Digest.Short() + "</code>)</summary>\n\n")
	fmt.Fprintf(b, "%s\n%s%s\n\n</details>\n", "```diff", EditsAsDiff(c.Plan.Edits), "```")
}

// EditsAsDiff writes edits as the lines of a diff, for reading.
func EditsAsDiff(edits []gitops.Edit) string {
	var b strings.Builder
	path := ""
	for _, e := range edits {
		if e.Path != path {
			path = e.Path
			fmt.Fprintf(&b, "@@ %s @@\n", oneLine(path))
		}
		goes, comes := e.Lines()
		if goes != "" {
			fmt.Fprintf(&b, "- %s\n", oneLine(goes))
		}
		if comes != "" {
			fmt.Fprintf(&b, "+ %s\n", oneLine(comes))
		}
	}
	return strings.ReplaceAll(b.String(), "```", "'''")
}

func list(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n**%s**\n", title)
	for _, l := range lines {
		fmt.Fprintf(b, "- %s\n", Escape(l))
	}
}

func policy(b *strings.Builder, c gitops.Change) {
	if c.Verdict.Rule == "" {
		return
	}
	var lines []string
	said := map[string]bool{} // one rule says the same of every application that it is about
	var walk func(v gitops.Verdict)
	walk = func(v gitops.Verdict) {
		text := fmt.Sprintf("%s: %s, %s", v.Rule, v.Outcome, v.Reason)
		if len(v.Rules) == 0 && !said[text] {
			said[text] = true
			lines = append(lines, text)
		}
		for _, r := range v.Rules {
			walk(r)
		}
	}
	walk(c.Verdict)
	list(b, "Policy", lines)
}

func asked(b *strings.Builder, c gitops.Change) {
	q := c.Request
	fmt.Fprintf(b, "\n**Requested by** %s", Escape(q.Requester.Name))
	switch {
	case q.Room.API:
		b.WriteString(" by API")
	case q.Room.Name != "":
		fmt.Fprintf(b, " in #%s", Escape(q.Room.Name))
	}
	if q.Command.Because != "" {
		fmt.Fprintf(b, ", because %s", Escape(oneLine(q.Command.Because)))
	}
	b.WriteString(".\n\nReviews of linked people count here as in chat. Merging is changebot's: it merges exactly the commit that was approved.\n")
}

// undoing says how to go back to what ran before, with versions as a sentence
// can name them. There is no button for that in the thread of a rollback.
func undoing(b *strings.Builder, c gitops.Change) {
	var say string
	for _, s := range c.Plan.Targets {
		if old := s.Old.Full(); old != "" && !s.OnlyLifts && s.Restarted == "" {
			say += fmt.Sprintf("- `rollback %s in %s to version %s`\n", code(s.Target.Application), code(s.Target.Environment), code(old))
		}
	}
	press := c.Request.Command.Kind.Returns()
	switch {
	case press && say != "":
		b.WriteString("\n**How to roll back:** press *Roll back* in the thread of this change, or say, with `because` and your reason behind it:\n\n" + say)
	case press:
		b.WriteString("\n**How to roll back:** press *Roll back* in the thread of this change.\n")
	case say != "":
		b.WriteString("\n**How to go back to what ran before:** say, with `because` and your reason behind it:\n\n" + say)
	}
}

// Escape makes a stranger's text plain in GitHub's Markdown: no mark-up, no
// mention, no reference, no link.
func Escape(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>()#+!|~&", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case r == '@':
			b.WriteString("@\u200b") // a mention needs the name right behind the sign
		case r == ':':
			b.WriteString("&#58;") // neither emoji nor an autolink's scheme
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code makes a text safe between single backticks in a table.
func code(s string) string {
	return strings.NewReplacer("`", "'", "|", "¦").Replace(oneLine(s))
}
