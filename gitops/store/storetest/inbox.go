package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
)

func inbox() []check {
	return []check{
		{"a delivery is kept byte by byte", deliveryBytes},
		{"the same delivery is new once, however many arrive", deliveryTwins},
		{"an id that is no text is refused", deliveryIDs},
		{"what cannot be decoded is kept and listed until it is done", undecoded},
		{"what was never put is not found", deliveryNotFound},
		{"the first answer to a delivery stays", deliveryAnswer},
		{"each delivery asks for its processing once", deliveryJobs},
		{"what was done long ago makes room, and is still recognised for a while", deliveriesPruned},
	}
}

// push is a delivery whose payload is no text.
func push() gitops.Delivery {
	return gitops.Delivery{
		ID: "github/1", Source: "github", Kind: "push", Payload: []byte("\x00\xff{}"), Received: time.UnixMilli(1_700_000_000_123).UTC(),
	}
}

func deliveryBytes(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	if isNew := must[bool](t)(a.Put(ctx, push())); !isNew {
		t.Error("it is told to have come before")
	}
	if diff := cmp.Diff(push(), must[gitops.Delivery](t)(b.Delivery(ctx, push().ID))); diff != "" {
		t.Error(diff)
	}
}

func deliveryTwins(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	var first atomic.Int32
	race(16, func(i int) {
		isNew, err := []*store.Store{a, b}[i%2].Put(ctx, gitops.Delivery{ID: "slack/twin"})
		if err != nil {
			t.Error(err)
		}
		if isNew {
			first.Add(1)
		}
	})
	if first.Load() != 1 {
		t.Errorf("new %d times", first.Load())
	}
}

func deliveryIDs(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	for _, id := range []string{"", "a\x00b", "a\xffb"} {
		_, err := a.Put(ctx, gitops.Delivery{ID: id})
		wantCode(t, err, gitops.Invalid)
	}
}

func undecoded(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	for _, id := range []string{"slack/odd", "slack/fine"} {
		must[bool](t)(a.Put(ctx, gitops.Delivery{ID: id, Source: "slack", Payload: []byte(id)}))
	}
	if err := a.Done(ctx, "slack/fine"); err != nil {
		t.Fatal(err)
	}
	if err := a.Failed(ctx, "slack/odd", "a block of an unknown kind"); err != nil {
		t.Fatal(err)
	}
	list := must[[]store.Undecoded](t)(b.Undecoded(ctx))
	if len(list) != 1 || list[0].ID != "slack/odd" || list[0].Reason != "a block of an unknown kind" || string(list[0].Payload) != "slack/odd" {
		t.Fatalf("got %+v", list)
	}
	if err := a.Done(ctx, "slack/odd"); err != nil {
		t.Fatal(err)
	}
	if list := must[[]store.Undecoded](t)(b.Undecoded(ctx)); len(list) != 0 {
		t.Errorf("still listed: %+v", list)
	}
}

func deliveryNotFound(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	_, err := a.Delivery(ctx, "nothing")
	wantCode(t, err, gitops.NotFound)
	wantCode(t, a.Done(ctx, "nothing"), gitops.NotFound)
	wantCode(t, a.Failed(ctx, "nothing", "why"), gitops.NotFound)
}

func deliveryAnswer(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	must[bool](t)(a.Put(ctx, gitops.Delivery{ID: "api/asked"}))
	if answer := must[string](t)(b.Answered(ctx, "api/asked")); answer != "" {
		t.Errorf("it is answered before anybody did: %q", answer)
	}
	for _, answer := range []string{"the first", "the second"} {
		if err := a.Answer(ctx, "api/asked", answer); err != nil {
			t.Fatal(err)
		}
	}
	if answer := must[string](t)(b.Answered(ctx, "api/asked")); answer != "the first" {
		t.Errorf("got %q", answer)
	}
	_, err := a.Answered(ctx, "nothing")
	wantCode(t, err, gitops.NotFound)
}

func deliveryJobs(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	var log done
	work(t, b, store.Handlers{gitops.JobDelivery: log.handle}, store.WorkOptions{})
	must[bool](t)(a.Put(ctx, gitops.Delivery{ID: "github/last"}))
	until(t, "the deliveries are processed", func() bool { return log.count("github/last") > 0 && log.count("slack/twin") > 0 })
	if log.count(push().ID) != 1 || log.count("slack/twin") != 1 {
		t.Errorf("processed %d and %d times", log.count(push().ID), log.count("slack/twin"))
	}
}

func deliveriesPruned(t *testing.T, f fixture) {
	now := f.tick.Now()
	s := open(t, store.Options{URL: f.url, Owner: "pruner", Clock: func() time.Time { return now }})
	ctx := t.Context()
	size := func(id string) int {
		d, err := s.Delivery(ctx, id)
		if gitops.CodeOf(err) == gitops.NotFound {
			return -1
		}
		if err != nil {
			t.Fatal(err)
		}
		return len(d.Payload)
	}
	put := func(id string) (isNew bool) {
		return must[bool](t)(s.Put(ctx, gitops.Delivery{ID: id, Source: "github", Payload: make([]byte, 1000)}))
	}
	for _, id := range []string{"prune/waiting", "prune/odd"} {
		put(id)
	}
	if err := s.Failed(ctx, "prune/odd", "it is odd"); err != nil {
		t.Fatal(err)
	}
	for n := range 250 { // more than one statement takes
		id := fmt.Sprint("prune/", n)
		put(id)
		if err := s.Done(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		after   time.Duration
		size    int // of what is done; -1 where it is gone
		replays bool
	}{
		{6 * 24 * time.Hour, 1000, false},
		{2 * 24 * time.Hour, 0, false},
		{20 * 24 * time.Hour, 0, false},
		{3 * 24 * time.Hour, -1, true},
	} {
		now = now.Add(step.after)
		if err := s.Prune(ctx); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"prune/0", "prune/249"} {
			if got := size(id); got != step.size {
				t.Errorf("%s has %d bytes after %s", id, got, now.Sub(f.tick.Now()))
			}
		}
		if size("prune/waiting") != 1000 || size("prune/odd") != 1000 {
			t.Error("what is not done was pruned")
		}
		if put("prune/100") != step.replays {
			t.Errorf("a replay after %s is taken for new: %v", now.Sub(f.tick.Now()), !step.replays)
		}
	}
}
