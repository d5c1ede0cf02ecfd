package render

import (
	"reflect"
	"strings"
)

// What stands in place of what nobody shall read. Whether a value is another
// one than before is all that is told of it: neither its length nor a hash.
const (
	hidden        = "(hidden)"
	hiddenChanged = "(hidden, changed)"
)

// lastApplied is the annotation in which kubectl keeps a whole object, with all
// that is secret in it.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// concealed is a copy of an object without what its Secrets hold: not those of
// v1 alone, but whatever has a kind with that word. was is the object before,
// nil where there is none or object is itself that one.
func concealed(object, was map[string]any) map[string]any {
	if object == nil {
		return nil
	}
	return concealMap(object, was, false)
}

func concealMap(object, was map[string]any, secret bool) map[string]any {
	kind, _ := object["kind"].(string)
	secret = secret || strings.Contains(strings.ToLower(kind), "secret")
	out := make(map[string]any, len(object))
	for key, value := range object {
		switch {
		case key == lastApplied || secret && (key == "data" || key == "stringData"):
			out[key] = cover(value, was[key])
		default:
			out[key] = conceal(value, was[key], secret)
		}
	}
	return out
}

func conceal(value, was any, secret bool) any {
	switch v := value.(type) {
	case map[string]any:
		before, _ := was.(map[string]any)
		return concealMap(v, before, secret)
	case []any:
		before, _ := was.([]any)
		out := make([]any, len(v))
		for i, item := range v {
			var b any
			if i < len(before) {
				b = before[i]
			}
			out[i] = conceal(item, b, secret)
		}
		return out
	}
	return value
}

// cover hides a value, or each of a map's.
func cover(value, was any) any {
	if m, ok := value.(map[string]any); ok {
		before, _ := was.(map[string]any)
		out := make(map[string]any, len(m))
		for key, item := range m {
			out[key] = cover(item, before[key])
		}
		return out
	}
	if was != nil && !reflect.DeepEqual(value, was) {
		return hiddenChanged
	}
	return hidden
}
