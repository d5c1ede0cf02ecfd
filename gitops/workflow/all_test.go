package workflow

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

func TestAllAreThoseThatHaveAVersionToTake(t *testing.T) {
	target := func(application, environment string) gitops.Target {
		return gitops.Target{TargetRef: gitops.TargetRef{Application: application, Environment: environment}}
	}
	catalog := &gitops.Catalog{
		Environments: []gitops.Environment{{Name: "dev"}, {Name: "staging"}, {Name: "prod"}},
		Targets: []gitops.Target{
			target("cart", "dev"), target("cart", "staging"), target("cart", "prod"),
			target("job", "dev"), target("job", "prod"), target("lone", "prod"), target("new", "dev"),
		},
	}
	known := knowledge{{repo: &Repository{Name: "acme/gitops"}, catalog: catalog}}
	for _, tt := range []struct{ from, to, want string }{
		{"", "prod", "cart job"},
		{"staging", "prod", "cart"},
		{"", "staging", "cart"},
		{"", "dev", ""},
		{"prod", "dev", ""},
		{"", "nowhere", ""},
	} {
		_, c, err := known.all(gitops.Command{Kind: gitops.KindPromote, All: true, From: tt.from, Environment: tt.to})
		if got := strings.Join(c.Applications, " "); got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("all from %q to %s are %s, %v", tt.from, tt.to, got, err)
		}
	}
	other := place{repo: &Repository{Name: "acme/other"}, catalog: catalog}
	if _, _, err := append(known, other).all(gitops.Command{All: true, Environment: "prod"}); err == nil || !strings.Contains(err.Error(), "acme/gitops and acme/other") {
		t.Errorf("all of two repositories: %v", err)
	}
}

// holders is a Store in which Targets in prod may be other Changes'.
type holders struct {
	Store
	of map[string]Holder // by application
}

func (h holders) Holders(context.Context, string) (map[gitops.TargetRef]Holder, error) {
	all := map[gitops.TargetRef]Holder{}
	for application, holder := range h.of {
		all[gitops.TargetRef{Application: application, Environment: "prod"}] = holder
	}
	return all, nil
}

func TestOneOfAllThatCannotBePromotedKeepsNoOtherBack(t *testing.T) {
	names := []string{"barred", "cart", "checkout", "held", "idle", "locked", "torn"}
	f := forest{"tip": {}}
	catalog := &gitops.Catalog{Environments: []gitops.Environment{{Name: "staging"}, {Name: "prod"}}}
	for _, name := range names {
		for env, version := range map[string]string{"prod": "1", "staging": "2"} {
			f["tip"][env+"/"+name] = "version=" + version + "\n"
		}
		for _, env := range []string{"staging", "prod"} {
			target := gitops.Target{TargetRef: gitops.TargetRef{Application: name, Environment: env}, Places: []gitops.Place{{File: env + "/" + name}}}
			catalog.Targets = append(catalog.Targets, target)
		}
	}
	f["tip"]["prod/idle"] = f["tip"]["staging/idle"]
	f["tip"]["prod/torn"] = "no version\n"
	f["tip"]["prod/locked"] = "version=1\nlocked\n"
	m := strict{f}
	store := holders{of: map[string]Holder{"held": {"c-1", gitops.StateProposed}, "cart": {"c-own", gitops.StateRequested}}}
	w := walk{Road: New(Ports{Manifests: m, Observations: unseen{}, Store: store, Policy: yesMan{forbids: "barred"}}, Options{}), repo: &Repository{Name: "acme/gitops", Branch: "main", Git: f, Trees: f}}
	change := gitops.Change{ID: "c-own", Request: gitops.Request{Command: gitops.Command{Kind: gitops.KindPromote, All: true, Applications: names, Environment: "prod"}}}
	in, err := w.compute(t.Context(), Tip{Commit: "tip", Catalog: catalog}, change)
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(in.plan); got != "cart 1 → 2, checkout 1 → 2" || len(in.plan.Edits) != 2 || in.plan.Digest == "" {
		t.Errorf("it plans %s: %+v", got, in.plan.Edits)
	}
	want := []gitops.LeftOut{
		{Application: "barred", Bar: gitops.BarRight, Reason: "Nobody may."},
		{Application: "held", Bar: gitops.BarTaken, Reason: "#c-1 already changes held/prod: it is proposed."},
		{Application: "torn", Bar: gitops.BarOther, Reason: "It holds no version."},
		{Application: "idle", Bar: gitops.BarThere},
		{Application: "locked", Bar: gitops.BarOther, Reason: "This is locked."},
	}
	if diff := cmp.Diff(want, in.plan.LeftOut); diff != "" {
		t.Error(diff)
	}

	change.Request.Command.Applications = []string{"held", "idle"}
	in, err = w.compute(t.Context(), Tip{Commit: "tip", Catalog: catalog}, change)
	if err != nil || len(in.plan.Edits) != 0 || sayLeftOut(in.plan.LeftOut) != "Left out held: #c-1 already changes held/prod: it is proposed." {
		t.Errorf("with nothing to do: %+v, %+v, %v", in.plan.Edits, in.plan.LeftOut, err)
	}
	change.Request.Command.Applications = []string{"held", "torn"}
	if _, err := w.compute(t.Context(), Tip{Commit: "tip", Catalog: catalog}, change); gitops.CodeOf(err) != gitops.Conflict {
		t.Errorf("with none that can be: %v", err)
	}
	change.Request.Command.All = false
	change.Request.Command.Applications = []string{"cart", "torn"}
	if _, err := w.compute(t.Context(), Tip{Commit: "tip", Catalog: catalog}, change); gitops.CodeOf(err) != gitops.NotFound {
		t.Errorf("by name: %v", err)
	}
}

