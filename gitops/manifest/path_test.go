package manifest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestAPathIsAChainOfSteps(t *testing.T) {
	key := func(k string) step { return step{kind: intoKey, key: k} }
	tests := []struct {
		path string
		want []step
	}{
		{"tag", []step{key("tag")}},
		{"image.tag", []step{key("image"), key("tag")}},
		{"a[0][12].b", []step{key("a"), {kind: intoIndex}, {kind: intoIndex, index: 12}, key("b")}},
		{"[3].x", []step{{kind: intoIndex, index: 3}, key("x")}},
		{"c[name=app-1].image", []step{key("c"), {kind: intoItem, key: "name", value: "app-1"}, key("image")}},
		{`labels["a.b/c"].d`, []step{key("labels"), key("a.b/c"), key("d")}},
		{`["a\"]"]`, []step{key(`a"]`)}},
	}
	for _, tt := range tests {
		got, err := parsePath(tt.path)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, %v", tt.path, got, err)
		}
	}
}

func TestAPathThatCannotBeUnderstoodIsInvalid(t *testing.T) {
	for _, path := range []string{"", ".", ".a", "a.", "a..b", "a b", "a[", "a[]", "a[-1]", "a[9999999]", "a[x]", `a["]`, "a[0]b", "a]", "$.a", "a\n", "é",
		"a[n=]", strings.Repeat("a.", 500) + "a"} {
		if err := CheckPath(path); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestAFieldsPathLeadsBackToIt(t *testing.T) {
	data := []byte("a: [{b: [x, {\"c.d\": {\"e\\n\": v1}}]}]\n")
	path := `a[0].b[1]["c.d"]["e\n"]`
	fields, err := Locate(data, Scalar{path})
	if err != nil || fields[0].Path != path {
		t.Errorf("got %+v, %v", fields, err)
	}
}
