package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
)

// Acquire takes the lease for a time, unless somebody else holds it. Whoever
// holds it includes this very process: a lease is not re-entrant. What a
// process of the same owner held that has died is taken over.
func (s *Store) Acquire(ctx context.Context, name string, ttl time.Duration) (gitops.Lease, bool, error) {
	lease := gitops.Lease{Name: name}
	var taken bool
	err := s.transact(ctx, func(tx *sql.Tx) error {
		now := s.now()
		lease.Until = now.Add(ttl).Truncate(time.Millisecond)
		err := tx.QueryRowContext(ctx, `
			INSERT INTO leases (name, owner, process, fence, expires) VALUES ($1, $2, $3, 1, $4)
			ON CONFLICT (name) DO UPDATE
			SET owner = excluded.owner, process = excluded.process, fence = leases.fence + 1, expires = excluded.expires
			WHERE leases.expires <= $5 OR (leases.owner = excluded.owner AND leases.process <> excluded.process)
			RETURNING fence`,
			name, s.owner, s.process, millis(lease.Until), millis(now)).Scan(&lease.Fence)
		taken = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return gitops.Lease{}, false, fmt.Errorf("take lease %s: %w", name, err)
	}
	if !taken {
		return gitops.Lease{}, false, nil
	}
	return lease, true, nil
}

// Renew lets a lease that is still held last for a time from now on. Its fence
// stays. A gitops.Conflict error says that it has run out or passed on.
func (s *Store) Renew(ctx context.Context, lease gitops.Lease, ttl time.Duration) (gitops.Lease, error) {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		now := s.now()
		lease.Until = now.Add(ttl).Truncate(time.Millisecond)
		n, err := changed(ctx, tx, `UPDATE leases SET expires = $1 WHERE name = $2 AND fence = $3 AND expires > $4`,
			millis(lease.Until), lease.Name, lease.Fence, millis(now))
		if err == nil && n == 0 {
			return lost(lease)
		}
		return err
	})
	if err != nil {
		return gitops.Lease{}, fmt.Errorf("renew lease %s: %w", lease.Name, err)
	}
	return lease, nil
}

// Release gives the lease back. Releasing what is held by somebody else by now
// does nothing.
func (s *Store) Release(ctx context.Context, lease gitops.Lease) error {
	_, err := s.db.ExecContext(ctx, `UPDATE leases SET expires = 0 WHERE name = $1 AND fence = $2`, lease.Name, lease.Fence)
	if err != nil {
		return fmt.Errorf("release lease %s: %w", lease.Name, err)
	}
	return nil
}

// fence refuses a writer whose lease has run out or passed on. It writes to
// the lease's row without changing it: that keeps the lease from passing on
// until the transaction has ended.
func (s *Store) fence(ctx context.Context, tx *sql.Tx, lease gitops.Lease) error {
	n, err := changed(ctx, tx, `UPDATE leases SET fence = fence WHERE name = $1 AND fence = $2 AND expires > $3`,
		lease.Name, lease.Fence, millis(s.now()))
	if err != nil {
		return fmt.Errorf("check lease %s: %w", lease.Name, err)
	}
	if n == 0 {
		return lost(lease)
	}
	return nil
}

func lost(lease gitops.Lease) error {
	return &gitops.Error{
		Code:    gitops.Conflict,
		Message: fmt.Sprintf("The lease %q has run out or passed on to somebody else.", lease.Name),
	}
}
