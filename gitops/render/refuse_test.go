package render

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// refused are directories that are not rendered, and what is said of them.
type refused struct {
	files tree
	want  string
}

func kustomization(text string) tree { return tree{"prod/kustomization.yaml": text} }

func remote(ref string) tree { return kustomization("resources: ['" + ref + "']\n") }

const elsewhere = `is not in the repository, and nothing is fetched to render`

// reachingOut are those that name something which is not in the repository.
func reachingOut() map[string]refused {
	return map[string]refused{
		"a remote base":                       {remote("https://github.com/acme/base?ref=v1"), elsewhere},
		"one without a scheme":                {remote("github.com/acme/base"), elsewhere},
		"one that hides behind a directory":   {remote("GitHub.com/acme/base").with(tree{"prod/GitHub.com/acme/base/kustomization.yaml": "namePrefix: a\n"}), elsewhere},
		"one over SSH":                        {remote("git@example.com:acme/base.git"), elsewhere},
		"one with a user":                     {remote("user@host/acme/base"), elsewhere},
		"a file of this machine":              {remote("file:///etc"), elsewhere},
		"a path of this machine":              {remote("/etc/passwd"), "not a relative path"},
		"a path out of the repository":        {remote("../../etc"), "leads out of the repository"},
		"a path out of it and back":           {remote("../../prod"), "leads out of the repository"},
		"a remote patch":                      {kustomization("patches: [{path: 'https://example.com/p.yaml'}]\n"), elsewhere},
		"an old remote patch":                 {kustomization("patchesStrategicMerge: ['https://example.com/p.yaml']\n"), elsewhere},
		"a remote file for a Secret":          {kustomization("secretGenerator: [{name: a, files: ['a=http://169.254.169.254/token']}]\n"), elsewhere},
		"a remote schema":                     {kustomization("openapi: {path: 'https://example.com/s.json'}\n"), elsewhere},
		"a remote list of replacements":       {kustomization("replacements: [{path: 'https://example.com/s.json'}]\n"), elsewhere},
		"a remote configuration":              {kustomization("configurations: ['https://example.com/s.json']\n"), elsewhere},
		"a remote CRD":                        {kustomization("crds: ['https://example.com/s.json']\n"), elsewhere},
		"a remote component":                  {kustomization("components: ['https://example.com/c']\n"), elsewhere},
		"a ConfigMap from a remote file":      {kustomization("configMapGenerator: [{name: a, envs: ['https://example.com/e']}]\n"), elsewhere},
		"a name of a path that is an address": {kustomization("configMapGenerator: [{name: a, files: ['https://example.com/e']}]\n"), elsewhere},
	}
}

// beyondBuilding are those that are more than files to be put together, or too
// much of it.
func beyondBuilding() map[string]refused {
	return map[string]refused{
		"a Helm chart":                       {tree{"prod/Chart.yaml": "name: shop\n"}, "is a Helm chart"},
		"a Helm chart in a kustomization":    {kustomization("helmCharts: [{name: shop}]\n"), "inflates a Helm chart"},
		"the same with its old name":         {kustomization("helmChartInflationGenerator: [{chartName: shop}]\n"), "inflates a Helm chart"},
		"a generator":                        {kustomization("generators: [g.yaml]\n"), "uses generators, which are plugins"},
		"a generator in the case of another": {kustomization("GENERATORS: [g.yaml]\n"), "uses generators, which are plugins"},
		"an inline transformer":              {kustomization("transformers: ['{apiVersion: builtin, kind: HelmChartInflationGenerator}']\n"), "uses transformers"},
		"a validator":                        {kustomization("validators: [v.yaml]\n"), "uses validators"},
		"an unknown field":                   {kustomization("plugins: [v.yaml]\n"), "is not a kustomization that can be read"},
		"no YAML":                            {kustomization("resources: [\n"), "is not YAML that can be read"},
		"a file that is not there":           {kustomization("resources: [gone.yaml]\n"), `"prod/gone.yaml" is not in the repository`},
		"a symbolic link":                    {kustomization("resources: [a.yaml]\n").with(tree{"prod/a.yaml": "a link"}), "over a symbolic link"},
		"a directory that is none":           {kustomization("resources: [a]\n").with(tree{"prod/a/b.yaml": "kind: A"}), `"prod/a" holds no kustomization`},
		"two kustomizations in one":          {kustomization("namePrefix: a\n").with(tree{"prod/Kustomization": "namePrefix: b\n"}), "more than one kustomization: kustomization.yaml and Kustomization."},
		"a kustomization on itself":          {kustomization("resources: [../prod]\n"), `"prod" stands on itself`},
		"two on each other":                  {kustomization("resources: [../a]\n").with(tree{"a/kustomization.yaml": "resources: [../prod]\n"}), `"prod" stands on itself`},
		"a tower of them":                    {tower(40, 1), "stand on each other"},
		"a tree of them":                     {tower(18, 2), "more than 200 kustomizations"},
		"a bomb of aliases":                  {kustomization("resources: [a.yaml]\n").with(tree{"prod/a.yaml": laughs()}), `"prod/a.yaml" is too much, its aliases followed`},
		"the same as the kustomization":      {kustomization(laughs()), "is too much, its aliases followed"},
		"the same among plain manifests":     {tree{"prod/a.yaml": laughs()}, "is too much, its aliases followed"},
		"a cycle of aliases":                 {tree{"prod/a.yaml": "a: &a [*a]\n"}, "is too much, its aliases followed"},
		"more bytes than are read":           {kustomization("resources: [a.yaml]\n").with(tree{"prod/a.yaml": "a: " + strings.Repeat("x", maxInput)}), "more than 1000 files or 4 MB"},
		"what kustomize does not build":      {kustomization("namePrefix: a\nresources: [a.yaml]\n").with(tree{"prod/a.yaml": "password: hunter2\n"}), "kustomize does not build it: `kustomize build prod` says why"},
	}
}

