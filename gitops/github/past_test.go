package github_test

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestGitHubKnowsWhetherACommitContainsAnother(t *testing.T) {
	server, r := open(t)
	push := func(branch, text string) string {
		sha, err := server.Push(repo, branch, "ada", map[string]string{"README.md": text}, text)
		if err != nil {
			t.Fatal(err)
		}
		return sha
	}
	first := push("main", "first")
	aside := push("aside", "aside")
	second := push("main", "second")
	for _, tt := range []struct {
		name, commit, ancestor string
		want                   bool
	}{
		{"a later commit contains an earlier one", second, first, true},
		{"a commit contains itself", first, first, true},
		{"an earlier commit does not contain a later one", first, second, false},
		{"a commit on another branch contains none of what came since", aside, second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := r.Contains(t.Context(), tt.commit, tt.ancestor); err != nil || got != tt.want {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	if _, err := r.Contains(t.Context(), "0123456789012345678901234567890123456789", first); gitops.CodeOf(err) != gitops.NotFound {
		t.Errorf("of a commit that GitHub does not have it says %v", err)
	}
}
