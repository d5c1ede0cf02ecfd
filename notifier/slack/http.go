package slack

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/door"
)

// The paths on which Slack is heard.
const (
	PathCommands     = "/slack/commands"
	PathInteractions = "/slack/interactions"
	PathEvents       = "/slack/events"
)

// maxBody is how much one request may bring, and bodyTime how long that may
// take: Slack itself waits three seconds for the answer.
const (
	maxBody  = 1 << 20
	bodyTime = 5 * time.Second
)

// Handler hears Slack over HTTP on the three paths. It refuses to be without
// a signing secret.
func (r *Receiver) Handler() (http.Handler, error) {
	if r.app.config.SigningSecret == "" {
		return nil, &gitops.Error{
			Code: gitops.Invalid, Message: "Slack's signing secret is needed to listen over HTTP.",
			Next: "Set it, or use Socket Mode.",
		}
	}
	mux := http.NewServeMux()
	for path, kind := range map[string]string{
		PathCommands: kindCommand, PathInteractions: kindInteraction, PathEvents: kindEvent,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, q *http.Request) { r.serve(w, q, kind) })
	}
	return mux, nil
}

func (r *Receiver) serve(w http.ResponseWriter, q *http.Request, kind string) {
	if q.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		r.deny(w, "method", http.StatusMethodNotAllowed)
		return
	}
	body, refusal := door.Read(w, q, door.Limit{Bytes: maxBody, Time: bodyTime})
	if refusal != nil {
		r.deny(w, refusal.Reason, refusal.Status)
		return
	}
	if why := verify(r.app.config.SigningSecret, q.Header, body, r.app.config.Clock()); why != "" {
		r.deny(w, why, http.StatusUnauthorized)
		return
	}
	door.Admit(q.Context())
	if kind == kindEvent {
		if e, err := parseEvent(body); err == nil && e.Type == "url_verification" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, e.Challenge)
			return
		}
	}
	answer, err := r.accept(q.Context(), kind, body)
	switch {
	case errors.Is(err, errForeign):
		w.Header().Set("X-Slack-No-Retry", "1")
		r.say(w, kind, http.StatusForbidden, "This changebot belongs to another workspace, so it does not act on this.")
	case err != nil:
		r.app.config.Log.Error("store what Slack sent", "kind", kind, "error", err)
		r.say(w, kind, http.StatusInternalServerError, "I could not keep that, so nothing was done. Please say it again in a minute.")
	case answer != nil:
		writeJSON(w, answer)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// deny counts a request that did not show that it is Slack's. It is told
// nothing, and nothing of it is kept: it may hold anything, and there may be
// many.
func (r *Receiver) deny(w http.ResponseWriter, why string, status int) {
	r.app.config.Refused(why)
	http.Error(w, http.StatusText(status), status)
}

// say answers with a status; for a command, whose status nobody sees, with
// words that only the person sees.
func (r *Receiver) say(w http.ResponseWriter, kind string, status int, text string) {
	if kind == kindCommand {
		writeJSON(w, map[string]string{"response_type": "ephemeral", "text": text})
		return
	}
	http.Error(w, text, status)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the other side hung up
}
