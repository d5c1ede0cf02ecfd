package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// Record notes what is seen now: it extends the newest observation of the
// Target where version and health are the same, and begins a new one where
// they are not. An extended observation keeps the commit it began at: a
// repository's later commits mostly belong to others. Seen.First, where it is
// set and lies before now, is since when it has been so; Seen.Last is always now.
func (s *Store) Record(ctx context.Context, seen gitops.Observation) error {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		ref := seen.Target
		if err := s.lock(ctx, tx, "observations/"+ref.Repository+"/"+ref.String()); err != nil {
			return err
		}
		newest, err := scanObservation(ref)(tx.QueryRowContext(ctx, selectObservations+` LIMIT 1`,
			ref.Repository, ref.Application, ref.Environment).Scan)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		now := millis(s.now())
		first := now
		if !seen.First.IsZero() {
			first = min(now, millis(seen.First))
		}
		if err == nil && newest.Version == seen.Version && newest.Health == seen.Health {
			_, err := tx.ExecContext(ctx, `
				UPDATE observations SET last_seen = $1, first_seen = $6
				WHERE repository = $2 AND application = $3 AND environment = $4 AND first_seen = $5 AND last_seen < $1`,
				now, ref.Repository, ref.Application, ref.Environment, millis(newest.First), min(first, millis(newest.First)))
			return err
		}
		// Two in one millisecond, or a clock set back, still follow each other.
		first = max(first, millis(newest.First)+1)
		now = max(now, first)
		_, err = tx.ExecContext(ctx, `
			INSERT INTO observations (repository, application, environment, first_seen, last_seen, tag, digest, commit_sha, health)
			VALUES ($1, $2, $3, $4, $9, $5, $6, $7, $8)`,
			ref.Repository, ref.Application, ref.Environment, first,
			clean(seen.Version.Tag), clean(seen.Version.Digest), clean(seen.Commit), clean(string(seen.Health)), now)
		return err
	})
	if err != nil {
		return fmt.Errorf("record what %s runs: %w", seen.Target, err)
	}
	return nil
}

// Seen returns all observations of a Target, newest first.
func (s *Store) Seen(ctx context.Context, ref gitops.TargetRef) ([]gitops.Observation, error) {
	rows, err := s.read.QueryContext(ctx, selectObservations, ref.Repository, ref.Application, ref.Environment)
	if err != nil {
		return nil, fmt.Errorf("read what %s ran: %w", ref, err)
	}
	return collect(rows, scanObservation(ref))
}

const selectObservations = `
	SELECT first_seen, last_seen, tag, digest, commit_sha, health FROM observations
	WHERE repository = $1 AND application = $2 AND environment = $3 ORDER BY first_seen DESC`

func scanObservation(ref gitops.TargetRef) func(func(...any) error) (gitops.Observation, error) {
	return func(scan func(...any) error) (gitops.Observation, error) {
		o := gitops.Observation{Target: ref}
		var first, last int64
		err := scan(&first, &last, &o.Version.Tag, &o.Version.Digest, &o.Commit, &o.Health)
		o.First, o.Last = moment(first), moment(last)
		return o, err
	}
}
