package github_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/changebot/changebot/gitops/workflow"
)

func TestWhereGitHubDoesNotListAllFilesItIsSaid(t *testing.T) {
	server, r := open(t)
	for _, tt := range []struct {
		name  string
		extra int  // files beside prod/app.yaml, all of which come before it
		known int  // what the pull request says to touch beyond what it does
		whole bool // as Files says
	}{
		{"all are listed", 120, 0, true},
		{"fewer are listed than are touched", 0, 1, false},
		{"more than GitHub lists", 3000, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			branch := fmt.Sprintf("many-%d-%d", tt.extra, tt.known)
			files := map[string]string{"prod/app.yaml": "tag: 2\n"}
			for i := range tt.extra {
				files[fmt.Sprintf("a/%04d", i)] = ""
			}
			if _, err := server.Push(repo, branch, "ada", files, "many"); err != nil {
				t.Fatal(err)
			}
			opened, err := r.Open(t.Context(), workflow.PullRequest{Branch: branch, Base: "main", Title: "Many", Body: "body"})
			if err != nil {
				t.Fatal(err)
			}
			pull, err := r.Get(t.Context(), opened.Number)
			if err != nil || pull.Files != tt.extra+1 {
				t.Fatalf("touches %d files: %v", pull.Files, err)
			}
			pull.Files += tt.known
			paths, whole, err := r.Files(t.Context(), pull)
			if err != nil || whole != tt.whole || slices.Contains(paths, "prod/app.yaml") != (tt.extra < 3000) {
				t.Errorf("%d paths, whole %v: %v", len(paths), whole, err)
			}
		})
	}
}
