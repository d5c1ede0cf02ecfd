package manifest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// allocated is how many bytes f allocates. It is the same at each run, on
// however slow a machine: what takes for ever or fills memory allocates too.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestBadInputIsRefusedAtBoundedCost holds every way of looking for a version
// and of inserting one against files that were made to do harm. Each ends with
// an edit or a refusal, and takes memory in proportion to the file.
func TestBadInputIsRefusedAtBoundedCost(t *testing.T) {
	const size = 1 << 16
	nested := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	files := []struct{ name, data string }{
		{"anchors by the billion", laughs(40) + "images: *a40\nkind: Deployment\nspec: {template: *a40}\n"},
		{"merge keys by the billion", mergeBomb(40) + "<<: *a40\nkind: Deployment\n"},
		{"an alias of itself", "&a {kind: Deployment, spec: *a, template: *a, metadata: *a, images: *a, image: *a, <<: *a}\n"},
		{"a list that holds itself", "kind: List\nitems: &a [*a, {kind: List, items: *a}]\nimages: *a\n"},
		{"many aliases of one anchor", "a: &a {kind: Deployment}\nkind: List\nitems: [" + strings.Repeat("*a,", size/12) + "]\n"},
		{"a key of 64 kB", "kind: Deployment\nspec: {template: {spec: {}}}\nimages: []\n" + "? " + strings.Repeat("k", size) + "\n: v\n"},
		{"a line of 64 kB", "kind: Deployment\nspec: {template: {spec: {a: '" + strings.Repeat("ü ", size/3) + "'}}}\n"},
		{"a comment of 64 kB", "kind: Deployment #" + strings.Repeat("c", size) + "\nspec: {template: {spec: {}}}\n"},
		{"flow lists 5,000 deep", "images: " + nested("[", "]", 5000) + "\n"},
		{"flow lists without an end", "images: " + strings.Repeat("[", size) + "\n"},
		{"flow maps without an end", strings.Repeat("{images: ", size/9) + "\n"},
		{"blocks 5,000 deep", strings.Repeat("- ", 5000) + "a\n"},
		{"keys without a value", strings.Repeat("? ", 5000) + "\n"},
		{"3,000 documents", strings.Repeat("---\n", 3_000)},
		{"1,000 kustomizations", strings.Repeat("---\nkind: Kustomization\n", 1_000)},
		{"1,000 Deployments", strings.Repeat("---\nkind: Deployment\n", 1_000)},
		{"the end of a document, many times", strings.Repeat("...\n", 3_000)},
		{"1,000 images", "images:\n" + strings.Repeat("- {name: a}\n", 1_000)},
		{"one key, 1,000 times", strings.Repeat("images: []\n", 1_000)},
		{"anchors without a value", "images: " + strings.Repeat("&a ", size/3) + "\n"},
		{"bytes that are no UTF-8", "images: []\n# \xc3\x28\n"},
		{"UTF-16", "\xff\xfei\x00m\x00a\x00g\x00e\x00s\x00"},
		{"zero bytes", strings.Repeat("\x00", size)},
		{"tabs for indent", "images:\n" + strings.Repeat("\t", size) + "- name: a\n"},
		{"breaks alone", strings.Repeat("\r", size)},
		{"a JSON string of escapes", `{"images": ["` + strings.Repeat(`\ud83d\/`, size/8) + `"]}`},
		{"a block of text in a block of text", "kind: Application\nspec: {source: {helm: {values: \"" + strings.Repeat(`|\n `, size/4) + "\"}}}\n"},
	}
	v := Version{Tag: "v2"}
	for _, file := range files {
		t.Run(file.name, func(t *testing.T) {
			data := []byte(file.data)
			limit := raceFactor * (uint64(len(data))*1000 + 8<<20)
			check := func(what fmt.Stringer, edit func() ([]byte, error)) {
				var after []byte
				var err error
				n := allocated(func() { after, err = edit() })
				if n > limit {
					t.Errorf("%s: %d bytes were allocated for a file of %d", what, n, len(data))
				}
				code := gitops.CodeOf(err)
				if err != nil && (code != gitops.Unsafe && code != gitops.NotFound || after != nil || len(err.Error()) > 1000) {
					t.Errorf("%s: got %.300v", what, err)
				}
			}
			for _, at := range []Locator{Kustomize{"a"}, KustomizeChart{"a"}, Helm{"image.tag"}, HelmImage{"image"}, Dependency{"a"}, Container{"a"},
				Custom{Path: "spec.image", Kind: "Deployment"}, Application{Field: ArgoSource{Value: "image.tag"}}, ApplicationSet{},
				Element{Where: "a=b", Path: "tag"}, ArgoSource{Parameter: "a"}} {
				check(at, func() ([]byte, error) { after, _, err := Set(data, at, v); return after, err })
			}
			check(Kustomize{"new"}, func() ([]byte, error) { after, _, err := Insert(data, Kustomize{"new"}, v); return after, err })
			check(Workload{}, func() ([]byte, error) { after, _, err := Annotate(data, Workload{}, "a/b", "1"); return after, err })
		})
	}
}

func TestAPointerOfGitLFSIsRefused(t *testing.T) {
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
	for _, data := range []string{pointer, strings.ReplaceAll(pointer, "\n", "\r\n"), strings.Replace(pointer, "oid", "ext-0-foo sha256:00\noid", 1)} {
		for _, at := range []Locator{Kustomize{"a"}, Helm{"version"}, Container{"a"}} {
			_, err := Read([]byte(data), at)
			if gitops.CodeOf(err) != gitops.Unsafe || !strings.HasPrefix(err.Error(), "The file is a pointer of Git LFS") {
				t.Errorf("%s: got %v", at, err)
			}
		}
	}
	if _, err := Read([]byte("# version https://git-lfs.github.com/spec/v1\nimage: {tag: v1}\n"), Helm{"image.tag"}); err != nil {
		t.Errorf("a comment about it: %v", err)
	}
}

func TestAVersionWithTheCharactersOfAShellOrOfYAMLIsRefused(t *testing.T) {
	for _, tag := range []string{"$(id)", "`id`", "v1;id", "v1&&id", "v1|id", "v1>x", "v1\nx: y", "v1: y", "v1 # c", "*a", "&a", "!!str v1", "{v1}", "[v1]", "'v1'", `"v1"`, "%v1", "@v1", "v1\x00", "{{ v1 }}", "v1\u2028"} {
		v := Version{Tag: tag}
		for _, at := range []Locator{Kustomize{"a"}, Helm{"image.tag"}, Container{"a"}} {
			if _, _, err := Set([]byte("images: [{name: a, newTag: v1}]\n"), at, v); gitops.CodeOf(err) != gitops.Invalid {
				t.Errorf("Set %q: %v", tag, err)
			}
		}
		if _, _, err := Insert([]byte("images: []\n"), Kustomize{"a"}, v); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("Insert %q: %v", tag, err)
		}
		if _, _, err := Annotate([]byte("kind: Deployment\n"), Workload{}, "a/b", tag); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("Annotate %q: %v", tag, err)
		}
	}
}
