package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

// laughs is a document that an expanding reader would blow up to 10^levels
// values.
func laughs(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol]\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return b.String()
}

// mergeBomb is the same with merge keys, for a reader that follows each.
func mergeBomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 {x: y}\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d {<<: [%s]}\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return b.String()
}

func TestABombIsNeverExpanded(t *testing.T) {
	bomb := laughs(30)
	var expanded any
	if err := yaml.Unmarshal([]byte(bomb), &expanded); err == nil || !strings.Contains(err.Error(), "excessive aliasing") {
		t.Errorf("the library expands it: %v", err)
	}
	after, _, err := Set([]byte(bomb+"image: {tag: v1}\n"), Helm{"image.tag"}, Version{Tag: "v2"})
	if err != nil || string(after) != bomb+"image: {tag: v2}\n" {
		t.Errorf("an edit beside it: %v", err)
	}
	_, _, err = Set([]byte(mergeBomb(30)+"image: *a30\n"), Helm{"image.tag"}, Version{Tag: "v2"})
	if gitops.CodeOf(err) != gitops.NotFound {
		t.Errorf("a search through 10^30 merged maps: %v", err)
	}
}

func TestCyclesEnd(t *testing.T) {
	for _, data := range []string{
		"image: &a {<<: *a}\n", "image: &a {<<: [*a, *a]}\n", "image: &a\n  image: *a\n", "&a [*a, *a]\n", "images: &a [*a]\n",
		"kind: List\nitems: &a [*a]\n", "image: &a {tag: *a}\n", "kind: Pod\nspec: &s {containers: [*s], <<: *s}\n", "&a ? *a\n: *a\n",
	} {
		for _, at := range []Locator{Helm{"image.tag"}, Kustomize{"a"}, Container{"a"}, Scalar{"image.image.image.tag"}} {
			if _, _, err := Set([]byte(data), at, Version{Tag: "v2"}); err == nil {
				t.Errorf("%q has no %s", data, at)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	const entry = "\nimage: {tag: v1}\n"
	tests := []struct {
		name, data string
		refused    bool
	}{
		{"a comment of 1 MB on one line", "# " + strings.Repeat("ü", 1<<19) + entry, false},
		{"a value of 1 MB on one line", "x: '" + strings.Repeat("ü ", 1<<19) + "'" + entry, false},
		{"a flow map of 1 MB before the field on its line", "{x: '" + strings.Repeat("🚢", 1<<18) + "', image: {tag: v1}}", false},
		{"100,000 comments", strings.Repeat("# c\n", 100_000) + entry, false},
		{"1,000 levels", "x: " + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + entry, false},
		{"a million levels", "x: " + strings.Repeat("[", 1_000_000), true},
		{"a million levels of blocks", strings.Repeat("- ", 1_000_000), true},
		{"more values than memory is given to", "x: [" + strings.Repeat("1,", maxIndicators) + "1]" + entry, true},
		{"more bytes than are read", "# " + strings.Repeat("x", maxBytes) + entry, true},
		{"a hundred thousand %TAG directives", manyTags(100_000) + "---" + entry, true},
		{"an anchor whose name has 1 MB", "a: &" + strings.Repeat("x", 1<<20) + " {tag: v1}\nimage: *" + strings.Repeat("x", 1<<20) + "\n", true},
		{"a version of 1 MB", "image: {tag: '" + strings.Repeat("v", 1<<20) + "'}", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, outcome, err := Set([]byte(tt.data), Helm{"image.tag"}, Version{Tag: "v2"})
			if tt.refused {
				if gitops.CodeOf(err) != gitops.Unsafe || len(err.Error()) > 500 {
					t.Errorf("got %.500v", err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%.500v", err)
			}
			checkSpans(t, []byte(tt.data), after, outcome)
		})
	}
}

func manyTags(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%%TAG !t%d! x\n", i)
	}
	return b.String()
}

func TestALineOfManyContainersIsBounded(t *testing.T) {
	data := func(n int) []byte {
		return []byte("kind: Pod\nspec: &s {containers: [{x: '" + strings.Repeat("ü", 1<<20) + "'}" + strings.Repeat(", {image: a:v1}", n) + "]}\n")
	}
	after, outcome, err := Set(data(maxContainers), Container{"a"}, Version{Tag: "v2"})
	if err != nil || len(outcome.Fields) != maxContainers {
		t.Fatalf("%d fields, %.500v", len(outcome.Fields), err)
	}
	checkSpans(t, data(maxContainers), after, outcome)
	if _, _, err := Set(data(maxContainers+1), Container{"a"}, Version{Tag: "v2"}); gitops.CodeOf(err) != gitops.Unsafe {
		t.Errorf("one more: %.500v", err)
	}
}

// bundleOf returns a realistic bundle of at least size bytes with one object
// that runs ghcr.io/acme/checkout:1.41.0 at its end.
func bundleOf(size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size-400; i++ {
		fmt.Fprintf(&b, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-%d # generated\n  labels: {team: \"payments\", tier: web}\nspec:\n"+
			"  replicas: 2\n  template:\n    spec:\n      containers:\n      - name: app\n        image: ghcr.io/acme/app-%d:1.0.0\n"+
			"        env:\n        - name: DESCRIPTION\n          value: 'a sentence, as long as they are in real manifests: longer than one thinks'\n", i, i)
	}
	b.WriteString("---\nkind: Pod\nspec: {containers: [{image: ghcr.io/acme/checkout:1.41.0}]}\n")
	return b.Bytes()
}

func BenchmarkSet(b *testing.B) {
	for _, size := range []int{2 << 10, 100 << 10, maxBytes} {
		data := bundleOf(size)
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Set(data, Container{"ghcr.io/acme/checkout"}, Version{Tag: "1.42.3"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
