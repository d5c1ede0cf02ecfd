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
		{"a change lets go of what it claims no longer, and of nobody else's", letGoOfSome},
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
	if by, _ := holding(t, b, prod("free")); by != "" {
		t.Error("a claim of the refused write stands")
	}
	if by, state := holding(t, b, prod("x")); by != holder.ID || state != holder.State {
		t.Errorf("x is held by %q, which is %q", by, state)
	}
}

func giveWay(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	holder := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("gives way"), Claim: []gitops.TargetRef{prod("v"), prod("w")}}))
	second := must[gitops.Change](t)(b.Commit(ctx, workflow.Write{Change: newChange("takes over"), Claim: []gitops.TargetRef{prod("v")}, Over: []string{holder.ID}}))
	if by, _ := holding(t, a, prod("v")); by != second.ID {
		t.Errorf("v is held by %q", by)
	}
	if by, _ := holding(t, a, prod("w")); by != holder.ID {
		t.Errorf("w, which nobody asked for, is held by %q", by)
	}
	holder.State = gitops.StateCancelled
	must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: holder}))
	if by, _ := holding(t, a, prod("v")); by != second.ID {
		t.Errorf("after the first has ended v is held by %q", by)
	}
}

// holding returns who has claimed a target; nobody has an empty id.
func holding(t *testing.T, s *store.Store, ref gitops.TargetRef) (id string, state gitops.State) {
	t.Helper()
	h := must[map[gitops.TargetRef]workflow.Holder](t)(s.Holders(t.Context(), ref.Repository))[ref]
	return h.ID, h.State
}

func letGoOfSome(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	c := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("drops"), Claim: []gitops.TargetRef{prod("kept"), prod("dropped")}}))
	other := must[gitops.Change](t)(b.Commit(ctx, workflow.Write{Change: newChange("other"), Claim: []gitops.TargetRef{prod("theirs")}}))
	must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c, Release: []gitops.TargetRef{prod("dropped"), prod("theirs")}}))
	kept, _ := holding(t, b, prod("kept"))
	dropped, _ := holding(t, b, prod("dropped"))
	theirs, _ := holding(t, b, prod("theirs"))
	if kept != c.ID || dropped != "" || theirs != other.ID {
		t.Errorf("held by %q, %q and %q", kept, dropped, theirs)
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
	if by, _ := holding(t, b, prod("ends")); by != "" {
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
