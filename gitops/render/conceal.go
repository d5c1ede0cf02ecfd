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

// keepsWhole holds for annotations in which a tool keeps the whole of an object
// that it has applied, with all that is secret in it.
func keepsWhole(annotation string) bool {
	return strings.HasSuffix(annotation, "/last-applied-configuration") || // kubectl, and those who do as it does
		annotation == "kapp.k14s.io/original" || annotation == "objectset.rio.cattle.io/applied" || annotation == "banzaicloud.com/last-applied"
}

// concealed is a copy of an object without what its Secrets hold: not those of
// v1 alone, but whatever has a kind with that word. Of these all annotations are
// hidden too, for nobody knows which tool keeps what in them. was is the object before,
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
		case keepsWhole(key) || secret && (key == "data" || key == "stringData" || key == "annotations"):
			before, had := was[key]
			out[key] = cover(value, before, had)
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

// cover hides a value, or each of a map's. had says whether there was one before.
func cover(value, was any, had bool) any {
	if m, ok := value.(map[string]any); ok {
		before, _ := was.(map[string]any)
		out := make(map[string]any, len(m))
		for key, item := range m {
			b, had := before[key]
			out[key] = cover(item, b, had)
		}
		return out
	}
	if had && !reflect.DeepEqual(value, was) {
		return hiddenChanged
	}
	return hidden
}
