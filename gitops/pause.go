package gitops

import (
	"errors"
	"time"
)

// A Pause is in the chain of an Unavailable Error where the other system said
// when to come back. What was asked of it did not take place.
type Pause struct {
	After time.Duration // from now
	Err   error         // what it said
}

// Error says for how long.
func (p *Pause) Error() string { return "asked to wait " + p.After.String() + ": " + p.Err.Error() }

// Unwrap returns what the other system said.
func (p *Pause) Unwrap() error { return p.Err }

// LongestPause bounds for how long somebody is left alone: what lies between us
// and them may ask for years, and nothing else would take the work up again.
const LongestPause = time.Hour

// PauseOf is how long somebody is left alone who asks for so many seconds.
func PauseOf(seconds int) time.Duration {
	return time.Duration(min(max(seconds, 0), int(LongestPause/time.Second))) * time.Second
}

// RetryAfter tells the job queue when to try again; never at once.
func (p *Pause) RetryAfter() time.Duration { return min(max(p.After, time.Second), LongestPause) }

// Again is the error that says that work is to be taken up again after a while:
// what it waits for is not there yet. It is no fault.
type Again struct {
	After time.Duration
	Why   string
}

// Error says what is waited for.
func (a Again) Error() string { return "again in " + a.After.String() + ": " + a.Why }

// RetryAfter tells the job queue when.
func (a Again) RetryAfter() time.Duration { return a.After }

// RetryAfter returns when the work that ended with err is to be taken up again,
// as the first error in the chain says that knows; 0 where none does.
func RetryAfter(err error) time.Duration {
	if r, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		return r.RetryAfter()
	}
	return 0
}

// A Wait says that work on a Change came back from another system undone, and
// is tried again until it answers.
type Wait struct {
	System string    // "GitHub", "Argo CD"; empty while the work goes on
	Why    string    // what it said, as a sentence
	Next   string    // what a person can do about it; empty where nothing
	Since  time.Time // when work first came back
	Told   bool      // the people have been told
}
