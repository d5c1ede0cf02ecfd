package render

import (
	"cmp"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// identity tells the objects of one rendering apart.
type identity struct {
	kind, namespace, name, group string
	n                            int // counts those that are the same in all else
}

// String is the object as people know it.
func (i identity) String() string {
	parts := []string{i.kind}
	if i.namespace != "" {
		parts = append(parts, i.namespace)
	}
	return strings.Join(append(parts, i.name), "/")
}

func (i identity) compare(j identity) int {
	return cmp.Or(cmp.Compare(i.kind, j.kind), cmp.Compare(i.namespace, j.namespace), cmp.Compare(i.name, j.name),
		cmp.Compare(i.group, j.group), cmp.Compare(i.n, j.n))
}

// objects parses manifests. Lists are taken apart.
func objects(manifests []string) (map[identity]map[string]any, error) {
	all := map[identity]map[string]any{}
	for _, m := range manifests {
		var value any
		if err := yaml.Unmarshal([]byte(m), &value); err != nil {
			return nil, refuse("It renders to something that is not YAML.")
		}
		add(all, plainMaps(value), "")
	}
	return all, nil
}

// add takes in an object or the items of a list; kind is that of items which do
// not say it themselves. What is no object is passed over, as by the cluster.
func add(all map[identity]map[string]any, value any, kind string) {
	object, ok := value.(map[string]any)
	if !ok {
		return
	}
	own, _ := object["kind"].(string)
	if own == "" && kind != "" {
		own, object["kind"] = kind, kind
	}
	if of, list := strings.CutSuffix(own, "List"); list {
		if items, ok := object["items"].([]any); ok {
			for _, item := range items {
				add(all, item, of)
			}
			return
		}
	}
	api, _ := object["apiVersion"].(string)
	group, _, grouped := strings.Cut(api, "/")
	if !grouped {
		group = ""
	}
	metadata, _ := object["metadata"].(map[string]any)
	id := identity{kind: visible(own), group: group, namespace: label(metadata, "namespace"), name: label(metadata, "name")}
	if id.name == "" {
		id.name = label(metadata, "generateName")
	}
	for ; all[id] != nil; id.n++ {
	}
	all[id] = object
}

func label(metadata map[string]any, key string) string {
	if metadata[key] == nil {
		return ""
	}
	return visible(fmt.Sprint(metadata[key]))
}

// plainMaps gives every map string keys.
func plainMaps(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			v[key] = plainMaps(item)
		}
	case map[any]any:
		m := map[string]any{}
		for key, item := range v {
			m[fmt.Sprint(key)] = plainMaps(item)
		}
		return m
	case []any:
		for i, item := range v {
			v[i] = plainMaps(item)
		}
	}
	return value
}
