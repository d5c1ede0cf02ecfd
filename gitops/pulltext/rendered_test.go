package pulltext_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/pulltext"
)

func render(name, diff string) gitops.RenderedResource {
	return gitops.RenderedResource{Name: name, Effect: gitops.EffectChanged, Diff: diff}
}

// rendered is what a body says of the rendered manifests.
func rendered(t *testing.T, all ...gitops.Rendered) string {
	t.Helper()
	c := change("INC-1")
	for i := range all {
		all[i].Target = c.Plan.Targets[0].Target.TargetRef
	}
	c.Plan.Rendered = all
	body, err := pulltext.Body(c, key('k'))
	if err != nil {
		t.Fatal(err)
	}
	_, from, _ := strings.Cut(body, "\n<details><summary>Rendered manifests: ")
	section, _, _ := strings.Cut(from, "\n**Evidence**")
	return section
}

func TestABodyShowsWhatTheClusterGets(t *testing.T) {
	got := rendered(t, gitops.Rendered{
		From:      "kustomize build apps/checkout/overlays/prod",
		Resources: []gitops.RenderedResource{render("Deployment/checkout-prod/checkout", "@@ -1 +1 @@\n-image: checkout:1\n+image: checkout:2\n")},
	})
	want := "1 resource changes</summary>\n\n**checkout in prod**, `kustomize build apps/checkout/overlays/prod`: 1 resource changes.\n" +
		"\n`Deployment/checkout-prod/checkout` is changed:\n\n```diff\n@@ -1 +1 @@\n-image: checkout:1\n+image: checkout:2\n```\n\n</details>\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWhatIsNotRenderedIsSaid(t *testing.T) {
	helm := gitops.Rendered{Unknown: `"charts/shop" is a Helm chart.`}
	if got := rendered(t, helm); !strings.HasPrefix(got, "not rendered</summary>\n\n**checkout in prod**: not rendered. \"charts/shop\" is a Helm chart.\n") {
		t.Error(got)
	}
	same := gitops.Rendered{From: "kustomize build a"}
	if got := rendered(t, helm, same); !strings.HasPrefix(got, "nothing changes; 1 of 2 not rendered</summary>") {
		t.Error(got)
	}
}

func TestARenderedDiffDoesNotBreakOutOfItsFence(t *testing.T) {
	hostile := " ```\n+````\n+</details> @everyone <!-- changebot:v1\n+`````x\n"
	got := rendered(t, gitops.Rendered{
		From: "kustomize build `a` | @everyone", Unknown: "",
		Resources: []gitops.RenderedResource{render("Deployment/`@everyone`|a\n```", hostile)},
	})
	inside := "``````diff\n" + hostile + "``````\n"
	if strings.Count(got, inside) != 1 {
		t.Fatalf("it is not fenced:\n%s", got)
	}
	around := strings.Replace(got, inside, "", 1)
	if spans := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(around, ""); strings.ContainsAny(spans, "`@|") || strings.Count(around, "</details>") != 1 {
		t.Errorf("a name broke out:\n%s", around)
	}
}

func TestALargeDiffIsSummarisedAndAttachedWhole(t *testing.T) {
	var all []gitops.RenderedResource
	for i := range 60 {
		all = append(all, render(fmt.Sprintf("ConfigMap/a%02d", i), strings.Repeat("+x\n", 300)))
	}
	large := gitops.Rendered{From: "kustomize build a", Resources: all, Left: 3}
	got := rendered(t, large)
	if len(got) > 16<<10 || !strings.HasPrefix(got, "63 resources change<") || !strings.Contains(got, "\n- and 30 more\n") {
		t.Errorf("%d bytes:\n%s", len(got), got[max(0, len(got)-1500):])
	}
	file := pulltext.RenderedFile([]gitops.Rendered{large})
	if strings.Count(file, "\n+++ ") != 60 || !strings.Contains(file, "# and 3 more resources\n") {
		t.Errorf("the file lacks something:\n%s", file)
	}
	if small := pulltext.RenderedFile([]gitops.Rendered{{From: "kustomize build a", Resources: all[:1]}}); small != "" {
		t.Errorf("a body that has all needs no file:\n%s", small)
	}
}

func TestTheBlockDoesNotCarryWhatWasRendered(t *testing.T) {
	c := change("INC-1")
	without, err := pulltext.Block(c, key('k'))
	if err != nil {
		t.Fatal(err)
	}
	c.Plan.Rendered = []gitops.Rendered{{From: "kustomize build a"}}
	if with, err := pulltext.Block(c, key('k')); err != nil || with != without {
		t.Error("it does", err)
	}
}
