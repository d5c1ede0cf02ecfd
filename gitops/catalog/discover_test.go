package catalog

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// withLayouts is the good catalogue with other layouts.
func withLayouts(layouts string) string {
	before, rest, _ := strings.Cut(good, "layouts:\n")
	_, after, _ := strings.Cut(rest, "people:\n")
	return before + "layouts:\n" + layouts + "people:\n" + after
}

// targets are what was found: "application/environment in directory: files".
func targets(t *testing.T, text string, tree fstest.MapFS) (found []string, problems []string) {
	t.Helper()
	c, ps := check(t, text, tree)
	if c != nil {
		for _, target := range c.Targets {
			line := target.String() + " in " + target.Directory + ":"
			for _, p := range target.Places {
				line += fmt.Sprintf(" %s %s %s%s", p.Shape, p.File, p.Image, p.Field)
			}
			found = append(found, line)
		}
	}
	return found, texts(ps)
}

// argo ends a layout of these tests.
const argo = ", argocd: {application: \"{app}-{env}\", project: default}}\n"

// discovered is what a layout finds in a tree, without a problem.
type discovered struct {
	name   string
	layout string
	tree   fstest.MapFS
	want   []string
}

func TestApplicationsAreFoundInFilesAmongOthers(t *testing.T) {
	checkFound(t, []discovered{
		{"an application is a file among others",
			"  - {path: \"argocd/{env}\", versions: [{application: {file: \"{app}.yaml\"}}]" + argo,
			apps("argocd/prod/cart.yaml", "argocd/prod/search.yaml", "argocd/prod/kustomization.yaml", "argocd/prod/README.md"),
			[]string{
				"cart/prod in argocd/prod/cart.yaml: application argocd/prod/cart.yaml ",
				"search/prod in argocd/prod/search.yaml: application argocd/prod/search.yaml ",
			}},
		{"both are in the name of a file",
			"  - {path: argocd, versions: [{application: {file: \"{env}/{app}.yaml\", parameter: image.tag}}, {helm: {file: values.yaml, field: \"{app}.{env}\"}}]" + argo,
			apps("argocd/prod/cart.yaml", "argocd/values.yaml"),
			[]string{"cart/prod in argocd/prod/cart.yaml: application argocd/prod/cart.yaml  helm argocd/values.yaml cart.prod"}},
		{"the environments are elements of one file",
			"  - {path: \"sets/{app}\", environments: [prod, dev], versions: [{applicationSet: {file: set.yaml, element: \"env={env}\", field: tag}}]" + argo,
			apps("sets/cart/set.yaml", "sets/README.md"),
			[]string{"cart/dev in sets/cart: applicationSet sets/cart/set.yaml tag", "cart/prod in sets/cart: applicationSet sets/cart/set.yaml tag"}},
	})
}

func TestApplicationsAreFoundWhereLayoutsSay(t *testing.T) {
	checkFound(t, []discovered{
		{"the environment is a directory",
			"  - {path: \"apps/{app}/overlays/{env}\", versions: [{kustomize: {file: kustomization.yaml, image: \"r/{app}\"}}]" + argo,
			apps("apps/cart/overlays/prod/kustomization.yaml", "apps/cart/overlays/dev/kustomization.yaml", "apps/cart/base/kustomization.yaml", "apps/README.md"),
			[]string{
				"cart/dev in apps/cart/overlays/dev: kustomize apps/cart/overlays/dev/kustomization.yaml r/cart",
				"cart/prod in apps/cart/overlays/prod: kustomize apps/cart/overlays/prod/kustomization.yaml r/cart",
			}},
		{"the environment is a file",
			"  - {path: \"charts/{app}\", versions: [{helm: {file: \"env/{env}.yaml\", field: \"{app}.image.tag\"}}]" + argo,
			apps("charts/cart/env/dev.yaml", "charts/cart/env/prod.yaml", "charts/cart/values.yaml", "charts/cart/env/README"),
			[]string{
				"cart/dev in charts/cart: helm charts/cart/env/dev.yaml cart.image.tag",
				"cart/prod in charts/cart: helm charts/cart/env/prod.yaml cart.image.tag",
			}},
		{"the environment stands before the application, and again in a file",
			"  - {path: \"{env}/{app}\", versions: [{helmImage: {file: \"{app}-{env}.yaml\", field: image}}]" + argo,
			apps("prod/cart/cart-prod.yaml", "prod/search/search-prod.yaml"),
			[]string{
				"cart/prod in prod/cart: helmImage prod/cart/cart-prod.yaml image",
				"search/prod in prod/search: helmImage prod/search/search-prod.yaml image",
			}},
		{"a name is part of a segment",
			"  - {path: \"svc-{app}/{app}-{env}-values\", versions: [{container: {file: deploy.yaml, image: \"r/{app}\"}}]" + argo,
			apps("svc-cart/cart-dev-values/deploy.yaml", "svc-cart/search-dev-values/deploy.yaml"),
			[]string{"cart/dev in svc-cart/cart-dev-values: container svc-cart/cart-dev-values/deploy.yaml r/cart"}},
		{"one application lives by itself, with its version in two places",
			"  - {path: \"banner/{env}\", application: banner, versions: [{container: {file: a.yaml, image: r/banner}}, {helm: {file: b.yaml, field: tag}}]" + argo,
			apps("banner/dev/a.yaml", "banner/dev/b.yaml"),
			[]string{"banner/dev in banner/dev: container banner/dev/a.yaml r/banner helm banner/dev/b.yaml tag"}},
	})
}

