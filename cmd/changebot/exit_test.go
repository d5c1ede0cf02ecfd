package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
)

func TestEachWayOfEndingHasItsExitCode(t *testing.T) {
	ended := func(s gitops.State) error { return outcome(api.Change{State: string(s), Ended: s.Ended()}) }
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"done", nil, 0},
		{"something that nobody thought of", errors.New("disk"), 1},
		{"a fault of changebot's own", &api.Error{Code: "internal"}, 1},
		{"a sentence that is not understood", &api.Error{Code: "invalid"}, 2},
		{"an address that is none", &gitops.Error{Code: gitops.Invalid}, 2},
		{"the policy's no", &api.Error{Code: "denied"}, 3},
		{"nothing such", &api.Error{Code: "not_found"}, 3},
		{"a key that is taken", &api.Error{Code: "conflict"}, 3},
		{"nobody's token", &api.Error{Code: api.CodeUnauthenticated}, 4},
		{"no token", &gitops.Error{Code: api.CodeUnauthenticated}, 4},
		{"nobody answers", &api.UnreachableError{Err: errors.New("refused")}, 5},
		{"another system does not answer", &api.Error{Code: "unavailable"}, 5},
		{"the time is over", fmt.Errorf("ask: %w", context.DeadlineExceeded), 7},
		{"healthy", ended(gitops.StateHealthy), 0},
		{"unchanged", ended(gitops.StateUnchanged), 0},
		{"still on its road", ended(gitops.StateProposed), 0},
		{"denied", ended(gitops.StateDenied), 3},
		{"degraded", ended(gitops.StateDegraded), 6},
		{"rejected", ended(gitops.StateRejected), 6},
		{"cancelled", ended(gitops.StateCancelled), 6},
		{"expired", ended(gitops.StateExpired), 6},
		{"superseded", ended(gitops.StateSuperseded), 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("exits %d, want %d", got, tt.want)
			}
		})
	}
}

func TestProgressIsToldOnceAndActsOnNoTerminal(t *testing.T) {
	var out strings.Builder
	told := teller{w: &out}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.Local)
	c := api.Change{
		Journal: []api.Entry{{Seq: 1, At: at, Actor: "ada", Text: "asked"}, {Seq: 4, At: at, Actor: "changebot", Text: "a \x1b[2Jtitle\nof two lines"}},
		Turn:    api.Turn{Who: "people", Act: "decide", Waits: "waits for 1 more of leads", People: []string{"grace", "ruth"}},
	}
	told.tell(c)
	told.tell(c)
	c.Journal = append(c.Journal, api.Entry{Seq: 5, At: at, Actor: "ruth", Text: "approved"})
	c.Turn = api.Turn{Who: "changebot", Act: "merge"}
	told.tell(c)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := []string{"ada asked", "a �[2Jtitle of two lines", "waits for 1 more of leads: grace or ruth", "ruth approved"}
	if len(lines) != len(want) {
		t.Fatalf("told:\n%s", out.String())
	}
	for i := range want {
		if !strings.HasSuffix(lines[i], "  "+want[i]) {
			t.Errorf("line %d is %q, want %q", i+1, lines[i], want[i])
		}
	}
}

func TestWhatIsAboutOneChangeIsToldFromWhatIsNot(t *testing.T) {
	for words, want := range map[string]string{
		"c-7f3k2q": "c-7f3k2q", "#c-7f3k2q": "c-7f3k2q", "checkout": "", "checkout prod": "", "c-7f3k2q prod": "", "": "", "c-7f": "", "c-billing": "",
	} {
		if id, ok := about(strings.Fields(words)); id != want || ok != (want != "") {
			t.Errorf("%q is about %q, %v", words, id, ok)
		}
	}
}

func TestATableStandsInColumnsAndActsOnNoTerminal(t *testing.T) {
	var out strings.Builder
	asText(&out, api.Answer{Table: &api.Table{
		Title: "History", Columns: []string{"version", "health_here"}, Notes: []string{"1.2 runs there now."},
		Rows: []map[string]string{{"version": "1.2-a-long-one", "health_here": "healthy"}, {"version": "1.1\x1b[31m", "health_here": "never\thealthy"}},
	}})
	want := `History
VERSION         HEALTH HERE
1.2-a-long-one  healthy
1.1�[31m        never healthy
1.2 runs there now.
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
