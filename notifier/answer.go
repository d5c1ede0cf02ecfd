package notifier

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/changebot/changebot/gitops"
)

// Answer is what a person hears at once. A Reply that says nothing becomes no
// message: the Change's own says it all.
func Answer(r gitops.Reply) Message {
	switch {
	case r.Refusal != nil:
		return refusal(r.Refusal)
	case r.Question != nil:
		return question(r.Question)
	case r.Table != nil:
		return table(r.Table)
	case r.Text != "":
		return Message{paragraph(say(r.Text))}
	default:
		return nil
	}
}

// refusal says what happened and what to do; never a Go error.
func refusal(e *gitops.Error) Message {
	mark := "🚫 "
	switch e.Code {
	case gitops.Invalid, gitops.NotFound:
		mark = "🤔 "
	case gitops.Unavailable:
		mark = "⏳ "
	case gitops.Internal:
		mark = "💥 "
	}
	lines := []Text{line(say(mark), inRooms(gitops.Sentence(e.Message), e.Rooms))}
	if e.Next != "" {
		lines = append(lines, say(gitops.Sentence(e.Next)))
	}
	return Message{{Lines: lines}}
}

// maxValue is how long a button's value may be, in bytes; the narrowest chat
// takes 2,000 characters.
const maxValue = 1900

// question asks for what is missing, by words or, for a change, by a form with
// all that was understood. The form of a question would be a change.
func question(q *gitops.Question) Message {
	if kind := q.Draft.Kind; kind != "" && !kind.Changes() {
		return Message{paragraph(say("🤔 "+q.Text), say("Say it again with that."))}
	}
	return Message{
		paragraph(say("🤔 "+q.Text), say("Say it again with that, or fill in the form.")),
		{Buttons: []Button{{Action: ActionForm, Label: "Fill in the form", Style: Primary, Value: FormValue(q.Draft)}}},
	}
}

// FormValue keeps what was understood of a sentence in the button that opens
// the form. It is no decision: what is submitted is heard like any sentence.
func FormValue(draft gitops.Command) string {
	value, err := json.Marshal(draft)
	if err == nil && len(value) <= maxValue {
		return string(value)
	}
	draft.Because, draft.Applications = "", nil // the person fills them in anew
	value, err = json.Marshal(draft)
	if err != nil || len(value) > maxValue {
		return ""
	}
	return string(value)
}

// ParseFormValue reads what FormValue wrote; whatever else it is given is an
// empty form.
func ParseFormValue(value string) gitops.Command {
	var draft gitops.Command
	if json.Unmarshal([]byte(value), &draft) != nil {
		return gitops.Command{}
	}
	return draft
}

// The size of a table: more does not fit into one block of a chat, and nobody
// reads it there.
const (
	maxTable = 2500 // runes
	maxCell  = 40   // runes
)

// table sets rows in columns of a fixed width.
func table(t *gitops.Table) Message {
	m := Message{paragraph(bold(t.Title))}
	if len(t.Rows) > 0 {
		m = append(m, Part{Code: columns(t)})
	}
	for _, note := range t.Notes {
		m = append(m, Part{Small: say(note)})
	}
	return m
}

func columns(t *gitops.Table) string {
	rows := [][]string{cells(t.Columns)}
	for _, r := range t.Rows {
		rows = append(rows, cells(r))
	}
	widths := make([]int, len(t.Columns))
	for _, r := range rows {
		for i := range min(len(r), len(widths)) {
			widths[i] = max(widths[i], utf8.RuneCountInString(r[i]))
		}
	}
	var lines []string
	size := 0
	for i, r := range rows {
		l := aligned(r, widths)
		if size += utf8.RuneCountInString(l) + 1; size > maxTable {
			lines = append(lines, more(len(rows)-i))
			break
		}
		lines = append(lines, l)
	}
	return strings.Join(lines, "\n")
}

func aligned(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row[:min(len(row), len(widths))] {
		b.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
	}
	return strings.TrimRight(b.String(), " ")
}

// cells are what fits: one line each, not too long.
func cells(row []string) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		runes := []rune(strings.Join(strings.Fields(cell), " "))
		if len(runes) > maxCell {
			runes = append(runes[:maxCell-1], '…')
		}
		out[i] = string(runes)
	}
	return out
}
