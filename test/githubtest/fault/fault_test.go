package fault_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/test/githubtest/fault"
)

func TestAPlanStrikesWhatItNames(t *testing.T) {
	type call struct{ method, path string }
	merge, list := call{"PUT", "/repos/o/r/pulls/1/merge"}, call{"GET", "/repos/o/r/pulls"}
	for _, c := range []struct {
		name  string
		fault fault.Fault
		calls []call
		want  []bool
	}{
		{"the next matching call, once", fault.Fault{Match: "PUT */merge"}, []call{list, merge, merge}, []bool{false, true, false}},
		{"as many times as it says", fault.Fault{Match: "PUT */merge", Times: 2}, []call{merge, merge, merge}, []bool{true, true, false}},
		{"for ever with a negative number", fault.Fault{Match: "* *", Times: -1}, []call{merge, list, merge}, []bool{true, true, true}},
		{"after those it skips", fault.Fault{Match: "PUT */merge", Skip: 1}, []call{merge, merge, merge}, []bool{false, true, false}},
		{"only its own method", fault.Fault{Match: "GET */merge"}, []call{merge}, []bool{false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := fault.NewPlan(1)
			c.fault.Kind, c.fault.Code = fault.Status, 502
			if err := p.Add(c.fault); err != nil {
				t.Fatal(err)
			}
			var got []bool
			for _, call := range c.calls {
				_, struck := p.Next(call.method, call.path, "")
				got = append(got, struck)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTheSameSeedStrikesTheSameCalls(t *testing.T) {
	run := func() (struck []int) {
		p := fault.NewPlan(42)
		if err := p.Add(fault.Fault{Match: "* *", Kind: fault.Slow, Times: -1, Probability: 0.3}); err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if _, ok := p.Next("GET", "/", ""); ok {
				struck = append(struck, i)
			}
		}
		return struck
	}
	first := run()
	if d := cmp.Diff(first, run()); d != "" || len(first) < 10 || len(first) > 60 {
		t.Errorf("struck %d of 100; second run differs by %s", len(first), d)
	}
}

func TestFaultsAreReadFromJSONAndChecked(t *testing.T) {
	var f fault.Fault
	if err := json.Unmarshal([]byte(`{"match":"WEBHOOK push","kind":"delay","delay":"1.5s"}`), &f); err != nil {
		t.Fatal(err)
	}
	if f.Wait() != 1500*time.Millisecond || f.Check() != nil {
		t.Errorf("read as %+v: %v", f, f.Check())
	}
	for name, bad := range map[string]fault.Fault{
		"no path":                        {Match: "PUT", Kind: fault.Hang},
		"a kind of webhooks for a call":  {Match: "PUT */merge", Kind: fault.Drop},
		"a kind of calls for a webhook":  {Match: "WEBHOOK push", Kind: fault.Hang},
		"a status that is not a failure": {Match: "GET *", Kind: fault.Status, Code: 200},
	} {
		if bad.Check() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
