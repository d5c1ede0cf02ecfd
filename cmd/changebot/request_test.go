package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops/api"
)

// A ran is how a command ended and what it wrote.
type ran struct {
	exit           int
	stdout, stderr string
}

// command runs changebot against a server that answers as handler does.
func command(t *testing.T, handler http.HandlerFunc, args ...string) ran {
	t.Helper()
	s := httptest.NewServer(handler)
	defer s.Close()
	env := map[string]string{"CHANGEBOT_TOKEN": "a-token-of-adas-own"}
	var stdout, stderr strings.Builder
	exit := run(append(args, "--server", s.URL), func(name string) string { return env[name] }, &stdout, &stderr)
	return ran{exit, stdout.String(), stderr.String()}
}

// answering answers every call with the same.
func answering(status int, a api.Answer) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(a)
	}
}

func TestAChangeThatWasNotPlannedInTimeIsNamed(t *testing.T) {
	planning := answering(http.StatusAccepted, api.Answer{Pending: true, Change: &api.Change{ID: "c-111111", State: "requested", Text: "promote checkout to prod"}})
	got := command(t, planning, "request", "promote", "checkout", "to", "prod", "--timeout", "1s", "--key", "one")
	if got.exit != exitStillOpen || !strings.Contains(got.stdout, "#c-111111") || !strings.Contains(got.stderr, "--key one") {
		t.Errorf("got %+v", got)
	}
	got = command(t, planning, "request", "promote", "checkout", "to", "prod", "--wait", "--timeout", "1s", "-o", "json")
	if got.exit != exitStillOpen || !strings.Contains(got.stdout, `"id": "c-111111"`) || !strings.Contains(got.stdout, `"pending": true`) {
		t.Errorf("got %+v", got)
	}
}

func TestWhoStopsWaitingIsToldWhatIsKnownAndHowToGoOn(t *testing.T) {
	pending, planned := api.Answer{Pending: true}, api.Answer{Change: &api.Change{ID: "c-111111"}}
	over, interrupted := fmt.Errorf("ask: %w", context.DeadlineExceeded), fmt.Errorf("ask: %w", context.Canceled)
	tests := []struct {
		name string
		last api.Answer
		err  error
		exit int
		says string
	}{
		{"nobody answered in time", api.Answer{}, over, exitUnreachable, "changebot did not answer within 30s. It is not known whether the request arrived."},
		{"it is kept and no more", pending, over, exitStillOpen, "The time is over, and it is not known yet whether that is possible."},
		{"the change goes on", planned, over, exitStillOpen, "The time is over, and the change has not ended."},
		{"Ctrl-C before anybody answered", api.Answer{}, interrupted, exitFailed, "Interrupted. It is not known whether the request arrived."},
		{"Ctrl-C after that", pending, interrupted, exitFailed, "Interrupted. What was asked for goes on without this command."},
		{"changebot is gone", planned, &api.UnreachableError{Server: "https://changebot", Err: errors.New("refused")}, exitUnreachable, "changebot at https://changebot does not answer: refused."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := request{Key: "one", Timeout: 30 * time.Second}.unanswered(tt.last, tt.err)
			says, next := wordsOf(err)
			if exit := exitCode(err); exit != tt.exit || says != tt.says || !strings.Contains(next, "--key one") {
				t.Errorf("exits %d and says %q, %q", exit, says, next)
			}
		})
	}
	no := &api.Error{Code: "denied", Message: "Not here."}
	if err := (request{}).unanswered(api.Answer{}, no); !errors.Is(err, no) {
		t.Errorf("a refusal becomes %v", err)
	}
}

func TestARequestThatNobodyTakesInTimeIsUnreachable(t *testing.T) {
	hangs := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then it is seen that the sender is gone
		<-r.Context().Done()
	}
	got := command(t, hangs, "request", "promote", "checkout", "--timeout", "300ms", "-o", "json")
	if got.exit != exitUnreachable || !strings.Contains(got.stdout, "It is not known whether the request arrived.") {
		t.Errorf("got %+v", got)
	}
}