func TestWhatIsNotRenderedSaysWhy(t *testing.T) {
	all := reachingOut()
	maps.Copy(all, beyondBuilding())
	for name, tt := range all {
		t.Run(name, func(t *testing.T) {
			got := at(t, "prod", tt.files, tree{"unrelated.yaml": "a: b\n"})
			if !strings.Contains(got.Unknown, tt.want) || len(got.Resources) > 0 {
				t.Errorf("it says %q, not %q", got.Unknown, tt.want)
			}
			if strings.Contains(got.Unknown, "hunter2") {
				t.Errorf("it tells a secret: %s", got.Unknown)
			}
		})
	}
}

// tower is a kustomization that stands on some, each of which stands on as many,
// and so on.
func tower(height, width int) tree {
	files := tree{"prod/kustomization.yaml": "resources: [../t0a]\n"}
	for i := range height {
		var refs []string
		for w := range width {
			refs = append(refs, fmt.Sprintf("../t%d%c", i+1, 'a'+w))
		}
		for w := range width {
			files[fmt.Sprintf("t%d%c/kustomization.yaml", i, 'a'+w)] = "resources: [" + strings.Join(refs, ", ") + "]\n"
		}
	}
	for w := range width {
		files[fmt.Sprintf("t%d%c/kustomization.yaml", height, 'a'+w)] = "namePrefix: a\n"
	}
	return files
}

func laughs() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol]\n")
	for i := 1; i <= 30; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return b.String()
}

// doubling is a kustomization of a few lines, all of them allowed, that doubles
// a value at each step: what only a limit on the process stops.
func doubling() tree {
	step := "  - source: {kind: ConfigMap, name: a, fieldPath: data}\n    targets: [{select: {kind: ConfigMap, name: a}, fieldPaths: [data.x, data.y], options: {create: true}}]\n"
	return tree{
		"prod/kustomization.yaml": "resources: [a.yaml]\nreplacements:\n" + strings.Repeat(step, 60),
		"prod/a.yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {z: " + strings.Repeat("z", 1000) + "}\n",
	}
}

func TestARenderThatTakesTooMuchEndsAndTheNextOneGoesOn(t *testing.T) {
	files := shop().with(doubling())
	files["bomb/kustomization.yaml"], files["prod/kustomization.yaml"] = files["prod/kustomization.yaml"], shop()["prod/kustomization.yaml"]
	files["bomb/a.yaml"] = files["prod/a.yaml"]
	targets := []gitops.Target{{Directory: "bomb"}, {Directory: "prod"}}
	got := renderer(t, files).Diff(t.Context(), "c-1", "c0ffee", nil, targets)
	if got[0].Unknown != "Building it takes more than 128 MB of memory." {
		t.Errorf("the bomb: %+v", got[0])
	}
	if got[1].Summary() != "nothing changes" {
		t.Errorf("the one after it: %+v", got[1])
	}
}

