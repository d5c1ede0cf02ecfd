package store

import (
	"context"
	"fmt"
	"time"
)

// How long a delivery that is done is kept. Its payload may be looked at, or
// worked on again by hand, for a week. Its id stands for longer than anybody
// sends the same one again: GitHub lets people do that for three days, Slack
// for minutes.
const (
	payloadKept  = 7 * 24 * time.Hour
	deliveryKept = 30 * 24 * time.Hour
)

// pruned is how many deliveries one statement takes: a payload may have 25 MB,
// and others want to write as well.
const pruned = 100

// Prune gives back the room that deliveries take which were done long ago. What
// was never done, or could not be decoded, stays.
func (s *Store) Prune(ctx context.Context) error {
	now := s.now()
	err := s.inBatches(ctx, `
		UPDATE deliveries SET payload = $1 WHERE id IN (
			SELECT id FROM deliveries WHERE done > 0 AND done <= $2 AND length(payload) > 0 LIMIT $3)`,
		[]byte{}, millis(now.Add(-payloadKept)), pruned)
	if err != nil {
		return fmt.Errorf("prune payloads: %w", err)
	}
	err = s.inBatches(ctx, `
		DELETE FROM deliveries WHERE id IN (
			SELECT id FROM deliveries WHERE done > 0 AND done <= $1 LIMIT $2)`,
		millis(now.Add(-deliveryKept)), pruned)
	if err != nil {
		return fmt.Errorf("prune deliveries: %w", err)
	}
	return nil
}

// inBatches repeats a statement until it finds nothing more to do.
func (s *Store) inBatches(ctx context.Context, statement string, args ...any) error {
	for {
		result, err := s.db.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n < pruned {
			return err
		}
	}
}
