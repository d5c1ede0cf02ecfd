package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
)

// An Inbox keeps what arrived, with the job that works on it. gitops/store
// implements it.
type Inbox interface {
	// Put stores a delivery in one transaction with its job. It returns
	// false where a delivery with that ID is there already.
	Put(ctx context.Context, d gitops.Delivery) (fresh bool, err error)
}

// A Receiver takes what Slack sends: store first, then acknowledge.
type Receiver struct {
	app     *App
	inbox   Inbox
	greeted atomic.Bool // over Socket Mode: the connection stands
}

// Receiver returns the way into the inbox.
func (a *App) Receiver(inbox Inbox) *Receiver { return &Receiver{app: a, inbox: inbox} }

// errForeign says that a payload is of another workspace.
var errForeign = errors.New("of another workspace")

// patience is how long a dialog may keep back an acknowledgement, which Slack
// wants within three seconds: until the names that it offers are there (without
// them people type), until it is open, and then to say that it is not.
type patience struct{ names, dialog, apology time.Duration }

func slackPatience() patience {
	return patience{names: time.Second, dialog: 2 * time.Second, apology: 500 * time.Millisecond}
}

// accept stores a payload and returns what the acknowledgement says; nil for
// an empty one. An error means that it is not stored.
func (r *Receiver) accept(ctx context.Context, kind string, payload []byte) (any, error) {
	a := peek(kind, payload)
	if a.broken == nil && a.team != r.app.config.Team {
		r.refuse("foreign_team", "kind", kind, "team", a.team)
		return nil, errForeign
	}
	if a.overheard && a.broken == nil {
		return nil, nil // of what people say to each other nothing is kept, and our own echo keeps nobody waiting
	}
	if a.interaction != nil && a.interaction.Type == typeSubmission {
		if wrong := a.interaction.View.errors(); len(wrong) > 0 {
			return map[string]any{"response_action": "errors", "errors": wrong}, nil
		}
	}
	fresh, err := r.inbox.Put(ctx, gitops.Delivery{
		ID: a.id, Source: "slack", Kind: kind, Payload: payload, Received: r.app.config.Clock(),
	})
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", a.id, err)
	}
	if !fresh {
		r.app.config.Refused("repeated") // Slack's, or somebody's who overheard it: nothing is done twice
	}
	if a.broken != nil {
		r.refuse("undecodable", "kind", kind, "delivery", a.id)
	}
	if fresh && a.broken == nil && a.interaction != nil {
		r.dialog(ctx, *a.interaction)
	}
	return nil, nil
}

// dialog opens the dialog that a button asks for, and tells a person for whom
// that fails to press again: by then the press is too old to try.
func (r *Receiver) dialog(ctx context.Context, i interaction) {
	opening, cancel := context.WithTimeout(ctx, r.app.patience.dialog)
	defer cancel()
	request, ok := r.app.dialogFor(opening, i)
	if !ok {
		return
	}
	err := r.app.call("views.open", "", func() error {
		_, err := r.app.api.OpenViewContext(opening, i.TriggerID, request)
		return err
	})
	if err == nil {
		return
	}
	r.app.config.Log.Warn("open a dialog", "callback", request.CallbackID, "user", i.User.ID, "error", err)
	if channel := cmp.Or(i.Channel.ID, i.Container.ChannelID); channel != "" {
		apology, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.app.patience.apology)
		defer cancel()
		_, err = r.app.api.PostEphemeralContext(apology, channel, i.User.ID,
			api.MsgOptionText("Slack did not say whether the form is open. If you see none, please press again.", false))
		if err != nil {
			r.app.config.Log.Warn("tell that a dialog did not open", "user", i.User.ID, "error", err)
		}
	}
}

// refuse counts and logs what Slack did sign; never a header, a body or a
// secret.
func (r *Receiver) refuse(why string, args ...any) {
	r.app.config.Refused(why)
	r.app.config.Log.Warn("refused from Slack", append([]any{"why", why}, args...)...)
}