// unseen is what nobody has looked at.
type unseen struct{ Observations }

func (unseen) Seen(context.Context, gitops.TargetRef) ([]gitops.Observation, error) { return nil, nil }

// strict is a forest in which some files can be read and not edited.
type strict struct{ forest }

func (s strict) Read(data []byte, _ gitops.Place) (gitops.Version, error) {
	line := lineOf(string(data), "version")
	if line == "" {
		return gitops.Version{}, &gitops.Error{Code: gitops.NotFound, Message: "It holds no version."}
	}
	return gitops.Version{Tag: strings.TrimSpace(strings.TrimPrefix(line, "version="))}, nil
}

func (s strict) Set(data []byte, p gitops.Place, v gitops.Version) ([]byte, []FieldEdit, error) {
	if strings.Contains(string(data), "locked") {
		return nil, nil, &gitops.Error{Code: gitops.Unsafe, Message: "This is locked."}
	}
	return s.forest.Set(data, p, v)
}

func TestAPlanForAllLeavesOutWhoHasNothingToDo(t *testing.T) {
	one, two := gitops.Version{Tag: "1"}, gitops.Version{Tag: "2"}
	var p gitops.Plan
	for i := range 30 {
		s := gitops.Step{Old: one, New: one}
		s.Target.Application = fmt.Sprintf("svc-%02d", i)
		p.Targets = append(p.Targets, s)
	}
	if got := withoutIdle(p); len(got.Targets) != 30 || len(got.LeftOut) != 0 {
		t.Errorf("where all is done: %d targets, %v", len(got.Targets), got.LeftOut)
	}
	p.Targets[3].New = two
	p.Targets[4].Copied = gitops.Copied{Environment: "staging", Directory: "d", Commit: "c"} // its files may differ
	got := withoutIdle(p)
	if len(got.Targets) != 2 || len(got.LeftOut) != 28 || !strings.HasSuffix(got.Speaks()[0], "svc-11 and 18 more") {
		t.Errorf("%d targets, %v", len(got.Targets), got.Speaks())
	}
}

func TestSentencesStandBesideEachOtherWithOneSpace(t *testing.T) {
	for _, tt := range [][3]string{{"", "", ""}, {"One.", "", "One."}, {"", "Two.", "Two."}, {"One.", "Two.", "One. Two."}} {
		if got := joinSentences(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%q and %q are %q", tt[0], tt[1], got)
		}
	}
}

func TestWhatIsRolledBackOfAllIsWhatWasChanged(t *testing.T) {
	s := &tray{}
	w := walk{Road: New(Ports{Store: askedNever{s}}, Options{Log: slog.New(slog.DiscardHandler)}), repo: &Repository{Name: "acme/gitops"}}
	var cart gitops.Step
	cart.Target.Application = "cart"
	c := gitops.Change{ID: "c-1", State: gitops.StateDegraded, Plan: gitops.Plan{Targets: []gitops.Step{cart}}}
	c.Request.Command = gitops.Command{Kind: gitops.KindPromote, All: true, Applications: []string{"cart", "held", "idle"}, Environment: "prod"}
	if _, err := w.rollBack(t.Context(), c, gitops.Person{ID: "nils"}, Press{Key: "k"}); err != nil || len(s.writes) != 1 {
		t.Fatalf("%v, wrote %+v", err, s.writes)
	}
	if got := s.writes[0].Change.Request.Command; strings.Join(got.Applications, " ") != "cart" || got.All {
		t.Errorf("it asks for %+v", got)
	}
}

// askedNever is a Store in which no Request has been.
type askedNever struct{ Store }

func (askedNever) ByKey(context.Context, string) (gitops.Change, bool, error) {
	return gitops.Change{}, false, nil
}
