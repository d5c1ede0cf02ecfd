package github

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/door"
)

// maxPayload is the largest body GitHub sends, and payloadTime how long it
// waits for an answer to it.
const (
	maxPayload  = 25 << 20
	payloadTime = 10 * time.Second
)

// An Inbox keeps what arrives before it is acknowledged. gitops/store
// implements it.
type Inbox interface {
	// Put stores a delivery and asks for its processing; new is false where
	// the same delivery came before.
	Put(ctx context.Context, d gitops.Delivery) (new bool, err error)
}

// Webhook takes in GitHub's webhooks: it verifies the signature, stores the raw
// payload, and acknowledges. Nothing is decoded here.
type Webhook struct {
	secret []byte
	inbox  Inbox
	log    *slog.Logger
	refuse func(reason string) // counts refusals
}

// NewWebhook makes the handler. An empty secret is refused: unset means nobody.
func NewWebhook(secret string, inbox Inbox, log *slog.Logger, refused func(reason string)) (*Webhook, error) {
	if secret == "" {
		return nil, errors.New("the GitHub webhook secret is empty: set it in the App's settings and in changebot's")
	}
	if refused == nil {
		refused = func(string) {}
	}
	return &Webhook{secret: []byte(secret), inbox: inbox, log: log, refuse: refused}, nil
}

// ServeHTTP answers 202 once the delivery is safe, and 401 to what GitHub did
// not sign. GitHub does not send a failed delivery again by itself.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.deny(w, "method", http.StatusMethodNotAllowed)
		return
	}
	id, event := r.Header.Get("X-GitHub-Delivery"), r.Header.Get("X-GitHub-Event")
	if !wellFormed(id) || !wellFormed(event) {
		h.deny(w, "headers", http.StatusBadRequest)
		return
	}
	body, refusal := door.Read(w, r, door.Limit{Bytes: maxPayload, Time: payloadTime})
	if refusal != nil {
		h.deny(w, refusal.Reason, refusal.Status)
		return
	}
	if !h.signed(body, r.Header.Get("X-Hub-Signature-256")) {
		h.deny(w, "signature", http.StatusUnauthorized)
		return
	}
	door.Admit(r.Context())
	fresh, err := h.inbox.Put(r.Context(), gitops.Delivery{ID: "github/" + id, Source: "github", Kind: event, Payload: body, Received: time.Now()})
	if err != nil {
		h.log.Error("store a webhook", "delivery", id, "event", event, "error", err)
		http.Error(w, "not stored; redeliver it", http.StatusInternalServerError)
		return
	}
	if !fresh {
		h.refuse("repeated") // GitHub's, or somebody's who overheard it: nothing is done twice
	}
	w.WriteHeader(http.StatusAccepted)
}

func (h *Webhook) deny(w http.ResponseWriter, reason string, status int) {
	h.refuse(reason)
	http.Error(w, http.StatusText(status), status)
}

// signed compares in constant time.
func (h *Webhook) signed(body []byte, header string) bool {
	given, err := hex.DecodeString(strings.TrimPrefix(header, "sha256="))
	if err != nil || !strings.HasPrefix(header, "sha256=") {
		return false
	}
	mac := hmac.New(sha256.New, h.secret)
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

// wellFormed accepts what GitHub sends as delivery ids and event names.
func wellFormed(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
