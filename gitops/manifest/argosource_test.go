package manifest

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

const argoApplication = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cart-prod}
spec:
  source:
    repoURL: https://charts.acme.dev
    chart: cart
    targetRevision: 3.2.0 # the chart
    helm:
      parameters:
        - {name: image.tag, value: '1.41.0', forceString: true}
        - name: image.digest
          value: ""
        - name: worker
          value: ghcr.io/acme/worker:2.0
      valuesObject:
        sidecar: {image: {tag: 7.1}}
    kustomize:
      images:
        - ghcr.io/acme/cart:1.40.0
        - "search=mirror.acme.dev/search:8.0@sha256:1111111111111111111111111111111111111111111111111111111111111111"
        - busybox
---
kind: Application
metadata: {name: cart-dev}
spec:
  sources:
    - {repoURL: "https://git.acme.dev/gitops.git", targetRevision: v1.0, ref: values}
    - repoURL: https://charts.acme.dev
      chart: cart
      targetRevision: "3.3.0-rc.1"
      helm:
        values: |
          # of cart
          image:
            tag: 1.42.0   # now
            digest: ''

          worker: {image: "ghcr.io/acme/worker:2.1"}
    - chart: redis
      repoURL: https://charts.acme.dev
      targetRevision: 19.*
`

func prod(field ArgoSource) Application { return Application{Name: "cart-prod", Field: field} }

func dev(source string, field ArgoSource) Application {
	return Application{Name: "cart-dev", Source: source, Field: field}
}

func TestSetEditsAnApplication(t *testing.T) {
	checkSpliced(t, []spliced{
		{"the revision of its chart", argoApplication, prod(ArgoSource{}), "3.2.1", "3.2.0 #", "3.2.1 #"},
		{"the revision of its chart, by number", argoApplication, Application{"cart-prod", "0", ArgoSource{}}, "3.2.1", "3.2.0 #", "3.2.1 #"},
		{"a Helm parameter", argoApplication, prod(ArgoSource{Parameter: "image.tag"}), "1.50", "'1.41.0'", "'1.50'"},
		{"the parameter for the digest", argoApplication, prod(ArgoSource{Parameter: "image.tag"}), "1.41.0@" + digestOf("1"), `value: ""`, `value: "` + digestOf("1") + `"`},
		{"a parameter that holds a whole image", argoApplication, prod(ArgoSource{Parameter: "worker", Image: "ghcr.io/acme/worker"}), "2.1", "worker:2.0", "worker:2.1"},
		{"a field of valuesObject", argoApplication, prod(ArgoSource{Value: "sidecar.image.tag"}), "7.2", "tag: 7.1", `tag: "7.2"`},
		{"a kustomize image", argoApplication, prod(ArgoSource{Image: "ghcr.io/acme/cart"}), "1.41.0@" + digestOf("2"), "cart:1.40.0", "cart:1.41.0@" + digestOf("2")},
		{"a kustomize image by its name", argoApplication, prod(ArgoSource{Image: "search"}), "8.1@" + digestOf("2"), "8.0@" + digestOf("1"), "8.1@" + digestOf("2")},
		{"a kustomize image by its new name", argoApplication, prod(ArgoSource{Image: "mirror.acme.dev/search"}), "8.1@" + digestOf("2"), "8.0@" + digestOf("1"), "8.1@" + digestOf("2")},
		{"a kustomize image without a version", argoApplication, prod(ArgoSource{Image: "busybox"}), "1.36", "- busybox", "- busybox:1.36"},
		{"the revision of the source with a ref", argoApplication, dev("ref=values", ArgoSource{}), "v1.1", "v1.0", "v1.1"},
		{"the revision of the source with a chart", argoApplication, dev("chart=cart", ArgoSource{}), "3.3.0", `"3.3.0-rc.1"`, `"3.3.0"`},
		{"the revision of the source with a number", argoApplication, dev("1", ArgoSource{}), "3.3.0", `"3.3.0-rc.1"`, `"3.3.0"`},
		{"the revision of the source with a repository", argoApplication, dev("repoURL=https://git.acme.dev/gitops.git", ArgoSource{}), "v1.1", "v1.0", "v1.1"},
		{"a field in the text of values", argoApplication, dev("chart=cart", ArgoSource{Value: "image.tag"}), "1.50", "tag: 1.42.0   # now", "tag: '1.50'   # now"},
		{"a whole image in the text of values", argoApplication, dev("chart=cart", ArgoSource{Value: "worker.image", Image: "ghcr.io/acme/worker"}), "2.2", "worker:2.1", "worker:2.2"},
	})
}

func TestSetEditsASourceThatIsAFile(t *testing.T) {
	const file = "helm:\n  parameters:\n  - forcestring: true\n    name: image.tag\n    value: v1.0\nkustomize:\n  images: [a=b:v1.1]\n"
	checkSpliced(t, []spliced{
		{"a parameter", file, ArgoSource{Parameter: "image.tag"}, "v2", "v1.0", "v2"},
		{"an image", file, ArgoSource{Image: "b"}, "v2", "b:v1.1", "b:v2"},
	})
	if _, err := Read([]byte(file), ArgoSource{}); gitops.CodeOf(err) != gitops.Invalid {
		t.Errorf("a revision: %v", err)
	}
}

func TestSetRefusesWhatDoesNotDecideInAnApplication(t *testing.T) {
	wrap := func(helm string) string { return "kind: Application\nspec:\n  source:\n    helm:\n" + helm }
	app := func(field ArgoSource) Application { return Application{Field: field} }
	checkRefused(t, []refusal{
		{"one of several sources is not named", argoApplication, dev("", ArgoSource{}), "v2", "spec.sources[1] (line 29) cannot be edited safely: spec.sources[0] could be meant as well (line 28).", false},
		{"two sources are named so", argoApplication, dev("repoURL=https://charts.acme.dev", ArgoSource{}), "v2", "spec.sources[2] (line 40) cannot be edited safely: spec.sources[1] could…", false},
		{"a chart's revision is a range", argoApplication, dev("chart=redis", ArgoSource{}), "20.0.0", `spec.sources[2].targetRevision (line 42) cannot be edited safely: "19.*" is a range…`, false},
		{"a parameter decides over the value", wrap("      valuesObject: {a: v1}\n      parameters: [{name: a, value: v0}]\n"), app(ArgoSource{Value: "a"}), "v2",
			"spec.source.helm.parameters[0] (line 6) cannot be edited safely: it decides over the value of the same name.", false},
		{"a parameter is there twice", wrap("      parameters: [{name: a, value: v0}, {name: a, value: v0}]\n"), app(ArgoSource{Parameter: "a"}), "v2",
			"spec.source.helm.parameters[1] (line 5) cannot be edited safely: spec.source.helm.parameters[0] has the same name.", false},
		{"an image is there twice", "kind: Application\nspec: {source: {kustomize: {images: ['a:1', b=a]}}}", app(ArgoSource{Image: "a"}), "v2",
			`spec.source.kustomize.images[1] (line 2) cannot be edited safely: the kustomize image "a" is there more than once…`, false},
		{"an image that is none", "kind: Application\nspec: {source: {kustomize: {images: ['b=a:v1:v2']}}}", app(ArgoSource{Image: "b"}), "v2",
			`spec.source.kustomize.images[0] (line 2) cannot be edited safely: "b=a:v1:v2" is not a valid kustomize image.`, false},
		{"two Applications", argoApplication, Application{Source: "chart=cart"}, "3.3.0", `spec.sources[1].targetRevision (line 31) cannot be edited safely: the targetRevision of Application is there more than once, first on line 8…`, false},
	})
}

func TestSetEditsOnlyALiteralBlockOfValues(t *testing.T) {
	wrap := func(values string) string {
		return "kind: Application\nspec:\n  source:\n    helm:\n      values: " + values
	}
	at := Application{Field: ArgoSource{Value: "image.tag"}}
	const path = "spec.source.helm.values.image.tag (line "
	checkSpliced(t, []spliced{
		{"kept to its last line break, indented far", wrap("|+\n             image:\n               tag: v1.0\n\n\n"), at, "v2", "v1.0", "v2"},
		{"stripped, without a line break at the end", wrap("|-\n        image: {tag: v1.0}"), at, "v2", "v1.0", "v2"},
		{"with an indent that is given, behind an anchor and a tag", wrap("&x !!str |2 # c\n         x: 1\n\n         image: {tag: v1.0}\n"), at, "v2", "v1.0", "v2"},
		{"between CRLF", strings.ReplaceAll(wrap("|\n        x: 1\n  \n        image:\n          tag: \"v1.0\" # c\n      version: v3\n"), "\n", "\r\n"), at, "v2", "v1.0", "v2"},
		{"behind characters of several bytes", wrap("|\n        x: '🚢'\n        y: \"ü\"\n        image: {'🚢': ü, tag: v1.0}\n"), at, "v2", "v1.0", "v2"},
	})
	checkRefused(t, []refusal{
		{"in quotes", wrap(`"image: {tag: v1}\n"`), at, "v2", path + "5) cannot be edited safely: it stands in a string that is no literal block (|)…", true},
		{"folded", wrap(">\n        image: {tag: v1}\n"), at, "v2", path + "5) cannot be edited safely: it stands in a string that is no literal block (|)…", true},
		{"an alias of a block", "x: &v |\n  image: {tag: v1}\n" + wrap("*v\n"), at, "v2", path + "2) cannot be edited safely: it is the alias *v of a value on line 1…", true},
		{"a block that is used elsewhere", wrap("&v |\n        image: {tag: v1}\nx: *v\n"), at, "v2", path + "6) cannot be edited safely: the anchor &v repeats the text around it on line 7…", true},
		{"an alias within the text", wrap("|\n        v: &v v1\n        image: {tag: *v}\n"), at, "v2", path + "7) cannot be edited safely: it is the alias *v of a value on line 6…", true},
		{"a text that is no YAML", wrap("|\n        image: {tag: v1\n"), at, "v2", "spec.source.helm.values (line 5) cannot be edited safely: the YAML in it cannot be read: The file is not valid YAML near line…", false},
		{"two documents", wrap("|\n        image: {tag: v1}\n        ---\n        a: 1\n"), at, "v2", "spec.source.helm.values (line 5) cannot be edited safely: it holds 2 documents.", false},
		{"a block within the text", wrap("|\n        image:\n          tag: |-\n            v1\n"), at, "v2", path + "7) cannot be edited safely: it is a block of text (| or >).", true},
	})
}

func TestEditsInOneBlockCompose(t *testing.T) {
	at := func(path string) Locator { return dev("chart=cart", ArgoSource{Value: path}) }
	after, _, err := SetAll([]byte(argoApplication),
		Setting{at("image.tag"), mustParse(t, "1.43.0@"+digestOf("1"))},
		Setting{dev("1", ArgoSource{Value: "worker.image", Image: "ghcr.io/acme/worker"}), Version{Tag: "2.2"}},
		Setting{dev("1", ArgoSource{}), Version{Tag: "3.4.0"}})
	want := strings.NewReplacer("1.42.0   # now", "1.43.0   # now", "digest: ''", "digest: '"+digestOf("1")+"'", "worker:2.1", "worker:2.2", "3.3.0-rc.1", "3.4.0").Replace(argoApplication)
	if err != nil || string(after) != want {
		t.Errorf("got %s\n%v", after, err)
	}
	_, _, err = SetAll([]byte(argoApplication), Setting{at("image.tag"), Version{Tag: "v2"}}, Setting{at("image.tag"), Version{Tag: "v3"}})
	if gitops.CodeOf(err) != gitops.Invalid {
		t.Errorf("two versions for one field: %v", err)
	}
}

func TestWhatAnApplicationHasNotIsNotFound(t *testing.T) {
	for _, tt := range []struct {
		name    string
		at      Locator
		message string
	}{
		{"the Application", Application{Name: "cart"}, `The file has no Application "cart"; it has "Application/cart-dev", "Application/cart-prod".`},
		{"the source", dev("chart=cache", ArgoSource{}), `spec (line 27) has 3 sources, and "chart=cache" is none of them.`},
		{"the only source is another", Application{"cart-prod", "1", ArgoSource{}}, `spec (line 5) has one source, and "1" is none of them.`},
		{"the parameter", prod(ArgoSource{Parameter: "tag"}), "There is no spec.source.helm.parameters[name=tag]: spec.source.helm.parameters (line 11) does not have it."},
		{"the value", prod(ArgoSource{Value: "image"}), "There is no spec.source.helm.valuesObject.image: spec.source.helm.valuesObject (line 17) does not have it."},
		{"the value in the text", dev("1", ArgoSource{Value: "image.version"}), "There is no spec.sources[1].helm.values.image.version: spec.sources[1].helm.values.image (line 36) does not have it."},
		{"the image", prod(ArgoSource{Image: "cart"}), `spec.source.kustomize.images (line 20) has no image "cart"; it has "ghcr.io/acme/cart", "search", "busybox".`},
		{"kustomize", dev("1", ArgoSource{Image: "cart"}), "There is no spec.sources[1].kustomize: spec.sources[1] (line 29) does not have it."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read([]byte(argoApplication), tt.at)
			if gitops.CodeOf(err) != gitops.NotFound || err.Error() != tt.message {
				t.Errorf("got  %v\nwant %s", err, tt.message)
			}
		})
	}
	if _, err := Read([]byte(argoApplication), prod(ArgoSource{Parameter: "a", Value: "a"})); gitops.CodeOf(err) != gitops.Invalid {
		t.Errorf("a parameter and a value: %v", err)
	}
}

func TestOnlySoManyBlocksAreLookedInto(t *testing.T) {
	const one = "---\nkind: Application\nspec: {source: {helm: {values: 'b: 1'}}}\n"
	_, err := Read([]byte(strings.Repeat(one, maxBlocks+1)), Application{Field: ArgoSource{Value: "a"}})
	if gitops.CodeOf(err) != gitops.Unsafe || !strings.Contains(err.Error(), "more than 10 strings of the file hold YAML") {
		t.Errorf("got %v", err)
	}
}
