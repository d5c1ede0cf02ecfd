package manifest

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

// kustomize, Helm and Argo CD read the first document of a file and pass over
// the others in silence: a version in one of those decides nothing.
const (
	readByKustomize = "kustomize"
	readByHelm      = "Helm"
	readByArgoCD    = "Argo CD"
)

// first is search in a file of which its reader takes the first document
// alone. What stands in a later one is refused, whether the first has it too or
// not: an edit there would change nothing that runs, and somebody believes that
// it does.
func (f *file) first(at Locator, reader string, in func(root cursor) (place, error)) ([]place, error) {
	var read, passed []cursor
	for _, root := range f.roots() {
		if root.doc == 0 {
			read = append(read, root)
		} else {
			passed = append(passed, root)
		}
	}
	places, err := search(at, read, in)
	if err != nil && gitops.CodeOf(err) != gitops.NotFound {
		return nil, err
	}
	for _, root := range passed {
		if p, err := in(root); err == nil {
			return nil, p.unread(reader)
		}
	}
	return places, err
}

// spelled refuses a map with a key that differs from one of keys by capitals
// alone. kustomize and Helm read their own files into structures whose fields
// match in any spelling: such a key decides, or hides what is under the other.
func (c cursor) spelled(keys ...string) error {
	if c.node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(c.node.Content); i += 2 {
		k := c.node.Content[i]
		for _, key := range keys {
			if k.Kind == yaml.ScalarNode && k.Value != key && strings.EqualFold(k.Value, key) {
				return refuse(keyPath(c.path, k.Value), k.Line, "whoever reads it takes it for "+key, "Write it as "+key+", and once.")
			}
		}
	}
	return nil
}

// readAt refuses a field of a later document that is no object. A file of
// objects is read to its end, one of values is not.
func (f *file) readAt(t target) error {
	if t.Document == 0 {
		return nil
	}
	for _, root := range f.roots() {
		if kind, err := root.text("kind"); root.doc == t.Document && (err != nil || kind == "") {
			return place{path: t.Path, line: t.Line}.unread(readByHelm)
		}
	}
	return nil
}

// unread is the error for a place that no reader comes to.
func (p place) unread(reader string) error {
	return refuse(p.path, p.line, "it is in another document of the file than the first, and "+reader+" reads the first alone",
		"Keep it in the first document, or in a file of its own.")
}
