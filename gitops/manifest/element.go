package manifest

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Element is the version in an element of a list generator of an Argo CD
// ApplicationSet, wherever in matrix and merge generators that is nested:
//
//	generators:
//	  - list:
//	      elements:
//	        - {env: staging, tag: 1.42.3}
//	        - {env: prod, tag: 1.41.0}   # Where: env=prod, Path: tag
type Element struct {
	Name  string // metadata.name; empty where the file has one ApplicationSet
	Where string // which element: key=value, or several with commas between
	Path  string // see CheckPath; from the element
	Image string // the repository of the image that the field holds; empty where it holds a version
}

// String implements [Locator].
func (e Element) String() string {
	return "the field " + quote(e.Path) + " of the element " + quote(e.Where) + " of " + describeObject("ApplicationSet", e.Name)
}

// condition is one of the conditions of Where.
var condition = regexp.MustCompile(`^([A-Za-z0-9_.-]+)=([A-Za-z0-9_./:@-]+)$`)

func (e Element) places(f *file) ([]place, error) {
	steps, err := parsePath(e.Path)
	if err != nil {
		return nil, err
	}
	if err := checkRepository(e.Image); err != nil {
		return nil, err
	}
	wanted := map[string]string{}
	for text := range strings.SplitSeq(e.Where, ",") {
		m := condition.FindStringSubmatch(text)
		if m == nil {
			return nil, invalid("Write a key and its value, as in env=prod, or several as in app=cart,env=prod.", "%s does not say which element is meant.", quote(e.Where))
		}
		wanted[m[1]] = m[2]
	}
	sets, err := f.objects("ApplicationSet", e.Name)
	if err != nil {
		return nil, err
	}
	var elements []cursor
	for _, set := range sets {
		generators, err := set.follow([]step{{key: "spec"}, {key: "generators"}})
		if err != nil {
			return nil, err
		}
		all, err := generators.elements()
		if err != nil {
			return nil, err
		}
		for _, element := range all {
			meant, err := element.has(wanted)
			if err != nil {
				return nil, err
			}
			if meant {
				elements = append(elements, element)
			}
		}
	}
	if len(elements) == 0 {
		return nil, notFound("Correct the condition, or add the element by hand once.", "No element of a list generator has %s.", quote(e.Where))
	}
	return search(e, elements, func(element cursor) (place, error) { return element.versionAt(steps, e.Image) })
}

// deepestGenerator is how deep Argo CD lets generators be nested; below it
// nothing is looked for.
const deepestGenerator = 3

// generator is what stands under the kind of one generator: list, git, matrix.
type generator struct {
	cursor
	kind string
}

// generators returns the generators of the list under the cursor, and those
// nested in them.
func (c cursor) generators(depth int) ([]generator, error) {
	var all []generator
	if depth == deepestGenerator {
		return nil, nil
	}
	for _, item := range c.items() {
		if item.node.Kind != yaml.MappingNode {
			continue
		}
		for i := 0; i+1 < len(item.node.Content); i += 2 {
			kind := item.node.Content[i].Value
			g, ok, err := item.key(kind)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			all = append(all, generator{g, kind})
			if kind != "matrix" && kind != "merge" {
				continue
			}
			list, _, err := g.key("generators")
			if err != nil {
				return nil, err
			}
			nested, err := list.generators(depth + 1)
			if err != nil {
				return nil, err
			}
			all = append(all, nested...)
		}
	}
	return all, nil
}

// elements returns the elements of all list generators in the list of
// generators under the cursor.
func (c cursor) elements() ([]cursor, error) {
	all, err := c.generators(0)
	if err != nil {
		return nil, err
	}
	var elements []cursor
	for _, g := range all {
		if g.kind != "list" {
			continue
		}
		list, _, err := g.key("elements")
		if err != nil {
			return nil, err
		}
		elements = append(elements, list.items()...)
	}
	return elements, nil
}

// has reports whether the map under the cursor has all the values. A key that
// is not there may also be the way to one in nested maps.
func (c cursor) has(wanted map[string]string) (bool, error) {
	for key, value := range wanted {
		text, err := c.text(key)
		if err != nil {
			return false, err
		}
		if at := c; text == "" && strings.Contains(key, ".") {
			keys := strings.Split(key, ".")
			var ok bool
			for _, k := range keys[:len(keys)-1] {
				if at, ok, err = at.key(k); err != nil || !ok {
					return false, err
				}
			}
			if text, err = at.text(keys[len(keys)-1]); err != nil {
				return false, err
			}
		}
		if text != value {
			return false, nil
		}
	}
	return true, nil
}
