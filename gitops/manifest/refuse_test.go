package manifest

import (
	"errors"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// refusal is an edit that is not safe. It is refused with the field, the line,
// the reason and what to do, and no bytes are returned.
type refusal struct {
	name, data string
	at         Locator
	to         string
	message    string // the whole of it, or with … its beginning
	readable   bool   // Read still says v1
}

const oneImage = "images:\n- name: a\n"

func checkRefused(t *testing.T, tests []refusal) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, _, err := Set([]byte(tt.data), tt.at, mustParse(t, tt.to))
			refusal, ok := errors.AsType[*gitops.Error](err)
			if !ok || refusal.Code != gitops.Unsafe || after != nil {
				t.Fatalf("got %q, %v", after, err)
			}
			if refusal.Next == "" {
				t.Error("the refusal does not say what to do")
			}
			if start, cut := strings.CutSuffix(tt.message, "…"); !strings.HasPrefix(err.Error(), start) || !cut && err.Error() != start {
				t.Errorf("got  %s\nwant %s", err, tt.message)
			}
			if v, err := Read([]byte(tt.data), tt.at); tt.readable && (err != nil || v.Tag != "v1") {
				t.Errorf("read %q, %v", v, err)
			}
		})
	}
}

func TestSetRefusesSharedAndMergedValues(t *testing.T) {
	checkRefused(t, []refusal{
		{"an alias", "v: &v v1\nimage:\n  tag: *v\n", Helm{"image.tag"}, "v2",
			"image.tag (line 3) cannot be edited safely: it is the alias *v of a value on line 1, which may be used elsewhere too.", true},
		{"a map that is an alias", "d: &d {tag: v1}\nimage: *d\n", Helm{"image.tag"}, "v2",
			"image.tag (line 1) cannot be edited safely: it is the alias *d of a value on line 1, which may be used elsewhere too.", true},
		{"a value with an anchor that is used", "image: {tag: &v v1}\nlabel: *v\n", Helm{"image.tag"}, "v2",
			"image.tag (line 1) cannot be edited safely: the anchor &v repeats it on line 2, and the edit would change both.", true},
		{"a value in a map with an anchor that is used", "image: &i\n  tag: v1\nother: {<<: *i}\n", Helm{"image.tag"}, "v2",
			"image.tag (line 2) cannot be edited safely: the anchor &i repeats it on line 3, and the edit would change both.", true},
		{"a merge key supplies the value", "d: &d {tag: v1}\nimage:\n  <<: *d\n", Helm{"image.tag"}, "v2",
			"image.tag (line 3) cannot be edited safely: it comes from a merge key (<<) on line 3.", true},
		{"one of several merged maps supplies the value", "d: &d {tag: v1}\nimage:\n  <<: [{x: 1}, *d]\n", Helm{"image.tag"}, "v2",
			"image.tag (line 3) cannot be edited safely: it comes from a merge key (<<) on line 3.", true},
	})
}

