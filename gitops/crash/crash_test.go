package crash_test

import (
	"testing"

	"github.com/changebot/changebot/gitops/crash"
)

func TestPointsAreNamedByWhatIsDoneAndNotByToWhom(t *testing.T) {
	for key, want := range map[string]string{
		"push/1": "push done", "open": "open done", "gate/2/7/pending": "gate done", "merge/0123abc": "merge done",
		"sync/argocd/checkout-prod": "sync done", "post/live": "post/live done", "post/entry:12": "post/entry done",
	} {
		if got := crash.Effect(key, crash.AtEffect); got != want {
			t.Errorf("%s is called %q, want %q", key, got, want)
		}
	}
}