func TestARenderThatTakesTooLongEndsWithItsProcess(t *testing.T) {
	r := renderer(t, shop().with(doubling()))
	r.bounds = bounds{all: time.Minute, each: time.Nanosecond, memory: maxMemory, asks: time.Minute}
	got := r.Diff(t.Context(), "c-1", "c0ffee", nil, []gitops.Target{{Directory: "prod"}})
	if got[0].Unknown != "It takes too long." {
		t.Errorf("%+v", got[0])
	}
}

// What is parsed takes many times its size in memory, so changebot itself parses
// nothing of it: neither a repository's files nor what Argo CD has rendered.
func TestChangebotItselfParsesNothing(t *testing.T) {
	wide := func(v string) string {
		return "kind: A\nmetadata: {name: a}\nv: " + v + "\nx:\n" + strings.Repeat("- 1\n", 50_000)
	}
	const most = 10 << 20 // bytes in all, for 200 kB before and after; to parse and compare them takes 400 MB
	for name, render := range map[string]func() gitops.Rendered{
		"plain manifests": func() gitops.Rendered {
			return built(t, "prod", tree{"prod/a.yaml": wide("1")}, tree{"prod/a.yaml": wide("2")})
		},
		"a kustomization": func() gitops.Rendered {
			return built(t, "prod", kustomization("resources: [a.yaml]\n"), tree{"prod/kustomization.yaml": "resources: [b]\n" + wide("2")})
		},
		"what Argo CD renders": func() gitops.Rendered {
			return pushed(t, answers{"base": wide("1"), "head": wide("2")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := render()
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > most {
				t.Errorf("%d MB were allocated here", took>>20)
			}
			if got.From == "" && got.Unknown == "" {
				t.Errorf("nothing came of it: %+v", got)
			}
		})
	}
}

// A reference may carry a password, and what is said of it goes to the pull
// request, to chat and to the log.
func TestAnAddressIsNamedWithoutItsSecrets(t *testing.T) {
	for ref, want := range map[string]string{
		"https://bot:hunter2@github.com/acme/base?ref=v1":             `"https://…@github.com/acme/base"`,
		"bot:hunter2@example.com/acme/base":                           `"…@example.com/acme/base"`,
		"ssh://git@example.com/acme/base?sshkey=hunter2":              `"ssh://…@example.com/acme/base"`,
		"https://github.com/acme/base?ref=v1&access_token=hunter2":    `"https://github.com/acme/base"`,
		"git@example.com:acme/base.git":                               `"…@example.com:acme/base.git"`,
		"git::https://a@b:hunter2@example.com/acme/base//path":        `"git::https://…@example.com/acme/base//path"`,
		"https://example.com/acme/base.git?hunter2@example.com/other": `"https://…@example.com/other"`,
		"https://bot:hun?ter/hunter2@example.com/acme/base":           `"https://…@example.com/acme/base"`,
	} {
		got := at(t, "prod", remote(ref), tree{"unrelated.yaml": "a: b\n"})
		if !strings.Contains(got.Unknown, "names "+want+", which is not in the repository") || strings.Contains(got.Unknown, "hunter2") {
			t.Errorf("of %s it says %q", ref, got.Unknown)
		}
	}
	inline := kustomization("patchesStrategicMerge: [' {kind: Secret, metadata: {name: a}, stringData: {password: hunter2}}']\nresources: [a.yaml]\n")
	if got := at(t, "prod", inline.with(tree{"prod/a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"}), tree{"b.yaml": ""}); strings.Contains(got.Unknown, "hunter2") {
		t.Errorf("of a patch it says %q", got.Unknown)
	}
}

func TestProcessesWaitForAPlace(t *testing.T) {
	r := renderer(t, shop())
	r.Places = make(chan struct{}, 1)
	r.Places <- struct{}{}
	waiting, cancel := context.WithCancel(t.Context())
	cancel() // nobody waits longer than for the rendering itself
	if got := r.Diff(waiting, "c-1", "c0ffee", nil, []gitops.Target{{Directory: "prod"}}); got[0].Unknown != "It takes too long." {
		t.Errorf("without a place: %+v", got[0])
	}
	<-r.Places
	for range 2 { // a place is given back
		if got := r.Diff(t.Context(), "c-1", "c0ffee", nil, []gitops.Target{{Directory: "prod"}}); got[0].Summary() != "nothing changes" {
			t.Errorf("with one: %+v", got[0])
		}
	}
}
