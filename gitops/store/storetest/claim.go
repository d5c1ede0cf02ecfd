package storetest

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
)

func claims() []check {
	return []check{
		{"a held target is refused with its holder, and nothing is stored", heldTarget},
		{"claiming again what one holds is no conflict", claimAgain},
		{"a claim gives way to the one it was told to", giveWay},
		{"a change that has ended lets go", letGo},
		{"of many who claim the same targets one gets all", claimRace},
	}
}

// prod is where the tests claim applications.
func prod(app string) gitops.TargetRef {
	return gitops.TargetRef{Repository: "acme/deploy", Application: app, Environment: "prod"}
}

func heldTarget(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	holder := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("holder"), Claim: []gitops.TargetRef{prod("x"), prod("y")}}))
	second := newChange("second")
	_, err := b.Commit(ctx, workflow.Write{Change: second, Claim: []gitops.TargetRef{prod("free"), prod("y")}})
	held, ok := errors.AsType[*workflow.HeldError](err)
	if !ok || held.Change != holder.ID || held.Target != prod("y") {
		t.Fatalf("got %v, want it held by %s", err, holder.ID)
	}
	_, err = b.Change(ctx, second.ID)
	wantCode(t, err, gitops.NotFound)
	if _, found, _ := b.Holding(ctx, prod("free")); found {
		t.Error("a claim of the refused write stands")
	}
	if c, found, err := b.Holding(ctx, prod("x")); !found || err != nil || c.ID != holder.ID {
		t.Errorf("x is held by %v, %v, %v", c.ID, found, err)
	}
}

func giveWay(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	holder := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("gives way"), Claim: []gitops.TargetRef{prod("v"), prod("w")}}))
	second := must[gitops.Change](t)(b.Commit(ctx, workflow.Write{Change: newChange("takes over"), Claim: []gitops.TargetRef{prod("v")}, Over: []string{holder.ID}}))
	if c, _, err := a.Holding(ctx, prod("v")); err != nil || c.ID != second.ID {
		t.Errorf("v is held by %v, %v", c.ID, err)
	}
	if c, _, err := a.Holding(ctx, prod("w")); err != nil || c.ID != holder.ID {
		t.Errorf("w, which nobody asked for, is held by %v, %v", c.ID, err)
	}
	holder.State = gitops.StateCancelled
	must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: holder}))
	if c, _, err := a.Holding(ctx, prod("v")); err != nil || c.ID != second.ID {
		t.Errorf("after the first has ended v is held by %v, %v", c.ID, err)
	}
}

func claimAgain(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	c := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("again"), Claim: []gitops.TargetRef{prod("again")}}))
	must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c, Claim: []gitops.TargetRef{prod("again")}}))
}

func letGo(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	c := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("ends"), Claim: []gitops.TargetRef{prod("ends")}}))
	c.State = gitops.StateCancelled
	must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c}))
	if _, found, _ := b.Holding(ctx, prod("ends")); found {
		t.Error("it is still held")
	}
	must[gitops.Change](t)(b.Commit(ctx, workflow.Write{Change: newChange("next"), Claim: []gitops.TargetRef{prod("ends")}}))
}

func claimRace(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	refs := []gitops.TargetRef{prod("r1"), prod("r2"), prod("r3")}
	var won atomic.Int32
	race(12, func(i int) {
		mine := []gitops.TargetRef{refs[i%3], refs[(i+1)%3], refs[(i+2)%3]}
		_, err := []*store.Store{a, b}[i%2].Commit(ctx, workflow.Write{Change: newChange("racer " + string(rune('a'+i))), Claim: mine})
		_, held := errors.AsType[*workflow.HeldError](err)
		switch {
		case err == nil:
			won.Add(1)
		case !held:
			t.Error(err)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d got them", won.Load())
	}
}
