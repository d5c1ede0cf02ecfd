package storetest

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
)

func opening() []check {
	return []check{
		{"replicas that start at once all succeed", startAtOnce},
		{"what was stored is there after a restart", restart},
		{"a look says what a start would do, and does nothing of it", look},
	}
}

func look(t *testing.T, f fixture) {
	url := f.fresh(t)
	condition := func() store.Condition {
		t.Helper()
		first := must[store.Condition](t)(store.Inspect(t.Context(), store.Options{URL: url}))
		again := must[store.Condition](t)(store.Inspect(t.Context(), store.Options{URL: url}))
		if first != again {
			t.Errorf("a look left %+v of %+v", again, first)
		}
		return first
	}
	if c := condition(); !c.New {
		t.Errorf("an empty database is %+v", c)
	}
	open(t, store.Options{URL: url})
	if c := condition(); c != (store.Condition{}) {
		t.Errorf("a database that is up to date, and in use, is %+v", c)
	}
	db := raw(t, url)
	for _, statement := range []string{
		`DELETE FROM goose_db_version WHERE version_id = 4`,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (4000, true)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if c := condition(); c != (store.Condition{Pending: 1, Unknown: 1}) {
		t.Errorf("a database with one migration less and one more is %+v", c)
	}
}

func startAtOnce(t *testing.T, f fixture) {
	url := f.fresh(t)
	race(4, func(int) {
		s, err := store.Open(t.Context(), store.Options{URL: url})
		if err != nil {
			t.Errorf("open: %v", err)
			return
		}
		if err := errors.Join(s.Ping(t.Context()), s.Close()); err != nil {
			t.Errorf("ping and close: %v", err)
		}
	})
}

func restart(t *testing.T, f fixture) {
	url := f.fresh(t)
	s, err := store.Open(t.Context(), store.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	c := must[gitops.Change](t)(s.Commit(t.Context(), workflow.Write{Change: newChange("restart")}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, store.Options{URL: url})
	if diff := cmp.Diff(c, must[gitops.Change](t)(again.Change(t.Context(), c.ID))); diff != "" {
		t.Error(diff)
	}
}

func changes() []check {
	return []check{
		{"a change is read as it was written", readAsWritten},
		{"what does not exist is not found", changeNotFound},
		{"a taken key is a conflict, a taken id one that says so", takenKeyOrID},
		{"of many who write on one revision one wins", compareAndSwap},
		{"the open changes of a repository are listed, oldest first", listOpen},
	}
}

func readAsWritten(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	c := newChange("whole")
	c.Plan = gitops.Plan{Base: "abc", Edits: []gitops.Edit{{Path: "x", Old: "1", New: "2\x00é"}}}
	c.Decisions = []gitops.Decision{{Person: gitops.Person{ID: "bob"}, Answer: gitops.Approve, At: time.UnixMilli(5).UTC()}}
	c.Times = map[gitops.State]time.Time{gitops.StateRequested: time.UnixMilli(7).UTC()}
	stored := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c}))
	c.Revision = 1
	if diff := cmp.Diff(c, stored); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(c, must[gitops.Change](t)(b.Change(ctx, c.ID))); diff != "" {
		t.Error(diff)
	}
	byKey, found, err := b.ByKey(ctx, c.Request.Key)
	if err != nil || !found || byKey.ID != c.ID {
		t.Errorf("by key: %v %v %v", byKey.ID, found, err)
	}
}

func changeNotFound(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	_, err := a.Change(ctx, "c-nothing")
	wantCode(t, err, gitops.NotFound)
	if _, found, err := a.ByKey(ctx, "no such key"); found || err != nil {
		t.Errorf("by key: %v %v", found, err)
	}
	_, err = a.Commit(ctx, workflow.Write{Change: gitops.Change{ID: "c-nothing", Revision: 3}})
	wantCode(t, err, gitops.NotFound)
}

func takenKeyOrID(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	c := newChange("taken")
	must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c}))
	_, err := b.Commit(ctx, workflow.Write{Change: c})
	wantCode(t, err, gitops.Conflict)
	if errors.Is(err, workflow.ErrIDTaken) {
		t.Error("a taken key is reported as a taken id")
	}
	c.Request.Key = "test/another request"
	_, err = b.Commit(ctx, workflow.Write{Change: c})
	wantCode(t, err, gitops.Conflict)
	if !errors.Is(err, workflow.ErrIDTaken) {
		t.Errorf("got %v, want ErrIDTaken", err)
	}
}

func compareAndSwap(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	c := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("cas")}))
	var won, lost atomic.Int32
	race(16, func(i int) {
		_, err := []*store.Store{a, b}[i%2].Commit(ctx, workflow.Write{Change: c, Entries: []gitops.Entry{{Kind: gitops.EntryNote}}})
		switch {
		case err == nil:
			won.Add(1)
		case gitops.CodeOf(err) == gitops.Conflict:
			lost.Add(1)
		default:
			t.Error(err)
		}
	})
	if won.Load() != 1 || lost.Load() != 15 {
		t.Errorf("%d won and %d lost", won.Load(), lost.Load())
	}
	if entries := must[[]gitops.Entry](t)(b.Entries(ctx, c.ID)); len(entries) != 1 {
		t.Errorf("the losers left %d entries", len(entries)-1)
	}
}

func listOpen(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	var want []string
	revisions := map[string]int64{}
	for _, name := range []string{"one", "two", "three"} {
		c := newChange("open " + name)
		c.Request.Repository = "acme/other"
		c = must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c}))
		f.tick.add(time.Second)
		if name == "two" {
			c.State = gitops.StateCancelled
			must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c}))
			continue
		}
		if name == "three" {
			c = must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: c}))
		}
		want = append(want, c.ID)
		revisions[c.ID] = c.Revision
	}
	var got []string
	for _, c := range must[[]gitops.Change](t)(b.Open(ctx, "acme/other")) {
		got = append(got, c.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(revisions, must[map[string]int64](t)(b.Revisions(ctx, "acme/other"))); diff != "" {
		t.Error(diff)
	}
}
