package manifest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// unmark takes «what comes in» out of marked, and [-what it replaces-] with it.
func unmark(marked string) (before, after string) {
	after = strings.NewReplacer("«", "", "»", "").Replace(marked)
	for rest := marked; ; {
		keep, from, ok := strings.Cut(rest, "«")
		before += keep
		if !ok {
			return before, after
		}
		_, rest, _ = strings.Cut(from, "»")
	}
}

func TestInsertMakesTheEntryInTheStyleAroundIt(t *testing.T) {
	d := digestOf("1")
	tests := []struct{ name, marked, to string }{
		{"no images", "resources:\n- a\n«images:\n- name: app\n  newTag: v2\n»", "v2"},
		{"no images, lists that are indented, CRLF and no final newline", "resources:\r\n  - a«\r\nimages:\r\n  - name: app\r\n    newTag: v2»", "v2"},
		{"no images, wide dashes", "patches:\n  -   path: a\n«images:\n  -   name: app\n      newTag: \"1.10\"\n»", "1.10"},
		{"images without a value", "images: # none\n«- name: app\n  newTag: v2\n»resources:\n- a\n", "v2"},
		{"images without a value, at the end", "resources:\n  - a\nimages:«\n  - name: app\n    newTag: v2»", "v2"},
		{"an empty list", "images: [«{name: app, newTag: v2}»] # none\n", "v2"},
		{"an empty list over two lines", "images: [«{name: app, newTag: v2}»\n  ]\n", "v2"},
		{"a list with others", "images:\n- name: b\n  newTag: v1 # b\n«- name: app\n  newTag: v2\n»# the end\n", "v2"},
		{"a list that is indented", "images:\n  - name: b\n    newTag: v1\n«  - name: app\n    newTag: v2\n»\nresources: []\n", "v2"},
		{"a list whose tags have quotes", "images:\n- name: b\n  newTag: 'v1'\n«- name: app\n  newTag: 'v2'\n»", "v2"},
		{"a list whose entries are flow maps", "images:\n  -  {name: b, newTag: v1}\n«  -  {name: app, newTag: v2}\n»", "v2"},
		{"a flow list", "images: [{name: b, newTag: v1}«, {name: app, newTag: v2}»]\n", "v2"},
		{"a flow list over lines", "images: [\n  {name: b, newTag: v1}«,\n  {name: app, newTag: v2}»,\n]\n", "v2"},
		{"JSON", `{"images":[{"name":"b","newTag":"v1"}«,{"name":"app","newTag":"v2"}»]}`, "v2"},
		{"JSON without images", `{"resources": ["a"]«, "images": [{"name": "app", "newTag": "v2"}]»}`, "v2"},
		{"JSON with nothing", `{«"images": [{"name": "app", "newTag": "v2"}]»}`, "v2"},
		{"the first of several documents", "# head\n---\nkind: Kustomization\n«images:\n- name: app\n  newTag: v2\n»---\nkind: Service\n---\n", "v2"},
		{"behind the comments about the last resource", "resources:\r\n- a # c\r\n  # why\r\n  # b\r\n«images:\r\n- name: app\r\n  newTag: v2\r\n»# end\r\n", "v2"},
		{"behind a comment that the file ends in", "resources:\n- a\n  # why«\nimages:\n- name: app\n  newTag: v2»", "v2"},
		{"a block of text is no comment", "resources: [a]\nx: |\n  # y\n # z\n«images:\n- name: app\n  newTag: v2\n»", "v2"},
		{"behind a key that has no value", "resources: [a]\nx:«\nimages:\n- name: app\n  newTag: v2»", "v2"},
		{"before a block of text that the file ends in", "«images:\n- name: app\n  newTag: v2\n»x: |\n  text", "v2"},
		{"a Component", "kind: Component\nresources:\n- a\n«images:\n- name: app\n  digest: " + d + "\n»...\n", d},
		{"tag and digest", "images:\n- name: b\n  newTag: \"1\"\n  digest: " + d + "\n«- name: app\n  newTag: \"2\"\n  digest: " + d + "\n»", "2@" + d},
		{"an entry without a version", "images:\n- name: app\n  newName: b # c\n«  newTag: v2\n»- name: c\n  newTag: v1\n", "v2"},
		{"an entry without a version, in the quotes of the others", "images:\n- name: app\n«  newTag: \"v2\"\n»- name: c\n  newTag: \"v1\"\n", "v2"},
		{"an entry without a version, as flow", "images: [{name: app«, newTag: v2, digest: " + d + "»}]\n", "v2@" + d},
		{"an entry that ends in a plain text of several lines, as flow", "images: [{name: app, newName: b\n  c«, newTag: v2»}]\n", "v2"},
		{"an entry without a tag", "images:\n- name: app\n  digest: " + d + "\n«  newTag: v2\n»", "v2@" + d},
		{"an entry that nothing but a name is, without a newline", "images:\n- name: app«\n  newTag: v2»", "v2"},
		{"with a byte order mark and comments", "\ufeff# head\nresources: [a]\n«images:\n- name: app\n  newTag: v2\n»\n# foot\n", "v2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, want := unmark(tt.marked)
			at, to := Kustomize{Image: "app"}, mustParse(t, tt.to)
			after, outcome, err := Insert([]byte(before), at, to)
			if err != nil {
				t.Fatal(err)
			}
			if string(after) != want {
				t.Fatalf("got\n%s\nwant\n%s", after, want)
			}
			checkSpans(t, []byte(before), after, outcome)
			if got, err := Read(after, at); err != nil || got != to || outcome.New != to {
				t.Errorf("read back %q, %v; %+v", got, err, outcome)
			}
			if again, outcome, err := Insert(after, at, to); err != nil || !bytes.Equal(again, after) || len(outcome.Fields) != 0 {
				t.Errorf("again: %+v, %v", outcome, err)
			}
		})
	}
}

