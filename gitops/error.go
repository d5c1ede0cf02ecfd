package gitops

import "errors"

// Code tells a machine what kind of refusal or failure an Error is. It is
// stable: scripts and metrics may switch on it.
type Code string

// The codes. Only Unavailable is worth retrying without a person.
const (
	Invalid     Code = "invalid"     // what was asked cannot be understood, or breaks a rule of form
	NotFound    Code = "not_found"   // what was named does not exist
	Denied      Code = "denied"      // the person may not do this, here, now
	Conflict    Code = "conflict"    // somebody else was first, or the ground has moved
	Unsafe      Code = "unsafe"      // a manifest cannot be edited without risk to its other bytes
	Unavailable Code = "unavailable" // another system did not answer; the work waits and is tried again
	Internal    Code = "internal"    // a fault of changebot's own
)

// Error is the one error type of changebot. Message says what happened and
// why, Next what the person can do about it; both are whole sentences without
// a Go error string in them. Err is the cause, for the log only.
type Error struct {
	Code    Code
	Message string
	Next    string // empty where nothing can be done
	Rooms   []Room // that the Message names, as they are Called
	System  string // whose answer it is, or who gave none: "GitHub", "Argo CD"; empty for changebot's own
	Err     error  // nil where the refusal is the whole story
}

// ErrStarting is in the chain of an Unavailable Error where it is changebot that
// is not ready yet: who asked is told soon, for it may take minutes.
var ErrStarting = errors.New("changebot is starting")

// Error returns the text for the log: the message and the cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first *Error in err's chain, Internal for any
// other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
