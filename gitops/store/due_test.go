package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/changebot/changebot/gitops"
)

// A shelf is a database as far as taking up jobs goes: it counts how often.
type shelf struct {
	riverdriver.Executor
	taken int
}

func (s *shelf) JobGetAvailable(context.Context, *riverdriver.JobGetAvailableParams) ([]*rivertype.JobRow, error) {
	s.taken++
	return []*rivertype.JobRow{{ID: 1}}, nil
}

func TestJobsAreTakenUpUnlessALookSaysThatNoneIsDue(t *testing.T) {
	t.Parallel()
	says := func(due bool, err error) dueLook {
		return func(context.Context, string) (bool, error) { return due, err }
	}
	for name, test := range map[string]struct {
		look dueLook
		want int
	}{
		"one is due":        {says(true, nil), 1},
		"none is due":       {says(false, nil), 0},
		"the look fails":    {says(false, errors.New("disk I/O error")), 1},
		"nobody looks here": {nil, 1},
	} {
		s, p := &shelf{}, &pilot{due: test.look}
		rows, err := p.JobGetAvailable(t.Context(), s, nil, &riverdriver.JobGetAvailableParams{Queue: queueSteps, MaxToLock: 1})
		if err != nil || s.taken != test.want || len(rows) != test.want {
			t.Errorf("%s: got %d jobs, asked %d times, %v", name, len(rows), s.taken, err)
		}
	}
}

func TestAJobIsDueInItsQueueFromItsTimeOnUntilItIsTakenUp(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{URL: "sqlite://" + t.TempDir() + "/changebot.db"})
	if err != nil {
		t.Fatal(err)
	}
	look, statement, err := s.sqliteDue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(statement.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	}()
	expect := func(when, queue string, want bool) {
		t.Helper()
		if due, err := look(t.Context(), queue); err != nil || due != want {
			t.Errorf("%s: due in %s is %v, %v", when, queue, due, err)
		}
	}
	enqueue := func(kind gitops.JobKind, at time.Time) {
		t.Helper()
		if err := s.Enqueue(t.Context(), gitops.Job{Kind: kind, Subject: "checkout", At: at}); err != nil {
			t.Fatal(err)
		}
	}
	expect("nothing is there", queueSteps, false)
	enqueue(gitops.JobTell, time.Now().Add(time.Hour))
	expect("its time is to come", queueTelling, false)
	enqueue(gitops.JobStep, time.Time{})
	expect("it may be done now", queueSteps, true)
	expect("it stands in another one", queueDeliveries, false)
	if _, err := s.db.ExecContext(t.Context(), `UPDATE river_job SET state = 'running' WHERE state = 'available'`); err != nil {
		t.Fatal(err)
	}
	expect("it is under way", queueSteps, false)
}
