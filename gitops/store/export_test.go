package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/changebot/changebot/gitops"
)

// EnqueueAndRollBack inserts jobs in a transaction that comes to nothing.
func (s *Store) EnqueueAndRollBack(ctx context.Context, jobs ...gitops.Job) error {
	late := errors.New("rolled back")
	err := s.transact(ctx, func(tx *sql.Tx) error {
		return errors.Join(s.enqueue(ctx, tx, jobs), late)
	})
	s.nudge(jobs)
	if err.Error() == late.Error() {
		return nil
	}
	return err
}

// Backoff is how long to wait after so many failures.
var Backoff = backoff
