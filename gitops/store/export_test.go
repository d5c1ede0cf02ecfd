package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

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

// Pragma reads a setting of the connection that writes.
func (s *Store) Pragma(ctx context.Context, name string) (value string, err error) {
	err = s.db.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value)
	return value, err
}

// Poll sets how often the queues look at the database without being told to.
func (s *Store) Poll(every time.Duration) { s.poll = every }
