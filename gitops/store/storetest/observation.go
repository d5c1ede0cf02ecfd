package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
)

func observations() []check {
	return []check{
		{"the same is extended, anything else begins anew", extendObservation},
		{"replicas that see the same at once see it once", observeAtOnce},
		{"many are noted together, in whatever order they come", observeMany},
	}
}

func see(t *testing.T, s *store.Store, tag, commit string, health gitops.Health) {
	t.Helper()
	err := s.Record(t.Context(), gitops.Observation{Target: prod("x"), Version: gitops.Version{Tag: tag}, Commit: commit, Health: health})
	if err != nil {
		t.Fatal(err)
	}
}

func extendObservation(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	see(t, a, "1", "c1", gitops.HealthHealthy)
	f.tick.add(time.Minute)
	see(t, a, "1", "c2", gitops.HealthHealthy)
	see(t, a, "1", "c2", gitops.HealthDegraded)
	see(t, a, "1", "c2", gitops.HealthHealthy)
	f.tick.add(time.Minute)
	see(t, a, "2", "c3", gitops.HealthHealthy)
	start := f.tick.Now().Add(-2 * time.Minute)
	at := func(m int, ms int) time.Time {
		return start.Add(time.Duration(m)*time.Minute + time.Duration(ms)*time.Millisecond)
	}
	seen := func(tag, commit string, h gitops.Health, first, last time.Time) gitops.Observation {
		return gitops.Observation{Target: prod("x"), Version: gitops.Version{Tag: tag}, Commit: commit, Health: h, First: first, Last: last}
	}
	want := []gitops.Observation{
		seen("2", "c3", gitops.HealthHealthy, at(2, 0), at(2, 0)),
		seen("1", "c2", gitops.HealthHealthy, at(1, 1), at(1, 1)),
		seen("1", "c2", gitops.HealthDegraded, at(1, 0), at(1, 0)),
		seen("1", "c1", gitops.HealthHealthy, at(0, 0), at(1, 0)),
	}
	if diff := cmp.Diff(want, must[[]gitops.Observation](t)(a.Seen(ctx, prod("x")))); diff != "" {
		t.Error(diff)
	}
}

func observeAtOnce(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	other := prod("y")
	race(12, func(i int) {
		err := []*store.Store{a, b}[i%2].Record(ctx, gitops.Observation{Target: other, Version: gitops.Version{Tag: "1"}, Health: gitops.HealthHealthy})
		if err != nil {
			t.Error(err)
		}
	})
	if got := must[[]gitops.Observation](t)(b.Seen(ctx, other)); len(got) != 1 {
		t.Errorf("got %d observations", len(got))
	}
}

func observeMany(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	var seen []gitops.Observation
	for i := range 130 {
		seen = append(seen, gitops.Observation{Target: prod(fmt.Sprintf("many-%03d", i)), Version: gitops.Version{Tag: "1"}, Health: gitops.HealthHealthy})
	}
	backwards := slices.Clone(seen)
	slices.Reverse(backwards)
	race(4, func(i int) {
		if err := []*store.Store{a, b}[i%2].Record(ctx, [][]gitops.Observation{seen, backwards}[i%2]...); err != nil {
			t.Error(err)
		}
	})
	for _, o := range seen {
		if got := must[[]gitops.Observation](t)(b.Seen(ctx, o.Target)); len(got) != 1 {
			t.Fatalf("%s: got %d observations", o.Target, len(got))
		}
	}
}
