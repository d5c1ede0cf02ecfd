package manifest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

const now = "2026-11-21T15:04:05Z"

// annotation is a file with the place of an insertion marked: «text» is what
// comes in, and all else is the file before.
type annotation struct{ name, marked string }

func TestAnnotateInsertsWhatIsAbsentInTheStyleAroundIt(t *testing.T) {
	tests := []annotation{
		{"an annotation behind the others", "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations:\n        a: b # c\n«        KEY: \"VALUE\"\n»      labels:\n        x: 'y'\n        z: \"1\"\n        w: \"2\"\n"},
		{"annotations before labels", "kind: StatefulSet\nspec:\n  template:\n    metadata:\n«      annotations:\n        KEY: 'VALUE'\n»      # which pods\n      labels:\n        x: 'y'\n"},
		{"metadata before the spec", "kind: DaemonSet\nspec:\n    template:\n«        metadata:\n            annotations:\n                KEY: \"VALUE\"\n»        spec: {}\n"},
		{"a Rollout in a List, with CRLF", "kind: List\r\nitems:\r\n- kind: Rollout\r\n  spec:\r\n    template:\r\n«      metadata:\r\n        annotations:\r\n          KEY: \"VALUE\"\r\n»      spec:\r\n        a: b"},
		{"empty annotations", "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations: # none\n«        KEY: \"VALUE\"\n»    spec: {}\n"},
		{"empty annotations at the end of a file without a newline", "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations:«\n        KEY: \"VALUE\"»"},
		{"annotations in empty brackets", "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations: {«KEY: \"VALUE\"»}\n    spec: {}\n"},
		{"a flow map", "kind: Deployment\nspec: {template: {metadata: {labels: {a: b}«, annotations: {KEY: \"VALUE\"}»}, spec: {}}}\n"},
		{"a flow map with a comma at its end", "kind: Deployment\nspec: {template: {metadata: {annotations: {a: \"b\"«, KEY: \"VALUE\"», }}, spec: {}}}\n"},
		{"JSON on one line", `{"kind":"Deployment","spec":{"template":{"metadata":{"labels":{"a":"b"}«,"annotations":{"KEY":"VALUE"}»}}}}`},
		{"JSON over lines", "{\n\t\"kind\": \"Deployment\",\n\t\"spec\": {\n\t\t\"template\": {\n\t\t\t\"metadata\": {\n\t\t\t\t\"annotations\": {\n\t\t\t\t\t\"a\": \"b\"«,\n\t\t\t\t\t\"KEY\": \"VALUE\"»\n\t\t\t\t}\n\t\t\t}\n\t\t}\n\t}\n}\n"},
		{"behind a block of text", "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations:\n        a: |\n          text\n\n          text\n«        KEY: \"VALUE\"\n»\n    spec: {}\n"},
		{"behind a block of text that keeps its end", "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations:\n        a: |+\n          text\n\n«        KEY: \"VALUE\"\n»    spec: {}\n"},
		{"behind a quoted text of several lines", "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations:\n        a: 'one\n\n          two' # c\n«        KEY: 'VALUE'\n»    spec: {}\n"},
		{"behind a plain text of several lines", "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations:\n        a: one\n\n          two # c\n«        KEY: \"VALUE\"\n»    spec: {}\n"},
		{"behind a value that is an alias", "x: &x y\nkind: Deployment\nspec:\n  template:\n    metadata:\n      annotations:\n        a: *x\n«        KEY: \"VALUE\"\n»    spec: {}\n"},
		{"with a byte order mark, in the second document", "\ufeffkind: ConfigMap\n---\nkind: Deployment\nspec:\n  template:\n«    metadata:\n      annotations:\n        KEY: \"VALUE\"\n»    spec:\n      x: y\n---\nkind: Service\n"},
		{"an anchor that nobody uses", "kind: Deployment\nspec:\n  template: &t\n«    metadata:\n      annotations:\n        KEY: \"VALUE\"\n»    spec:\n      x: y\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			marked := strings.NewReplacer("KEY", RestartedAt, "VALUE", now).Replace(tt.marked)
			before, rest, _ := strings.Cut(marked, "«")
			inserted, behind, _ := strings.Cut(rest, "»")
			start := len(before)
			before += behind

			after, edit, err := Annotate([]byte(before), Workload{}, RestartedAt, now)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.NewReplacer("«", "", "»", "").Replace(marked); string(after) != want {
				t.Fatalf("got\n%s\nwant\n%s", after, want)
			}
			if edit.Field.Start != start || edit.Field.End != start || edit.NewRaw != inserted || edit.New != now || edit.Field.Value != "" ||
				!strings.HasSuffix(edit.Field.Path, `spec.template.metadata.annotations["`+RestartedAt+`"]`) {
				t.Errorf("edit %+v", edit)
			}

			again, edit, err := Annotate(after, Workload{}, RestartedAt, now)
			if err != nil || !bytes.Equal(again, after) || edit != (FieldEdit{}) {
				t.Errorf("again: %+v, %v", edit, err)
			}
			const later = "2026-11-22T00:00:00Z"
			moved, edit, err := Annotate(after, Workload{}, RestartedAt, later)
			if err != nil || string(moved) != strings.Replace(string(after), now, later, 1) || edit.Field.Value != now {
				t.Errorf("later: %s\n%+v, %v", moved, edit, err)
			}
		})
	}
}

