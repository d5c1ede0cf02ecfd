package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/batch"
	"github.com/changebot/changebot/gitops/effect"
	"github.com/changebot/changebot/gitops/workflow"
	"github.com/changebot/changebot/notifier"
)

// The ports that a Store implements.
var (
	_ workflow.Store        = (*Store)(nil)
	_ workflow.Leases       = (*Store)(nil)
	_ workflow.Observations = (*Store)(nil)
	_ workflow.Journal      = (*Store)(nil)
	_ workflow.Timers       = (*Store)(nil)
	_ effect.Journal        = (*Store)(nil)
	_ notifier.Posts        = (*Store)(nil)
	_ notifier.Changes      = (*Store)(nil)
)

// Options say which database to open and as whom.
type Options struct {
	// URL is "sqlite:///path/to/file.db", whose folder must exist, or
	// "postgres://user:password@host/database".
	URL string

	// Logger hears what the job queue has to say from warnings on. Defaults
	// to slog.Default().
	Logger *slog.Logger

	// Clock tells the time for leases, the journal and observations.
	// Defaults to time.Now. The job queue goes by the system's clock.
	Clock func() time.Time

	// Owner names this replica; see the package comment. Defaults to a name
	// that nobody else has, so that nothing is taken over after a restart.
	Owner string
}

// A Store is an open database. Its methods may be called from many goroutines.
type Store struct {
	db      *sql.DB       // where everything is written
	read    *sql.DB       // the same database, for reads outside a transaction
	pool    *pgxpool.Pool // below db on PostgreSQL; nil on SQLite
	dialect dialect
	insert  *river.Client[*sql.Tx] // inserts jobs, works none
	log     *slog.Logger
	clock   func() time.Time
	owner   string
	process string // this run of the owner
	poll    time.Duration

	// together stores deliveries on SQLite; PostgreSQL, which writes for many
	// at the same time, does the like by itself.
	together *batch.Line[*arrival]

	mu      sync.Mutex
	working *Working // nil while no jobs are worked here
}

// Open opens the database and brings its tables up to date. Several replicas
// may do so at the same time. An address that cannot be understood is a
// gitops.Invalid error.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := reach(ctx, o, (*Store).openSQLite)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("bring the database up to date: %w", err), s.Close())
	}
	return s, nil
}

// reach connects to the database; what a file is opened for is the caller's to say.
func reach(ctx context.Context, o Options, sqlite func(*Store, string) error) (*Store, error) {
	s := &Store{log: o.Logger, clock: o.Clock, owner: bounded(o.Owner), process: rand.Text()}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.owner == "" {
		s.owner = s.process
	}
	var err error
	switch scheme, _, _ := strings.Cut(o.URL, ":"); scheme {
	case "sqlite":
		err = sqlite(s, o.URL)
	case "postgres", "postgresql":
		err = s.openPostgres(ctx, o.URL)
	default:
		err = &gitops.Error{ // without the address: a mistyped one may show its password
			Code:    gitops.Invalid,
			Message: "The database address begins as none that changebot knows.",
			Next:    "Use sqlite:///path/to/file.db or postgres://user:password@host/database.",
		}
	}
	return s, err
}

// longestOwner is how long a name the job queue takes.
const longestOwner = 100

// bounded is an owner's name as everybody here calls them: a long one, as a
// deep folder on a host with a long name gives, by what it hashes to.
func bounded(owner string) string {
	if len(owner) <= longestOwner {
		return owner
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(owner)))
}

// Close closes the database. What Work has started must have been stopped.
func (s *Store) Close() error {
	if s.together != nil {
		s.together.Close()
	}
	err := s.db.Close()
	if s.read != s.db {
		err = errors.Join(err, s.read.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.db.QueryRowContext(ctx, `SELECT 1`).Scan(&one); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// now is the store's time, to the millisecond, as the database keeps it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// moment reads a time as the database keeps it; zero is no time.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// millis writes a time as the database keeps it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