func checkFound(t *testing.T, tests []discovered) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found, problems := targets(t, withLayouts(test.layout), test.tree)
			if diff := cmp.Diff(test.want, found); diff != "" {
				t.Errorf("%s\n%s", diff, strings.Join(problems, "\n"))
			}
			for _, p := range problems {
				t.Error(p)
			}
		})
	}
}

func TestWhatIsNotTakenIsTold(t *testing.T) {
	tree := onlyCart()
	for _, file := range []string{
		"apps/Cart_Old/dev/kustomization.yaml", "apps/search/qa/kustomization.yaml", "apps/search/dev/deployment.yaml",
	} {
		tree[file] = &fstest.MapFile{}
	}
	found, problems := targets(t, good, tree)
	if len(found) != 2 {
		t.Errorf("found %v", found)
	}
	want := []string{
		`.changebot.yaml:6:11: warning: layouts[0].path: The directory "apps/Cart_Old/dev" is passed over: "Cart_Old" cannot be a name. Names have`,
		`.changebot.yaml:6:11: warning: layouts[0].path: The directory "apps/search/dev" is passed over: it has no file "kustomization.yaml".`,
		`.changebot.yaml:6:11: warning: layouts[0].path: The directory "apps/search/qa" is passed over: "qa" is not among the environments. There are dev and prod.`,
	}
	if !slices.EqualFunc(problems, want, strings.HasPrefix) {
		t.Errorf("got\n%s", strings.Join(problems, "\n"))
	}
}

func TestALockBesideDependenciesIsWarnedOf(t *testing.T) {
	layout := "  - {path: \"charts/{app}/{env}\", versions: [{dependency: {file: Chart.yaml, chart: \"{app}\"}}], argocd: {application: \"{app}-{env}\", project: default}}\n"
	found, problems := targets(t, withLayouts(layout), apps("charts/cart/dev/Chart.yaml", "charts/cart/prod/Chart.yaml", "charts/cart/prod/Chart.lock"))
	const want = `warning: layouts[0].versions: "charts/cart/prod/Chart.lock" is not written along`
	if len(found) != 2 || len(problems) != 1 || !strings.Contains(problems[0], want) {
		t.Errorf("found %v\nproblems %v", found, problems)
	}
}

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	tree := onlyCart()
	tree["apps/search/dev"] = &fstest.MapFile{Mode: fs.ModeSymlink | 0o777, Data: []byte("../cart/dev")}
	tree["apps/banner/dev/kustomization.yaml"] = &fstest.MapFile{Mode: fs.ModeSymlink | 0o777, Data: []byte("../../cart/dev/kustomization.yaml")}
	found, problems := targets(t, good, tree)
	if len(found) != 2 || len(problems) != 1 || !strings.Contains(problems[0], `"apps/banner/dev" is passed over: it has no file`) {
		t.Errorf("found %v\nproblems %v", found, problems)
	}
}

func TestLayoutsThatCannotWorkAreRefused(t *testing.T) {
	const rest = `    argocd: {application: "{app}-{env}", project: default}` + "\n"
	const kustomize = "    versions: [{kustomize: {file: kustomization.yaml, image: \"r/{app}\"}}]\n"
	const apps = "  - path: apps/{app}/{env}\n"
	for _, test := range []struct{ name, layouts, want string }{
		{"it matches nothing", "  - path: appz/{app}/{env}\n" + kustomize + rest, `6:11: layouts[0].path: Nothing in the tree lies as "appz/{app}/{env}" says.`},
		{"it has no {app}", "  - path: apps/cart/{env}\n" + kustomize + rest, `6:11: layouts[0].path: {app} does not stand in "apps/cart/{env}", nor in a file of versions.`},
		{"it has no {env}", "  - path: apps/{app}\n" + kustomize + rest, `6:11: layouts[0].path: {env} stands neither in the path nor`},
		{"it leads out of the tree", "  - path: ../{app}/{env}\n" + kustomize + rest, `6:11: layouts[0].path: "../{app}/{env}" cannot be used. A path here is relative`},
		{"it begins with a slash", "  - path: /apps/{app}/{env}\n" + kustomize + rest, `6:11: layouts[0].path: "/apps/{app}/{env}" cannot be used.`},
		{"it can be read in two ways", "  - path: apps/{app}-{env}\n" + kustomize + rest, `6:11: layouts[0].path: "apps/{app}-{env}" cannot be used. The segment`},
		{"a file leads out of the tree", apps + "    versions: [{kustomize: {file: ../k.yaml, image: r/x}}]\n" + rest, `7:35: layouts[0].versions[0].kustomize.file: "../k.yaml" cannot be used.`},
		{"two of them overlap", apps + kustomize + rest + "  - path: apps/{app}/{env}\n" + kustomize + rest, `9:11: layouts[1].path: cart/dev is found twice, in "apps/cart/dev" and in "apps/cart/dev". Two layouts overlap`},
		{"two targets have one Argo CD Application", apps + kustomize + "    argocd: {application: \"{app}\", project: default}\n", `8:27: layouts[0].argocd.application: The Argo CD Application "cart" would belong to cart/dev and to cart/prod.`},
		{"one place is listed twice", apps + "    versions: [{kustomize: {file: kustomization.yaml, image: r/x}}, {kustomize: {file: kustomization.yaml, image: r/x}}]\n" + rest, `7:15: layouts[0].versions: The same field of "apps/cart/dev/kustomization.yaml" holds the version of`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, problems := check(t, withLayouts(test.layouts), onlyCart())
			got := texts(problems)
			if c != nil || len(got) == 0 || !strings.HasPrefix(got[0], File+":"+test.want) {
				t.Errorf("got\n%s\nwant first\n%s", strings.Join(got, "\n"), test.want)
			}
		})
	}
}
