package manifest

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

const customObjects = `apiVersion: flows.acme.dev/v1
kind: Flow
metadata: {name: nightly}
spec:
  version: 1.41.0
  steps:
  - name: load
    image: 'ghcr.io/acme/load:3.0'   # ours
  - {name: sweep, image: {registry: ghcr.io, repository: acme/sweep, tag: v1}}
---
kind: Flow
metadata: {name: hourly}
spec: {version: 1.40.0, engine: {tag: v7, digest: ""}}
---
kind: List
items:
- kind: Cache
  metadata: {name: nightly}
  spec: {version: "7.2"}
`

func TestSetEditsADeclaredFieldOfAnyObject(t *testing.T) {
	checkSpliced(t, []spliced{
		{"of the object with the name", customObjects, Custom{Path: "spec.version", Kind: "Flow", Name: "nightly"}, "1.42.3", "1.41.0", "1.42.3"},
		{"of the only object of a kind, in a List", customObjects, Custom{Path: "spec.version", Kind: "Cache"}, "7.10", `"7.2"`, `"7.10"`},
		{"of the only object that has it", customObjects, Custom{Path: "spec.engine.tag"}, "v8@" + digestOf("1"), `v7, digest: ""`, `v8, digest: "` + digestOf("1") + `"`},
		{"a whole image in one string", customObjects, Custom{Path: "spec.steps[name=load].image", Image: "ghcr.io/acme/load", Name: "nightly"}, "3.1", "load:3.0", "load:3.1"},
		{"a whole image in parts", customObjects, Custom{Path: "spec.steps[1].image", Image: "ghcr.io/acme/sweep"}, "v2", "tag: v1", "tag: v2"},
	})
}

func TestACustomFieldThatIsNotThereIsNotFound(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		at         Custom
		message    string
	}{
		{"no object has the kind", customObjects, Custom{Path: "spec.version", Kind: "Flux", Name: "nightly"}, `The file has no Flux "nightly"; it has "Cache/nightly", "Flow/hourly", "Flow/nightly".`},
		{"no object has the name", customObjects, Custom{Path: "spec.version", Name: "daily"}, `The file has no object "daily"; it has "Cache/nightly", "Flow/hourly", "Flow/nightly".`},
		{"the object has not the field", customObjects, Custom{Path: "spec.tag", Kind: "Cache"}, "There is no items[0].spec.tag: items[0].spec (line 19) does not have it."},
		{"the field has another image", customObjects, Custom{Path: "spec.steps[0].image", Image: "acme/load"}, `spec.steps[0].image (line 8) runs "ghcr.io/acme/load", not "acme/load".`},
		{"the parts are of another image", customObjects, Custom{Path: "spec.steps[1].image", Image: "acme/sweep"}, `spec.steps[1].image (line 9) runs "ghcr.io/acme/sweep", not "acme/sweep".`},
		{"the file is empty", "", Custom{Path: "spec.version", Kind: "Flow"}, "The file is empty, so it has no Flow."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read([]byte(tt.data), tt.at)
			if gitops.CodeOf(err) != gitops.NotFound || err.Error() != tt.message {
				t.Errorf("got  %v\nwant %s", err, tt.message)
			}
		})
	}
}

func TestSetRefusesACustomFieldThatSeveralObjectsHave(t *testing.T) {
	checkRefused(t, []refusal{{"of one kind", customObjects, Custom{Path: "spec.version", Kind: "Flow"}, "v2",
		`spec.version (line 13) cannot be edited safely: the field "spec.version" of Flow is there more than once, first on line 5 (spec.version).`, false}})
	for _, at := range []Locator{Custom{}, Custom{Path: "a", Image: "a b"}} {
		if _, err := Read([]byte("a: 1\n"), at); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("%s: %v", at, err)
		}
	}
}
