package workflow

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A tray is a store that keeps what was written to it.
type tray struct {
	Store
	writes []Write
}

func (s *tray) Commit(_ context.Context, w Write) (gitops.Change, error) {
	s.writes = append(s.writes, w)
	return w.Change, nil
}

func TestAPlanWhoseBaseIsGoneIsMadeAnewAndTheBaseNamed(t *testing.T) {
	s, b := &tray{}, &twig{}
	w := walk{Road: New(Ports{Store: s}, Options{Clock: time.Now, Log: slog.New(slog.DiscardHandler)}), repo: &Repository{Git: b}}
	c := gitops.Change{ID: "c-1", State: gitops.StateRequested, Plan: gitops.Plan{Base: "0123456789abcdef", Digest: gitops.Digest("d")}}
	if err := w.branchTaken(t.Context(), c, nil); err != nil || len(s.writes) != 1 {
		t.Fatalf("%v, wrote %+v", err, s.writes)
	}
	wrote := s.writes[0]
	if wrote.Change.Plan.Digest != "" || len(wrote.Entries) != 1 || wrote.Entries[0].Text != "planned anew: the base 01234567 is gone" {
		t.Errorf("wrote %+v", wrote)
	}
}
