package catalog

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

func TestTheSchemaIsOneOfItsDraft(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	meta, err := jsonschema.NewCompiler().Compile("https://json-schema.org/draft/2020-12/schema")
	if err != nil {
		t.Fatal(err)
	}
	if err := meta.Validate(document); err != nil {
		t.Error(err)
	}
	if _, err := theForm(); err != nil {
		t.Error(err)
	}
}

func TestTheSchemaHasExactlyTheKeysThatAreRead(t *testing.T) {
	form, err := theForm()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, form, "the file", form.source, reflect.TypeFor[file]())
}

// compare holds a part of the schema against the type it is read into.
func compare(t *testing.T, f *form, at string, def map[string]any, typ reflect.Type) {
	if ref, ok := def["$ref"].(string); ok {
		def = f.resolve(ref)
	}
	switch typ.Kind() {
	case reflect.Pointer:
		compare(t, f, at, def, typ.Elem())
	case reflect.Slice:
		items, _ := def["items"].(map[string]any)
		compare(t, f, at, items, typ.Elem())
	case reflect.Map:
		patterns, _ := def["patternProperties"].(map[string]any)
		for _, values := range patterns {
			compare(t, f, at, values.(map[string]any), typ.Elem())
		}
	case reflect.Struct:
		compareKeys(t, f, at, def, typ)
	}
}

func compareKeys(t *testing.T, f *form, at string, def map[string]any, typ reflect.Type) {
	if def["additionalProperties"] != false {
		t.Errorf("%s: the schema lets unknown keys pass", at)
	}
	properties, _ := def["properties"].(map[string]any)
	var keys []string
	for i := range typ.NumField() {
		field := typ.Field(i)
		key := field.Tag.Get("yaml")
		if key == "" {
			key = strings.ToLower(field.Name)
		}
		keys = append(keys, key)
		if property, ok := properties[key].(map[string]any); ok {
			compare(t, f, at+"."+key, property, field.Type)
		}
	}
	if typ == reflect.TypeFor[place]() {
		return // read from two forms, each of which has only some of its keys
	}
	slices.Sort(keys)
	if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(properties))); diff != "" {
		t.Errorf("%s: keys read (-) and keys of the schema (+)\n%s", at, diff)
	}
}

func TestEveryKindOfChangeCanBeGrantedAndRuled(t *testing.T) {
	form, err := theForm()
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{"grant": "may", "approval": "kinds"} {
		items := form.resolve("#/$defs/" + name)["properties"].(map[string]any)[key].(map[string]any)["items"].(map[string]any)
		for _, kind := range gitops.Changing() {
			if !slices.Contains(items["enum"].([]any), any(string(kind))) {
				t.Errorf("the schema's %s does not know %s: %v", key, kind, items["enum"])
			}
		}
	}
}

func TestThePatternOfNamesIsTheSameInTheTree(t *testing.T) {
	form, err := theForm()
	if err != nil {
		t.Fatal(err)
	}
	if pattern := form.resolve("#/$defs/name")["pattern"]; pattern != validName.String() {
		t.Errorf("the schema has %s, the discovery %s", pattern, validName)
	}
}

// strict decodes as the YAML library does when it is told to be strict.
func strict(data []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file{}); err != nil {
		return err
	}
	if err := decoder.Decode(&file{}); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// agree holds the schema against the strict decoder. The schema asks for more,
// so it is an error only where it takes what the decoder refuses, or where it
// has nothing to say of what the decoder does not know.
func agree(t *testing.T, data []byte) {
	d, _, err := decode(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	refused := strict(data)
	if len(d.problems) == 0 && refused != nil {
		t.Errorf("the schema takes what the decoder does not: %v\n%s", refused, data)
	}
}

func TestTheSchemaAndTheStrictDecoderAgree(t *testing.T) {
	agree(t, []byte(good))
	if err := strict([]byte(good)); err != nil {
		t.Error(err)
	}
	for _, old := range []string{"protected", "slack", "{group", "image:", "who", "path", "room", "name: prod"} {
		bad := strings.Replace(good, old, "x"+old, 1)
		agree(t, []byte(bad))
		if d, _, _ := decode([]byte(bad)); len(d.problems) == 0 {
			t.Errorf("the schema takes a file in which %s is x%s", old, old)
		}
	}
}

// FuzzDecode reads any bytes as the file: no panic, not for long; a catalogue
// that is whole, or problems with their place in the file and in words that
// break no line; and the schema and the strict decoder say the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	example, err := os.ReadFile("../../manifests/example/repository/" + File)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	for _, text := range []string{"", "a: &a [*a]", "? []\n: x", "[[[", "version: 1\n---\n", "people: {1: {}}", "environments: [{name: 1.10}]", "groups: {a: [2024-01-01]}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		begin := time.Now()
		defer func() {
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("%d bytes took %v", len(data), took)
			}
		}()
		agree(t, data)
		tree := onlyCart()
		tree[File] = &fstest.MapFile{Data: data}
		c, problems, err := New("acme/gitops", Files(tree)).Check(t.Context(), "c0ffee")
		if err != nil {
			t.Fatal(err)
		}
		if refused := len(problems.refusing()) > 0; refused != (c == nil) {
			t.Fatalf("catalogue is nil: %v, refused: %v", c == nil, refused)
		}
		for _, p := range problems {
			if p.File != File || p.Line < 1 || p.Line > lines(data) || p.Column < 1 || p.Message == "" || strings.ContainsAny(p.String(), "\n\x00\x1b") {
				t.Errorf("%q", p)
			}
		}
		if c != nil {
			coherent(t, c)
		}
	})
}

// lines counts the lines of a file by all that YAML takes for a line break,
// and the place behind the last one, where what is missing would stand.
func lines(data []byte) int {
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	return 2 + strings.Count(text, "\n") + strings.Count(text, "\r") + strings.Count(text, "\u0085") + strings.Count(text, "\u2028") + strings.Count(text, "\u2029")
}

// coherent says that a catalogue refers to nothing it does not have.
func coherent(t *testing.T, c *gitops.Catalog) {
	for _, g := range c.Groups {
		if len(c.Group(g.Name)) != len(g.Members) {
			t.Errorf("group %s has members that are not people", g.Name)
		}
	}
	for _, r := range c.Approvals {
		if r.Auto == (len(r.Require) > 0) {
			t.Errorf("rule %s is neither auto nor requires anything", r.Name)
		}
		for _, q := range r.Require {
			if q.Count < 1 || q.Count > len(c.Group(q.Group)) {
				t.Errorf("rule %s cannot be fulfilled", r.Name)
			}
		}
	}
	for _, target := range c.Targets {
		if _, place := c.Environment(target.Environment); place < 0 || len(target.Places) == 0 || target.Argo.Name == "" {
			t.Errorf("%+v", target)
		}
	}
}
