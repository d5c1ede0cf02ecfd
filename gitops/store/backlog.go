package store

import (
	"context"
	"fmt"
	"time"
)

// A Backlog is what waits in the store at one moment, for whoever watches it.
type Backlog struct {
	Queues []QueueBacklog // those in which something stands
	Inbox  InboxBacklog
}

// A QueueBacklog is the jobs of one queue in one of River's states:
// "available", "running", "retryable" or "scheduled".
type QueueBacklog struct {
	Queue, State string
	Jobs         int
	Due          time.Time // when the oldest was to be done
}

// An InboxBacklog is the deliveries that arrived and are not done.
type InboxBacklog struct {
	Waiting int
	Oldest  time.Time // when the oldest that waits arrived; zero where none does
	Odd     int       // could not be decoded, and are kept for a person to look at
}

// Backlog counts what waits. It reads two indexes and is cheap enough to be
// asked every few seconds.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	rows, err := s.read.QueryContext(ctx, s.dialect.countJobs)
	if err != nil {
		return b, fmt.Errorf("count the jobs: %w", err)
	}
	if b.Queues, err = collect(rows, scanQueue); err != nil {
		return b, fmt.Errorf("count the jobs: %w", err)
	}
	var oldest int64
	err = s.read.QueryRowContext(ctx, `
		SELECT count(*), coalesce(min(received), 0), (SELECT count(*) FROM deliveries WHERE failed > 0)
		FROM deliveries WHERE done = 0 AND failed = 0`).Scan(&b.Inbox.Waiting, &oldest, &b.Inbox.Odd)
	if err != nil {
		return b, fmt.Errorf("count the deliveries: %w", err)
	}
	b.Inbox.Oldest = moment(oldest)
	return b, nil
}

// undoneJobs ends a dialect's countJobs.
const undoneJobs = `
	FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled')
	GROUP BY queue, state ORDER BY queue, state`

func scanQueue(scan func(...any) error) (QueueBacklog, error) {
	var q QueueBacklog
	var due int64
	err := scan(&q.Queue, &q.State, &q.Jobs, &due)
	q.Due = moment(due)
	return q, err
}
