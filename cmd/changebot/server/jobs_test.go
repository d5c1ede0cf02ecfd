package server

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/github"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
	"github.com/changebot/changebot/notifier"
)

// clerk is a desk that answers with an error.
type clerk struct{ err error }

func (c clerk) PullChanged(context.Context, string, string, int) error  { return c.err }
func (c clerk) Reviewed(context.Context, workflow.Review) error         { return c.err }
func (c clerk) Base(context.Context, string) error                      { return c.err }
func (c clerk) StatusSet(context.Context, string, string, string) error { return c.err }
func handsTo(s *store.Store, log *slog.Logger, err error) *Server {
	return &Server{store: s, log: log, githubIn: github.Events{Desk: clerk{err}, Branches: map[string]string{"acme/gitops": "main"}}}
}

func TestADeliveryIsDoneOnlyOnceItIsProcessed(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	inbox, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "changebot.db"), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inbox.Close() }()
	const push = `{"ref": "refs/heads/main", "after": "c0ffee", "repository": {"full_name": "acme/gitops"}}`
	job := func(id, payload string) gitops.Job {
		if _, err := inbox.Put(t.Context(), gitops.Delivery{ID: id, Source: "github", Kind: "push", Payload: []byte(payload)}); err != nil {
			t.Fatal(err)
		}
		return gitops.Job{Kind: gitops.JobDelivery, Subject: id}
	}
	undecoded := func() int {
		all, err := inbox.Undecoded(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}

	down := errors.New("GitHub does not answer")
	good := job("github/1", push)
	if err := handsTo(inbox, log, down).deliver(t.Context(), good); !errors.Is(err, down) {
		t.Errorf("a delivery that was not processed is called done: %v", err)
	}
	if err := handsTo(inbox, log, nil).deliver(t.Context(), good); err != nil || undecoded() != 0 {
		t.Errorf("the next try: %v, %d are undecoded", err, undecoded())
	}
	refused := &gitops.Error{Code: gitops.Invalid, Message: ".changebot.yaml has a problem."}
	during := job("github/3", push)
	if err := handsTo(inbox, log, refused).deliver(t.Context(), during); !errors.Is(err, refused) || undecoded() != 0 {
		t.Errorf("what comes while the catalogue is broken is not tried again: %v, %d are undecoded", err, undecoded())
	}
	broken := job("github/2", `{"ref": 7}`)
	if err := handsTo(inbox, log, nil).deliver(t.Context(), broken); err != nil || undecoded() != 1 {
		t.Errorf("one that cannot be decoded is kept and shown: %v, %d are undecoded", err, undecoded())
	}
}

// A gap is where a Change should be.
type gap struct{ notifier.Changes }

func (gap) Change(context.Context, string) (gitops.Change, error) { panic("no such page") }

func TestAPanicWhileTellingDoesNotKeepTheNextFromTelling(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	leases, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "changebot.db"), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = leases.Close() }()
	s := &Server{store: leases, log: log, teller: notifier.Teller{Changes: gap{}, Log: log}}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nothing panicked")
			}
		}()
		_ = s.tell(t.Context(), gitops.Job{Kind: gitops.JobTell, Subject: "c-1"})
	}()
	if _, ok, err := leases.Acquire(t.Context(), "tell/c-1", tellLease); err != nil || !ok {
		t.Errorf("the lease is free: %v, %v", ok, err)
	}
}
