package manifest

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

const applicationSet = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: carts}
spec:
  goTemplate: true
  generators:
    - list:
        elements:
          - env: dev
            tag: 1.42.0   # newest
          - {env: prod, tag: "1.41.0", image: 'ghcr.io/acme/cart:1.40'}
    - matrix:
        generators:
          - git: {repoURL: "https://git.acme.dev/gitops.git", directories: [{path: apps/*}]}
          - merge:
              mergeKeys: [env]
              generators:
                - clusters: {}
                - list: {elements: [{env: prod, region: eu, values: {image: {tag: v7}}}, {env: prod, region: us, chart: 2.0.0}]}
  template:
    metadata: {name: 'cart-{{ .env }}'}
    spec:
      source:
        repoURL: https://charts.acme.dev
        chart: cart
        targetRevision: 3.2.0
        helm:
          parameters:
            - {name: image.tag, value: '{{ .tag }}'}
            - {name: proxy.tag, value: 1.7.1}
`

func TestSetEditsAnElementOfAListGenerator(t *testing.T) {
	at := func(where, path string) Element { return Element{Name: "carts", Where: where, Path: path} }
	checkSpliced(t, []spliced{
		{"by the value of one key", applicationSet, at("env=dev", "tag"), "1.43", "1.42.0   #", `"1.43"   #`},
		{"that alone has the field, of several", applicationSet, at("env=prod", "tag"), "1.42.0", `"1.41.0"`, `"1.42.0"`},
		{"with a whole image", applicationSet, Element{Where: "env=prod", Path: "image", Image: "ghcr.io/acme/cart"}, "1.42", "cart:1.40", "cart:1.42"},
		{"by two keys, nested in a merge in a matrix", applicationSet, at("env=prod,region=eu", "values.image.tag"), "v8", "v7", "v8"},
		{"by a key in a nested map", applicationSet, at("values.image.tag=v7", "values.image.tag"), "v7", "v7", "v7"},
	})
}

func TestSetEditsTheTemplateOfAnApplicationSet(t *testing.T) {
	set := func(field ArgoSource) ApplicationSet { return ApplicationSet{Name: "carts", Field: field} }
	checkSpliced(t, []spliced{
		{"its revision", applicationSet, set(ArgoSource{}), "3.3.0", "3.2.0", "3.3.0"},
		{"its parameter", applicationSet, set(ArgoSource{Parameter: "proxy.tag"}), "1.8", "1.7.1", "'1.8'"},
	})
	checkRefused(t, []refusal{{"a parameter that the generators fill in", applicationSet, set(ArgoSource{Parameter: "image.tag"}), "v2",
		"spec.template.spec.source.helm.parameters[0].value (line 29) cannot be edited safely: it is filled by a template.", false}})
}

func TestSetRefusesATemplateThatDoesNotDecide(t *testing.T) {
	wrap := func(more string) string {
		return "kind: ApplicationSet\nspec:\n  template: {spec: {source: {targetRevision: v1}}}\n" + more
	}
	checkRefused(t, []refusal{
		{"a generator has one of its own", wrap("  generators: [{matrix: {generators: [{git: {template: {spec: {source: {targetRevision: v0}}}}}]}}]\n"), ApplicationSet{}, "v2",
			"spec.generators[0].matrix.generators[0].git.template.spec.source.targetRevision (line 4) cannot be edited safely: it decides over the template of the ApplicationSet.", false},
		{"a patch names the field", wrap("  templatePatch: |\n    {{ if .x }}\n    spec: {source: {targetRevision: v0}}\n    {{ end }}\n"), ApplicationSet{}, "v2",
			`spec.templatePatch (line 4) cannot be edited safely: it names "targetRevision" too, and decides over the template.`, false},
	})
	checkSpliced(t, []spliced{{"what else there is does not matter",
		wrap("  generators: [{git: {template: {spec: {source: {path: a}}}}, selector: {}}, x]\n  templatePatch: '{}'\n"), ApplicationSet{}, "v2", "v1", "v2"}})
}

// Argo CD fills in of the template what a generator's own leaves empty, and
// takes a list for one value.
func TestSetRefusesATemplateThatAGeneratorReplaces(t *testing.T) {
	wrap := func(template, over string) string {
		return "kind: ApplicationSet\nspec:\n  template: {spec: " + template + "}\n  generators: [{git: {template: {spec: " + over + "}}}]\n"
	}
	const helm, images = "{source: {helm: {parameters: [{name: tag, value: v1}]}}}", "{source: {kustomize: {images: [a:v1]}}}"
	const object, several = "{source: {helm: {valuesObject: {tag: v1}}}}", "{sources: [{chart: a, targetRevision: 1.0.0}]}"
	const decides = " (line 4) cannot be edited safely: it decides over the template of the ApplicationSet."
	const over = "spec.generators[0].git.template.spec."
	parameter, image, value := ArgoSource{Parameter: "tag"}, ArgoSource{Image: "a"}, ArgoSource{Value: "tag"}
	checkRefused(t, []refusal{
		{"by other parameters", wrap(helm, "{source: {helm: {parameters: [{name: x, value: y}]}}}"), ApplicationSet{Field: parameter}, "v2", over + "source.helm.parameters" + decides, false},
		{"by other images", wrap(images, "{source: {kustomize: {images: [b:v1]}}}"), ApplicationSet{Field: image}, "v2", over + "source.kustomize.images" + decides, false},
		{"by other values", wrap(object, "{source: {helm: {valuesObject: {x: y}}}}"), ApplicationSet{Field: value}, "v2", over + "source.helm.valuesObject" + decides, false},
		{"by a parameter", wrap(object, "{source: {helm: {parameters: [{name: tag, value: v0}]}}}"), ApplicationSet{Field: value}, "v2", over + "source.helm.parameters[0]" + decides, false},
		{"by other sources", wrap(several, "{sources: [{chart: b}]}"), ApplicationSet{Source: "chart=a"}, "2.0.0", over + "sources" + decides, false},
		{"by a revision, without the chart", wrap("{source: {chart: a, targetRevision: 1.0.0}}", "{source: {targetRevision: 0.9.0}}"), ApplicationSet{Source: "chart=a"}, "2.0.0",
			over + "source.targetRevision" + decides, false},
		{"by what is there twice", wrap(helm, "{source: {path: a}, source: {path: b}}"), ApplicationSet{Field: parameter}, "v2",
			over + "source (line 4) cannot be edited safely: the key is there twice, first on line 4.", false},
	})
	checkSpliced(t, []spliced{
		{"an empty list replaces nothing", wrap(helm, "{source: {helm: {parameters: []}}}"), ApplicationSet{Field: parameter}, "v2", "v1", "v2"},
		{"a source where there are several", wrap(several, "{source: {targetRevision: main}}"), ApplicationSet{Source: "chart=a"}, "2.0.0", "1.0.0", "2.0.0"},
	})
}

func TestSetRefusesElementsThatSeveralAre(t *testing.T) {
	const two = "kind: ApplicationSet\nspec:\n  generators: [{list: {elements: [{e: a, tag: v1}]}}, {list: {elements: [{e: a, tag: v1}]}}]\n"
	checkRefused(t, []refusal{
		{"in two lists", two, Element{Where: "e=a", Path: "tag"}, "v2",
			`spec.generators[1].list.elements[0] (line 3) cannot be edited safely: the field "tag" of the element "e=a" of ApplicationSet is there more than once…`, false},
	})
	for _, tt := range []struct {
		at      Element
		code    gitops.Code
		message string
	}{
		{Element{Where: "env=qa", Path: "tag"}, gitops.NotFound, `No element of a list generator has "env=qa".`},
		{Element{Where: "env=dev", Path: "version"}, gitops.NotFound, "There is no spec.generators[0].list.elements[0].version: spec.generators[0].list.elements[0] (line 9) does not have it."},
		{Element{Where: "env", Path: "tag"}, gitops.Invalid, `"env" does not say which element is meant.`},
		{Element{Where: "env=dev"}, gitops.Invalid, "A path of 0 characters leads nowhere."},
		{Element{Name: "shop", Where: "env=dev", Path: "tag"}, gitops.NotFound, `The file has no ApplicationSet "shop"; it has "ApplicationSet/carts".`},
	} {
		if _, err := Read([]byte(applicationSet), tt.at); gitops.CodeOf(err) != tt.code || err.Error() != tt.message {
			t.Errorf("%+v: %v", tt.at, err)
		}
	}
}
