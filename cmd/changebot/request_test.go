package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
