package workflow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A long history is of one file in many commits, each of which sets another
// version. It counts how many of them are read.
type longHistory struct {
	History
	Observations
	commits int
	read    int
	fails   int // it cannot be read from that commit on; 0 is never
}

func (h *longHistory) Seen(context.Context, gitops.TargetRef) ([]gitops.Observation, error) {
	return nil, nil
}

func (h *longHistory) Log(context.Context, string, gitops.Place) iter.Seq2[Held, error] {
	return func(yield func(Held, error) bool) {
		for n := h.commits; n > 0; n-- {
			if h.fails > 0 && h.read >= h.fails {
				yield(Held{}, &gitops.Error{Code: gitops.Unavailable, Message: "GitHub did not answer."})
				return
			}
			h.read++
			version := fmt.Sprint("v", n)
			if !yield(Held{PastCommit: PastCommit{SHA: version}, Version: gitops.Version{Tag: version}, Found: true}, nil) {
				return
			}
		}
	}
}

func (h *longHistory) pasts(ctx context.Context, named string) ([]gitops.Past, error) {
	r := New(Ports{Observations: h}, Options{})
	return r.pasts(ctx, &Repository{History: h}, "tip", gitops.Target{Places: []gitops.Place{{File: "cart.yaml"}}}, named)
}

func TestALongHistoryIsReadAsFarAsItIsNeeded(t *testing.T) {
	for _, tt := range []struct {
		name, named string
		commits     int
		read        int
		versions    int
	}{
		{"a short one to its end", "", 5, 5, 5},
		{"a long one up to the newest versions", "", 1000, maxVersions + 1, maxVersions},
		{"a named one among the newest", "v995", 1000, maxVersions + 1, maxVersions},
		{"a named one beyond them", "v960", 1000, 42, 41},
		{"a named one that is not there", "v1.0", 1000, maxCommits + 1, maxCommits},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &longHistory{commits: tt.commits}
			pasts, err := h.pasts(t.Context(), tt.named)
			if err != nil || h.read != tt.read || len(pasts) != tt.versions {
				t.Errorf("%d read for %d versions, %v", h.read, len(pasts), err)
			}
		})
	}
}

func TestAHistoryThatCannotBeReadNowIsNotTakenForAShortOne(t *testing.T) {
	h := &longHistory{commits: 1000, fails: 10}
	pasts, err := h.pasts(t.Context(), "")
	if e, ok := errors.AsType[*gitops.Error](err); !ok || e.Code != gitops.Unavailable || pasts != nil {
		t.Errorf("%d versions, %v", len(pasts), err)
	}
}

func TestWhatWasSeenShortlyTellsNothingOfHealth(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	v := gitops.ParseVersion("1.42.3")
	seen := func(health gitops.Health, lasted time.Duration) gitops.Observation {
		return gitops.Observation{Version: v, Health: health, First: at, Last: at.Add(lasted)}
	}
	for _, tt := range []struct {
		name              string
		seen              []gitops.Observation
		observed, healthy bool
	}{
		{"never seen", nil, false, false},
		{"healthy when changebot came, and gone a moment later", []gitops.Observation{seen(gitops.HealthHealthy, time.Second)}, false, false},
		{"healthy for long", []gitops.Observation{seen(gitops.HealthHealthy, time.Hour)}, true, true},
		{"healthy for long, and shortly once more", []gitops.Observation{seen(gitops.HealthHealthy, time.Second), seen(gitops.HealthHealthy, time.Hour)}, true, true},
		{"sick after the health of before", []gitops.Observation{seen(gitops.HealthDegraded, time.Second), seen(gitops.HealthHealthy, time.Second)}, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := past(Held{Version: v}, tt.seen, time.Minute)
			if p.Observed != tt.observed || healthy(p) != tt.healthy {
				t.Errorf("observed %v, healthy %v", p.Observed, healthy(p))
			}
		})
	}
}
