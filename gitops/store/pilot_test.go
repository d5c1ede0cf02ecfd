package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"modernc.org/sqlite"
)

// A ledger is a database as far as outcomes go: every try to write them takes
// its next answer, and the last one for ever.
type ledger struct {
	riverdriver.Executor
	answers []error
	tries   int
}

func (l *ledger) JobSetStateIfRunningMany(context.Context, *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	answer := l.answers[min(l.tries, len(l.answers)-1)]
	l.tries++
	if answer != nil {
		return nil, answer
	}
	return []*rivertype.JobRow{{ID: 1}}, nil
}

// write has a pilot write an outcome, who has patience for ten minutes and leaves
// after a time; it returns after how long it was done with.
func write(l *ledger, away func(error) bool, leaves time.Duration) (rows []*rivertype.JobRow, took time.Duration, err error) {
	p := &pilot{away: away, patience: 10 * time.Minute, leave: make(chan struct{})}
	leaving := time.AfterFunc(leaves, func() { close(p.leave) })
	defer leaving.Stop()
	begun := time.Now()
	rows, err = p.JobSetStateIfRunningMany(context.Background(), l, &riverdriver.JobSetStateIfRunningManyParams{})
	return rows, time.Since(begun), err
}

func TestAnOutcomeIsWrittenWhenTheDatabaseIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		for range 600 {
			l.answers = append(l.answers, errors.New("connection refused"))
		}
		l.answers = append(l.answers, nil)
		rows, took, err := write(l, postgresAway, time.Hour)
		if err != nil || len(rows) != 1 || took < 4*time.Minute {
			t.Errorf("got %d rows after %s, %v", len(rows), took, err)
		}
	})
}

func TestAnOutcomeThatTheDatabaseRefusesKeepsOthersFromNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := &pgconn.PgError{Code: "22P05"}
		l := &ledger{answers: []error{refused}}
		if _, _, err := write(l, postgresAway, time.Hour); !errors.Is(err, refused) || l.tries != 1 {
			t.Errorf("tried %d times: %v", l.tries, err)
		}
	})
}

func TestWhoStopsDoesNotWaitForADatabaseThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("connection refused")
		_, took, err := write(&ledger{answers: []error{gone}}, sqliteAway, time.Minute)
		if !errors.Is(err, gone) || took != time.Minute {
			t.Errorf("after %s: %v", took, err)
		}
	})
}

func TestPatienceWithADatabaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("connection refused")
		_, took, err := write(&ledger{answers: []error{gone}}, postgresAway, time.Hour)
		if !errors.Is(err, gone) || took.Round(time.Minute) != 10*time.Minute {
			t.Errorf("after %s: %v", took, err)
		}
	})
}

func TestWhatADatabaseSaysTellsWhetherItIsAway(t *testing.T) {
	for code, want := range map[string]bool{"57P01": true, "25006": true, "08006": true, "53300": true, "40001": true, "22P05": false, "23505": false, "": false} {
		if got := postgresAway(&pgconn.PgError{Code: code}); got != want {
			t.Errorf("PostgreSQL says %q: away is %v", code, got)
		}
	}
	if !postgresAway(context.DeadlineExceeded) || !sqliteAway(context.DeadlineExceeded) || sqliteAway(&sqlite.Error{}) {
		t.Error("who does not answer is away, and who answers is not")
	}
}
