package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
)

// migrations create the tables, with the same SQL for both databases. They
// only create what must not exist yet, never IF NOT EXISTS: see sqliteAlone.
//
//go:embed migrations/*.sql
var migrations embed.FS

// appendOnlyVersion is the migration whose statements are each dialect's own.
const appendOnlyVersion = 2

// migrate brings the database's tables and River's up to date.
func (s *Store) migrate(ctx context.Context) error {
	return s.dialect.alone(ctx, func() error {
		provider, err := s.migrations()
		if err != nil {
			return err
		}
		if _, err := provider.Up(ctx); err != nil {
			return fmt.Errorf("migrate the tables: %w", err)
		}
		if err := s.dialect.riverMigrate(ctx); err != nil {
			return fmt.Errorf("migrate the job queue: %w", err)
		}
		return nil
	})
}

// migrations are all that this changebot knows.
func (s *Store) migrations() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.Dialect(s.dialect.name), s.db, files,
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(appendOnlyVersion, &goose.GoFunc{RunTx: s.guardJournal}, nil)),
		goose.WithLogger(goose.NopLogger()),
		goose.WithTableName(versionTable),
	)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// guardJournal lets the database refuse what is not an insert.
func (s *Store) guardJournal(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range s.dialect.appendOnly {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("guard the journal: %w", err)
		}
	}
	return nil
}

func riverMigrate[T any](ctx context.Context, driver riverdriver.Driver[T], log *slog.Logger) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
