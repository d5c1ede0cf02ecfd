package render

import (
	"slices"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

func TestAFileThatGoesIsNotThereAfterwards(t *testing.T) {
	files := tree{"prod/a.yaml": "kind: A\n", "prod/gone.yaml": "kind: B\n"}
	after := &side{tree: files, commit: "c0ffee", over: map[string][]byte{"prod/gone.yaml": nil, "prod/new.yaml": []byte("")}}
	if _, err := after.read(t.Context(), "prod/gone.yaml"); gitops.CodeOf(err) != gitops.NotFound {
		t.Errorf("it is read: %v", err)
	}
	names, err := after.names(t.Context(), "prod")
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
	all := renderer(t, files).Diff(t.Context(), "c0ffee", []workflow.File{{Path: "prod/gone.yaml", Delete: true}}, []gitops.Target{target})
	if len(all) != 1 || all[0].Unknown != "" || len(all[0].Resources) != 1 {
		t.Errorf("got %+v", all)
	}
}
