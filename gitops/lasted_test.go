package gitops

import (
	"testing"
	"time"
)

func TestATimeSpanIsWrittenWithItsTwoLargestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                       "0 s",
		-time.Second:                            "-1 s",
		400 * time.Millisecond:                  "0 s",
		4*time.Minute + 12*time.Second:          "4 min 12 s",
		20 * time.Minute:                        "20 min",
		59*time.Minute + 59600*time.Millisecond: "1 h",
		2*time.Hour + 5*time.Minute + 9*time.Second: "2 h 5 min",
		24 * time.Hour:                "1 d",
		52*time.Hour + 30*time.Minute: "2 d 4 h",
	} {
		if got := Lasted(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
