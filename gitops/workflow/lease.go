package workflow

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/changebot/changebot/gitops"
)

// leaseTTL is how long the lease on a Change lasts: short enough that what a
// crash leaves is taken up soon. A step that takes longer renews it.
const leaseTTL = time.Minute

// withChange runs f as the only worker on a Change. Where somebody else works
// on it, the work is to come again soon. The context of f ends where the right
// to work is lost.
func (r *Road) withChange(ctx context.Context, id string, f func(context.Context, gitops.Lease, gitops.Change) error) error {
	lease, ok, err := r.Leases.Acquire(ctx, "change/"+id, leaseTTL)
	if err != nil {
		return fmt.Errorf("lease change %s: %w", id, err)
	}
	if !ok {
		return gitops.Again{After: 200 * time.Millisecond, Why: "change " + id + " is being worked on"}
	}
	defer func() {
		if err := r.Leases.Release(context.WithoutCancel(ctx), lease); err != nil {
			r.Log.Warn("release lease", "change", id, "error", err)
		}
	}()
	ctx, stop := r.keep(ctx, id, lease)
	defer stop()
	c, err := r.Store.Change(ctx, id)
	if err != nil {
		return fmt.Errorf("load change %s: %w", id, err)
	}
	return f(ctx, lease, c)
}

// keep renews a lease until stop is called. The context ends where it is lost.
func (r *Road) keep(ctx context.Context, id string, lease gitops.Lease) (kept context.Context, stop func()) {
	kept, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { cancel(r.renew(kept, id, lease)) })
	return kept, func() {
		cancel(nil)
		renewing.Wait()
	}
}

// renew returns when the context ends, or with the reason why the lease is
// lost: it passed on, or the store has not answered for as long as it lasts.
func (r *Road) renew(ctx context.Context, id string, lease gitops.Lease) error {
	tick := time.NewTicker(leaseTTL / 3)
	defer tick.Stop()
	for held := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		asked := time.Now()
		_, err := r.Leases.Renew(ctx, lease, leaseTTL)
		switch {
		case err == nil:
			held = asked
		case gitops.CodeOf(err) == gitops.Conflict, time.Since(held) >= leaseTTL:
			r.Log.Warn("the lease is lost", "change", id, "error", err)
			return err
		case ctx.Err() == nil:
			r.Log.Warn("renew lease", "change", id, "error", err)
		}
	}
}
