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
