package argocd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/changebot/changebot/gitops"
)

// System is the name under which errors speak of Argo CD.
const System = "Argo CD"

// ErrBusy is in the chain of a Sync that was refused because another operation
// has not finished. Wait for it and ask again.
var ErrBusy = errors.New("another operation is in progress")

// ErrFollowsBranch is in the chain of a Sync that was refused because the
// application syncs by itself and so takes no revision but its own.
var ErrFollowsBranch = errors.New("the application syncs by itself")

// problem turns what Argo CD answered to doing something with app into an
// error for people. When the caller has gone away, its reason is kept as it is.
func problem(ctx context.Context, doing string, app App, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("%s %s: %w", doing, app, err)
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("%s %s: %w", doing, app, ctx.Err())
	}
	e := &gitops.Error{System: System, Err: cause}
	switch status.Code(err) {
	case codes.NotFound:
		e.Code = gitops.NotFound
		e.Message = fmt.Sprintf("Argo CD has no application %s.", app)
		e.Next = "Create it, or correct the application's name or project in .changebot.yaml."
	case codes.PermissionDenied:
		e.Code = gitops.Denied
		e.Message, e.Next = denied(doing, app)
	case codes.Unauthenticated: // it may be mended, and nothing has happened: the work waits
		e.Code = gitops.Unavailable
		e.Message = "Argo CD does not accept changebot's token."
		e.Next = "Make a new token for changebot's account in Argo CD and put it into the configuration."
	case codes.InvalidArgument:
		e.Code = gitops.Invalid
		e.Message = fmt.Sprintf("Argo CD does not understand the request to %s %s: %s.", doing, app, said(err))
	case codes.FailedPrecondition:
		e.Code, e.Message = gitops.Conflict, fmt.Sprintf("Argo CD refuses to %s %s: %s.", doing, app, said(err))
		e.Err = refusal(err, cause)
	default:
		e.Code = gitops.Unavailable
		e.Message = "Argo CD did not answer as it should."
		e.Next = "If it lasts, look at Argo CD's server."
	}
	return e
}

func denied(doing string, app App) (message, next string) {
	action := "get"
	if doing == "sync" {
		action = "sync"
	}
	message = fmt.Sprintf("Argo CD does not allow changebot to %s %s.", doing, app)
	project := app.Project
	if project == "" {
		message = fmt.Sprintf("Argo CD has no application %s, or does not allow changebot to %s it.", app.Name, doing)
		project = "*"
	}
	return message, fmt.Sprintf("Give changebot's account this line in argocd-rbac-cm: p, role:changebot, applications, %s, %s/*, allow.", action, project)
}

// refusal finds the sentinel for a FailedPrecondition. Argo CD tells the
// reasons apart by text only (util/argo.ErrAnotherOperationInProgress,
// server/application.resolveSourceRevisions).
func refusal(err, cause error) error {
	switch text := said(err); {
	case strings.Contains(text, "another operation"):
		return errors.Join(ErrBusy, cause)
	case strings.Contains(text, "auto-sync currently set to"):
		return errors.Join(ErrFollowsBranch, cause)
	}
	return cause
}

func said(err error) string { return strings.TrimRight(status.Convert(err).Message(), ". \n") }
