package git

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git/indexpack"
)

// errAuth marks an error of the caller's Auth function.
var errAuth = errors.New("get credentials")

// errTooLarge: the server does not take as much in one request.
var errTooLarge = errors.New("the request is too large")

// explain gives a failed exchange its code. What is not known for certain to be
// a refusal is Unavailable: it may or may not have taken effect.
func (r *remote) explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*gitops.Error](err); ok || isLocal(err) {
		return err
	}
	if isDisk(err) {
		return refuse(gitops.Internal, err, "Check that there is space on changebot's disk.",
			"The mirror of %s could not be written.", r.url)
	}
	e := &gitops.Error{Code: gitops.Unavailable, System: r.name, Err: err}
	var pause *gitops.Pause
	switch {
	case errors.As(err, &pause): // whatever else the answer was
		e.Message = fmt.Sprintf("The git server asked to slow down for %s.", r.url)
	case errors.Is(err, errTooLarge):
		e.Code, e.Message = gitops.Denied, fmt.Sprintf("The git server of %s does not take as much at once as this change has.", r.url)
		e.Next = "Ask for fewer targets at once, or ask who runs the git server to allow larger requests."
	case errors.Is(err, errTalkative):
		e.Message = fmt.Sprintf("The git server of %s says more than changebot takes in: %s.", r.url, errTalkative)
		e.Next = "Look whether the URL is that of the repository, and how many branches and tags it has."
	case errors.Is(err, indexpack.ErrTooLarge):
		e.Message = fmt.Sprintf("%s has files that are too large to be taken in: it holds %s.", r.url, indexpack.ErrTooLarge)
		e.Next = "Keep files of that size out of the repository, with Git LFS or elsewhere."
	case errors.Is(err, errSilent), errors.Is(err, context.DeadlineExceeded):
		e.Message = fmt.Sprintf("The git server took too long to answer for %s.", r.url)
	case errors.Is(err, context.Canceled):
		e.Message = fmt.Sprintf("What was asked of the git server for %s was given up.", r.url)
	case errors.Is(err, errAuth):
		e.Message = fmt.Sprintf("There are no credentials for %s at the moment.", r.url)
	case errors.Is(err, transport.ErrAuthenticationRequired):
		e.Message = fmt.Sprintf("The git server does not accept the credentials for %s.", r.url)
		e.Next = "Check that changebot's credentials are valid for it."
	case errors.Is(err, transport.ErrAuthorizationFailed):
		e.Code, e.Message = gitops.Denied, fmt.Sprintf("The git server does not let changebot do this in %s.", r.url)
		e.Next = "Grant changebot read and write access to its contents."
	case errors.Is(err, transport.ErrRepositoryNotFound):
		e.Code, e.Message = gitops.NotFound, fmt.Sprintf("The git server knows no repository %s.", r.url)
		e.Next = "Check the URL and that changebot may see the repository."
	default:
		e.Message = fmt.Sprintf("The git server did not answer as expected for %s.", r.url)
	}
	return e
}

// isDisk recognises an error of the file system: errors of the network are none
// of these types.
func isDisk(err error) bool {
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return true
	}
	_, ok := errors.AsType[*os.LinkError](err)
	return ok
}

// isLocal tells the mirror's own troubles from the network's.
func isLocal(err error) bool {
	return errors.Is(err, errDamaged) || errors.Is(err, errMissing) || errors.Is(err, errTooMuch)
}
