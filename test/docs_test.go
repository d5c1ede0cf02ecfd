package test

import (
	"os"
	"path/filepath"
	"regexp"
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

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