func TestSetRefusesValuesItCannotSplice(t *testing.T) {
	checkRefused(t, []refusal{
		{"a literal block", "image:\n  tag: |-\n    v1\n", Helm{"image.tag"}, "v2",
			"image.tag (line 2) cannot be edited safely: it is a block of text (| or >).", true},
		{"a folded block", "image:\n  tag: >-\n    v1\n", Helm{"image.tag"}, "v2",
			"image.tag (line 2) cannot be edited safely: it is a block of text (| or >).", true},
		{"quotes over two lines", "image:\n  tag: \"v1\\\n    \"\n", Helm{"image.tag"}, "v2",
			"image.tag (line 2) cannot be edited safely: its value runs over several lines.", true},
		{"a plain text over two lines", "image:\n  tag: v1\n    v2\n", Helm{"image.tag"}, "v2",
			`image.tag (line 2) cannot be edited safely: "v1 v2" is not a valid version.`, false},
		{"a key without a value", "image:\n  tag:\n", Helm{"image.tag"}, "v2",
			"image.tag (line 2) cannot be edited safely: it has no value yet.", false},
		{"a key that is there twice", "image:\n  tag: v1\n  tag: v1\n", Helm{"image.tag"}, "v2",
			"image.tag (line 3) cannot be edited safely: the key is there twice, first on line 2.", false},
		{"a key that is there twice higher up", "image: {tag: v1}\n\"image\": {tag: v1}\n", Helm{"image.tag"}, "v2",
			"image (line 2) cannot be edited safely: the key is there twice, first on line 1.", false},
		{"a key that an alias repeats", "x: &k tag\nimage: {tag: v1, *k : v1}\n", Helm{"image.tag"}, "v2",
			"image.tag (line 2) cannot be edited safely: the key is there twice, first on line 2.", false},
		{"a map", "image: {tag: {}}\n", Helm{"image.tag"}, "v2", "image.tag (line 1) cannot be edited safely: it is a map, not a single value.", false},
		{"a list", "image: {tag: [v1]}\n", Helm{"image.tag"}, "v2", "image.tag (line 1) cannot be edited safely: it is a list, not a single value.", false},
		{"a tag of another type", "image: {tag: !!float 1.0}\n", Helm{"image.tag"}, "v2", `image.tag (line 1) cannot be edited safely: it has the tag "!!float".`, false},
	})
}

// Readers of YAML 1.1, kustomize and Helm among them, let a merge key decide
// over the keys that stand before it; those of 1.2 let the keys decide.
func TestSetRefusesWhatReadersTakeForDifferentThings(t *testing.T) {
	const both = " cannot be edited safely: a merge key (<<) on line 2 brings it as well, and which of the two counts depends on who reads it."
	checkRefused(t, []refusal{
		{"a merge key behind the value brings it too", "d: &d {tag: v0}\nimage: {tag: v1, <<: *d}\n", Helm{"image.tag"}, "v2", "image.tag (line 2)" + both, false},
		{"one of several merged maps behind it does", "d: &d {tag: v0}\nimage: {tag: v1, <<: [{x: 1}, *d]}\n", Helm{"image.tag"}, "v2", "image.tag (line 2)" + both, false},
		{"a map merged into the merged one does", "d: &d {<<: {tag: v0}}\nimage: {tag: v1, <<: *d}\n", Helm{"image.tag"}, "v2", "image.tag (line 2)" + both, false},
		{"it brings the map around the value", "image: {tag: v1}\n<<: {image: {tag: v0}}\n", Helm{"image.tag"}, "v2", "image (line 1)" + both, false},
		{"two merge keys bring it", "d: &d {tag: v1}\nimage: {<<: *d, <<: {tag: v0}}\n", Helm{"image.tag"}, "v2", "image.tag (line 2)" + both, false},
	})
	const before = "d: &d {tag: v0}\nimage: {<<: *d, tag: v1}\n"
	after, _, err := Set([]byte(before), Helm{"image.tag"}, Version{Tag: "v2"})
	if err != nil || string(after) != strings.Replace(before, "v1", "v2", 1) {
		t.Errorf("a merge key before the value: %q, %v", after, err)
	}
}