func TestInsertSaysWhatItDid(t *testing.T) {
	d := digestOf("1")
	tests := []struct {
		name, data, to string
		want           []FieldEdit // Field.Path, Field.Value and New
	}{
		{"a new entry", "images: [{name: b}]\n", "v2", []FieldEdit{{Field: Field{Path: "images[1]"}, New: "app:v2"}}},
		{"the first entry, pinned", "resources: []\n", "v2@" + d, []FieldEdit{{Field: Field{Path: "images[0]"}, New: "app:v2@" + d}}},
		{"a missing tag", "images: [{name: app}]\n", "v2", []FieldEdit{{Field: Field{Path: "images[0].newTag"}, New: "v2"}}},
		{"a tag that is replaced beside a digest that is missing", "images: [{name: app, newTag: v1}]\n", "v2@" + d,
			[]FieldEdit{{Field: Field{Path: "images[0].newTag", Value: "v1"}, New: "v2"}, {Field: Field{Path: "images[0].digest"}, New: d}}},
		{"a tag that is replaced", "images: [{name: app, newTag: v1}]\n", "v2", []FieldEdit{{Field: Field{Path: "images[0].newTag", Value: "v1"}, New: "v2"}}},
		{"nothing", "images: [{name: app, newTag: v2}]\n", "v2", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, outcome, err := Insert([]byte(tt.data), Kustomize{Image: "app"}, mustParse(t, tt.to))
			if err != nil || len(outcome.Fields) != len(tt.want) {
				t.Fatalf("got %s, %+v, %v", after, outcome, err)
			}
			checkSpans(t, []byte(tt.data), after, outcome)
			for i, got := range outcome.Fields {
				if want := tt.want[i]; got.Field.Path != want.Field.Path || got.Field.Value != want.Field.Value || got.New != want.New {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
}

func TestInsertRefusesWhatItCannotInsertSafely(t *testing.T) {
	d := digestOf("1")
	tests := []struct {
		name, data, to string
		code           gitops.Code
		message        string
	}{
		{"two kustomizations", "kind: Kustomization\n---\nkind: Component\n", "v2", gitops.Unsafe,
			"the document (line 3) cannot be edited safely: it is in another document of the file than the first, and kustomize reads the first alone."},
		{"two documents that say nothing", "resources: []\n---\nresources: []\n", "v2", gitops.Unsafe,
			"the document (line 3) cannot be edited safely: it is in another document of the file than the first, and kustomize reads the first alone."},
		{"a kustomization behind something else", "kind: ConfigMap\n---\nkind: Kustomization\n", "v2", gitops.NotFound,
			"The file is no kustomization: its first document is ConfigMap."},
		{"a kustomization behind an empty document", "---\n---\nkind: Kustomization\n", "v2", gitops.Unsafe,
			"the document (line 3) cannot be edited safely: it is in another document of the file than the first, and kustomize reads the first alone."},
		{"another kind", "kind: Deployment\n", "v2", gitops.NotFound, "The file is no kustomization: its first document is Deployment."},
		{"an empty file", "# nothing\n", "v2", gitops.NotFound, "The file is empty, so it is no kustomization."},
		{"images that are a map", "images: {a: v1}\n", "v2", gitops.Unsafe, "images (line 1) cannot be edited safely: it is a map, not a list."},
		{"images that are an alias", "x: &i []\nimages: *i\n", "v2", gitops.Unsafe,
			"images (line 2) cannot be edited safely: it is the alias *i of a value on line 1, which may be used elsewhere too."},
		{"images that an alias repeats", "images: &i []\nx: *i\n", "v2", gitops.Unsafe,
			"images (line 1) cannot be edited safely: the anchor &i repeats it on line 2, and the edit would change both."},
		{"a list with an anchor, whose dashes are somewhere below", "images: &i\n- name: b\n", "v2", gitops.Unsafe,
			"images (line 1) cannot be edited safely: where a new key would go cannot be told for certain."},
		{"a bare tag where a digest decides", "images: [{name: app, digest: " + d + "}]\n", "v2", gitops.Unsafe,
			"images[0] (line 1) cannot be edited safely: it is pinned by a digest, which would go on deciding what runs, and v2 comes without one."},
		{"two entries", "images: [{name: app, newTag: v1}, {name: app, newTag: v1}]\n", "v2", gitops.Unsafe,
			`images[1] (line 1) cannot be edited safely: the kustomize image "app" is there more than once, first on line 1 (images[0]).`},
		{"two entries of which one has no version", "images: [{name: app, newTag: v1}, {name: app}]\n", "v2", gitops.Unsafe,
			`images[1] (line 1) cannot be edited safely: the kustomize image "app" is there more than once, first on line 1 (images[0]).`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, _, err := Insert([]byte(tt.data), Kustomize{Image: "app"}, mustParse(t, tt.to))
			if gitops.CodeOf(err) != tt.code || err.Error() != tt.message || after != nil {
				t.Errorf("got %q\n%v\nwant\n%s", after, err, tt.message)
			}
		})
	}
	for _, at := range []Kustomize{{}, {Image: "a b"}} {
		if _, _, err := Insert([]byte("resources: []\n"), at, Version{Tag: "v2"}); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("%s: %v", at, err)
		}
	}
	if _, _, err := Insert([]byte("resources: []\n"), Kustomize{Image: "a"}, Version{Tag: "v2 # c"}); gitops.CodeOf(err) != gitops.Invalid {
		t.Errorf("a version that is none: %v", err)
	}
}
