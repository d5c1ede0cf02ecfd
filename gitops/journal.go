package gitops

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// An EntryKind says what a journal Entry records.
type EntryKind string

// The kinds of entries. Intent and outcome frame an effect outside the process
// and share a key; the others are what happened on the road.
const (
	EntryIntent     EntryKind = "intent"
	EntryOutcome    EntryKind = "outcome"
	EntryTransition EntryKind = "transition" // the Change entered a state
	EntryDecision   EntryKind = "decision"   // a person decided
	EntryVoid       EntryKind = "void"       // decisions stopped counting
	EntryRefusal    EntryKind = "refusal"    // somebody tried what they may not
	EntryNote       EntryKind = "note"       // worth telling, changes nothing
	EntryReminder   EntryKind = "reminder"   // people were reminded that it is their turn
)

// An Entry is one line of the journal: the append-only record of every intent
// and outcome, and so the audit trail. Entries of one Change are numbered from
// 1 and chained by Hash.
type Entry struct {
	Change string
	Seq    int64
	At     time.Time // milliseconds
	Kind   EntryKind
	Actor  string // a Person's ID, or "changebot"
	Key    string // idempotency key of an intent and its outcome; else empty
	Text   string // one sentence for people
	Data   json.RawMessage
	Prev   string // Hash of the entry before; empty for the first
	Hash   string
}

// By makes a person the actor, under the name that they have now: whoever reads
// the journal knows them by no id, and they may not be listed any more then.
func (e Entry) By(p Person) Entry {
	e.Actor = p.ID
	if data, err := json.Marshal(named{p.Name}); err == nil && p.Name != "" {
		e.Data = data
	}
	return e
}

// Name is the actor's name as By noted it; empty where it did not.
func (e Entry) Name() string {
	var n named
	if json.Unmarshal(e.Data, &n) != nil {
		return ""
	}
	return n.Name
}

// named is what By notes of a person.
type named struct {
	Name string `json:"name"`
}

// Chain returns the entry's hash: SHA-256, in hexadecimal, over the hash
// before it and all its own fields.
func (e Entry) Chain() string {
	h := sha256.New()
	for _, f := range []string{
		"changebot journal v1", e.Prev, e.Change, e.At.UTC().Format("2006-01-02T15:04:05.000Z"),
		string(e.Kind), e.Actor, e.Key, e.Text, string(e.Data),
	} {
		writeField(h, f)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Verify returns the Seq of the first entry that does not follow from the one
// before it, 0 where the whole chain holds.
func Verify(entries []Entry) int64 {
	prev := ""
	for i, e := range entries {
		if e.Prev != prev || e.Seq != int64(i)+1 || e.Hash != e.Chain() {
			return e.Seq
		}
		prev = e.Hash
	}
	return 0
}
