// Package limits strikes every call that changebot makes, on the way of a
// promotion and a rollback, with every trouble that a server can be: it asks to
// be left alone, fails before or after the effect, never answers, or takes a
// token for expired. Everything must end as if nothing had been, and nothing
// be done twice.
//
// Which calls there are is not believed: a run without trouble reads them from
// the servers' logs, and one that is not in the table of calls_test.go is a
// failure, as is a cell of the table that no trouble has struck.
package limits

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/changebot/changebot/test/bot"
)

func TestEveryCallBearsEveryTrouble(t *testing.T) {
	// The race detector is the scenarios'; here it would cost minutes.
	binary, err := bot.Build(t.Context(), t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	usual, err := travel(binary, t.TempDir(), trouble{}, trouble{}, nil)
	if err != nil {
		t.Fatalf("without trouble: %v", err)
	}
	complete(t, usual.phases)
	all := troubles()
	runs := make([]*run, len(all)/2)
	var group sync.WaitGroup
	for i := range runs {
		there, back, dir := all[2*i], all[2*i+1], t.TempDir()
		group.Go(func() {
			began := time.Now()
			var err error
			if runs[i], err = travel(binary, dir, there, back, usual.phases); err != nil {
				t.Errorf("there with %q and back with %q: %v", there.name, back.name, err)
			}
			t.Logf("there with %q and back with %q: %s", there.name, back.name, time.Since(began).Round(time.Second))
		})
	}
	group.Wait()
	table(t, runs)
}

// complete compares the table of calls with those that were made.
func complete(t *testing.T, phases map[string]tally) {
	t.Helper()
	known := map[string]call{}
	for _, c := range calls() {
		known[c.String()] = c
	}
	for phase, made := range phases {
		for name, n := range made {
			if !known[name].in(phase) {
				t.Errorf("%s calls %s (%d×), which the table does not have there", phase, name, n.made)
			}
		}
		for name, c := range known {
			if c.in(phase) && made[name].made == 0 {
				t.Errorf("%s does not call %s, although the table says so", phase, name)
			}
		}
	}
}

// table prints how often each trouble has struck each call, and wants every
// cell to be filled.
func table(t *testing.T, runs []*run) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%-45s", "struck")
	for _, trouble := range troubles() {
		fmt.Fprintf(&b, "%11s", trouble.name)
	}
	for _, c := range calls() {
		fmt.Fprintf(&b, "\n%-45s", c)
		for i, trouble := range troubles() {
			r, kinds := runs[i/2], trouble.kinds(c)
			if len(kinds) == 0 || r == nil {
				fmt.Fprintf(&b, "%11s", "·")
				continue
			}
			phase, n := r.struckIn(c, trouble), 0
			for _, kind := range kinds {
				n += r.phases[phase][c.String()].struck[kind]
			}
			fmt.Fprintf(&b, "%11d", n)
			if n == 0 {
				t.Errorf("%s was never struck by %q during %s", c, trouble.name, phase)
			}
		}
	}
	t.Log(b.String())
}
