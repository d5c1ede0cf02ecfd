package rendering

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// leaves are the values of all objects of a rendering by where they stand:
// "Deployment/shop spec.replicas" → 2.
type leaves map[string]any

// leavesOf reads a rendering.
func leavesOf(t *testing.T, rendered []byte) leaves {
	t.Helper()
	all := leaves{}
	for n, decoder := 0, yaml.NewDecoder(bytes.NewReader(rendered)); ; n++ {
		var object map[string]any
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("it renders to no YAML: %v\n%s", err, rendered)
		}
		name := ""
		if metadata, ok := object["metadata"].(map[string]any); ok {
			name = fmt.Sprint(metadata["name"])
		}
		all.add(fmt.Sprintf("%d %v/%s ", n, object["kind"], name), object)
	}
	if len(all) == 0 {
		t.Fatal("it renders to nothing")
	}
	return all
}

func (l leaves) add(at string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			l.add(at+"."+key, item)
		}
	case []any:
		for i, item := range v {
			l.add(fmt.Sprintf("%s[%d]", at, i), item)
		}
	default:
		l[at] = value
	}
}

// compare fails unless a cell's edit shows in what is rendered, or does not where
// it is known not to. The errors say that a side is not rendered.
func (c cell) compare(t *testing.T, before []byte, notBefore error, after []byte, notAfter error) {
	t.Helper()
	switch {
	case unseen()[c.name] != "":
		if notBefore == nil && notAfter == nil && !maps.Equal(leavesOf(t, before), leavesOf(t, after)) {
			t.Errorf("it is seen, so the reason for which it were not holds no more: %s", unseen()[c.name])
		}
	case notAfter != nil:
		t.Error(notAfter)
	case mended()[c.name] != "":
		if notBefore == nil {
			t.Errorf("it was rendered before the edit, so the reason for which it were not holds no more: %s", mended()[c.name])
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(leavesOf(t, after))), func(v any) bool { return shows(fmt.Sprint(v), c.head["to"]) }) {
			t.Errorf("%s is nowhere in what is rendered:\n%s", c.head["to"], after)
		}
	case notBefore != nil:
		t.Error(notBefore)
	default:
		check(t, leavesOf(t, before), leavesOf(t, after), c.head["to"])
	}
}

// check fails unless the new version is in what is rendered after the edit, in
// the place of another one or as the annotation that is wanted, and all else is
// as it was.
func check(t *testing.T, before, after leaves, version string) {
	t.Helper()
	seen := 0
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, at := range slices.Sorted(maps.Keys(all)) {
		was, had := before[at]
		is, has := after[at]
		switch {
		case had && has && was == is:
		case !has || !shows(fmt.Sprint(is), version):
			t.Errorf("%s was %v and is %v", at, was, is)
		case !had && !strings.HasSuffix(at, "."+restartedAt):
			t.Errorf("%s is new", at)
		case had && !strings.HasPrefix(fmt.Sprint(was), subject(fmt.Sprint(is), version)) && was != nil:
			t.Errorf("%s was %v, of something else than %v", at, was, is)
		default:
			seen++
		}
	}
	if seen == 0 {
		t.Errorf("%s is nowhere in what is rendered: %v", version, after)
	}
}

// shows says whether a value is a version, or an image or chart of it.
func shows(value, version string) bool {
	return value == version || strings.HasSuffix(value, ":"+version) || strings.HasSuffix(value, "@"+version)
}

// subject is what a value that shows a version is a version of.
func subject(value, version string) string {
	return strings.TrimRight(strings.TrimSuffix(value, version), ":@")
}
