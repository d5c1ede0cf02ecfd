package server

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops/store"
)

func TestValidateLooksAtTheStoreAndLeavesItAsItIs(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	c := Config{Data: data, Store: Store{URL: storeIn(data)}}
	says := func(outcome CheckOutcome, words string) {
		t.Helper()
		checks := checkStore(t.Context(), c)
		last := checks[len(checks)-1]
		if last.Outcome != outcome || !strings.Contains(last.Detail, words) || words == "" && last.Detail != "" {
			t.Errorf("says %q, want %s with %q", last, outcome, words)
		}
	}
	says(CheckOK, "makes it at its first start")
	if _, err := os.Stat(data); err == nil {
		t.Error("the data folder was made")
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	says(CheckOK, "creates its tables at its first start")
	if files, _ := os.ReadDir(data); len(files) > 0 {
		t.Errorf("left %v", files)
	}

	s, err := store.Open(t.Context(), store.Options{URL: c.Store.URL})
	if err != nil {
		t.Fatal(err)
	}
	says(CheckOK, "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	says(CheckOK, "")

	meddle(t, data, `DELETE FROM goose_db_version WHERE version_id = 3`)
	says(CheckOK, "1 migration is pending")
	says(CheckOK, "1 migration is pending")
	meddle(t, data, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (4000, 1)`)
	says(CheckFailed, "A newer changebot has migrated it")
}

// meddle writes to the database behind the store's back.
func meddle(t *testing.T, data, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "changebot.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestAStoreIsNamedWithoutWhatIsSecret(t *testing.T) {
	for address, want := range map[string]string{
		"sqlite:///var/lib/changebot/changebot.db":                 "sqlite:///var/lib/changebot/changebot.db",
		"postgres://ada:hunter2@db:5432/changebot?sslmode=require": "postgres://db:5432/changebot",
		"postgresql://db/changebot?password=hunter2":               "postgresql://db/changebot",
		"host=db user=ada password=hunter2":                        "store",
		"ada:hunter2@db/changebot":                                 "store",
		"postgres://ada:hunter2@db:port/changebot":                 "store",
	} {
		if got := storeName(address); got != want {
			t.Errorf("%q is named %q, want %q", address, got, want)
		}
		for _, check := range checkStore(t.Context(), Config{Data: t.TempDir(), Store: Store{URL: address}}) {
			if strings.Contains(check.String(), "hunter2") {
				t.Errorf("validate says %s", check)
			}
		}
	}
}
