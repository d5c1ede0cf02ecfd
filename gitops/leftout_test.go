package gitops

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsLeftOutIsToldByItsReasonHoweverManyThereAre(t *testing.T) {
	var all []LeftOut
	for i := range 40 {
		name := fmt.Sprintf("svc-%02d", i)
		switch {
		case i < 14:
			all = append(all, LeftOut{name, BarHold, name + " 2 is on hold in prod."})
		case i < 16:
			all = append(all, LeftOut{name, BarRight, "only Grace may promote " + name + " to prod."})
		case i < 17:
			all = append(all, LeftOut{name, BarOther, "It holds no version."})
		default:
			all = append(all, LeftOut{Application: name, Bar: BarThere})
		}
	}
	want := []string{
		"left out 2, not theirs to ask for: svc-14 and svc-15. The first: only Grace may promote svc-14 to prod.",
		"left out 14, on hold: svc-00, svc-01, svc-02, svc-03, svc-04, svc-05, svc-06, svc-07, svc-08, svc-09 and 4 more. The first: svc-00 2 is on hold in prod.",
		"left out svc-16: it holds no version.",
		"already there: svc-17, svc-18, svc-19, svc-20, svc-21, svc-22, svc-23, svc-24, svc-25, svc-26 and 13 more",
	}
	p := Plan{LeftOut: all, Evidence: []string{"svc-41 2 in staging: healthy"}}
	if diff := cmp.Diff(append(want, p.Evidence...), p.Speaks()); diff != "" {
		t.Error(diff)
	}
	full := p.SpeaksInFull()
	if len(full) != 17+2 || full[13] != "left out svc-13: svc-13 2 is on hold in prod." || full[17] != want[3] {
		t.Errorf("in full: %q", full)
	}
	if got := (Plan{}).Speaks(); len(got) != 0 {
		t.Errorf("of nothing it says %q", got)
	}
}
