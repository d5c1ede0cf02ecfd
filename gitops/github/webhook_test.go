package github_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/github"
)

// box is an inbox in memory.
type box struct {
	kept []gitops.Delivery
	full bool
}

func (b *box) Put(_ context.Context, d gitops.Delivery) (bool, error) {
	if b.full {
		return false, errors.New("disk full")
	}
	b.kept = append(b.kept, d)
	return true, nil
}

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func TestAWebhookIsKeptBeforeItIsAcknowledged(t *testing.T) {
	const body = `{"action":"opened"}`
	good := map[string]string{"X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "1-2-3", "X-Hub-Signature-256": sign("secret", body)}
	with := func(name, value string) map[string]string {
		h := map[string]string{}
		for k, v := range good {
			h[k] = v
		}
		h[name] = value
		return h
	}
	tests := []struct {
		name    string
		method  string
		headers map[string]string
		full    bool
		want    int
		kept    int
	}{
		{"a signed one", http.MethodPost, good, false, http.StatusAccepted, 1},
		{"one that cannot be stored is not acknowledged", http.MethodPost, good, true, http.StatusInternalServerError, 0},
		{"no signature", http.MethodPost, with("X-Hub-Signature-256", ""), false, http.StatusUnauthorized, 0},
		{"another secret", http.MethodPost, with("X-Hub-Signature-256", sign("other", body)), false, http.StatusUnauthorized, 0},
		{"another body's signature", http.MethodPost, with("X-Hub-Signature-256", sign("secret", body+" ")), false, http.StatusUnauthorized, 0},
		{"half a signature", http.MethodPost, with("X-Hub-Signature-256", sign("secret", body)[:40]), false, http.StatusUnauthorized, 0},
		{"the old scheme", http.MethodPost, with("X-Hub-Signature-256", "sha1=00"), false, http.StatusUnauthorized, 0},
		{"no delivery id", http.MethodPost, with("X-GitHub-Delivery", ""), false, http.StatusBadRequest, 0},
		{"an event with a path in it", http.MethodPost, with("X-GitHub-Event", "../x"), false, http.StatusBadRequest, 0},
		{"a GET", http.MethodGet, good, false, http.StatusMethodNotAllowed, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inbox := &box{full: tt.full}
			h, err := github.NewWebhook("secret", inbox, slog.New(slog.DiscardHandler), nil)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), tt.method, "/github/webhook", strings.NewReader(body))
			for k, v := range tt.headers {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.want || len(inbox.kept) != tt.kept {
				t.Errorf("answered %d, kept %d", w.Code, len(inbox.kept))
			}
		})
	}
}

func TestTrap35AWebhookWithoutASecretDoesNotStart(t *testing.T) {
	if _, err := github.NewWebhook("", &box{}, slog.New(slog.DiscardHandler), nil); err == nil {
		t.Error("it listens to everybody")
	}
}
