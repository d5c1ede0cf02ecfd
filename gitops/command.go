package gitops

import (
	"fmt"
	"strings"
)

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

// Fitting returns the command without what its kind has no use for. A form may
// begin with one kind, and be sent with another.
func (c Command) Fitting() Command {
	switch c.Kind {
	case KindRollback:
		c.From = ""
	case KindRestart:
		c.From, c.Version, c.Back = "", "", 0
	case KindLift:
		c.From, c.Back = "", 0
	default:
		c.Back = 0
	}
	c.All = c.All && c.Kind == KindPromote
	return c
}

// Spoken writes a command that changes something, or asks for the status, as a
// sentence that is understood as exactly that.
func (c Command) Spoken() string {
	parts := []string{string(c.Kind)}
	if c.All {
		parts = append(parts, "all")
	} else if len(c.Applications) > 0 {
		parts = append(parts, AndList(c.Applications))
	}
	back := c.Kind == KindRollback // whose version stands behind the environment
	if c.Version != "" && !back {
		parts = append(parts, "version "+c.Version)
	}
	if c.From != "" {
		parts = append(parts, "from "+c.From)
	}
	if c.Environment != "" {
		parts = append(parts, c.Kind.Words().Toward+" "+c.Environment)
	}
	switch {
	case c.Version != "" && back:
		parts = append(parts, "to version "+c.Version)
	case c.Back > 0:
		parts = append(parts, fmt.Sprintf("by %d", c.Back))
	}
	if c.Because != "" {
		parts = append(parts, "because "+c.Because)
	}
	return strings.Join(parts, " ")
}
