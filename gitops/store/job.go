package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"github.com/changebot/changebot/gitops"
)

// The queues. Each has workers of its own, so that a chat that answers slowly
// keeps nothing from being merged, and a burst of deliveries neither.
const (
	queueDeliveries = "deliveries"
	queueSteps      = "steps"
	queueTelling    = "telling"
)

const (
	// fetchCooldown is how long a queue waits between two looks at the
	// database, and so bounds how soon a job is begun after another.
	fetchCooldown = 5 * time.Millisecond

	// notifyCooldown is how long an insert on PostgreSQL goes unannounced
	// after another one. A look that it would have asked for may be missed,
	// so it is as short as River allows.
	notifyCooldown = time.Millisecond

	// maxAttempts is River's bound on attempts, out of reach: a Working
	// counts for itself, since River would discard a job that has killed its
	// process so often without telling anybody.
	maxAttempts = 30_000
)

// queueOf says which queue a job stands in.
func queueOf(kind gitops.JobKind) string {
	switch kind {
	case gitops.JobDelivery:
		return queueDeliveries
	case gitops.JobTell:
		return queueTelling
	default:
		return queueSteps
	}
}

// priority is River's: the lowest number goes first.
func priority(j gitops.Job) int {
	if j.Patient {
		return 2
	}
	return 1
}

// jobArgs is a Job as River keeps it: all of it says which job it is. All jobs
// are of one River kind, because River discards a job that was interrupted if
// the replica which finds it does not know its kind, as an older one may not.
type jobArgs struct {
	JobKind  gitops.JobKind `json:"kind" river:"unique"`
	Subject  string         `json:"subject" river:"unique"`
	Revision int64          `json:"revision" river:"unique"`
	Name     string         `json:"name" river:"unique"`
}

// Kind is River's name for all jobs.
func (jobArgs) Kind() string { return "changebot" }

func (a jobArgs) job() gitops.Job {
	return gitops.Job{Kind: a.JobKind, Subject: a.Subject, Revision: a.Revision, Name: a.Name}
}

// inserter makes a client that inserts jobs in our own transactions.
func inserter(driver riverdriver.Driver[*sql.Tx], log *slog.Logger) (*river.Client[*sql.Tx], error) {
	client, err := river.NewClient(driver, &river.Config{Logger: quiet(log), FetchCooldown: notifyCooldown})
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return client, nil
}

// Enqueue adds jobs outside a Commit. A job that was enqueued before is not
// enqueued again, also when it has been done within the last day; one that was
// given up is.
func (s *Store) Enqueue(ctx context.Context, jobs ...gitops.Job) error {
	if err := s.transact(ctx, func(tx *sql.Tx) error { return s.enqueue(ctx, tx, jobs) }); err != nil {
		return err
	}
	s.nudge(jobs)
	return nil
}

// enqueue inserts jobs in the order of their names, so that two transactions
// with the same jobs do not wait for each other.
func (s *Store) enqueue(ctx context.Context, tx *sql.Tx, jobs []gitops.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	var params []river.InsertManyParams
	for _, j := range slices.SortedFunc(slices.Values(jobs), compareJobs) {
		if err := storable("job's subject", j.Subject); err != nil {
			return err
		}
		params = append(params, river.InsertManyParams{
			Args: jobArgs{JobKind: j.Kind, Subject: j.Subject, Revision: j.Revision, Name: clean(j.Name)},
			InsertOpts: &river.InsertOpts{
				MaxAttempts: maxAttempts,
				Queue:       queueOf(j.Kind),
				Priority:    priority(j),
				ScheduledAt: j.At,
				UniqueOpts:  river.UniqueOpts{ByArgs: true},
			},
		})
	}
	if _, err := s.insert.InsertManyTx(ctx, tx, params); err != nil {
		return fmt.Errorf("enqueue %d jobs: %w", len(jobs), err)
	}
	return nil
}

func compareJobs(a, b gitops.Job) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Subject, b.Subject),
		cmp.Compare(a.Revision, b.Revision),
		cmp.Compare(a.Name, b.Name),
	)
}
