package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivershared/riverpilot"
	"github.com/riverqueue/river/rivertype"
)

// JobGetAvailable takes up jobs. On SQLite River does that with a statement that
// writes, which is read, planned and given the one writer anew however often it
// finds nothing, as it does some thirty times in a second. So a look goes ahead
// that is prepared once and only reads. A look that fails settles nothing.
func (p *pilot) JobGetAvailable(
	ctx context.Context, exec riverdriver.Executor, state riverpilot.ProducerState, params *riverdriver.JobGetAvailableParams,
) ([]*rivertype.JobRow, error) {
	if p.due != nil && params.Now == nil {
		if due, err := p.due(ctx, params.Queue); err == nil && !due {
			return nil, nil
		}
	}
	return p.StandardPilot.JobGetAvailable(ctx, exec, state, params)
}

// A dueLook says whether a job of a queue is due.
type dueLook func(ctx context.Context, queue string) (bool, error)

// sqliteDue prepares that look, by what River goes by when it takes jobs up; the
// statement is the caller's to close.
func (s *Store) sqliteDue(ctx context.Context) (dueLook, *sql.Stmt, error) {
	//nolint:sqlclosecheck // it is the caller's to close
	look, err := s.read.PrepareContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM river_job
		WHERE state = 'available' AND queue = $1 AND priority >= 0 AND scheduled_at <= datetime('now', 'subsec'))`)
	if err != nil {
		return nil, nil, fmt.Errorf("prepare to look for jobs: %w", err)
	}
	return func(ctx context.Context, queue string) (due bool, err error) {
		err = look.QueryRowContext(ctx, queue).Scan(&due)
		return due, err
	}, look, nil
}
