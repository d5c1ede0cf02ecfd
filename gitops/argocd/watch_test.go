package argocd

import (
	"fmt"
	"testing"
)

func TestAWatchNeverGoesBack(t *testing.T) {
	var seen []string
	w := &watcher{observe: func(s State) bool {
		seen = append(seen, s.Version)
		return false
	}}
	for _, version := range []string{"9", "10", "9", "10", "11"} {
		w.show(State{Version: version})
	}
	if want := "[9 10 10 11]"; fmt.Sprint(seen) != want {
		t.Errorf("showed %v, want %s: an event may come late, and is old by then", seen, want)
	}
}
