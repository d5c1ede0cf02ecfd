package workflow

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// A library is a repository whose files have a line "application=version" for
// each application. It notes as of which commits they are read.
type library struct {
	Git
	Manifests
	Observations
	files map[string]string // by commit and path
	tip   string
	read  []string // commits
}

func (l *library) Fetch(context.Context) (string, error) { return l.tip, nil }

func (l *library) ReadFile(_ context.Context, commit, path string) ([]byte, error) {
	l.read = append(l.read, commit)
	return []byte(l.files[commit+":"+path]), nil
}

func (l *library) Seen(context.Context, gitops.TargetRef) ([]gitops.Observation, error) {
	return nil, nil
}

func (l *library) Read(data []byte, place gitops.Place) (gitops.Version, error) {
	_, rest, _ := strings.Cut(string(data), place.Image+"=")
	version, _, _ := strings.Cut(rest, "\n")
	return gitops.ParseVersion(version), nil
}

func (l *library) Set(data []byte, place gitops.Place, version gitops.Version) ([]byte, []FieldEdit, error) {
	old, _ := l.Read(data, place) // it never fails
	edited := strings.Replace(string(data), place.Image+"="+old.Tag, place.Image+"="+version.Tag, 1)
	return []byte(edited), []FieldEdit{{Field: place.Image, Old: old.Tag, New: version.Tag}}, nil
}

// The base branch moves while a plan for cart and checkout is made: what was
// pinned is commit "pinned", what stands there by now is "moved".
func newLibrary() (*library, walk, Tip) {
	l := &library{tip: "moved", files: map[string]string{
		"pinned:staging": "cart=3\ncheckout=7\nsearch=5\n", "pinned:prod": "cart=2\ncheckout=6\nsearch=4\n",
		"moved:staging": "cart=4\ncheckout=8\nsearch=5\n", "moved:prod": "cart=1\ncheckout=6\nsearch=5\n",
	}}
	catalog := &gitops.Catalog{Environments: []gitops.Environment{{Name: "staging"}, {Name: "prod"}}}
	for _, application := range []string{"cart", "checkout"} {
		for _, environment := range []string{"staging", "prod"} {
			catalog.Targets = append(catalog.Targets, gitops.Target{
				TargetRef: gitops.TargetRef{Application: application, Environment: environment},
				Places:    []gitops.Place{{File: environment, Image: application}},
			})
		}
	}
	road := New(Ports{Manifests: l, Observations: l}, Options{Log: slog.New(slog.DiscardHandler)})
	return l, walk{Road: road, repo: &Repository{Git: l, Branch: "main"}}, Tip{Commit: "pinned", Catalog: catalog}
}

func TestAPlanAndItsFilesComeFromOneCommit(t *testing.T) {
	l, w, tip := newLibrary()
	in, err := w.compute(t.Context(), tip, gitops.Change{Request: gitops.Request{Command: gitops.Command{
		Kind: gitops.KindPromote, Applications: []string{"cart", "checkout"}, Environment: "prod",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(in.plan); got != "cart 2 → 3, checkout 6 → 7" || in.plan.Base != "pinned" {
		t.Errorf("at %s plans %s", in.plan.Base, got)
	}
	// What is pushed later is worked out anew, and nothing of the branch's new
	// commits rides along.
	files, _, err := w.edit(t.Context(), in.plan)
	if err != nil || len(files) != 1 || string(files[0].Data) != "cart=3\ncheckout=7\nsearch=4\n" {
		t.Errorf("pushes %v, %v", files, err)
	}
	if later := slices.DeleteFunc(l.read, func(commit string) bool { return commit == "pinned" }); len(later) > 0 {
		t.Errorf("reads as of %v", later)
	}
}

// pasts are the versions that a place has held, the newest first, by the commit
// up to which one asks.
type pasts struct {
	History
	upTo map[string][]string
}

func (p pasts) Log(_ context.Context, upTo string, _ gitops.Place) iter.Seq2[Held, error] {
	return func(yield func(Held, error) bool) {
		for _, version := range p.upTo[upTo] {
			if !yield(Held{PastCommit: PastCommit{SHA: upTo}, Version: gitops.ParseVersion(version), Found: true}, nil) {
				return
			}
		}
	}
}

// Somebody promotes while a rollback is worked out: what they set is no version
// of before.
func TestARollbackGoesBackInTheHistoryOfItsOwnCommit(t *testing.T) {
	_, w, tip := newLibrary()
	w.repo.History = pasts{upTo: map[string][]string{"pinned": {"2", "1"}, "moved": {"3", "2", "1"}}}
	in, err := w.compute(t.Context(), tip, gitops.Change{Request: gitops.Request{Command: gitops.Command{
		Kind: gitops.KindRollback, Applications: []string{"cart"}, Environment: "prod",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(in.plan); got != "cart 2 → 1" || in.plan.Base != "pinned" {
		t.Errorf("at %s plans %s", in.plan.Base, got)
	}
}

func TestOnTheMovedBranchAPlanKeepsWhatOthersDidMeanwhile(t *testing.T) {
	_, w, tip := newLibrary()
	before := gitops.Plan{Base: "pinned", Branch: "main"}
	for _, target := range tip.Catalog.Targets {
		if target.Environment != "prod" {
			continue
		}
		before.Targets = append(before.Targets, gitops.Step{Target: target, Old: gitops.ParseVersion("9"), New: gitops.ParseVersion("3")})
	}
	tip.Commit = "moved"
	now, err := w.reapply(t.Context(), tip, gitops.KindPromote, before)
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(now); got != "cart 1 → 3, checkout 6 → 3" {
		t.Errorf("plans %s: what stands there is what git says, not the plan of before", got)
	}
	files, _, err := w.edit(t.Context(), now)
	if err != nil || len(files) != 1 || string(files[0].Data) != "cart=3\ncheckout=3\nsearch=5\n" {
		t.Errorf("pushes %v, %v", files, err)
	}
}

func steps(p gitops.Plan) string {
	var all []string
	for _, s := range p.Targets {
		all = append(all, fmt.Sprintf("%s %s → %s", s.Target.Application, s.Old, s.New))
	}
	return strings.Join(all, ", ")
}

// A rollback of cart takes cart from a promotion of cart and checkout, and
// leaves it checkout.
func TestARollbackTakesItsOwnTargetsAndLeavesTheOthers(t *testing.T) {
	_, w, tip := newLibrary()
	kept := &tray{}
	w.Store = kept
	cart, checkout := tip.Catalog.Targets[2], tip.Catalog.Targets[3]
	older := gitops.Change{
		ID: "c-1", State: gitops.StateSyncing, Plan: gitops.Plan{Targets: []gitops.Step{{Target: cart}, {Target: checkout}}},
		Rollout: []gitops.Progress{{Target: cart.TargetRef, State: gitops.StateSyncing}, {Target: checkout.TargetRef, State: gitops.StateSyncing}},
	}
	by := gitops.Change{ID: "c-2", Plan: gitops.Plan{Targets: []gitops.Step{{Target: cart}}}}
	if err := w.giveWay(t.Context(), older, by); err != nil || len(kept.writes) != 1 {
		t.Fatalf("%v, wrote %+v", err, kept.writes)
	}
	now := kept.writes[0].Change
	if now.State != gitops.StateSyncing || now.Rollout[0].State != gitops.StateSuperseded || now.Rollout[1].State != gitops.StateSyncing {
		t.Errorf("it is %s, with %+v", now.State, now.Rollout)
	}
}
