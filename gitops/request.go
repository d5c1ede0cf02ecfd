package gitops

import "time"

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
