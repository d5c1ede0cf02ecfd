package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/changebot/changebot/gitops"
)

// versionTable is where goose notes which migrations were applied.
const versionTable = "goose_db_version"

// A Condition is how a database stands that was only looked at.
type Condition struct {
	New     bool // nothing is in it yet; of SQLite, the file does not exist
	Pending int  // migrations that the next start applies, River's as one
	Unknown int  // migrations that a newer changebot has applied
}

// Inspect looks at a database that may be in use and changes nothing: whether
// it answers, and how its tables stand. Options are as for Open.
func Inspect(ctx context.Context, o Options) (Condition, error) {
	s, err := reach(ctx, o, (*Store).lookSQLite)
	if err != nil || s.db == nil {
		return Condition{New: err == nil}, err
	}
	c, err := s.condition(ctx)
	return c, errors.Join(err, s.Close())
}

// lookSQLite opens the file for reading. Where there is none yet, s.db stays nil.
func (s *Store) lookSQLite(address string) error {
	path, err := sqlitePath(address)
	if err != nil {
		return err
	}
	// A start needs to write, so a file that it may only read is refused here too.
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err = os.Stat(filepath.Dir(path)); err == nil {
			return nil
		}
	}
	if err != nil {
		return unopened(path, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", path, err)
	}
	if s.db, err = sql.Open("sqlite", sqliteName(path, "mode", "ro")); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	s.read = s.db
	s.dialect = sqliteDialect(s)
	return nil
}

func (s *Store) condition(ctx context.Context) (Condition, error) {
	if err := s.Ping(ctx); err != nil {
		return Condition{}, &gitops.Error{
			Code:    gitops.Unavailable,
			Message: "The database does not answer.",
			Next:    "Check the database's address and that it runs.",
			Err:     err,
		}
	}
	begun, jobsPending, err := s.dialect.riverInspect(ctx)
	if err != nil {
		return Condition{}, fmt.Errorf("look at the database: %w", err)
	}
	c := Condition{New: !begun}
	if jobsPending {
		c.Pending++
	}
	known, err := s.migrations()
	if err != nil {
		return Condition{}, err
	}
	var applied []int64
	if begun {
		if applied, err = s.applied(ctx); err != nil {
			return Condition{}, err
		}
	}
	for _, source := range known.ListSources() {
		if i := slices.Index(applied, source.Version); i >= 0 {
			applied = slices.Delete(applied, i, i+1)
		} else {
			c.Pending++
		}
	}
	c.Unknown = len(applied)
	return c, nil
}

// applied are the migrations that the database has.
func (s *Store) applied(ctx context.Context) ([]int64, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT DISTINCT version_id FROM `+versionTable+` WHERE is_applied AND version_id > 0`)
	if err != nil {
		return nil, fmt.Errorf("read which migrations were applied: %w", err)
	}
	defer rows.Close()
	var versions []int64
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return nil, fmt.Errorf("read which migrations were applied: %w", err)
		}
		versions = append(versions, v)
	}
	return versions, rows.Err()
}

// riverInspect says whether migrating has begun, and whether the job queue's
// tables are behind. River's driver knows how to look for a table.
func riverInspect[T any](ctx context.Context, driver riverdriver.Driver[T], log *slog.Logger) (begun, pending bool, err error) {
	begun, err = driver.GetExecutor().TableExists(ctx, &riverdriver.TableExistsParams{Table: versionTable})
	if err != nil {
		return false, false, err
	}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return false, false, err
	}
	result, err := migrator.Validate(ctx)
	return begun, err == nil && !result.OK, err
}
