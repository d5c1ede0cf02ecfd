package workflow

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

func TestWhatRunsIsReadOnceForEachRevision(t *testing.T) {
	target := gitops.Target{TargetRef: gitops.TargetRef{Application: "cart"}, Places: []gitops.Place{{File: "cart.yaml"}}}
	elsewhere := target
	elsewhere.Places = []gitops.Place{{File: "charts/cart.yaml"}}
	begin := time.Unix(1_700_000_000, 0)
	unknown := &gitops.Error{Code: gitops.NotFound, Message: "no such commit"}
	silent := &gitops.Error{Code: gitops.Unavailable, Message: "no answer"}
	var s sightings
	for _, step := range []struct {
		name     string
		after    time.Duration
		target   gitops.Target
		revision string
		says     error
		asked    bool
		found    bool
		fails    bool
	}{
		{"the first time", 0, target, "a", nil, true, true, false},
		{"the same again", 0, target, "a", nil, false, true, false},
		{"its version is declared elsewhere now", 0, elsewhere, "a", nil, true, true, false},
		{"another revision, when enough was asked", 0, target, "b", errNotYet, true, false, false},
		{"at the next look, without an answer", 0, target, "b", silent, true, false, true},
		{"there is nothing", 0, target, "b", unknown, true, false, false},
		{"there is nothing still", time.Minute, target, "b", unknown, false, false, false},
		{"after an hour there may be", unreadableFor, target, "b", nil, true, true, false},
	} {
		asked := false
		_, found, err := s.version(t.Context(), begin.Add(step.after), step.target, step.revision, func(context.Context) (gitops.Version, error) {
			asked = true
			return gitops.Version{Tag: "1"}, step.says
		})
		if asked != step.asked || found != step.found || (err != nil) != step.fails || err != nil && !errors.Is(err, step.says) {
			t.Errorf("%s: asked %v, found %v, %v", step.name, asked, found, err)
		}
	}
}

// nothing is a mirror that holds nothing.
type nothing struct{ Git }

func (nothing) ReadFile(context.Context, string, string) ([]byte, error) {
	return nil, &gitops.Error{Code: gitops.NotFound}
}

// distant is what the forge has of it.
type distant struct {
	Past
	Manifests
	asked int
}

func (d *distant) FileAt(context.Context, string, string) ([]byte, error) {
	d.asked++
	return nil, nil
}

func (d *distant) Read([]byte, gitops.Place) (gitops.Version, error) {
	return gitops.Version{Tag: "1"}, nil
}

func TestOneLookAtWhatRunsAsksTheForgeForAFewFilesOnly(t *testing.T) {
	d := &distant{}
	repo := &Repository{Git: nothing{}, Past: d}
	budget, late := askedAtOnce, 0
	for range askedAtOnce + 3 {
		if _, err := repo.versionSeen(t.Context(), d, "0123456789", gitops.Target{Places: make([]gitops.Place, 1)}, &budget); errors.Is(err, errNotYet) {
			late++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if d.asked != askedAtOnce || late != 3 {
		t.Errorf("asked for %d files, left %d for later", d.asked, late)
	}
}
