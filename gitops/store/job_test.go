package store_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/store/storetest"
)

// databases are what every test here runs on.
func databases() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres}
}

// opened opens a store until the test ends.
func opened(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// works lets a store work until the test ends; subjects of done jobs come out.
func works(t testing.TB, s *store.Store) <-chan string {
	t.Helper()
	did := make(chan string, 1000)
	handle := func(_ context.Context, j gitops.Job) error {
		did <- j.Subject
		return nil
	}
	w, err := s.Work(t.Context(), store.Handlers{gitops.JobStep: handle, gitops.JobDelivery: handle}, store.WorkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Stop(storetest.Deadline); err != nil {
			t.Error(err)
		}
	})
	return did
}

func TestAJobOfATransactionThatIsRolledBackIsNeverDone(t *testing.T) {
	t.Parallel()
	for name, fresh := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened(t, fresh(t))
			did := works(t, s)
			lost := gitops.Job{Kind: gitops.JobStep, Subject: "lost"}
			if err := s.EnqueueAndRollBack(t.Context(), lost); err != nil {
				t.Fatal(err)
			}
			if err := s.Enqueue(t.Context(), gitops.Job{Kind: gitops.JobStep, Subject: "kept"}); err != nil {
				t.Fatal(err)
			}
			if got := <-did; got != "kept" {
				t.Errorf("%q was done first", got)
			}
			if err := s.Enqueue(t.Context(), lost); err != nil { // nothing of it stands in the way
				t.Fatal(err)
			}
			if got := <-did; got != "lost" {
				t.Errorf("%q was done next", got)
			}
		})
	}
}

func TestACommitIsFollowedWithoutWaitingForTheNextLook(t *testing.T) {
	t.Parallel()
	for name, fresh := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened(t, fresh(t))
			s.Poll(time.Hour)
			did := works(t, s)
			for _, id := range []string{"1", "2", "3"} {
				if _, err := s.Put(t.Context(), gitops.Delivery{ID: id}); err != nil {
					t.Fatal(err)
				}
				select {
				case <-did:
				case <-time.After(storetest.Deadline):
					t.Fatalf("delivery %s was not handled within %s", id, storetest.Deadline)
				}
			}
		})
	}
}

func TestRetriesBecomeRarerUpToOnceAMinute(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 6: 32 * time.Second, 7: time.Minute, 40: time.Minute, 1400: time.Minute,
	} {
		for range 100 {
			if got := store.Backoff(failures); got < want*8/10 || got > want*12/10 {
				t.Fatalf("after %d failures it waits %s, want about %s", failures, got, want)
			}
		}
	}
}

func TestAReplicaMayHaveALongName(t *testing.T) {
	t.Parallel()
	owner := strings.Repeat("host-with-a-long-name", 3) + ":" + strings.Repeat("/deep", 20)
	s, err := store.Open(t.Context(), store.Options{URL: storetest.SQLite(t), Owner: owner, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	did := works(t, s)
	if err := s.Enqueue(t.Context(), gitops.Job{Kind: gitops.JobStep, Subject: "c-1"}); err != nil {
		t.Fatal(err)
	}
	if subject := <-did; subject != "c-1" {
		t.Errorf("did %s", subject)
	}
}
