package workflow

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestARestartWorkedOutAgainIsTheSameRestartOfWhateverRuns(t *testing.T) {
	f := forest{"asked": {"prod/app": "version=1\n"}, "moved": {"prod/app": "version=1\n", "other": "x"}, "promoted": {"prod/app": "version=2\n"}}
	w := walk{Road: New(Ports{Manifests: f}, Options{}), repo: &Repository{Name: "acme/gitops", Branch: "main", Git: f, Trees: f}}
	target := copiedStep("1", "", gitops.Copying{}).Target
	target.Copying, target.Restart = nil, gitops.Restart{File: "prod/app"}
	step := gitops.Step{Target: target, Old: gitops.Version{Tag: "1"}, New: gitops.Version{Tag: "1"}, Restarted: "2026-11-21T15:04:05Z"}
	asked, err := w.fill(t.Context(), gitops.Plan{Base: "asked", Branch: "main", Targets: []gitops.Step{step}})
	if err != nil || reads(asked.Edits) != "prod/app  > restarted: 2026-11-21T15:04:05Z" || asked.Edits[0].Kind != gitops.EditInsert {
		t.Fatalf("%+v, %v", asked.Edits, err)
	}
	for _, commit := range []string{"moved", "promoted"} {
		now, err := w.reapply(t.Context(), Tip{Commit: commit, Catalog: &gitops.Catalog{Targets: []gitops.Target{target}}}, gitops.KindRestart, asked)
		if err != nil || now.Digest != asked.Digest || now.Targets[0].New != now.Targets[0].Old {
			t.Errorf("on %s: %+v, %v", commit, now, err)
		}
	}
	undeclared := target
	undeclared.Restart = gitops.Restart{}
	_, err = w.reapply(t.Context(), Tip{Commit: "moved", Catalog: &gitops.Catalog{Targets: []gitops.Target{undeclared}}}, gitops.KindRestart, asked)
	if refusal, ok := asError(err); !ok || refusal.Code != gitops.Invalid || refusal.Message != "It is not declared where a restart of checkout is written." {
		t.Errorf("where it is declared no more: %v", err)
	}
}

func TestSeveralRestartsComposeAndSayWhatIsThereAlready(t *testing.T) {
	f := forest{"tip": {"prod/app": "version=1\n", "prod/other": "version=3\n"}}
	w := walk{Road: New(Ports{Manifests: f}, Options{}), repo: &Repository{Name: "acme/gitops", Branch: "main", Git: f, Trees: f}}
	p := gitops.Plan{Base: "tip", Branch: "main"}
	for _, name := range []string{"cart", "search", "web"} {
		file := "prod/app"
		if name == "web" {
			file = "prod/other"
		}
		target := gitops.Target{TargetRef: gitops.TargetRef{Application: name, Environment: "prod"}, Restart: gitops.Restart{File: file, Workload: name}}
		p.Targets = append(p.Targets, gitops.Step{Target: target, Restarted: "2026-11-21T15:04:05Z"})
	}
	p, err := w.fill(t.Context(), p)
	if err != nil || len(p.Edits) != 3 {
		t.Errorf("%+v, %v", p.Edits, err)
	}
	p.Targets = p.Targets[:1]
	p.Targets[0].Old, p.Targets[0].New, p.Base, p.Digest = gitops.Version{Tag: "1"}, gitops.Version{Tag: "1"}, "4be1", "9f3c"
	if got := describePlan(gitops.Change{Plan: p}); got != "planned at 4be1: cart/prod restarts with 1 (digest 9f3c)" {
		t.Errorf("of the plan it says %q", got)
	}
	if got := alreadyThere(gitops.Change{Plan: p}); got != "the restart of cart in prod is written already." {
		t.Errorf("it says %q", got)
	}
}

func TestADirectoryThatIsCopiedKeepsWhenItsPodsWereRestarted(t *testing.T) {
	for _, tt := range []struct{ name, staging, prod, want string }{
		{"restarted here alone", "version=2\n", "version=1\nrestarted=9\n", "prod/app version: 1 > version: 2"},
		{"restarted on both sides", "version=2\nrestarted=8\n", "version=1\nrestarted=9\n", "prod/app version: 1 > version: 2"},
		{"and nothing else differs", "version=2\n", "version=2\nrestarted=9\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := forest{"pinned": {"staging/app": tt.staging}, "tip": {"prod/app": tt.prod}}
			w := walk{Road: New(Ports{Manifests: f}, Options{}), repo: &Repository{Name: "acme/gitops", Git: f, Trees: f}}
			step := copiedStep("2", "pinned", gitops.Copying{})
			step.Target.Restart = gitops.Restart{File: "prod/app"}
			_, edits, err := w.edit(t.Context(), gitops.Plan{Base: "tip", Branch: "main", Targets: []gitops.Step{step}})
			if got := reads(edits); err != nil || got != tt.want {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}
