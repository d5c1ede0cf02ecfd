package notifier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// A Message is what one post says: parts, from top to bottom. Its first line
// is what a notification shows.
type Message []Part

// A Part is one piece of a Message; exactly one of its fields is set.
type Part struct {
	Lines   []Text   // a paragraph
	Small   Text     // small print
	Code    string   // verbatim, in a fixed width; lines are separated by \n
	Buttons []Button // side by side
}

// A Button lets people act from a message.
type Button struct {
	Action  Action
	Label   string
	Style   Style
	Value   string // opaque to the chat; see ButtonValue
	Confirm string // a question asked before it counts; empty asks nothing
	URL     string // where it leads, for ActionOpen
}

// An Action is what a Button asks for.
type Action string

// The actions. Reject and Form open a dialog first; Open leads to a page and
// asks for nothing; the others are pressed and done.
const (
	ActionApprove  Action = "approve"
	ActionReject   Action = "reject"
	ActionCancel   Action = "cancel"
	ActionConfirm  Action = "confirm"
	ActionRollback Action = "rollback"
	ActionForm     Action = "form"
	ActionOpen     Action = "open"
)

// Style is how much a Button draws the eye.
type Style string

// The styles. The zero one is quiet.
const (
	Primary Style = "primary"
	Danger  Style = "danger"
)

// ButtonValue names a Change and the proposal that a button speaks of. It
// carries no decision: everything else comes from the store.
func ButtonValue(change, token string) string { return change + " " + token }

var buttonValue = regexp.MustCompile(`^(c-[0-9a-z]{1,52}) ([0-9a-f]{1,64})$`)

// ParseButtonValue reads what ButtonValue wrote, and nothing else.
func ParseButtonValue(value string) (change, token string, ok bool) {
	found := buttonValue.FindStringSubmatch(value)
	if found == nil {
		return "", "", false
	}
	return found[1], found[2], true
}

func paragraph(lines ...Text) Part { return Part{Lines: lines} }

// Hash tells contents apart: equal messages have equal hashes.
func (m Message) Hash() string {
	data, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("a message is plain data: %v", err)) // impossible
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}

// Summary is the message's first line without markup, for notifications and
// screen readers.
func (m Message) Summary() string {
	for _, p := range m {
		if len(p.Lines) > 0 {
			return p.Lines[0].String()
		}
	}
	return ""
}

// String returns the whole message as plain text, buttons in brackets.
func (m Message) String() string {
	var b strings.Builder
	for _, p := range m {
		for _, l := range p.Lines {
			b.WriteString(l.String() + "\n")
		}
		if len(p.Small) > 0 {
			b.WriteString("  " + p.Small.String() + "\n")
		}
		if p.Code != "" {
			b.WriteString("  │ " + strings.ReplaceAll(p.Code, "\n", "\n  │ ") + "\n")
		}
		for i, button := range p.Buttons {
			if i > 0 {
				b.WriteString(" ")
			}
			b.WriteString("[" + button.Label + "]")
		}
		if len(p.Buttons) > 0 {
			b.WriteString("\n")
		}
	}
	return b.String()
}
