package workflow

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/changebot/changebot/gitops"
)

func TestASourceThatWantsToBeLeftAloneIsAskedAgainWhereThatIsSoonEnough(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want time.Duration // after which it is asked again; 0: never
	}{
		"it answered":                       {nil, 0},
		"it could not":                      {errors.New("502"), 0},
		"it names a time":                   {fmt.Errorf("compare: %w", &gitops.Pause{After: 3 * time.Second, Err: errors.New("429")}), 3 * time.Second},
		"it names a time that is too late":  {&gitops.Pause{After: sourcePatience + time.Second, Err: errors.New("429")}, 0},
		"it names no time, so that we wait": {&gitops.Pause{Err: errors.New("429")}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), sourcePatience)
				defer cancel()
				began := time.Now()
				if again := paused(ctx, c.err); again != (c.want > 0) || time.Since(began) != c.want {
					t.Errorf("asked again %v after %s, want %s", again, time.Since(began), c.want)
				}
			})
		})
	}
}
