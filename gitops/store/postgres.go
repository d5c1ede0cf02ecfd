package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/changebot/changebot/gitops"
)

const (
	// postgresConns is the size of the pool where the URL does not say
	// pool_max_conns. A worker holds a connection only while it writes.
	postgresConns = 20

	// minPostgresConns is the least size of the pool, whatever the URL says:
	// the migration's lock has one connection and River's listener another, and
	// both wait for work that needs a third.
	minPostgresConns = 4

	// migrationLock is the advisory lock that a migrating replica holds; the
	// number has no meaning but that nothing else uses it.
	migrationLock = 0x6368616e6765
)

// openPostgres makes one pool for everything: database/sql stands on it, and
// River listens on one of its connections.
func (s *Store) openPostgres(ctx context.Context, address string) error {
	config, err := postgresPool(address)
	if err != nil {
		// The cause is not wrapped: it may quote the password.
		return &gitops.Error{
			Code:    gitops.Invalid,
			Message: "The database address cannot be understood.",
			Next:    "Write postgres://user:password@host:5432/database.",
		}
	}
	// A process that was stopped in a transaction would keep its locks for as
	// long as its connection stands, and nobody could take over from it. The
	// database ends such a transaction; ours never rest that long. It is set in
	// AfterConnect, because poolers refuse what they do not know at the start.
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, `SET idle_in_transaction_session_timeout = '5s'`)
		return err
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	s.db = stdlib.OpenDBFromPool(s.pool)
	s.read = s.db
	s.poll = postgresPoll
	s.dialect = postgresDialect(s)
	s.insert, err = inserter(riverdatabasesql.New(s.db), s.log)
	return err
}

// postgresPool reads an address, with the size of the pool in it.
func postgresPool(address string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	plain, err := pgx.ParseConfig(address) // the pool's own takes what it knows out of the parameters
	if err != nil {
		return nil, err
	}
	if _, chosen := plain.RuntimeParams["pool_max_conns"]; !chosen {
		config.MaxConns = postgresConns
	}
	config.MaxConns = max(config.MaxConns, minPostgresConns)
	return config, nil
}

func postgresDialect(s *Store) dialect {
	return dialect{
		name: "postgres",
		appendOnly: []string{
			`CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
			 BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$`,
			`CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
			 FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()`,
		},
		lock:         `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`,
		countJobs:    `SELECT queue, state, count(*), (extract(epoch FROM min(scheduled_at)) * 1000)::bigint` + undoneJobs,
		raced:        postgresRaced,
		away:         postgresAway,
		alone:        s.postgresAlone,
		riverMigrate: func(ctx context.Context) error { return riverMigrate(ctx, riverpgxv5.New(s.pool), s.log) },
		riverInspect: func(ctx context.Context) (bool, bool, error) { return riverInspect(ctx, riverpgxv5.New(s.pool), s.log) },
	}
}

// postgresRaced knows serialization_failure and deadlock_detected.
func postgresRaced(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// postgresAway knows a server that did not answer, or answered that it lost a
// connection (08), may not write any more since another one does (25006), lost
// a race (40), has not enough of something (53), is told to stop or to begin
// (57), or has trouble with its disk (58).
func postgresAway(err error) bool {
	e, answered := errors.AsType[*pgconn.PgError](err)
	return !answered || e.Code == "25006" || slices.Contains([]string{"08", "40", "53", "57", "58"}, e.Code[:min(2, len(e.Code))])
}

// postgresAlone holds a session's advisory lock around the migration.
func (s *Store) postgresAlone(ctx context.Context, migrate func() error) (err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return &gitops.Error{
			Code:    gitops.Unavailable,
			Message: "The database does not answer.",
			Next:    "Check the database's address and that it runs.",
			Err:     err,
		}
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for other replicas: %w", err)
	}
	defer func() {
		_, unlockErr := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
		err = errors.Join(err, unlockErr)
	}()
	return migrate()
}
