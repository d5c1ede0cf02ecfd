package render

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// building is the argument with which the test is the building process.
const building = "build-manifests"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == reaching {
		reach(os.Args[2])
		os.Exit(0)
	}
	if len(os.Args) == 2 && os.Args[1] == building {
		if err := Build(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// tree is a repository: what its files hold by their paths.
type tree map[string]string

func (t tree) ReadFile(_ context.Context, _, name string) ([]byte, error) {
	if data, ok := t[name]; ok {
		if data == "a link" {
			return nil, &gitops.Error{Code: gitops.Unsafe, Message: name}
		}
		return []byte(data), nil
	}
	code := gitops.NotFound
	for file := range t {
		if strings.HasPrefix(file, name+"/") {
			code = gitops.Invalid
		}
	}
	return nil, &gitops.Error{Code: code, Message: name}
}

func (t tree) Files(_ context.Context, _, dir string) ([]string, error) {
	var names []string
	for file := range t {
		if path.Dir(file) == dir {
			names = append(names, path.Base(file))
		}
	}
	slices.Sort(names)
	return names, nil
}

// with is the tree with some of its files changed or added.
func (t tree) with(files tree) tree {
	all := tree{}
	for _, from := range []tree{t, files} {
		for name, data := range from {
			all[name] = data
		}
	}
	return all
}

func renderer(t *testing.T, files tree) Renderer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// However busy the machine is, a test does not fail for it; and a bomb is
	// one with less memory too.
	bounds := bounds{all: 5 * time.Minute, each: 5 * time.Minute, memory: maxMemory / 2, asks: 5 * time.Minute}
	return Renderer{Tree: files, Log: slog.New(slog.DiscardHandler), Command: []string{self, building}, bounds: bounds}
}

// at renders one directory before and after a change, without a process of its
// own, which takes a second to end under the race detector.
func at(t *testing.T, dir string, before, change tree) gitops.Rendered {
	t.Helper()
	var files []workflow.File
	for name, data := range change {
		files = append(files, workflow.File{Path: name, Data: []byte(data)})
	}
	all := overlaid(before, "c0ffee", files)
	out, err := carryOut(order{Directories: []string{dir}}, func(q question) (answer, error) { return all.answer(t.Context(), q) })
	if out.Refused != "" {
		err = refusal(out.Refused)
	}
	return renderer(t, before).told(gitops.Target{TargetRef: gitops.TargetRef{Application: "shop", Environment: "prod"}, Directory: dir}, out, err)
}

// built renders one directory before and after a change.
func built(t *testing.T, dir string, before, change tree) gitops.Rendered {
	t.Helper()
	var files []workflow.File
	for name, data := range change {
		files = append(files, workflow.File{Path: name, Data: []byte(data)})
	}
	target := gitops.Target{TargetRef: gitops.TargetRef{Application: "shop", Environment: "prod"}, Directory: dir}
	all := renderer(t, before).Diff(t.Context(), "c-1", "c0ffee", files, []gitops.Target{target})
	if len(all) != 1 || all[0].Target != target.TargetRef {
		t.Fatalf("one target came to %v", all)
	}
	return all[0]
}

// shop is a base with an overlay, a component and generated configuration.
func shop() tree {
	return tree{
		"base/kustomization.yaml": "resources: [deployment.yaml, service.yaml]\n",
		"base/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers:
        - {name: shop, image: ghcr.io/acme/shop}
        - {name: proxy, image: ghcr.io/acme/proxy:1}
`,
		"base/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{port: 80}]}\n",
		"prod/kustomization.yaml": `resources: [../base]
components: [../tracing]
namespace: shop-prod
images:
  - {name: ghcr.io/acme/shop, newTag: v1}
`,
		"tracing/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
configMapGenerator:
  - {name: tracing, literals: [rate=1]}
patches:
  - path: patch.yaml
    target: {kind: Deployment}
`,
		"tracing/patch.yaml": "- {op: add, path: /metadata/labels, value: {tracing: \"on\"}}\n",
	}
}

func promoted() tree {
	return tree{"prod/kustomization.yaml": strings.Replace(shop()["prod/kustomization.yaml"], "v1", "v2", 1)}
}

func TestAPromotionChangesOneLineOfOneObject(t *testing.T) {
	got := built(t, "prod", shop(), promoted())
	want := gitops.Rendered{
		Target: got.Target, From: "kustomize build prod",
		Resources: []gitops.RenderedResource{{
			Name: "Deployment/shop-prod/shop", Effect: gitops.EffectChanged,
			Diff: `@@ -9,7 +9,7 @@
   template:
     spec:
       containers:
-      - image: ghcr.io/acme/shop:v1
+      - image: ghcr.io/acme/shop:v2
         name: shop
       - image: ghcr.io/acme/proxy:1
         name: proxy
`,
		}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if again := at(t, "prod", shop(), promoted()); !cmp.Equal(got, again) {
		t.Errorf("another time it is\n%v", again)
	}
	if s := got.Summary(); s != "1 resource changes" {
		t.Error(s)
	}
}

// Most of it is the start of the building process.
func BenchmarkPromotion(b *testing.B) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	r := Renderer{Tree: shop(), Log: slog.New(slog.DiscardHandler), Command: []string{self, building}}
	files := []workflow.File{{Path: "prod/kustomization.yaml", Data: []byte(promoted()["prod/kustomization.yaml"])}}
	for b.Loop() {
		if got := r.Diff(b.Context(), "c-1", "c0ffee", files, []gitops.Target{{Directory: "prod"}}); len(got[0].Resources) != 1 {
			b.Fatal(got)
		}
	}
}

func TestObjectsThatComeAndGoAreShownWhole(t *testing.T) {
	got := at(t, "base", shop(), tree{
		"base/kustomization.yaml": "resources: [deployment.yaml, account.yaml]\n",
		"base/account.yaml":       "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shop}\n",
	})
	want := []gitops.RenderedResource{
		{Name: "Service/shop", Effect: gitops.EffectRemoved, Diff: "@@ -1,7 +0,0 @@\n-apiVersion: v1\n-kind: Service\n-metadata:\n-  name: shop\n-spec:\n-  ports:\n-  - port: 80\n"},
		{Name: "ServiceAccount/shop", Effect: gitops.EffectAdded, Diff: "@@ -0,0 +1,4 @@\n+apiVersion: v1\n+kind: ServiceAccount\n+metadata:\n+  name: shop\n"},
	}
	if d := cmp.Diff(want, got.Resources); d != "" || got.Unknown != "" {
		t.Error(got.Unknown, d)
	}
}

func TestPlainManifestsAreComparedAsTheyStand(t *testing.T) {
	before := tree{
		"banner/deployment.yaml": "# the banner\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: banner}\nspec: {image: banner:1}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: banner}\n",
		"banner/README.md":       "Not a manifest.",
		"banner/old/more.yaml":   "kind: ConfigMap\n",
	}
	got := at(t, "banner", before, tree{"banner/deployment.yaml": strings.Replace(before["banner/deployment.yaml"], "banner:1", "banner:2", 1)})
	if len(got.Resources) != 1 || got.From != "the manifests in banner" || !strings.Contains(got.Resources[0].Diff, "-  image: banner:1\n+  image: banner:2\n") {
		t.Errorf("%+v", got)
	}
	if same := at(t, "banner", before, tree{"banner/deployment.yaml": "# Our banner.\n" + before["banner/deployment.yaml"]}); same.Summary() != "nothing changes" {
		t.Errorf("a comment: %+v", same)
	}
}

func TestADiffIsCutAndSaysSo(t *testing.T) {
	long := func(v string) string {
		var b strings.Builder
		b.WriteString("kind: ConfigMap\nmetadata: {name: big}\ndata:\n")
		for i := range 600 {
			fmt.Fprintf(&b, "  key%04d: %s\n", i, v)
		}
		return b.String() + "  wide: " + strings.Repeat(v, 1000) + "\n  bidi: \"" + v + "\u202e\\e\"\n"
	}
	files := func(v string) tree {
		all := tree{}
		for i := range 6 {
			all[fmt.Sprintf("big/%d.yaml", i)] = strings.Replace(long(v), "name: big", fmt.Sprintf("name: big%d", i), 1)
		}
		return all
	}
	got := at(t, "big", files("one"), files("two"))
	kept := 0
	for _, r := range got.Resources {
		kept += len(r.Diff)
		if r.Diff != "" && !strings.HasSuffix(r.Diff, " more lines\n") {
			t.Errorf("%s ends with %q", r.Name, r.Diff[len(r.Diff)-20:])
		}
		if strings.ContainsAny(r.Diff, "\u202e\x1b") {
			t.Errorf("%s holds what is not seen", r.Name)
		}
	}
	if got.Summary() != "6 resources change" || kept > maxKept || kept < maxKept/2 {
		t.Errorf("%s, %d bytes kept", got.Summary(), kept)
	}
}
