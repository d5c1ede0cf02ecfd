package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
)

func journal() []check {
	return []check{
		{"entries are numbered, chained and read as they were hashed", chained},
		{"an act is intended once and concluded once", intendedOnce},
		{"an outcome that says nothing is an outcome", nullOutcome},
		{"an outcome without an intent is a fault", outcomeAlone},
		{"many writers make one chain", manyWriters},
		{"the database refuses to change or remove an entry", appendOnly},
		{"once does what effect.Once promises", once},
	}
}

// hold takes a lease that is free.
func hold(t *testing.T, s *store.Store, name string) gitops.Lease {
	t.Helper()
	lease, ok := take(t, s, name)
	if !ok {
		t.Fatalf("lease %s is not free", name)
	}
	return lease
}

func chained(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	c := newChange("chained")
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	c = must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c, Entries: []gitops.Entry{
		{Kind: gitops.EntryTransition, Actor: "ada", Text: "broken \xff and \x00 text", At: at},
		{Kind: gitops.EntryNote, Data: []byte(`{"b": 1,  "a": "é\u0000"}`)},
	}}))
	must[gitops.Change](t)(b.Commit(ctx, workflow.Write{Change: c, Entries: []gitops.Entry{{Kind: gitops.EntryDecision}}}))
	entries := must[[]gitops.Entry](t)(b.Entries(ctx, c.ID))
	if len(entries) != 3 || gitops.Verify(entries) != 0 {
		t.Fatalf("entry %d of %d does not follow", gitops.Verify(entries), len(entries))
	}
	if diff := cmp.Diff(`{"b": 1,  "a": "é\u0000"}`, string(entries[1].Data)); diff != "" {
		t.Error(diff)
	}
	if !entries[0].At.Equal(at.Truncate(time.Millisecond)) || entries[1].Actor != "changebot" {
		t.Errorf("got %v by %s", entries[0].At, entries[1].Actor)
	}
}

func intendedOnce(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	lease := hold(t, a, "act")
	intent := effect.Intent{Change: "c-act", Key: "push", Text: "pushing"}
	type step struct {
		New     bool
		Outcome string
	}
	var got []step
	look := func() {
		r := must[effect.Record](t)(a.Intend(ctx, lease, intent))
		got = append(got, step{r.New, string(r.Outcome)})
	}
	look()
	look()
	for _, outcome := range []string{`{"sha":"1"}`, `{"sha":"2"}`} {
		if err := a.Conclude(ctx, lease, intent, []byte(outcome)); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if diff := cmp.Diff([]step{{true, ""}, {false, ""}, {false, `{"sha":"1"}`}}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(must[[]gitops.Entry](t)(a.Entries(ctx, "c-act"))); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}

func nullOutcome(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	lease := hold(t, a, "null")
	intent := effect.Intent{Change: "c-null", Key: "k"}
	must[effect.Record](t)(a.Intend(ctx, lease, intent))
	if err := a.Conclude(ctx, lease, intent, nil); err != nil {
		t.Fatal(err)
	}
	if r := must[effect.Record](t)(a.Intend(ctx, lease, intent)); r.New || r.Outcome == nil {
		t.Errorf("got %+v", r)
	}
}

func outcomeAlone(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	wantCode(t, a.Conclude(ctx, hold(t, a, "fault"), effect.Intent{Change: "c-fault", Key: "k"}, []byte(`1`)), gitops.Internal)
}

func manyWriters(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	la, lb := hold(t, a, "chain a"), hold(t, b, "chain b")
	var fresh atomic.Int32
	race(24, func(i int) {
		s, lease := a, la
		if i%2 == 1 {
			s, lease = b, lb
		}
		r, err := s.Intend(ctx, lease, effect.Intent{Change: "c-chain", Key: fmt.Sprint(i / 4)})
		if err != nil {
			t.Error(err)
		}
		if r.New {
			fresh.Add(1)
		}
	})
	entries := must[[]gitops.Entry](t)(a.Entries(ctx, "c-chain"))
	if len(entries) != 6 || fresh.Load() != 6 || gitops.Verify(entries) != 0 {
		t.Errorf("%d entries, %d told new, broken at %d", len(entries), fresh.Load(), gitops.Verify(entries))
	}
}

func appendOnly(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	must[effect.Record](t)(a.Intend(ctx, hold(t, a, "guard"), effect.Intent{Change: "c-guard", Key: "k"}))
	db := raw(t, f.url)
	for _, statement := range []string{`UPDATE journal SET sentence = 'another'`, `DELETE FROM journal`} {
		if _, err := db.ExecContext(ctx, statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
}

func once(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	lease := hold(t, a, "once")
	did := 0
	act := effect.Act[string]{
		Intent: effect.Intent{Change: "c-once", Key: "k", Text: "doing"},
		Ask:    func(context.Context) (string, bool, error) { return "", false, nil },
		Do: func(context.Context) (string, error) {
			did++
			if did == 1 {
				return "", errors.New("cut off")
			}
			return "done", nil
		},
	}
	if _, err := effect.Once(ctx, a, lease, act); err == nil {
		t.Fatal("the first try succeeded")
	}
	for range 2 {
		if got := must[string](t)(effect.Once(ctx, a, lease, act)); got != "done" {
			t.Errorf("got %q", got)
		}
	}
	if did != 2 {
		t.Errorf("done %d times, want 2", did)
	}
}
