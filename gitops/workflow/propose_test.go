package workflow

import (
	"context"
	"errors"
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

// torn is a repository whose catalogue was never good while this process runs.
type torn struct{ twig }

func (t *torn) Fetch(context.Context) (string, error) { return "tip", nil }

func (t *torn) Contains(context.Context, string, string) (bool, error) { return true, nil }

func (t *torn) At(context.Context, string) (*gitops.Catalog, error) {
	return nil, &gitops.Error{Code: gitops.Invalid, Message: "It is torn."}
}

func TestAPlanIsNotMadeAnewByACatalogueThatIsBroken(t *testing.T) {
	s, b := &tray{}, &torn{twig{at: "head"}}
	w := walk{Road: New(Ports{Store: s}, Options{Clock: time.Now, Log: slog.New(slog.DiscardHandler)}), repo: &Repository{Git: b, Catalogs: b}}
	c := gitops.Change{ID: "c-1", State: gitops.StateProposed, Proposal: gitops.Proposal{Round: 1, HeadSHA: "head", Moving: true}}
	c.Plan = gitops.Plan{Base: "base", Targets: make([]gitops.Step, 1), Digest: "d"}
	if err := w.branchTaken(t.Context(), c, nil); err != nil || len(s.writes) != 0 {
		t.Errorf("%v, wrote %+v", err, s.writes)
	}
}

// twins is a repository in which a file would stand beside one of the same name
// but for its case.
type twins struct{ twig }

func (*twins) Push(context.Context, Commit) (string, error) {
	return "", &gitops.Error{Code: gitops.Unsafe, Message: "README would stand beside Readme.", Next: "Rename one."}
}

func TestAPlanOfWhichNoCommitCanBeMadeIsDeniedAndNotTriedForEver(t *testing.T) {
	for name, tt := range map[string]struct {
		change gitops.Change
		step   func(walk, context.Context, gitops.Change) error
		reason string
	}{
		"at first": {gitops.Change{State: gitops.StateRequested}, walk.propose, "README would stand beside Readme."},
		"on a moved base": {
			gitops.Change{State: gitops.StateProposed, Proposal: gitops.Proposal{Round: 1, HeadSHA: "head", Moving: true}}, walk.move,
			"On the moved base branch this cannot be done any more: README would stand beside Readme.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &tray{}
			road := New(Ports{Store: s, Journal: &diary{}}, Options{Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
			w := walk{Road: road, repo: &Repository{Git: &twins{twig{at: "head"}}}}
			if err := tt.step(w, t.Context(), tt.change); err != nil || len(s.writes) != 1 {
				t.Fatalf("%v, wrote %+v", err, s.writes)
			}
			if c := s.writes[0].Change; c.State != gitops.StateDenied || c.Reason != tt.reason || c.Next != "Rename one." {
				t.Errorf("it is %s: %s %s", c.State, c.Reason, c.Next)
			}
		})
	}
}

// forgetful is a mirror that was cloned again: it holds its new tip alone.
type forgetful struct {
	twig
	files map[string]string // as of the new tip
}

func (*forgetful) unheardOf() error {
	return &gitops.Error{Code: gitops.NotFound, Message: "The mirror does not hold that commit."}
}

func (*forgetful) Fetch(context.Context) (string, error) { return "tip", nil }

func (m *forgetful) Contains(_ context.Context, commit, ancestor string) (bool, error) {
	if commit != "tip" {
		return false, m.unheardOf()
	}
	return true, nil
}

func (m *forgetful) ReadFile(_ context.Context, commit, path string) ([]byte, error) {
	data, found := m.files[path]
	if commit != "tip" || !found {
		return nil, m.unheardOf()
	}
	return []byte(data), nil
}

// elsewhere is the forge, which knows the old commits for a while, and must not be
// asked for each file of a large plan.
type elsewhere struct {
	Past
	asked int
}

func (e *elsewhere) FileAt(context.Context, string, string) ([]byte, error) {
	e.asked++
	return nil, &gitops.Error{Code: gitops.NotFound, Message: "No such file."}
}

func (*elsewhere) Contains(context.Context, string, string) (bool, error) { return true, nil }

func TestAPlanWhoseBaseTheMirrorHasForgottenIsMadeAnew(t *testing.T) {
	s, forge := &tray{}, &elsewhere{}
	road := New(Ports{Store: s, Journal: &diary{}}, Options{Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	w := walk{Road: road, repo: &Repository{Git: &forgetful{}, Past: forge}}
	target := gitops.Target{Places: []gitops.Place{{File: "values.yaml"}}}
	c := gitops.Change{ID: "c-1", State: gitops.StateRequested}
	c.Plan = gitops.Plan{Base: "0123456789abcdef", Digest: "d", Targets: []gitops.Step{{Target: target}}}
	if err := w.propose(t.Context(), c); err != nil || len(s.writes) != 1 {
		t.Fatalf("%v, wrote %+v", err, s.writes)
	}
	if wrote := s.writes[0]; wrote.Change.Plan.Digest != "" || wrote.Change.State != gitops.StateRequested || wrote.Entries[0].Text != "planned anew: the base 01234567 is gone" {
		t.Errorf("wrote %+v", wrote)
	}
	if forge.asked > 0 {
		t.Errorf("the forge was asked for %d files", forge.asked)
	}
}

// TestAChangeOutlivesTheTipThatItWasLookedAtOn: somebody else fetched meanwhile,
// and the mirror was cloned again.
func TestAChangeOutlivesTheTipThatItWasLookedAtOn(t *testing.T) {
	target := gitops.Target{
		TargetRef: gitops.TargetRef{Application: "a", Environment: "prod"}, Places: []gitops.Place{{File: "values.yaml"}},
	}
	s := &tray{}
	road := New(Ports{Store: s, Journal: &diary{}}, Options{Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	w := walk{Road: road, repo: &Repository{Git: &forgetful{}, Past: &elsewhere{}}}
	c := gitops.Change{ID: "c-1", State: gitops.StateProposed, Proposal: gitops.Proposal{Round: 1, HeadSHA: "head"}}
	c.Plan = gitops.Plan{Base: "tip", Digest: "d", Targets: []gitops.Step{{Target: target}}}
	tip := Tip{Commit: "gone", Catalog: &gitops.Catalog{Targets: []gitops.Target{target}}}
	w.repo.Git.(*forgetful).at = "head"
	moved, err := w.rebase(t.Context(), tip, c, MergeableDirty)
	if _, again := errors.AsType[gitops.Again](err); !again || moved || len(s.writes) != 0 {
		t.Errorf("%v, %v, wrote %+v", moved, err, s.writes)
	}
}
