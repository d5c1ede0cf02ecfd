package slack

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"time"

	api "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/changebot/changebot/gitops"
)

// reconnect is how long to wait before a lost connection is opened again.
const reconnect = 5 * time.Second

// Listen hears Slack over Socket Mode until the context ends. It comes back
// with an error only where Slack does not accept the app-level token.
func (r *Receiver) Listen(ctx context.Context) error {
	if r.app.config.AppToken == "" {
		return &gitops.Error{Code: gitops.Invalid, Message: "Slack's app-level token is needed for Socket Mode.", Next: "Set it, or listen over HTTP."}
	}
	for {
		err := r.connect(ctx)
		if permanent(err) {
			return translate(err)
		}
		select {
		case <-ctx.Done():
			return nil
		default:
			r.app.config.Log.Warn("Socket Mode broke off", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(reconnect):
		}
	}
}

// Connected says whether Slack has greeted us on a socket: what people type
// before that is lost, since Slack sends it only once.
func (r *Receiver) Connected() bool { return r.greeted.Load() }

// permanent says that trying again is in vain.
func permanent(err error) bool {
	refusal, ok := errors.AsType[api.SlackErrorResponse](err)
	if !ok {
		return false
	}
	switch refusal.Err {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type":
		return true
	default:
		return false
	}
}

// connect runs the client, which reconnects by itself when Slack asks for it.
func (r *Receiver) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer r.greeted.Store(false)
	client := socketmode.New(r.app.api, socketmode.OptionLog(log.New(io.Discard, "", 0)), socketmode.OptionReadLimit(maxBody))
	done := make(chan error, 1)
	go func() { done <- client.RunContext(ctx) }()
	for {
		select {
		case e := <-client.Events:
			r.hear(ctx, client, e)
		case err := <-done:
			return err
		}
	}
}

// An envelope is what Socket Mode wraps around a payload.
type envelope struct {
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// hear stores what an event brings, then acknowledges it. What could not be
// stored is not acknowledged: Slack sends it again.
func (r *Receiver) hear(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	if e.Type == socketmode.EventTypeHello {
		r.greeted.Store(true)
	}
	got, ok := unwrap(e)
	if !ok {
		return
	}
	kinds := map[string]string{
		socketmode.RequestTypeSlashCommands: kindCommand, socketmode.RequestTypeInteractive: kindInteraction,
		socketmode.RequestTypeEventsAPI: kindEvent,
	}
	kind, known := kinds[got.Type]
	if !known {
		kind = kindUnknown
	}
	answer, err := r.accept(ctx, kind, got.Payload)
	if err != nil && !errors.Is(err, errForeign) {
		r.app.config.Log.Error("store what Slack sent", "kind", kind, "error", err)
		return
	}
	if got.ID == "" {
		return
	}
	if err := client.AckCtx(ctx, got.ID, answer); err != nil {
		r.app.config.Log.Warn("acknowledge to Slack", "kind", kind, "error", err)
	}
}

// unwrap returns the raw payload of an event, also of one that the library
// could not decode.
func unwrap(e socketmode.Event) (envelope, bool) {
	if e.Request != nil {
		switch e.Type {
		case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
			return envelope{ID: e.Request.EnvelopeID, Type: e.Request.Type, Payload: e.Request.Payload}, true
		}
		return envelope{}, false
	}
	bad, ok := e.Data.(*socketmode.ErrorBadMessage)
	if !ok {
		return envelope{}, false
	}
	var got envelope
	if json.Unmarshal(bad.Message, &got) != nil || len(got.Payload) == 0 {
		got.Payload = bad.Message
	}
	return got, true
}
