package catalog

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

// withVersion is the good catalogue with another place of the version.
func withVersion(version string) string {
	const was = `{kustomize: {file: kustomization.yaml, image: "ghcr.io/acme/{app}"}}`
	return strings.Replace(good, was, version, 1)
}

func TestEveryShapeIsRead(t *testing.T) {
	const file = "apps/cart/prod/kustomization.yaml"
	for _, test := range []struct {
		version string
		want    gitops.Place
	}{
		{`{kustomizeChart: {file: kustomization.yaml, chart: "{app}"}}`, gitops.Place{Shape: gitops.ShapeKustomizeChart, Chart: "cart"}},
		{`{dependency: {file: kustomization.yaml, chart: "lib/{app}-{env}"}}`, gitops.Place{Shape: gitops.ShapeDependency, Chart: "lib/cart-prod"}},
		{`{helm: {file: kustomization.yaml, field: 'services[name={app}]["app.kubernetes.io/{env}"].tag'}}`,
			gitops.Place{Shape: gitops.ShapeHelm, Field: `services[name=cart]["app.kubernetes.io/prod"].tag`}},
		{`{custom: {file: kustomization.yaml, field: "spec.steps[0].image", image: "r/{app}", kind: Flow, name: "{app}-{env}"}}`,
			gitops.Place{Shape: gitops.ShapeCustom, Field: "spec.steps[0].image", Image: "r/cart", Kind: "Flow", Name: "cart-prod"}},
		{`{application: {file: kustomization.yaml}}`, gitops.Place{Shape: gitops.ShapeApplication}},
		{`{application: {file: kustomization.yaml, name: "{app}-{env}", source: "chart={app}", parameter: "{app}.image.tag"}}`,
			gitops.Place{Shape: gitops.ShapeApplication, Name: "cart-prod", Source: "chart=cart", Parameter: "cart.image.tag"}},
		{`{applicationSet: {file: kustomization.yaml, source: "0", image: "r/{app}"}}`, gitops.Place{Shape: gitops.ShapeApplicationSet, Source: "0", Image: "r/cart"}},
		{`{applicationSet: {file: kustomization.yaml, element: "app={app},env={env}", field: tag}}`,
			gitops.Place{Shape: gitops.ShapeApplicationSet, Element: "app=cart,env=prod", Field: "tag"}},
		{`{argocdSource: {file: kustomization.yaml, field: image.tag}}`, gitops.Place{Shape: gitops.ShapeArgoCDSource, Field: "image.tag"}},
	} {
		c, problems := check(t, withVersion(test.version), onlyCart())
		if len(problems) > 0 {
			t.Errorf("%s\n%s", test.version, strings.Join(texts(problems), "\n"))
			continue
		}
		prod := slices.IndexFunc(c.Targets, func(t gitops.Target) bool { return t.Environment == "prod" })
		test.want.File = file
		if diff := cmp.Diff([]gitops.Place{test.want}, c.Targets[prod].Places); diff != "" {
			t.Error(diff)
		}
	}
}

func TestKeysOfAPlaceThatDoNotGoTogetherAreRefused(t *testing.T) {
	const at = "layouts[0].versions[0]."
	for _, test := range []struct{ version, want string }{
		{`{application: {file: k.yaml, parameter: a, field: b}}`, "application.parameter: A parameter and a field both say where the version is. Keep the one that holds it."},
		{`{applicationSet: {file: k.yaml, element: env=prod, parameter: a}}`, "applicationSet.element: An element of a list generator has no sources and no parameters."},
		{`{applicationSet: {file: k.yaml, element: env=prod}}`, "applicationSet.element: This says which element, and nothing says which field of it. Add the field that holds the version, such as field: tag."},
		{`{applicationSet: {file: k.yaml, element: prod, field: a}}`, `applicationSet.element: "prod" cannot stand here. Which element of a list generator: a key and its value`},
		{`{argocdSource: {file: k.yaml}}`, "argocdSource: This does not say where in the file the version is. Name a parameter,"},
		{`{argocdSource: {file: k.yaml, name: a}}`, `argocdSource.name: "name" is not a key that is known here.`},
		{`{application: {file: k.yaml, source: 0}}`, `application.source: This must be text, and it is a number. Write it in quotes: "0".`},
		{`{application: {file: k.yaml, source: helm=a}}`, `application.source: "helm=a" cannot stand here. Which source of an Argo CD Application`},
		{`{kustomizeChart: {file: k.yaml}}`, `kustomizeChart: The key "chart" is missing. The name of a Helm chart`},
		{`{custom: {file: k.yaml, field: "a..b"}}`, `custom.field: "a..b" cannot stand here. A path to one field`},
		{`{custom: {file: k.yaml, field: "a[b"}}`, `custom.field: "a[b" cannot stand here.`},
		{`{custom: {file: k.yaml, field: a, kind: flow}}`, `custom.kind: "flow" cannot stand here. The kind of an object, as in the manifest. For example: Deployment`},
	} {
		c, problems := check(t, withVersion(test.version), onlyCart())
		found := slices.ContainsFunc(texts(problems), func(text string) bool {
			return strings.Contains(text, at+test.want) && strings.HasPrefix(text, File+":7:")
		})
		if c != nil || !found {
			t.Errorf("%s\ngot\n%s\nwant\n%s", test.version, strings.Join(texts(problems), "\n"), at+test.want)
		}
	}
}

func TestEnvironmentsOfALayoutMustBeKnown(t *testing.T) {
	text := withLayouts("  - path: apps/{app}\n    environments: [prod, qa]\n" +
		"    versions: [{kustomize: {file: kustomization.yaml, image: r/a}}]\n    argocd: {application: \"{app}-{env}\", project: default}\n")
	c, problems := check(t, text, apps("apps/cart/kustomization.yaml"))
	const want = `.changebot.yaml:7:26: layouts[0].environments[1]: "qa" is not an environment of this file. There are dev and prod.`
	if c != nil || !slices.Contains(texts(problems), want) {
		t.Errorf("got\n%s", strings.Join(texts(problems), "\n"))
	}
}