func TestAnnotateTakesTheWorkloadThatIsNamed(t *testing.T) {
	const file = "kind: Service\n---\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {}}}\n---\nkind: Deployment\nmetadata: {name: b}\nspec: {template: {spec: {}}}\n---\nkind: Rollout\nmetadata: {name: b}\nspec: {workloadRef: {}}\n"
	after, edit, err := Annotate([]byte(file), Workload{Kind: "Deployment", Name: "b"}, "a/b", "1")
	if want := strings.Replace(file, "b}\nspec: {template: {spec: {}", `b}`+"\n"+`spec: {template: {spec: {}, metadata: {annotations: {a/b: "1"}}`, 1); err != nil || string(after) != want {
		t.Errorf("got\n%s\n%v", after, err)
	}
	if edit.Field.Document != 2 || edit.Field.Line != 9 {
		t.Errorf("edit %+v", edit)
	}
	tests := []struct {
		name    string
		at      Workload
		code    gitops.Code
		message string
	}{
		{"any of several", Workload{}, gitops.Unsafe, "the document (line 7) cannot be edited safely: it is another workload, besides the one on line 3."},
		{"a name that two have", Workload{Name: "b"}, gitops.Unsafe, `the document (line 11) cannot be edited safely: it is another workload "b", besides the one on line 7.`},
		{"a name that none has", Workload{Name: "c"}, gitops.NotFound, `The file has no workload "c"; it has "Deployment a", "Deployment b", "Rollout b".`},
		{"a kind that is not restarted", Workload{Kind: "Service"}, gitops.NotFound, `The file has no Service; it has "Deployment a", "Deployment b", "Rollout b".`},
		{"pods that are defined elsewhere", Workload{Kind: "Rollout"}, gitops.NotFound, "the document (line 11) has no pod template."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, _, err := Annotate([]byte(file), tt.at, "a/b", "1")
			if gitops.CodeOf(err) != tt.code || err.Error() != tt.message || after != nil {
				t.Errorf("got %q, %v", after, err)
			}
		})
	}
}

func TestAnnotateRefusesWhatItCannotInsertSafely(t *testing.T) {
	const head = "kind: Deployment\nspec:\n  template:\n"
	tests := []struct{ name, data, message string }{
		{"annotations from a merge key", "d: &d {annotations: {a: b}}\n" + head + "    metadata:\n      <<: *d\n    spec: {}\n",
			"spec.template.metadata.annotations (line 6) cannot be edited safely: it comes from a merge key (<<) on line 6."},
		{"annotations that an alias repeats", head + "    metadata:\n      annotations: &a {a: b}\n    spec: {x: *a}\n",
			"spec.template.metadata.annotations (line 5) cannot be edited safely: the anchor &a repeats it on line 6, and the edit would change both."},
		{"a template that is an alias", "t: &t {spec: {}}\nkind: Deployment\nspec: {template: *t}\n",
			"spec.template (line 3) cannot be edited safely: it is the alias *t of a value on line 1, which may be used elsewhere too."},
		{"annotations that are a text", head + "    metadata: {annotations: x}\n",
			"spec.template.metadata.annotations (line 4) cannot be edited safely: it is a single value (str), not a map."},
		{"annotations that are a list", head + "    metadata: {annotations: [x]}\n",
			"spec.template.metadata.annotations (line 4) cannot be edited safely: it is a list, not a map."},
		{"metadata that is there twice", head + "    metadata: {}\n    metadata: {}\n",
			"spec.template.metadata (line 5) cannot be edited safely: the key is there twice, first on line 4."},
		{"a null with a tag", head + "    metadata: !!null\n",
			"spec.template.metadata (line 4) cannot be edited safely: where a new key would go cannot be told for certain."},
		{"an empty template", head + "status: {}\n", "spec.template (line 3) cannot be edited safely: it is no pod template."},
		{"a template of text", "kind: Deployment\nspec:\n  {{ if }}\n", "The file is a template ({{ … }}, from line 3 on): what it says is known only once it is rendered."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, _, err := Annotate([]byte(tt.data), Workload{}, RestartedAt, now)
			refusal, ok := errors.AsType[*gitops.Error](err)
			if !ok || refusal.Code != gitops.Unsafe || refusal.Message != tt.message || refusal.Next == "" || after != nil {
				t.Errorf("got %q\n%v\nwant\n%s", after, err, tt.message)
			}
		})
	}
}

func TestAnnotateRefusesNamesAndValuesThatAreNone(t *testing.T) {
	for _, key := range []string{"", "a b", "/a", "a/", "A/b", "a/b/c", "<<", "a:b", "a/b\n", strings.Repeat("a", 64)} {
		if _, _, err := Annotate(nil, Workload{}, key, "1"); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("key %q: %v", key, err)
		}
	}
	for _, value := range []string{"", "a b", "a: b", "-", "a:", "'a", "a#b", "{a}", "a\nb", "ü", strings.Repeat("a", 254)} {
		if _, _, err := Annotate(nil, Workload{}, "a/b", value); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("value %q: %v", value, err)
		}
	}
}
