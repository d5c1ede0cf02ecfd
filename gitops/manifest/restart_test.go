package manifest_test

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/manifest"
)

func TestARestartIsWrittenWhereItIsDeclared(t *testing.T) {
	const at = "2026-11-21T15:04:05Z"
	const head, labels = "kind: Deployment\nmetadata:\n  name: cart\nspec:\n  template:\n    metadata:\n", "      labels: {app: cart}\n"
	const pods = head + labels
	tests := []struct {
		name, data string
		place      gitops.Restart
		want       string // or, after "refused: ", a part of why
		inserted   bool
	}{
		{"an annotation that is absent", pods, gitops.Restart{}, head + "      annotations:\n        changebot.github.io/restarted-at: \"" + at + "\"\n" + labels, true},
		{"a value of a chart", "restartedAt: \"\" # by changebot\n", gitops.Restart{Field: "restartedAt"}, "restartedAt: \"" + at + "\" # by changebot\n", false},
		{"the value is text for every reader", "restartedAt: never\n", gitops.Restart{Field: "restartedAt"}, "restartedAt: \"" + at + "\"\n", false},
		{"a value in a later document", "a: 1\n---\nrestartedAt: \"\"\n", gitops.Restart{Field: "restartedAt"},
			"refused: values.yaml: restartedAt (line 3) cannot be edited safely: it is in another document of the file than the first, and Helm reads the first alone.", false},
		{"a field of a later object", "kind: A\n---\nkind: B\nrestartedAt: \"\"\n", gitops.Restart{Field: "restartedAt"}, "kind: A\n---\nkind: B\nrestartedAt: \"" + at + "\"\n", false},
		{"a value that is absent", "a: 1\n", gitops.Restart{Field: "restartedAt"}, "refused: values.yaml: There is no restartedAt", false},
		{"another workload", pods, gitops.Restart{Workload: "search"}, "refused: values.yaml: The file has no workload \"search\"", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.place.File = "values.yaml"
			got, edits, err := manifest.Files{}.Restart([]byte(tt.data), tt.place, at)
			if why, refused := strings.CutPrefix(tt.want, "refused: "); refused {
				if err == nil || !strings.HasPrefix(err.Error(), why) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || string(got) != tt.want || len(edits) != 1 || edits[0].Inserted != tt.inserted || edits[0].New != at {
				t.Fatalf("got %q, %+v, %v", got, edits, err)
			}
			again, edits, err := manifest.Files{}.Restart(got, tt.place, at)
			if err != nil || string(again) != string(got) || len(edits) != 0 {
				t.Errorf("a second time: %+v, %v", edits, err)
			}
		})
	}
}