// kustomize and Helm do not tell capitals apart in the keys of their own files,
// and take the last of two in an order of their own.
func TestSetRefusesKeysThatDifferByCapitalsAlone(t *testing.T) {
	const as = " cannot be edited safely: whoever reads it takes it for "
	tests := []refusal{
		{"a tag", oneImage + "  newTag: v1\n  newtag: v0\n", Kustomize{"a"}, "v2", "images[0].newtag (line 4)" + as + "newTag.", false},
		{"a tag alone", oneImage + "  newtag: v0\n", Kustomize{"a"}, "v2", "images[0].newtag (line 3)" + as + "newTag.", false},
		{"a digest", oneImage + "  newTag: v1\n  Digest: " + digestOf("1") + "\n", Kustomize{"a"}, "v2", "images[0].Digest (line 4)" + as + "digest.", false},
		{"another entry's name", oneImage + "  newTag: v1\n- Name: a\n  newTag: v0\n", Kustomize{"a"}, "v2", "images[1].Name (line 4)" + as + "name.", false},
		{"the images", "Images: []\n" + oneImage + "  newTag: v1\n", Kustomize{"a"}, "v2", "Images (line 1)" + as + "images.", false},
		{"charts", "helmcharts: []\nhelmCharts: [{name: a, version: 1.0.0}]\n", KustomizeChart{"a"}, "2.0.0", "helmcharts (line 1)" + as + "helmCharts.", false},
		{"a chart's version", "dependencies: [{name: a, version: 1.0.0, Version: 1.1.0}]\n", Dependency{"a"}, "2.0.0", "dependencies[0].Version (line 1)" + as + "version.", false},
	}
	checkRefused(t, tests)
	for _, tt := range tests[:5] {
		if after, _, err := Insert([]byte(tt.data), Kustomize{"b"}, Version{Tag: "v2"}); gitops.CodeOf(err) != gitops.Unsafe {
			t.Errorf("%s: an entry is inserted: %q, %v", tt.name, after, err)
		}
	}
}

// kustomize makes the entries take effect one after the other.
func TestSetRefusesAnImageThatAnotherEntryTakesFurther(t *testing.T) {
	const further = "images[1] (line 5) cannot be edited safely: it is about the image as images[0] (line 2) renames it, and decides over that."
	checkRefused(t, []refusal{
		{"by its tag", oneImage + "  newName: b\n  newTag: v1\n- name: b\n  newTag: v0\n", Kustomize{"a"}, "v2", further, false},
		{"by another name", oneImage + "  newName: b\n  newTag: v1\n- name: b\n  newName: c\n", Kustomize{"a"}, "v2", further, false},
	})
	const before = "images:\n- name: b\n  newTag: v0\n- name: a\n  newName: b\n  newTag: v1\n"
	after, _, err := Set([]byte(before), Kustomize{"a"}, Version{Tag: "v2"})
	if err != nil || string(after) != strings.Replace(before, "v1", "v2", 1) {
		t.Errorf("an entry that has been through: %q, %v", after, err)
	}
}

func TestSetRefusesATagWhereAnImageIsDeclared(t *testing.T) {
	for _, tag := range []string{"1.0", "v1", "1.2.3-rc.1", "20260101", "7_1"} {
		checkRefused(t, []refusal{{tag, "image: {tag: " + tag + "}\n", HelmImage{"image.tag"}, "v2",
			`image.tag (line 1) cannot be edited safely: "` + tag + `" looks like a tag and not like an image.`, false}})
	}
	checkSpliced(t, []spliced{{"an image without a version", "image: nginx\n", HelmImage{"image"}, "1.27.0", "nginx", "nginx:1.27.0"}})
}

func TestSetRefusesAmbiguousPlaces(t *testing.T) {
	checkRefused(t, []refusal{
		{"two documents have the field", "image: {tag: v1}\n---\nimage: {tag: v1}\n", Scalar{"image.tag"}, "v2",
			`image.tag (line 3) cannot be edited safely: the field "image.tag" is there more than once, first on line 1 (image.tag).`, false},
		{"two entries have the name", oneImage + "  newTag: v1\n- newName: a\n  newTag: v1\n", Kustomize{"a"}, "v2",
			`images[1] (line 4) cannot be edited safely: the kustomize image "a" is there more than once, first on line 2 (images[0]).`, false},
		{"two items have the name", "a: [{name: x, tag: v1}, {name: x}]\n", Scalar{"a[name=x].tag"}, "v2",
			"a[1] (line 1) cannot be edited safely: a[0] has the same name.", false},
		{"the kustomization's images are a map", "images: {a: v1}\n", Kustomize{"a"}, "v2",
			"images (line 1) cannot be edited safely: it is a map, not a list.", false},
		{"containers that differ", "kind: Pod\nspec: {containers: [{image: 'a:1'}, {image: a:2}]}\n", Container{"a"}, "v2",
			`spec.containers[1].image (line 2) cannot be edited safely: it runs "2" where spec.containers[0].image (line 2) runs "1".`, false},
		{"containers shared by an anchor", "kind: Pod\nspec: {initContainers: &c [{image: a:v1}], containers: *c}\n", Container{"a"}, "v2",
			"spec.initContainers[0].image (line 2) cannot be edited safely: the anchor &c repeats it on line 2…", true},
	})
}

