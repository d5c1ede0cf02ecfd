package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
)

func leases() []check {
	return []check{
		{"one holds it, and nobody twice", leaseOnce},
		{"of many who want it one gets it", leaseRace},
		{"a released lease goes to the next, with a higher fence", leaseReleased},
		{"a renewed lease lasts, and keeps its fence", leaseRenewed},
		{"what has passed on is not renewed", leaseNotRenewed},
		{"a paused holder finds its writes refused", pausedHolder},
		{"no lease at all is refused where one is needed", noLease},
		{"what a process held that died is taken over under its name only", deadHolder},
	}
}

// take takes a lease for a minute.
func take(t *testing.T, s *store.Store, name string) (gitops.Lease, bool) {
	t.Helper()
	lease, ok, err := s.Acquire(t.Context(), name, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return lease, ok
}

func leaseOnce(t *testing.T, f fixture) {
	a, b := f.a, f.b
	lease, ok := take(t, a, "one")
	if !ok || lease.Name != "one" || !lease.Until.Equal(f.tick.Now().Add(time.Minute)) {
		t.Fatalf("got %v, %v", lease, ok)
	}
	for name, s := range map[string]*store.Store{"the same process": a, "another": b} {
		if _, ok := take(t, s, "one"); ok {
			t.Errorf("%s got it too", name)
		}
	}
}

func leaseRace(t *testing.T, f fixture) {
	a, b := f.a, f.b
	var won atomic.Int32
	race(16, func(i int) {
		if _, ok := take(t, []*store.Store{a, b}[i%2], "many"); ok {
			won.Add(1)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d got it", won.Load())
	}
}

func leaseReleased(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	first, _ := take(t, a, "released")
	if err := a.Release(ctx, first); err != nil {
		t.Fatal(err)
	}
	second, ok := take(t, b, "released")
	if !ok || second.Fence <= first.Fence {
		t.Fatalf("got %v, %v after %v", second, ok, first)
	}
	if err := a.Release(ctx, first); err != nil {
		t.Fatal(err)
	}
	if _, ok := take(t, a, "released"); ok {
		t.Error("releasing an old lease has released the new one")
	}
}

func pausedHolder(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	c := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("paused")}))
	intent := effect.Intent{Change: c.ID, Key: "merge", Text: "merging"}
	old, _ := take(t, a, "paused")
	must[effect.Record](t)(a.Intend(ctx, old, intent))

	refused := func(why string) {
		t.Helper()
		_, err := a.Commit(ctx, workflow.Write{Change: c, Lease: old})
		wantCode(t, err, gitops.Conflict)
		_, err = a.Intend(ctx, old, effect.Intent{Change: c.ID, Key: why})
		wantCode(t, err, gitops.Conflict)
		wantCode(t, a.Conclude(ctx, old, intent, []byte(`{}`)), gitops.Conflict)
	}
	f.tick.add(time.Minute)
	refused("its time is over")
	lease, ok := take(t, b, "paused")
	if !ok {
		t.Fatal("a lease that ran out cannot be taken")
	}
	refused("somebody else has it")
	must[gitops.Change](t)(b.Commit(ctx, workflow.Write{Change: c, Lease: lease}))
}

func noLease(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	_, err := a.Intend(ctx, gitops.Lease{}, effect.Intent{Change: "c-x", Key: "k"})
	wantCode(t, err, gitops.Conflict)
}

func deadHolder(t *testing.T, f fixture) {
	a, b := f.a, f.b
	before, _ := take(t, a, "dead")
	reborn := open(t, store.Options{URL: f.url, Owner: "a", Clock: f.tick.Now})
	if _, ok := take(t, b, "dead"); ok {
		t.Error("somebody else took it")
	}
	after, ok := take(t, reborn, "dead")
	if !ok || after.Fence <= before.Fence {
		t.Errorf("got %v, %v after %v", after, ok, before)
	}
}

func leaseRenewed(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	lease, _ := take(t, a, "renewed")
	for range 3 {
		f.tick.add(40 * time.Second)
		renewed, err := a.Renew(ctx, lease, time.Minute)
		if err != nil || renewed.Fence != lease.Fence || !renewed.Until.Equal(f.tick.Now().Add(time.Minute)) {
			t.Fatalf("renewed as %v, %v", renewed, err)
		}
		if until, err := a.Holds(ctx, lease); err != nil || !until.Equal(renewed.Until) {
			t.Errorf("held until %v, %v", until, err)
		}
		if _, ok := take(t, b, "renewed"); ok {
			t.Fatal("another took it all the same")
		}
	}
	f.tick.add(time.Minute)
	if _, ok := take(t, b, "renewed"); !ok {
		t.Error("it never ends")
	}
}

func leaseNotRenewed(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	lease, _ := take(t, a, "passed on")
	f.tick.add(time.Minute)
	_, err := a.Renew(ctx, lease, time.Minute)
	wantCode(t, err, gitops.Conflict)
	next, ok := take(t, b, "passed on")
	_, err = a.Renew(ctx, lease, time.Minute)
	wantCode(t, err, gitops.Conflict)
	if until, err := b.Holds(ctx, next); !ok || err != nil || !until.Equal(next.Until) {
		t.Errorf("the next holder has it until %v, %v", until, err)
	}
}
