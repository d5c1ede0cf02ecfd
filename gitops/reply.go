package gitops

// A Reply is what a person hears at once when they said or pressed something.
// One of its fields is set; a zero Reply means that the Change's own message
// says it all.
type Reply struct {
	Change   string // id of the Change the words became
	Text     string // one or two sentences
	Refusal  *Error
	Table    *Table
	Question *Question
	Help     *Help
}

// Help teaches the sentences by the names that may stand in them.
type Help struct {
	Applications []string
	Environments []string
}

// A Question says what is missing in a sentence, with all that was understood,
// so that a form can be filled in instead of typing anew.
type Question struct {
	Text    string  // "To which environment?"
	Missing []Slot  // in the order they are asked
	Draft   Command // what was understood
}

// A Slot is a part of a Command that can be missing.
type Slot string

// The slots.
const (
	SlotKind        Slot = "kind"
	SlotApplication Slot = "application"
	SlotEnvironment Slot = "environment"
	SlotVersion     Slot = "version"
	SlotBecause     Slot = "because"
)

// A Table answers a question about the state of things.
type Table struct {
	Title   string
	Columns []string
	Rows    [][]string // each as long as Columns; untrusted text
	Notes   []string   // sentences below
}