func TestSetRefusesVersionsWithOtherParts(t *testing.T) {
	checkRefused(t, []refusal{
		{"a bare tag where a digest decides", oneImage + "  newTag: v1\n  digest: " + digestOf("1") + "\n", Kustomize{"a"}, "v2",
			"images[0] (line 2) cannot be edited safely: it is pinned by a digest, which would go on deciding what runs, and v2 comes without one.", false},
		{"a bare tag where there is only a digest", oneImage + "  digest: " + digestOf("1") + "\n", Kustomize{"a"}, "v2",
			"images[0] (line 2) cannot be edited safely: it is pinned by a digest…", false},
		{"a tag and a digest where there is only a digest", oneImage + "  digest: " + digestOf("1") + "\n", Kustomize{"a"}, "v2@" + digestOf("2"),
			"images[0] (line 2) cannot be edited safely: it has no field for a tag.", false},
		{"a digest where there is only a tag", oneImage + "  newTag: v1\n", Kustomize{"a"}, "v2@" + digestOf("2"),
			"images[0] (line 2) cannot be edited safely: it has no field for a digest.", true},
		{"a bare digest where there is a tag", oneImage + "  newTag: v1\n", Kustomize{"a"}, digestOf("2"),
			`images[0] (line 2) cannot be edited safely: it names the tag "v1", which would no longer be true beside a new digest.`, true},
		{"a bare tag where the chart's digest decides", "image: {tag: v1, digest: '" + digestOf("1") + "'}\n", Helm{"image.tag"}, "v2",
			"image (line 1) cannot be edited safely: it is pinned by a digest…", false},
		{"a bare tag in a pinned reference", "image: a:v1@" + digestOf("1") + "\n", HelmImage{"image"}, "v2",
			"image (line 1) cannot be edited safely: it is pinned by a digest…", false},
		{"a digest in the tag and beside it", "image: {tag: v1@" + digestOf("1") + ", digest: '" + digestOf("1") + "'}\n", Helm{"image.tag"}, "v2",
			"image.digest (line 1) cannot be edited safely: a digest is given here and beside it.", false},
	})
}

func TestSetRefusesValuesThatAreNoVersion(t *testing.T) {
	checkRefused(t, []refusal{
		{"a value that a template fills", "image: {tag: '{{ .Values.tag }}'}\n", Helm{"image.tag"}, "v2",
			"image.tag (line 1) cannot be edited safely: it is filled by a template.", false},
		{"a value that is no version", "image: {tag: 'latest build'}\n", Helm{"image.tag"}, "v2",
			`image.tag (line 1) cannot be edited safely: "latest build" is not a valid version.`, false},
		{"a reference that is none", "image: 'a b:v1'\n", HelmImage{"image"}, "v2",
			`image (line 1) cannot be edited safely: "a b:v1" is not a valid image reference.`, false},
		{"a reference with an empty tag", "image: 'a:'\n", HelmImage{"image"}, "v2",
			`image (line 1) cannot be edited safely: "a:" is not a valid image reference.`, false},
		{"a digest that is none", oneImage + "  digest: sha256:abc\n", Kustomize{"a"}, digestOf("1"),
			`images[0].digest (line 3) cannot be edited safely: "sha256:abc" is not a valid digest.`, false},
	})
}

