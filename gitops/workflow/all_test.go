package workflow

import (
	"fmt"
	"strings"
	"testing"

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
		got := known.all(gitops.Command{Kind: gitops.KindPromote, All: true, From: tt.from, Environment: tt.to})
		if strings.Join(got, " ") != tt.want {
			t.Errorf("all from %q to %s are %v", tt.from, tt.to, got)
		}
	}
}

func TestAPlanForAllLeavesOutWhoHasNothingToDo(t *testing.T) {
	one, two := gitops.Version{Tag: "1"}, gitops.Version{Tag: "2"}
	var p gitops.Plan
	for i := range 30 {
		s := gitops.Step{Old: one, New: one}
		s.Target.Application = fmt.Sprintf("svc-%02d", i)
		p.Targets = append(p.Targets, s)
	}
	if got := withoutIdle(p); len(got.Targets) != 30 || len(got.Evidence) != 0 {
		t.Errorf("where all is done: %d targets, %v", len(got.Targets), got.Evidence)
	}
	p.Targets[3].New = two
	p.Targets[4].Copied = gitops.Copied{Environment: "staging", Directory: "d", Commit: "c"} // its files may differ
	got := withoutIdle(p)
	if len(got.Targets) != 2 || len(got.Evidence) != 1 || !strings.HasSuffix(got.Evidence[0], "svc-11 and 18 more") {
		t.Errorf("%d targets, %v", len(got.Targets), got.Evidence)
	}
}
