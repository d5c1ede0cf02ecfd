package gitops_test

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestOnlyAVersionThatCanBeARefNamesATag(t *testing.T) {
	source := gitops.Source{Repository: "acme/checkout", Tag: "v{version}"}
	for version, want := range map[string]string{
		"1.42.3": "v1.42.3", "2026-11-21_1": "v2026-11-21_1", "": "", "1...2": "", "../x": "", "a b": "", "a/b": "", "-x": "", "x.": "", "x\n": "", "main~1": "",
	} {
		got, ok := source.TagOf(gitops.Version{Tag: version})
		if got != want || ok != (want != "") {
			t.Errorf("%q names %q, %v", version, got, ok)
		}
	}
	if _, ok := (gitops.Source{}).TagOf(gitops.Version{Tag: "1"}); ok {
		t.Error("a tag is named where no source is declared")
	}
}