func TestSetRefusesFilesItCannotUnderstand(t *testing.T) {
	checkRefused(t, []refusal{
		{"a template that is no YAML", "a: 1\n{{- if .x }}\nimage: {tag: v1}\n{{- end }}\n", Helm{"image.tag"}, "v2", "The file is a template ({{ … }}, from line 1 on)…", false},
		{"a template that happens to be YAML", "replicas: {{ .Values.replicas }}\nimage: {tag: v1}\n", Helm{"image.tag"}, "v2", "The file is a template ({{ … }}, from line 1 on)…", false},
		{"a template whose actions hide in comments", "a: 1\n# {{- if .x }}\nimage: {tag: v1}\n# {{- end }}\n", Helm{"image.tag"}, "v2", "The file is a template ({{ … }}, from line 3 on)…", false},
		{"a file that is no YAML", "image: {tag: v1\n", Helm{"image.tag"}, "v2", "The file is not valid YAML near line 1.…", false},
		{"an alias of nothing", "image: {tag: *v}\n", Helm{"image.tag"}, "v2", "The file is not valid YAML.…", false},
		{"bytes that are no UTF-8", "image: {tag: v1} # \xff\n", Helm{"image.tag"}, "v2", "The file is not UTF-8 text.", false},
		{"UTF-16", "\xff\xfei\x00m\x00", Helm{"image.tag"}, "v2", "The file is not UTF-8 text.", false},
		{"a NUL byte", "image: {tag: v1} # \x00\n", Helm{"image.tag"}, "v2", "The file is not valid YAML.…", false},
	})
}

func TestSetTakesWhatOnlyLooksUnsafe(t *testing.T) {
	tests := []struct{ name, before, after string }{
		{"an anchor that nobody uses", "image: &i {tag: &v v1}\n", "image: &i {tag: &v v2}\n"},
		{"an anchor on its own line", "image:\n  tag: &v # why\n    !!str\n    v1\n", "image:\n  tag: &v # why\n    !!str\n    v2\n"},
		{"a key that overrides a merged one", "d: &d {tag: v0}\nimage: {<<: *d, tag: v1}\n", "d: &d {tag: v0}\nimage: {<<: *d, tag: v2}\n"},
		{"templates in other strings and in comments", "# {{ .x }}\nhost: '{{ .Release.Name }}.svc'\nimage: {tag: v1}\n", "# {{ .x }}\nhost: '{{ .Release.Name }}.svc'\nimage: {tag: v2}\n"},
		{"a key that is twice elsewhere", "x: 1\nx: 2\nimage: {tag: v1}\n", "x: 1\nx: 2\nimage: {tag: v2}\n"},
		{"an explicit key", "? image\n: ? tag\n  : v1\n", "? image\n: ? tag\n  : v2\n"},
		{"JSON", `{"image":{"tag":"v1"}}`, `{"image":{"tag":"v2"}}`},
		{"a null that is written", "image: {tag: ~}\n", "image: {tag: v2}\n"},
		{"an escape in the quotes", "image: {tag: \"v\\x31\"}\n", "image: {tag: \"v2\"}\n"},
		{"a line that ends in CR alone", "image:\r  tag: v1\rx: 1", "image:\r  tag: v2\rx: 1"},
		{"characters that end a line for YAML alone", "x: 'a\u2028 b'\nimage: {tag: v1} # \u0085\n", "x: 'a\u2028 b'\nimage: {tag: v2} # \u0085\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, _, err := Set([]byte(tt.before), Helm{"image.tag"}, Version{Tag: "v2"})
			if err != nil || string(after) != tt.after {
				t.Errorf("got %q, %v", after, err)
			}
		})
	}
}

func TestLocatorsThatMeanNothingAreInvalid(t *testing.T) {
	for _, at := range []Locator{Kustomize{}, Kustomize{"a b"}, Container{}, Container{"*"}, Helm{}, HelmImage{"a..b"}, Scalar{"a[x"}} {
		_, err := Read([]byte("a: 1\n"), at)
		if gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("%s: %v", at, err)
		}
	}
}
