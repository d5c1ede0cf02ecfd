package gitops

import "time"

// A Kind says what a Request or a Command wants.
type Kind string

// The kinds. Promote, Rollback and Restart become a Change, the rest only an answer.
const (
	KindPromote  Kind = "promote"
	KindRollback Kind = "rollback"
	KindRestart  Kind = "restart"
	KindStatus   Kind = "status"
	KindHistory  Kind = "history"
	KindDiff     Kind = "diff"
	KindQueue    Kind = "queue"
	KindHelp     Kind = "help"
)

// Changes says whether the kind leads to a Change in git.
func (k Kind) Changes() bool { return k == KindPromote || k == KindRollback || k == KindRestart }

// A Command is a sentence that was understood, with names as the catalogue
// spells them. What was not said is empty.
type Command struct {
	Kind         Kind
	Applications []string
	All          bool   // every application that there is to promote; Applications says which, once it is known
	Environment  string // the environment that changes, or is asked about
	From         string // promote: the environment whose version is taken; diff: the other side
	Version      string // as typed; empty is "what From runs" or "the one before"
	Back         int    // rollback: how many versions back; 0 is "the last healthy one"
	Because      string // the justification as typed
}

// A Request is what a person asked for, with who, where and when.
type Request struct {
	// Key is unique to the asking: the id of the delivery that carried it.
	// The same key leads to the same Change however often it comes.
	Key string

	Command    Command
	Repository string // "owner/name"
	Text       string // the sentence as typed, for the record
	Requester  Person
	Room       Room
	At         time.Time

	// Undoes is the id of the Change that a rollback was asked for on; empty
	// where it was asked for in words.
	Undoes string

	// Confirmed says that the requester has accepted what the plan's
	// Question asked.
	Confirmed bool
}
