package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
)

// The exit codes. Scripts rely on them, so they never change their meaning;
// --help and docs/cli.md list them.
const (
	exitOK          = 0 // done
	exitFailed      = 1 // something unexpected
	exitMisused     = 2 // the command or the sentence was not understood
	exitRefused     = 3 // the policy says no, or there is nothing such
	exitUnknown     = 4 // no token, or nobody's
	exitUnreachable = 5 // changebot does not answer
	exitOtherwise   = 6 // the change ended, and not healthy
	exitStillOpen   = 7 // the change had not ended when --timeout was over
)

const exitHelp = `Exit codes:

    0  done
    1  something unexpected
    2  the command or the sentence was not understood
    3  refused by the policy, or there is nothing such
    4  no token, or nobody's
    5  changebot does not answer
    6  the change ended, and not healthy
    7  the change had not ended when --timeout was over`

// An ending is an error that says which exit code it is, and what to do.
type ending struct {
	code    int
	message string
	next    string
}

// Error is what happened and why.
func (e *ending) Error() string { return e.message }

// misused says that a command was called wrongly.
func misused(message, next string) error { return &ending{exitMisused, message, next} }

// exitCode is the exit code for what a command returned.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[*ending](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[*api.UnreachableError](err); ok {
		return exitUnreachable
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return exitStillOpen
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		return exitForCode(gitops.Code(e.Code))
	}
	if e, ok := errors.AsType[*gitops.Error](err); ok {
		return exitForCode(e.Code)
	}
	return exitFailed
}

func exitForCode(code gitops.Code) int {
	switch code {
	case api.CodeUnauthenticated:
		return exitUnknown
	case gitops.Invalid:
		return exitMisused
	case gitops.Denied, gitops.NotFound, gitops.Conflict, gitops.Unsafe:
		return exitRefused
	case gitops.Unavailable:
		return exitUnreachable
	default:
		return exitFailed
	}
}

// explain writes what happened, why, and what to do next.
func explain(w io.Writer, err error) {
	message, next := wordsOf(err)
	fmt.Fprintln(w, "changebot: "+plainLines(message))
	if next != "" {
		fmt.Fprintln(w, plainLines(next))
	}
}

func wordsOf(err error) (message, next string) {
	if e, ok := errors.AsType[*ending](err); ok {
		return e.message, e.next
	}
	if e, ok := errors.AsType[*api.UnreachableError](err); ok {
		return e.Error() + ".", "Look whether --server is right, and whether it runs: curl " + e.Server + "/readyz"
	}
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == api.CodeUnauthenticated {
		return "changebot does not know you: the token belongs to nobody.",
			"Set CHANGEBOT_TOKEN, or CHANGEBOT_TOKEN_FILE, to a token whose SHA-256 stands as token_sha256 at your name in .changebot.yaml."
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.Message, e.Next
	}
	if e, ok := errors.AsType[*gitops.Error](err); ok {
		return e.Error(), e.Next
	}
	return err.Error(), ""
}
