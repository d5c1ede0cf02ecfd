package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
)

func TestAChangeThatIsStillBeingPlannedIsNoAnswerYet(t *testing.T) {
	h := open(t, nil)
	h.api.Hurry(time.Millisecond)
	h.change.State = gitops.StateRequested
	status, text := h.call(t, http.MethodPost, "requests", "Bearer "+token, "one", `{"text":"`+asking+`"}`)
	if status != http.StatusAccepted || !strings.Contains(text, `"pending":true`) || !strings.Contains(text, `"id":"c-111111"`) {
		t.Errorf("%d: %s", status, text)
	}
	h.change.Question = "Was that healthy?"
	status, text = h.call(t, http.MethodPost, "requests", "Bearer "+token, "one", `{"text":"`+asking+`"}`)
	if status != http.StatusOK || strings.Contains(text, "pending") {
		t.Errorf("what waits for an answer of the requester is %d: %s", status, text)
	}
}

func TestWhoAsksHearsThatTheChangeIsDeniedHoweverLongThatTakes(t *testing.T) {
	h := open(t, nil)
	h.api.Hurry(time.Millisecond)
	h.change.State = gitops.StateRequested
	h.looked = func(times int) {
		if times == 3 {
			h.change.State = gitops.StateDenied
		}
	}
	a, err := client(t, h.URL, token).Request(t.Context(), "one", asking)
	if err != nil || a.Pending || a.Change == nil || a.Change.State != "denied" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestWhoGivesUpWaitingKnowsWhichChangeItWas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var asks atomic.Int32
	h := open(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if asks.Add(1) == 2 { // the first has been answered
				cancel()
			}
			next.ServeHTTP(w, q)
		})
	})
	h.api.Hurry(time.Millisecond)
	h.change.State = gitops.StateRequested
	a, err := client(t, h.URL, token).Request(ctx, "one", asking)
	if !errors.Is(err, context.Canceled) || !a.Pending || a.Change == nil || a.Change.ID != "c-111111" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestWhoFollowsAChangeDoesNotSpinWhereTooManyWait(t *testing.T) {
	h := open(t, nil)
	h.api.Hurry(time.Nanosecond) // as when every place is taken
	begun := time.Now()
	a, err := client(t, h.URL, token).Change(t.Context(), "c-111111", 3)
	if err != nil || a.Change == nil || a.Change.Revision != 3 {
		t.Errorf("got %+v, %v", a, err)
	}
	if took := time.Since(begun); took < time.Second {
		t.Errorf("it may be asked again after %s", took)
	}
}

func TestWhatChangebotSaysWhileItCannotWorkIsPassedOn(t *testing.T) {
	var calls atomic.Int32
	h := open(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			_ = json.NewEncoder(w).Encode(api.Answer{Error: &api.Error{Code: "unavailable", Message: "GitHub does not answer.", Next: "Try again soon."}})
		})
	})
	_, err := client(t, h.URL, token).Ask(t.Context(), "status")
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Message != "GitHub does not answer." {
		t.Errorf("got %v", err)
	}
	if calls := calls.Load(); calls < 2 {
		t.Errorf("it was called %d times", calls)
	}
}
