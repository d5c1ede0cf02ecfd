package gitops

import (
	"errors"
	"time"
)

// A JobKind names the work a Job asks for.
type JobKind string

// The kinds of jobs.
const (
	JobDelivery JobKind = "delivery" // decode and act on one inbox delivery
	JobStep     JobKind = "step"     // take a Change one step on
	JobTell     JobKind = "tell"     // make the messages say what the Change is
)

// A Job is work to be done once, in the same transaction as the state that
// asks for it. Two jobs with the same Kind, Subject, Revision and Name are one.
type Job struct {
	Kind     JobKind
	Subject  string    // a Change's id or a delivery's id
	Revision int64     // of the Change
	Name     string    // which step
	At       time.Time // not before; zero is now
	Patient  bool      // others of its kind go before it
}

// A Delivery is something that arrived from outside, kept raw from the moment
// its signature was verified.
type Delivery struct {
	ID       string // unique: source and the sender's delivery id
	Source   string // "slack", "github", "api"
	Kind     string // the sender's name for it, e.g. "pull_request"
	Payload  []byte
	Received time.Time
}

// ErrUndecodable is in the chain of the error that a Delivery cannot be
// understood and never will be: it is set aside for a person to look at. Any
// other error is worth another try.
var ErrUndecodable = errors.New("it will never be understood")

// A Lease is the right to be the one who works on something until a moment.
// Fence grows with each holder; the store refuses what an old holder writes.
type Lease struct {
	Name  string
	Fence int64
	Until time.Time
}
