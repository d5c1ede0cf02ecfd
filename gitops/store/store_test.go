package store_test

import (
	"net"
	"path/filepath"
	"strings"
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
			if _, err := store.Inspect(t.Context(), store.Options{URL: url}); gitops.CodeOf(err) != gitops.Invalid {
				t.Errorf("looked at it: %v", err)
			}
		})
	}
}

func TestACommitOnSQLiteReachesTheDisk(t *testing.T) {
	t.Parallel()
	s := opened(t, storetest.SQLite(t))
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		if got, err := s.Pragma(t.Context(), name); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestADatabaseThatDoesNotAnswerIsToldInASentence(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	o := store.Options{URL: "postgres://nobody:secret@" + closed.Addr().String() + "/x"}
	_, err = store.Open(t.Context(), o)
	_, looked := store.Inspect(t.Context(), o)
	for _, err := range []error{err, looked} {
		if gitops.CodeOf(err) != gitops.Unavailable || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	}
}
