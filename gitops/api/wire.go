package api

import (
	"time"

	"github.com/changebot/changebot/gitops"
)

// The types below are the API's JSON, and what the command line prints with
// -o json. Their names are stable: fields are added, never renamed or removed.

// An Answer is what comes back. Exactly one of its fields is set, except that
// a pending request may be a change already.
type Answer struct {
	Change  *Change `json:"change,omitempty"`  // the change that was asked for or about
	Table   *Table  `json:"table,omitempty"`   // status, history, or a diff of environments
	Diff    *Diff   `json:"diff,omitempty"`    // what a change edits
	Help    *Help   `json:"help,omitempty"`    // the names that may stand in sentences
	Error   *Error  `json:"error,omitempty"`   // why not
	Pending bool    `json:"pending,omitempty"` // it is not known yet whether what was asked for is possible; send it again with the same key
}

// An Error says what happened and why, and what to do next.
type Error struct {
	Code    string `json:"code"` // a gitops.Code, or "unauthenticated"
	Message string `json:"message"`
	Next    string `json:"next,omitempty"`
}

// CodeUnauthenticated is the Error's code where nobody is known by the token.
const CodeUnauthenticated = "unauthenticated"

// Error makes it an error.
func (e *Error) Error() string { return e.Message }

// A Change is a change as it stands. State is one of gitops.State.
type Change struct {
	ID            string               `json:"id"` // "c-7f3k2q"
	Revision      int64                `json:"revision"`
	State         string               `json:"state"`
	Ended         bool                 `json:"ended"` // nothing follows any more
	Kind          string               `json:"kind"`  // promote, rollback, restart or lift
	Applications  []string             `json:"applications"`
	Environment   string               `json:"environment"`
	Because       string               `json:"because,omitempty"`
	Text          string               `json:"text"` // the sentence as it was asked
	Requester     string               `json:"requester"`
	RequesterName string               `json:"requester_name,omitempty"`
	Repository    string               `json:"repository"`
	AskedAt       time.Time            `json:"asked_at"`
	Reason        string               `json:"reason,omitempty"` // why it does not go on, or how it ended
	Rule          string               `json:"rule,omitempty"`   // the policy's rule behind it
	Next          string               `json:"next,omitempty"`   // what a person can do
	Question      string               `json:"question,omitempty"`
	Turn          Turn                 `json:"turn"`
	Targets       []Target             `json:"targets"`
	Evidence      []string             `json:"evidence"`         // what speaks for the plan, and what was left out of it and why, a sentence each
	Overlaps      []Overlap            `json:"overlaps"`         // other open changes that touch the same
	Digest        string               `json:"digest,omitempty"` // of the edits; what approvals are bound to
	PullRequest   *PullRequest         `json:"pull_request,omitempty"`
	MergeSHA      string               `json:"merge_sha,omitempty"`
	Decisions     []Decision           `json:"decisions"`
	Times         map[string]time.Time `json:"times"` // when each state was first reached
	Journal       []Entry              `json:"journal"`
}

// An Overlap is another open change that touches what this one touches, for as
// long as neither is merged or over.
type Overlap struct {
	Change      string `json:"change"`
	PullRequest string `json:"pull_request,omitempty"` // its address; empty before there is one
	What        string `json:"what"`                   // in a few words: "same file apps/shared.yaml"
}

// A Turn says who can take a change on, and how. Who is people, changebot,
// GitHub, Argo CD or nobody.
type Turn struct {
	Who     string   `json:"who"`
	Act     string   `json:"act,omitempty"`     // what they are waited for to do
	People  []string `json:"people"`            // ids, where Who is people
	Names   []string `json:"names"`             // theirs, in the same order
	Waits   string   `json:"waits,omitempty"`   // what is waited for
	Blocker string   `json:"blocker,omitempty"` // what keeps it back whatever they do
	Next    string   `json:"next,omitempty"`    // what removes the blocker
}

// A Target is one application in one environment, and how far it has come.
type Target struct {
	Application string    `json:"application"`
	Environment string    `json:"environment"`
	Old         string    `json:"old"` // version before
	New         string    `json:"new"`
	State       string    `json:"state,omitempty"` // once merged
	Waiting     string    `json:"waiting,omitempty"`
	Failures    []Failure `json:"failures,omitempty"`
}

// A Failure is a resource that keeps a target from being healthy.
type Failure struct {
	Resource string `json:"resource"`
	Message  string `json:"message"`
}

// A PullRequest is where the edits are reviewed.
type PullRequest struct {
	Number int    `json:"number"`
	URL    string `json:"url"`
}

// A Decision is one person's answer.
type Decision struct {
	Person string    `json:"person"`
	Name   string    `json:"name,omitempty"`
	Answer string    `json:"answer"` // approve, reject or withdraw
	Reason string    `json:"reason,omitempty"`
	Via    string    `json:"via"`
	At     time.Time `json:"at"`
	Counts bool      `json:"counts"` // for what is proposed now
}

// An Entry is what happened, from the journal, for people to read.
type Entry struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Actor string    `json:"actor"`          // a person's id, or "changebot"
	Name  string    `json:"name,omitempty"` // the person's
	Text  string    `json:"text"`
}

// A Table has the same columns in each row; a row's keys are the columns.
type Table struct {
	Title   string              `json:"title"`
	Columns []string            `json:"columns"`
	Rows    []map[string]string `json:"rows"`
	Notes   []string            `json:"notes,omitempty"`
}

// A Diff is what a change does, field by field and file by file.
type Diff struct {
	Change string `json:"change"`
	State  string `json:"state"`
	Digest string `json:"digest"`
	Edits  []Edit `json:"edits"`
}

// An Edit is one field's old and new value, an entry that is inserted, or a
// whole file that is added, replaced or deleted. Of a whole file, Old and New
// are the SHA-256 of what it holds, and Diff its lines, as far as they are shown.
type Edit struct {
	Path  string `json:"path"`
	Kind  string `json:"kind"` // field, insert, add, replace or delete
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
	Diff  string `json:"diff,omitempty"`
}

// Lines says in a line each, for people, what the edit takes away and what it
// brings; either may be empty.
func (e Edit) Lines() (goes, comes string) {
	kind := gitops.EditKind(e.Kind)
	if kind == kindField {
		kind = gitops.EditField
	}
	return gitops.Edit{Kind: kind, Field: e.Field, Old: e.Old, New: e.New, Diff: e.Diff}.Lines()
}

// kindField is how an edit of a field is called here.
const kindField = "field"

// Help are the names that may stand in a sentence.
type Help struct {
	Applications []string `json:"applications"`
	Environments []string `json:"environments"`
}

// asked is the body of a request.
type asked struct {
	Text string `json:"text"`
}
