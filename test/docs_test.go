package test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestExcerptsOfTheSampleAreTheSample(t *testing.T) {
	page := read(t, "../docs/policy.md")
	sample := read(t, "../manifests/example/repository/.changebot.yaml")
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(blocks) == 0 {
		t.Fatal("docs/policy.md has no excerpt")
	}
	for _, block := range blocks {
		if !strings.Contains(sample, block[1]) {
			t.Errorf("docs/policy.md: this does not stand in manifests/example/repository/.changebot.yaml; copy it anew:\n%s", block[1])
		}
	}
}

func TestLinksBetweenPagesLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md", "argocd/README.md")
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`) // a colon is another site's
	for _, page := range pages {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere; mend or remove it", page, m[1])
			}
		}
	}
}

func TestTheLabelsOfMetricsAreTheOnesThatAreCounted(t *testing.T) {
	page := read(t, "../docs/operations.md")
	for metric, names := range map[string]struct{ file, pattern string }{
		"changebot_step_duration_seconds": {"../gitops/workflow/step.go", `return "(\w+)", `},
		"changebot_job_duration_seconds":  {"../gitops/job.go", `JobKind = "(\w+)"`},
	} {
		row := regexp.MustCompile("(?m)^\\| `" + metric + "` .*$").FindString(page)
		_, listed, _ := strings.Cut(row, ": ")
		var want, got []string
		for _, m := range regexp.MustCompile(names.pattern).FindAllStringSubmatch(read(t, names.file), -1) {
			want = append(want, m[1])
		}
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(listed, -1) {
			got = append(got, m[1])
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("docs/operations.md: %s lists %q; %s has %q", metric, got, names.file, want)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
