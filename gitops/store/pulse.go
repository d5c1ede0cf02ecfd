package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	// pulsePause is how often a replica shows that it lives.
	pulsePause = 2 * time.Second

	// stillPulse is how long another replica's pulse stands still before it
	// counts as dead. One that was only slow loses nothing but its leases.
	stillPulse = 5 * pulsePause

	// blink is how long a replica may not have looked and still say that a pulse
	// stood still meanwhile. While the database is away everybody's does.
	blink = stillPulse / 2

	// burial bounds how long one replica may take over what a dead one had.
	burial = 30 * time.Second
)

// A watcher shows that this replica lives, and takes over what dead ones had:
// without it their running jobs and leases would have to run out first, which
// takes minutes. Pulses are compared with what this process saw before and
// never with a clock, so that clocks may differ.
type watcher struct {
	store  *Store
	adopt  func(ctx context.Context, owner string) error
	seen   map[string]sighting
	looked time.Time // when those were seen
}

// A sighting is a replica's pulse and since when it stands there.
type sighting struct {
	pulse int64
	since time.Time
}

// run watches until ctx ends, and then says goodbye.
func (w *watcher) run(ctx context.Context) {
	ticker := time.NewTicker(pulsePause)
	defer ticker.Stop()
	for {
		if err := w.beat(ctx); err != nil && ctx.Err() == nil {
			w.store.log.Warn("watch the other replicas", "error", err)
		}
		select {
		case <-ctx.Done():
			w.leave(context.WithoutCancel(ctx))
			return
		case <-ticker.C:
		}
	}
}

// show counts up the own pulse.
func (w *watcher) show(ctx context.Context) error {
	_, err := w.store.db.ExecContext(ctx, `
		INSERT INTO replicas (owner, pulse) VALUES ($1, 1)
		ON CONFLICT (owner) DO UPDATE SET pulse = replicas.pulse + 1`, w.store.owner)
	if err != nil {
		return fmt.Errorf("show a pulse: %w", err)
	}
	return nil
}

// beat shows the own pulse and looks at the others'.
func (w *watcher) beat(ctx context.Context) error {
	if err := w.show(ctx); err != nil {
		return err
	}
	rows, err := w.store.read.QueryContext(ctx, `SELECT owner, pulse FROM replicas WHERE owner <> $1`, w.store.owner)
	if err != nil {
		return fmt.Errorf("read the pulses: %w", err)
	}
	type replica struct {
		owner string
		pulse int64
	}
	others, err := collect(rows, func(scan func(...any) error) (replica, error) {
		var r replica
		return r, scan(&r.owner, &r.pulse)
	})
	if err != nil {
		return fmt.Errorf("read the pulses: %w", err)
	}
	now, seen := time.Now(), map[string]sighting{}
	if now.Sub(w.looked) > blink {
		w.seen = nil
	}
	w.looked = now
	for _, r := range others {
		s, known := w.seen[r.owner]
		if !known || s.pulse != r.pulse {
			s = sighting{r.pulse, now}
		}
		seen[r.owner] = s
		if now.Sub(s.since) < stillPulse {
			continue
		}
		if err := w.bury(ctx, r.owner, r.pulse); err != nil {
			return fmt.Errorf("take over from %s: %w", r.owner, err)
		}
		delete(seen, r.owner)
	}
	w.seen = seen
	return nil
}

// bury takes over the jobs and leases of a dead replica, in one replica at a
// time: who comes second finds the pulse gone.
func (w *watcher) bury(ctx context.Context, owner string, pulse int64) error {
	lease, ok, err := w.store.Acquire(ctx, "replica/"+owner, burial)
	if err != nil || !ok {
		return err
	}
	defer func() { _ = w.store.Release(context.WithoutCancel(ctx), lease) }() // it runs out by itself
	var standing int64
	err = w.store.read.QueryRowContext(ctx, `SELECT count(*) FROM replicas WHERE owner = $1 AND pulse = $2`, owner, pulse).Scan(&standing)
	if err != nil || standing == 0 {
		return err
	}
	w.store.log.Warn("a replica is gone; this one takes over what it had", "replica", owner)
	err = w.store.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE leases SET expires = 0, fence = fence + 1 WHERE owner = $1 AND expires > 0`, owner)
		return err
	})
	if err != nil {
		return fmt.Errorf("end its leases: %w", err)
	}
	if err := w.adopt(ctx, owner); err != nil {
		return err
	}
	_, err = w.store.db.ExecContext(ctx, `DELETE FROM replicas WHERE owner = $1 AND pulse = $2`, owner, pulse)
	return err
}

// leave says that this replica works no more.
func (w *watcher) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pulsePause)
	defer cancel()
	if _, err := w.store.db.ExecContext(ctx, `DELETE FROM replicas WHERE owner = $1`, w.store.owner); err != nil {
		w.store.log.Warn("say goodbye to the other replicas", "error", err)
	}
}
