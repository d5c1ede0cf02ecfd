package store

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"
)

// TestNobodyIsBuriedForHavingBeenStillWhileTheDatabaseWasAway: all pulses stand
// still then, and who looks first afterwards would take over from the living.
func TestNobodyIsBuriedForHavingBeenStillWhileTheDatabaseWasAway(t *testing.T) {
	s, err := Open(t.Context(), Options{
		URL: "sqlite://" + filepath.ToSlash(filepath.Join(t.TempDir(), "x.db")), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.db.ExecContext(t.Context(), `INSERT INTO replicas (owner, pulse) VALUES ('other', 7)`); err != nil {
		t.Fatal(err)
	}
	buried := 0
	w := &watcher{store: s, adopt: func(context.Context, string) error { buried++; return nil }}
	long := time.Now().Add(-time.Hour)
	look := func(last time.Time) {
		t.Helper()
		w.seen, w.looked = map[string]sighting{"other": {7, long}}, last
		if err := w.beat(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look(long)
	if buried != 0 {
		t.Error("it was buried unseen")
	}
	look(time.Now())
	if buried != 1 {
		t.Error("it was seen dead and not buried")
	}
}
