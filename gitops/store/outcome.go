package store

import (
	"context"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

const (
	// outcomeTry bounds one try to write how jobs have ended, and outcomePause
	// is the pause before the next.
	outcomeTry   = 10 * time.Second
	outcomePause = 500 * time.Millisecond
)

// JobSetStateIfRunningMany writes how jobs have ended. River by itself forgets
// an outcome that it could not write at the third try, after some three seconds.
// The job counts as running then until its time is over, so that a rollback
// under way while the database changes hosts would rest for minutes afterwards.
// Here each of River's tries lasts until the database is back, the process goes,
// or patience ends: whoever looks takes the job up by then.
func (p *pilot) JobSetStateIfRunningMany(
	ctx context.Context, exec riverdriver.Executor, params *riverdriver.JobSetStateIfRunningManyParams,
) ([]*rivertype.JobRow, error) {
	ctx = context.WithoutCancel(ctx) // River's time is for one try
	for begun := time.Now(); ; {
		rows, err := p.write(ctx, exec, params)
		if err == nil || !p.away(err) || time.Since(begun) > p.patience {
			return rows, err
		}
		select {
		case <-p.leave:
			return nil, err
		case <-time.After(outcomePause):
		}
	}
}

func (p *pilot) write(ctx context.Context, exec riverdriver.Executor, params *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	ctx, cancel := context.WithTimeout(ctx, outcomeTry)
	defer cancel()
	return p.StandardPilot.JobSetStateIfRunningMany(ctx, exec, params)
}

// A plain error says what another one does in words that every database takes:
// one outcome that PostgreSQL refuses keeps those from being written that River
// writes together with it.
type plain struct{ error }

// Error is the text with what cannot be stored replaced.
func (p plain) Error() string { return clean(p.error.Error()) }

// Unwrap is the error itself.
func (p plain) Unwrap() error { return p.error }
