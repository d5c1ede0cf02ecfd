package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/changebot/changebot/gitops"
)

const (
	// sqliteReaders is how many reads run at the same time, beside the writer.
	sqliteReaders = 4

	// migrateTries and migratePause bound how long a replica waits for
	// another one that brings the same file up to date.
	migrateTries = 20
	migratePause = 100 * time.Millisecond
)

// openSQLite opens the file twice. SQLite has one writer at a time, so there
// is one connection that writes: those who wait for it wait in this process
// instead of polling the file's lock. Reads go beside it, which the write-ahead
// log allows.
func (s *Store) openSQLite(address string) error {
	path, err := sqlitePath(address)
	if err != nil {
		return err
	}
	// The file holds payloads and names. SQLite gives its other files the
	// rights of this one.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return unopened(path, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", path, err)
	}
	if s.db, err = sql.Open("sqlite", sqliteName(path, "_txlock", "immediate")); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	s.db.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", sqliteName(path, "_query_only", "1")); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", path, err), s.db.Close())
	}
	s.read.SetMaxOpenConns(sqliteReaders)
	s.poll = sqlitePoll
	s.together = newGroup(s.keep)
	s.dialect = sqliteDialect(s)
	s.insert, err = inserter(riversqlite.New(s.db), s.log)
	return err
}

func unopened(path string, err error) error {
	return &gitops.Error{
		Code:    gitops.Invalid,
		Message: fmt.Sprintf("The database file %s cannot be opened.", path),
		Next:    "Create its folder and let changebot write there.",
		Err:     err,
	}
}

// sqlitePath reads the file's path from sqlite:///path or sqlite:path.
func sqlitePath(address string) (string, error) {
	u, err := url.Parse(address)
	if err == nil && u.RawQuery == "" && u.Host == "" && u.Opaque+u.Path != "" {
		return filepath.Abs(u.Opaque + u.Path)
	}
	return "", &gitops.Error{
		Code:    gitops.Invalid,
		Message: fmt.Sprintf("The database address %q names no file.", address),
		Next:    "Write sqlite:///absolute/path/file.db, with three slashes and nothing behind the path.",
		Err:     err,
	}
}

// sqliteName is the file with its settings, and one more.
func sqliteName(path, key, value string) string {
	settings := url.Values{
		"_busy_timeout": {"10000"},
		"_pragma":       {"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "recursive_triggers(1)"},
		// River compares times as text, and gives some in local time.
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
		key:            {value},
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}).String()
}

func sqliteDialect(s *Store) dialect {
	return dialect{
		name: "sqlite3",
		appendOnly: []string{
			`CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
			 BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END`,
			`CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
			 BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END`,
		},
		countJobs: `
			SELECT queue, state, count(*), CAST(round((julianday(min(scheduled_at)) - 2440587.5) * 86400000) AS INTEGER)` + // 1970 began on that day
			undoneJobs,
		raced:        sqliteRaced,
		away:         sqliteAway,
		alone:        sqliteAlone,
		riverMigrate: func(ctx context.Context) error { return riverMigrate(ctx, riversqlite.New(s.db), s.log) },
		riverInspect: func(ctx context.Context) (bool, bool, error) { return riverInspect(ctx, riversqlite.New(s.db), s.log) },
	}
}

func sqliteRaced(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// sqliteAway knows a file that did not open, or whose disk is full or in trouble,
// or that somebody else has.
func sqliteAway(err error) bool {
	e, answered := errors.AsType[*sqlite.Error](err)
	return !answered || slices.Contains([]int{
		sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY,
	}, e.Code()&0xff)
}

// sqliteAlone tries again where migrating fails. SQLite has no lock that could
// be held around several transactions. It needs none: every migration is one
// transaction that creates what must not exist yet, so of two replicas one
// fails whole, and finds the work done when it looks again.
func sqliteAlone(ctx context.Context, migrate func() error) error {
	var err error
	for range migrateTries {
		if err = migrate(); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(migratePause):
		}
	}
	return err
}
