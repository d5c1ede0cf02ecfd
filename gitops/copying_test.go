package gitops_test

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestWhichFilesAGlobMeans(t *testing.T) {
	tests := []struct {
		glob, file string
		want       bool
	}{
		{"*.yaml", "a.yaml", true},
		{"*.yaml", "config/a.yaml", false},
		{"**/*.yaml", "a.yaml", true},
		{"**/*.yaml", "config/x/a.yaml", true},
		{"config/**", "config/x/a.yaml", true},
		{"config/**", "configs/a.yaml", false},
		{"**", "a/b/c", true},
		{"a/**/c", "a/c", true},
		{"a/**/c", "a/b/b/c", true},
		{"a/**/c", "a/b/d", false},
		{"secret-?.yaml", "secret-1.yaml", true},
		{"a", "a/b", false},
		{"*", ".hidden", true},
		{"[a-c].yaml", "b.yaml", true},
		{`\*`, "*", true},
		{`\*`, "a", false},
		{"Local/**", "local/a", false},
	}
	for _, tt := range tests {
		if got := gitops.MatchGlob(tt.glob, tt.file); got != tt.want {
			t.Errorf("%s means %s: %v", tt.glob, tt.file, got)
		}
	}
	for _, glob := range []string{"", "/a", "a/", "a//b", "../a", "a**", "[a", "**/**/**/**/a"} {
		if gitops.CheckGlob(glob) == "" {
			t.Errorf("%q can be used", glob)
		}
	}
}

func TestWhatHappensBesidesTheVersionIsSaidInAFewWords(t *testing.T) {
	prod := gitops.Target{TargetRef: gitops.TargetRef{Application: "cart", Environment: "prod"}}
	for _, tt := range []struct {
		name string
		step gitops.Step
		want string
	}{
		{"the version alone", gitops.Step{Target: prod}, ""},
		{"a restart", gitops.Step{Target: prod, Restarted: "2026-11-21T18:21:37Z"}, "restarted"},
		{"a hold that is lifted", gitops.Step{Target: prod, Lifts: []gitops.Hold{{Version: gitops.Version{Tag: "1.42.3"}}}, OnlyLifts: true}, "1.42.3 may come back"},
		{"a promotion with its files", gitops.Step{Target: prod, Copied: gitops.Copied{Environment: "staging", Directory: "staging", Commit: "c0ffee"}}, "with the files of staging"},
		{"a way back with its files", gitops.Step{Target: prod, Copied: gitops.Copied{Environment: "prod", Directory: "prod", Commit: "c0ffee00c0ffee00"}}, "with its files as of c0ffee00"},
	} {
		if got := tt.step.Besides(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
