package render

import (
	"slices"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

func TestAFileThatGoesIsNotThereAfterwards(t *testing.T) {
	files := tree{"prod/a.yaml": "kind: A\n", "prod/gone.yaml": "kind: B\n"}
	all := overlaid(files, "c0ffee", []workflow.File{{Path: "prod/gone.yaml", Delete: true}, {Path: "prod/new.yaml"}})
	after := &side{after: true, ask: func(q question) (answer, error) { return all.answer(t.Context(), q) }}
	if _, err := after.read("prod/gone.yaml"); gitops.CodeOf(err) != gitops.NotFound {
		t.Errorf("it is read: %v", err)
	}
	names, err := after.names("prod")
	if want := []string{"a.yaml", "new.yaml"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("got %v, %v", names, err)
	}
}

func TestADeletedFileShowsAsTheObjectsThatGo(t *testing.T) {
	files := tree{
		"prod/a.yaml":    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
		"prod/gone.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone}\n",
	}
	target := gitops.Target{Directory: "prod"}
	all := renderer(t, files).Diff(t.Context(), "c-1", "c0ffee", []workflow.File{{Path: "prod/gone.yaml", Delete: true}}, []gitops.Target{target})
	if len(all) != 1 || all[0].Unknown != "" || len(all[0].Resources) != 1 {
		t.Errorf("got %+v", all)
	}
}
