package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/notifier"
)

func posts() []check {
	return []check{
		{"the last one saved under a subject and key stands", lastPost},
		{"a subject that nobody wrote about has none", noPosts},
	}
}

func save(t *testing.T, s *store.Store, p notifier.Post) {
	t.Helper()
	if err := s.SavePost(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func lastPost(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	save(t, a, notifier.Post{Subject: "c-1", Key: "live", Hash: "trying"})
	save(t, a, notifier.Post{Subject: "c-1", Key: "card:ada", Channel: "C1", TS: "1.5", Hash: "h"})
	save(t, a, notifier.Post{Subject: "c-1", Key: "Entry:1", Channel: "C1", TS: "1.6"})
	save(t, a, notifier.Post{Subject: "c-1", Key: "live", Channel: "C1", TS: "1.4", Hash: "h2", Gone: true})
	save(t, a, notifier.Post{Subject: "c-2", Key: "live", Channel: "C2"})
	want := []notifier.Post{
		{Subject: "c-1", Key: "Entry:1", Channel: "C1", TS: "1.6"},
		{Subject: "c-1", Key: "card:ada", Channel: "C1", TS: "1.5", Hash: "h"},
		{Subject: "c-1", Key: "live", Channel: "C1", TS: "1.4", Hash: "h2", Gone: true},
	}
	if diff := cmp.Diff(want, must[[]notifier.Post](t)(b.Posts(ctx, "c-1"))); diff != "" {
		t.Error(diff)
	}
}

func noPosts(t *testing.T, f fixture) {
	b, ctx := f.b, t.Context()
	if got := must[[]notifier.Post](t)(b.Posts(ctx, "c-3")); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
