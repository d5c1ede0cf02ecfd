package git

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/batch"
)

var (
	// ErrNoChange is in the chain of what Commit returns when the changes
	// leave the tree as it is.
	ErrNoChange = errors.New("the tree is the same")

	// ErrShallow is in the chain when the answer lies before the point where
	// the mirror's history begins. The forge's API knows.
	ErrShallow = errors.New("beyond the start of the shallow mirror")

	// ErrUnknownCommit is in the chain when the mirror does not hold a commit:
	// it was not fetched yet, or went when the mirror was cloned again. The
	// code is then Conflict: the plan must be made anew.
	ErrUnknownCommit = errors.New("the mirror does not hold the commit")

	// errMissing: no pack of the mirror has the object.
	errMissing = errors.New("object is not in the mirror")

	// errDamaged: what is on disk is not what git would have written.
	errDamaged = errors.New("the mirror on disk is damaged")

	// errTooMuch: the server wants to send more than a new clone would bring.
	errTooMuch = errors.New("the pack holds more objects than a new clone")
)

// refuse builds the error that a person may read.
func refuse(code gitops.Code, cause error, next, format string, args ...any) error {
	return &gitops.Error{Code: code, Message: fmt.Sprintf(format, args...), Next: next, Err: cause}
}

// asError gives err a code if nothing below has done so already.
func asError(err error, code gitops.Code, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*gitops.Error](err); ok {
		return err
	}
	return refuse(code, err, "", format, args...)
}

// put brings something to a line, and says for people what became of those that
// were given up.
func put[T any](ctx context.Context, l *batch.Line[T], what ...T) []error {
	errs := l.Put(ctx, what...)
	for i, err := range errs {
		switch {
		case errors.Is(err, batch.ErrClosed):
			errs[i] = closedError()
		case errors.Is(err, batch.ErrWaiting):
			errs[i] = refuse(gitops.Unavailable, err, "", "It was given up before its turn came.")
		case errors.Is(err, batch.ErrServed):
			errs[i] = refuse(gitops.Unavailable, err, "", "It was given up while the git server was at it.")
		}
	}
	return errs
}

func closedError() error {
	return refuse(gitops.Unavailable, os.ErrClosed, "", "The mirror is closed.")
}
