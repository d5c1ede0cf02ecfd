package gitops_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// TestNobodyIsLeftAloneForEver, whatever a server, or a proxy before it, asks for.
func TestNobodyIsLeftAloneForEver(t *testing.T) {
	for seconds, want := range map[int]time.Duration{
		-1: time.Second, 0: time.Second, 7: 7 * time.Second, 86_400: time.Hour, math.MaxInt: time.Hour, math.MinInt: time.Second,
	} {
		err := fmt.Errorf("push: %w", &gitops.Pause{After: gitops.PauseOf(seconds), Err: errors.New("slow down")})
		if got := gitops.RetryAfter(err); got != want {
			t.Errorf("asked for %d seconds, it is tried again after %s, want %s", seconds, got, want)
		}
	}
	if got := (&gitops.Pause{After: math.MaxInt64, Err: errors.New("until a date")}).RetryAfter(); got != time.Hour {
		t.Errorf("asked to come back in 292 years, it is tried again after %s", got)
	}
}
