package workflow

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A shelf is a repository whose catalogue can be exchanged; it counts how often
// it is read.
type shelf struct {
	Git
	catalog *gitops.Catalog
	fetched int
	down    bool
}

func (s *shelf) Fetch(context.Context) (string, error) {
	s.fetched++
	if s.down {
		return "", &gitops.Error{Code: gitops.Unavailable, Message: "GitHub does not answer."}
	}
	return "tip", nil
}

func (s *shelf) At(context.Context, string) (*gitops.Catalog, error) { return s.catalog, nil }

func withToken(token string) *gitops.Catalog {
	return &gitops.Catalog{People: []gitops.Person{{ID: "ada", TokenSHA256: token}}}
}

func TestTheDoorReadsTheCataloguesSeldomAndSoonEnough(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := &shelf{catalog: withToken("old")}
	r := New(Ports{}, Options{Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}, &Repository{Name: "acme/gitops", Git: s, Catalogs: s})
	for _, step := range []struct {
		what    string
		token   string
		after   time.Duration
		change  func()
		known   bool
		fetched int
	}{
		{"the first who comes has it read", "old", 0, nil, true, 1},
		{"who is known is let in without", "old", time.Second, nil, true, 1},
		{"who is not known has it read anew, but not at once again", "new", time.Second, nil, false, 1},
		{"however many knock", "new", time.Second, nil, false, 1},
		{"a token that was added is found after a few seconds", "new", 3 * time.Second, func() { s.catalog = withToken("new") }, true, 2},
		{"the one before is known no more", "old", time.Second, nil, false, 2},
		{"a token that was taken back", "new", time.Second, func() { s.catalog = withToken("") }, true, 2},
		{"is refused after a minute", "new", time.Minute, nil, false, 3},
		{"nobody comes in by no token", "", time.Second, nil, false, 3},
	} {
		now = now.Add(step.after)
		if step.change != nil {
			step.change()
		}
		p, known, err := r.Knows(t.Context(), step.token)
		if err != nil || known != step.known || known != (p.ID == "ada") || s.fetched != step.fetched {
			t.Errorf("%s: %v, %v, %v, read %d times", step.what, p, known, err, s.fetched)
		}
	}
}

func TestTheDoorIsShutWhileNoCatalogueCanBeRead(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := &shelf{catalog: withToken("old"), down: true}
	r := New(Ports{}, Options{Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}, &Repository{Name: "acme/gitops", Git: s, Catalogs: s})
	for range 10 {
		if _, known, err := r.Knows(t.Context(), "old"); known || gitops.CodeOf(err) != gitops.Unavailable {
			t.Errorf("%v, %v", known, err)
		}
	}
	if s.fetched != 1 {
		t.Errorf("GitHub is asked %d times", s.fetched)
	}
	s.down, now = false, now.Add(doorUnknown)
	if _, known, err := r.Knows(t.Context(), "old"); !known || err != nil {
		t.Errorf("%v, %v", known, err)
	}
}
