package manifest

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

// FuzzShapes holds what FuzzSet does for the shapes that look for an object, a
// chart or a source first. A field that may stand in a block within the file
// has its spans checked like any other.
func FuzzShapes(f *testing.F) {
	f.Add([]byte(argoApplication), "v2", "image.tag", "cart-dev", "chart=cart")
	f.Add([]byte(applicationSet), "1.10", "tag", "carts", "env=prod")
	f.Add([]byte(customObjects), "3.1", "spec.version", "nightly", "a")
	f.Add([]byte(kustomizeCharts), "2.0.0", "a", "checkout", "a")
	f.Add([]byte(chartYAML), "2.0.0@"+digestOf("1"), "a", "orders", "")
	f.Add([]byte(`{"kind":"Application","spec":{"source":{"helm":{"values":"a: v1"},"kustomize":{"images":["a=b\/c:1"]}}}}`), "v2", "a", "a", "0")
	f.Fuzz(func(t *testing.T, data []byte, version, path, name, where string) {
		to, err := ParseVersion(version)
		if err != nil {
			return
		}
		for _, at := range []Locator{
			KustomizeChart{name}, Dependency{name}, Custom{Path: path, Name: name}, Custom{Path: path, Image: where},
			Application{name, where, ArgoSource{}}, Application{name, where, ArgoSource{Parameter: path}}, Application{name, where, ArgoSource{Value: path}},
			Application{Field: ArgoSource{Image: name}}, ApplicationSet{name, where, ArgoSource{Parameter: path}},
			Element{Name: name, Where: where, Path: path}, ArgoSource{Value: path, Image: name}, ArgoSource{Image: name},
		} {
			after, outcome, err := Set(data, at, to)
			if err != nil {
				if code := gitops.CodeOf(err); code != gitops.Invalid && code != gitops.NotFound && code != gitops.Unsafe || after != nil {
					t.Fatalf("%s: %q, %v", at, after, err)
				}
				continue
			}
			checkSpans(t, data, after, outcome)
			if got, err := Read(after, at); err != nil || got != to {
				t.Fatalf("%s: read back %q, %v", at, got, err)
			}
		}
	})
}
