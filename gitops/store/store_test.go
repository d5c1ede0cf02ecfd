package store_test

import (
	"path/filepath"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.SQLite)
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	storetest.Postgres(t) // skips here, once, where there is no server
	storetest.Run(t, storetest.Postgres)
}

func TestAnAddressThatLeadsNowhereIsRefused(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"no scheme":                 "changebot.db",
		"another database":          "mysql://localhost/changebot",
		"no file":                   "sqlite://",
		"two slashes":               "sqlite://data/changebot.db",
		"settings behind the path":  "sqlite:///tmp/x.db?mode=ro",
		"a folder that is missing":  "sqlite://" + filepath.Join(t.TempDir(), "missing", "x.db"),
		"a PostgreSQL URL in parts": "postgres://host:port/x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), store.Options{URL: url})
			if gitops.CodeOf(err) != gitops.Invalid {
				t.Errorf("got %v, %v", s, err)
			}
		})
	}
}
