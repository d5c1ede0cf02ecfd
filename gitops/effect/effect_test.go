package effect_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
)

// book is a journal in memory.
type book struct {
	outcomes map[string]json.RawMessage
	age      time.Duration
	deaf     bool      // the process dies before the outcome is written
	renewed  time.Time // until when the lease was renewed
	lost     bool      // somebody has taken over
	pauses   bool      // the process is paused when it asks, and somebody takes over
}

func (b *book) Intend(_ context.Context, _ gitops.Lease, i effect.Intent) (effect.Record, error) {
	outcome, known := b.outcomes[i.Key]
	if !known {
		b.outcomes[i.Key] = nil
	}
	return effect.Record{New: !known, Age: b.age, Outcome: outcome}, nil
}

func (b *book) Holds(_ context.Context, l gitops.Lease) (time.Time, error) {
	if b.pauses {
		b.pauses = false
		time.Sleep(15 * time.Second) // of the bubble's time
		b.lost = true
		return l.Until, nil // the answer is from before the pause
	}
	if b.lost {
		return time.Time{}, &gitops.Error{Code: gitops.Conflict, Message: "The lease has passed on."}
	}
	if b.renewed.After(l.Until) {
		l.Until = b.renewed
	}
	if !time.Now().Before(l.Until) {
		return time.Time{}, &gitops.Error{Code: gitops.Conflict, Message: "The lease has run out."}
	}
	return l.Until, nil
}

func (b *book) Conclude(_ context.Context, _ gitops.Lease, i effect.Intent, outcome json.RawMessage) error {
	if b.deaf {
		return errors.New("killed")
	}
	b.outcomes[i.Key] = outcome
	return nil
}

// remote is another system with one thing that can be done to it.
type remote struct {
	done  int
	fails error
	after bool // it fails after the effect took place
}

func (r *remote) act() effect.Act[int] {
	return effect.Act[int]{
		Intent: effect.Intent{Change: "c-1", Key: "open", Text: "open"},
		Ask:    func(context.Context) (int, bool, error) { return r.done, r.done > 0, nil },
		Do: func(context.Context) (int, error) {
			if r.fails == nil || r.after {
				r.done++
			}
			return r.done, r.fails
		},
	}
}

func lease(left time.Duration) gitops.Lease {
	return gitops.Lease{Name: "change/c-1", Fence: 1, Until: time.Now().Add(left)}
}

func TestAnEffectIsDoneOnceHoweverOftenItIsAskedFor(t *testing.T) {
	j, r := &book{outcomes: map[string]json.RawMessage{}}, &remote{}
	for range 3 {
		if got, err := effect.Once(t.Context(), j, lease(time.Minute), r.act()); err != nil || got != 1 {
			t.Fatalf("got %d, %v", got, err)
		}
	}
	if r.done != 1 {
		t.Errorf("done %d times", r.done)
	}
}

func TestAnEffectThatLeavesNoTraceIsDoneOnce(t *testing.T) {
	j, r := &book{outcomes: map[string]json.RawMessage{}}, &remote{}
	act := r.act()
	act.Ask = nil
	for range 3 {
		if got, err := effect.Once(t.Context(), j, lease(time.Minute), act); err != nil || got != 1 {
			t.Fatalf("got %d, %v", got, err)
		}
	}
	if r.done != 1 {
		t.Errorf("done %d times", r.done)
	}
}

func TestAnEffectWhoseOutcomeWasLostIsAskedForAndNotDoubled(t *testing.T) {
	tests := []struct {
		name string
		dies func(*book, *remote)
	}{
		{"killed between the effect and its outcome", func(b *book, _ *remote) { b.deaf = true }},
		{"answered with an error after the effect", func(_ *book, r *remote) { r.fails, r.after = errors.New("502"), true }},
		{"answered with an error before the effect", func(_ *book, r *remote) { r.fails = errors.New("502") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j, r := &book{outcomes: map[string]json.RawMessage{}}, &remote{}
			tt.dies(j, r)
			if _, err := effect.Once(t.Context(), j, lease(time.Minute), r.act()); err == nil {
				t.Fatal("nothing went wrong")
			}
			j.deaf, r.fails = false, nil
			if got, err := effect.Once(t.Context(), j, lease(time.Minute), r.act()); err != nil || got != 1 || r.done != 1 {
				t.Errorf("second try: %d, %v; done %d times", got, err, r.done)
			}
		})
	}
}

func TestANoDoesNotCountWhileTheActMayStillTakePlace(t *testing.T) {
	j, r := &book{outcomes: map[string]json.RawMessage{"open": nil}, age: 2 * time.Second}, &remote{}
	late := r.act()
	late.Lag = 5 * time.Second
	_, err := effect.Once(t.Context(), j, lease(time.Minute), late)
	if again, ok := errors.AsType[gitops.Again](err); !ok || again.After != 3*time.Second || r.done != 0 {
		t.Fatalf("got %v; done %d times", err, r.done)
	}
	r.done = 1 // it lands
	if got, err := effect.Once(t.Context(), j, lease(time.Minute), late); err != nil || got != 1 || r.done != 1 {
		t.Errorf("got %d, %v; done %d times", got, err, r.done)
	}
	j, r.done = &book{outcomes: map[string]json.RawMessage{"open": nil}, age: 5 * time.Second}, 0
	if _, err := effect.Once(t.Context(), j, lease(time.Minute), late); err != nil || r.done != 1 {
		t.Errorf("after the lag: %v; done %d times", err, r.done)
	}
}

func TestWhoseLeaseHasRunOutDoesNothing(t *testing.T) {
	j, r := &book{outcomes: map[string]json.RawMessage{}}, &remote{}
	_, err := effect.Once(t.Context(), j, lease(-time.Second), r.act())
	if gitops.CodeOf(err) != gitops.Conflict || r.done != 0 {
		t.Errorf("got %v; done %d times", err, r.done)
	}
}

func TestWhoWasPausedAsksAgainWhetherItHoldsTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, r := &book{outcomes: map[string]json.RawMessage{}, pauses: true}, &remote{}
		_, err := effect.Once(t.Context(), j, lease(time.Minute), r.act())
		if gitops.CodeOf(err) != gitops.Conflict || r.done != 0 {
			t.Errorf("got %v; done %d times", err, r.done)
		}
	})
}

func TestADoThatOutlivesTheLeaseIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &book{outcomes: map[string]json.RawMessage{}}
		_, err := effect.Once(t.Context(), j, lease(time.Minute), effect.Act[int]{
			Intent: effect.Intent{Change: "c-1", Key: "slow"},
			Do: func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			},
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestARenewedLeaseGivesAnEffectItsTime(t *testing.T) {
	j := &book{outcomes: map[string]json.RawMessage{}, renewed: time.Now().Add(time.Minute)}
	got, err := effect.Once(t.Context(), j, lease(-time.Second), effect.Act[bool]{
		Intent: effect.Intent{Change: "c-1", Key: "late"},
		Do: func(ctx context.Context) (bool, error) {
			ends, _ := ctx.Deadline()
			return ends.Equal(j.renewed), ctx.Err()
		},
	})
	if err != nil || !got {
		t.Errorf("ends with the lease as it is now: %v, %v", got, err)
	}
}
