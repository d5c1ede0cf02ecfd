package manifest

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

// FuzzSet holds for any bytes and any version, edited and inserted: no panic, no
// bytes but those of the reported spans differ, what was written is read back,
// and every refusal is an error for people that says what it is.
func FuzzSet(f *testing.F) {
	for _, name := range []string{"kustomization-crlf.yaml", "values.yaml", "bundle.yaml"} {
		f.Add(testFile(f, name), "v2", "image.tag", "ghcr.io/acme/checkout")
	}
	f.Add([]byte("image: &a {tag: !!str 'v1', <<: *a}"), "1.10", "image.tag", "a")
	f.Add([]byte("kind: Pod\nspec: {containers: [{image: a:1}]}"), "1e3@"+digestOf("1"), "spec.containers[0].image", "a")
	f.Add([]byte("images:\n- name: a\n  newTag: \"1\"\n  digest: "+digestOf("1")+"\n"), "2@"+digestOf("2"), `images[name=a].newTag`, "a")
	f.Add([]byte("? a\n: >-\n  b\n--- # {{ if }}\n[*x, {{ .y }}]"), digestOf("0"), `a["b"]`, "b")
	f.Add([]byte("# c\nresources: [a]\nimages:\n- {name: b, newTag: v1}\n"), "1.10", "Deployment", "app")
	f.Add([]byte("kind: Deployment\nspec:\n  template:\n    metadata: # c\n      labels: {a: b}\n    ? x\n    : |+\n      y\n\n"), "v1", "Deployment", "app")
	f.Add([]byte("kind: Application\nspec: {source: {helm: {values: \"image: {tag: v1}\", parameters: [{name: tag, value: v1}]}}}"), "v2", "image.tag", "app")
	f.Fuzz(func(t *testing.T, data []byte, version, path, image string) {
		to, err := ParseVersion(version)
		if err != nil && gitops.CodeOf(err) != gitops.Invalid {
			t.Fatalf("version %q: %v", version, err)
		}
		for _, at := range []Locator{Kustomize{image}, Container{image}, Helm{path}, HelmImage{path}, Scalar{path}, KustomizeChart{image}, Dependency{image},
			Custom{Path: path, Image: image}, Application{Field: ArgoSource{Value: path}}, ArgoSource{Parameter: path}, ArgoSource{Image: image}} {
			checkFuzzed(t, data, at, to, func(data []byte) ([]byte, Outcome, error) { return Set(data, at, to) })
		}
		at := Kustomize{image}
		checkFuzzed(t, data, at, to, func(data []byte) ([]byte, Outcome, error) { return Insert(data, at, to) })
		checkFuzzed(t, data, nil, to, func(data []byte) ([]byte, Outcome, error) {
			after, edit, err := Annotate(data, Workload{Kind: path}, RestartedAt, version)
			if edit == (FieldEdit{}) {
				return after, Outcome{}, err
			}
			return after, Outcome{Fields: []FieldEdit{edit}}, err
		})
	})
}

func checkFuzzed(t *testing.T, data []byte, at Locator, to Version, edit func([]byte) ([]byte, Outcome, error)) {
	t.Helper()
	after, outcome, err := edit(data)
	if err != nil {
		if code := gitops.CodeOf(err); code != gitops.Invalid && code != gitops.NotFound && code != gitops.Unsafe {
			t.Fatalf("%s: %v", at, err)
		}
		if after != nil {
			t.Fatalf("%s: bytes come with the error %v", at, err)
		}
		return
	}
	checkSpans(t, data, after, outcome)
	if at != nil {
		if got, err := Read(after, at); err != nil || got != to {
			t.Fatalf("%s: read back %q, %v", at, got, err)
		}
	}
	if again, _, err := edit(after); err != nil || string(again) != string(after) {
		t.Fatalf("%s: a second time it became %q, %v", at, again, err)
	}
}
