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
		now, err := w.reapply(t.Context(), Tip{Commit: commit, Catalog: &gitops.Catalog{Targets: []gitops.Target{target}}}, asked)
		if err != nil || now.Digest != asked.Digest || now.Targets[0].New != now.Targets[0].Old {
			t.Errorf("on %s: %+v, %v", commit, now, err)
		}
	}
}
