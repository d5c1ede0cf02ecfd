package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/changebot/changebot/gitops"
)

// attempts is how often a transaction is tried that only lost a race inside
// the database.
const attempts = 5

// A dialect is all in which the two databases differ.
type dialect struct {
	// name is goose's.
	name string

	// appendOnly are the statements that make the database refuse to change
	// or remove rows of the journal.
	appendOnly []string

	// lock takes the lock named $1 until the transaction ends. It is empty
	// where a transaction has the database for itself anyway.
	lock string

	// countJobs selects queue, state, number and the oldest's time in
	// milliseconds of River's jobs that are not done.
	countJobs string

	// raced says that a transaction failed for no other reason than that
	// another one was under way. Nothing of it was stored.
	raced func(error) bool

	// away says that the database could not be asked, or could do nothing just
	// then; it has not refused what it was asked.
	away func(error) bool

	// alone runs a migration while no other replica runs one.
	alone func(ctx context.Context, migrate func() error) error

	// riverMigrate brings the tables of the job queue up to date.
	riverMigrate func(ctx context.Context) error

	// riverInspect says whether the database was ever migrated, and whether
	// the tables of the job queue are behind.
	riverInspect func(ctx context.Context) (begun, pending bool, err error)
}

// transact runs do in one transaction, and again where that lost a race. An
// error of do is returned as it is and nothing is stored.
func (s *Store) transact(ctx context.Context, do func(tx *sql.Tx) error) error {
	var err error
	for range attempts {
		if err = s.transactOnce(ctx, do); err == nil || !s.dialect.raced(err) {
			break
		}
	}
	return err
}

func (s *Store) transactOnce(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	// After a Commit this does nothing.
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit a transaction: %w", err)
	}
	return nil
}

// lock makes everybody else who locks the same name wait until tx has ended.
func (s *Store) lock(ctx context.Context, tx *sql.Tx, name string) error {
	if s.dialect.lock == "" {
		return nil
	}
	if _, err := tx.ExecContext(ctx, s.dialect.lock, name); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	return nil
}

// changed runs a statement and returns how many rows it touched.
func changed(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// storable refuses names that PostgreSQL could not keep or that are empty.
// They come from outside and become keys, so they are not made fit but refused.
func storable(what, name string) error {
	if name != "" && utf8.ValidString(name) && !strings.ContainsRune(name, 0) {
		return nil
	}
	return &gitops.Error{Code: gitops.Invalid, Message: fmt.Sprintf("%q is no %s that can be stored.", name, what)}
}

// clean makes text fit for the database: no NUL, and valid UTF-8.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
