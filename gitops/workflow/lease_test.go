package workflow

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A right is one lease, renewed as often as it is asked for until it passes on.
type right struct {
	Store
	until   time.Time // it passes on then; zero is never
	down    bool      // nobody answers
	renewed int
}

func (*right) Change(context.Context, string) (gitops.Change, error) { return gitops.Change{}, nil }
func (*right) Release(context.Context, gitops.Lease) error           { return nil }

func (*right) Acquire(_ context.Context, name string, ttl time.Duration) (gitops.Lease, bool, error) {
	return gitops.Lease{Name: name, Fence: 1, Until: time.Now().Add(ttl)}, true, nil
}

func (l *right) Renew(_ context.Context, lease gitops.Lease, ttl time.Duration) (gitops.Lease, error) {
	switch {
	case l.down:
		return lease, errors.New("connection refused")
	case !l.until.IsZero() && !time.Now().Before(l.until):
		return lease, &gitops.Error{Code: gitops.Conflict, Message: "The lease has passed on."}
	}
	l.renewed++
	lease.Until = time.Now().Add(ttl)
	return lease, nil
}

// worked runs ten minutes of work on a Change and says how long it went on.
func worked(t *testing.T, l *right) (went time.Duration, err error) {
	r := New(Ports{Store: l, Leases: l}, Options{Log: slog.New(slog.DiscardHandler)})
	err = r.withChange(t.Context(), "c-1", func(ctx context.Context, _ gitops.Lease, _ gitops.Change) error {
		began := time.Now()
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Minute):
		}
		went = time.Since(began)
		return ctx.Err()
	})
	return went, err
}

func TestALeaseIsRenewedForAsLongAsTheWorkTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &right{}
		if went, err := worked(t, l); err != nil || went != 10*time.Minute || l.renewed < 20 {
			t.Errorf("went on for %s, renewed %d times: %v", went, l.renewed, err)
		}
		before := l.renewed
		if time.Sleep(time.Hour); l.renewed != before {
			t.Error("it is renewed after the work has ended")
		}
	})
}

func TestWorkEndsWhenItsLeaseHasPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &right{until: time.Now().Add(2 * time.Minute)}
		if went, err := worked(t, l); !errors.Is(err, context.Canceled) || went > 2*time.Minute+leaseTTL/3 {
			t.Errorf("went on for %s: %v", went, err)
		}
	})
}

func TestWorkEndsWhenItsLeaseCannotBeRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if went, err := worked(t, &right{down: true}); !errors.Is(err, context.Canceled) || went > leaseTTL {
			t.Errorf("went on for %s: %v", went, err)
		}
	})
}
