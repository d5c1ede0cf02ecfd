package manifest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// longestPath bounds a path in bytes; no manifest nests that deep.
const longestPath = 1000

// step is one step of a path: a key of a map, an index of a list, or the one
// item of a list whose key has a value.
type step struct {
	key   string // the map's key, or with item the key that selects
	value string // with item: the value that selects
	index int    // with list
	kind  stepKind
}

type stepKind int

const (
	intoKey stepKind = iota
	intoIndex
	intoItem
)

var (
	plainKey  = regexp.MustCompile(`^[A-Za-z0-9_/-]+`)
	bracketed = regexp.MustCompile(`^\[(?:([0-9]{1,6})|("(?:[^"\\]|\\.)*")|([A-Za-z0-9_-]+)=([A-Za-z0-9_./:@-]+))\]`)
)

// CheckPath reports whether path can be understood, so that a catalogue can
// refuse it where it was written. A path is a chain of steps:
//
//	image.tag                                 keys of nested maps
//	spec.containers[0].image                  an item of a list, counted from 0
//	spec.containers[name=app].image           the one item whose name is app
//	metadata.labels["app.kubernetes.io/name"] a key with dots in it
//
// The error is Invalid.
func CheckPath(path string) error {
	_, err := parsePath(path)
	return err
}

func parsePath(path string) ([]step, error) {
	const next = `Write a path such as image.tag, containers[name=app].image or labels["app.kubernetes.io/name"].`
	if path == "" || len(path) > longestPath {
		return nil, invalid(next, "A path of %d characters leads nowhere.", len(path))
	}
	var steps []step
	for rest := path; rest != ""; {
		s, length, ok := parseStep(rest, len(steps) == 0)
		if !ok {
			return nil, invalid(next, "The path %s cannot be understood from character %d on.", quote(path), len(path)-len(rest)+1)
		}
		steps, rest = append(steps, s), rest[length:]
	}
	return steps, nil
}

// parseStep reads the first step of s and its length. Only the first step of a
// path may be a key without a dot before it.
func parseStep(s string, first bool) (step, int, bool) {
	if m := bracketed.FindStringSubmatch(s); m != nil {
		switch {
		case m[1] != "":
			i, err := strconv.Atoi(m[1])
			return step{kind: intoIndex, index: i}, len(m[0]), err == nil
		case m[2] != "":
			key, err := strconv.Unquote(m[2])
			return step{kind: intoKey, key: key}, len(m[0]), err == nil
		default:
			return step{kind: intoItem, key: m[3], value: m[4]}, len(m[0]), true
		}
	}
	dot := 0
	if !first {
		if s[0] != '.' {
			return step{}, 0, false
		}
		dot = 1
	}
	key := plainKey.FindString(s[dot:])
	return step{kind: intoKey, key: key}, dot + len(key), key != ""
}

// keyPath prints the path of a key below parent, the way parsePath reads it.
func keyPath(parent, key string) string {
	switch {
	case plainKey.FindString(key) != key || key == "":
		return parent + "[" + quote(key) + "]"
	case parent == "":
		return key
	default:
		return parent + "." + key
	}
}

// indexPath prints the path of a list's item.
func indexPath(parent string, i int) string { return fmt.Sprintf("%s[%d]", parent, i) }

// dotted joins the keys of steps with dots, as somebody would who wrote them
// into a file as one key by mistake; "" where a step is not a key.
func dotted(steps []step) string {
	keys := make([]string, len(steps))
	for i, s := range steps {
		if s.kind != intoKey {
			return ""
		}
		keys[i] = s.key
	}
	return strings.Join(keys, ".")
}
