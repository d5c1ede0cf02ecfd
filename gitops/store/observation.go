package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// recordedAtOnce is how many observations one transaction notes, so that others
// who write do not wait for ten thousand.
const recordedAtOnce = 100

// Record notes what is seen now: it extends the newest observation of a
// Target where version and health are the same, and begins a new one where
// they are not. An extended observation keeps the commit it began at: a
// repository's later commits mostly belong to others. Seen.First, where it is
// set and lies before now, is since when it has been so; Seen.Last is always now.
// After an error some may be noted.
func (s *Store) Record(ctx context.Context, seen ...gitops.Observation) error {
	// In one order, replicas that note the same wait for each other and not in a ring.
	seen = slices.SortedStableFunc(slices.Values(seen), func(a, b gitops.Observation) int {
		x, y := a.Target, b.Target
		return cmp.Or(cmp.Compare(x.Repository, y.Repository), cmp.Compare(x.Application, y.Application), cmp.Compare(x.Environment, y.Environment))
	})
	for some := range slices.Chunk(seen, recordedAtOnce) {
		err := s.transact(ctx, func(tx *sql.Tx) error {
			for _, o := range some {
				if err := s.record(ctx, tx, o); err != nil {
					return fmt.Errorf("record what %s runs: %w", o.Target, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) record(ctx context.Context, tx *sql.Tx, seen gitops.Observation) error {
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
