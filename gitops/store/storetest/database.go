package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// PostgresVariable names the environment variable with the URL of a PostgreSQL
// server on which tests may create databases.
const PostgresVariable = "CHANGEBOT_TEST_POSTGRES"

// SQLite returns the address of a database file that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite://" + filepath.ToSlash(filepath.Join(t.TempDir(), "changebot.db"))
}

// Postgres returns the address of an empty database, which is dropped after
// the test. The test is skipped where no server is named.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := url.Parse(os.Getenv(PostgresVariable))
	if err != nil || server.Host == "" {
		t.Skipf("no PostgreSQL: set %s to the URL of a server on which databases may be created", PostgresVariable)
	}
	db, err := sql.Open("pgx", server.String())
	if err != nil {
		t.Fatalf("open the server: %v", err)
	}
	name := "changebot_test_" + strings.ToLower(rand.Text()[:12])
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		// The test's context has ended by now.
		if _, err := db.ExecContext(context.Background(), fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)); err != nil {
			t.Errorf("drop the database: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	fresh := *server
	fresh.Path = "/" + name
	return fresh.String()
}

// raw opens the database below a store, to see what it refuses by itself.
func raw(t testing.TB, address string) *sql.DB {
	t.Helper()
	driver, name := "pgx", address
	if path, ok := strings.CutPrefix(address, "sqlite://"); ok {
		driver, name = "sqlite", "file:"+path+"?_busy_timeout=5000"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}
