package manifest

import (
	"regexp"
	"strings"
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
		all, err := generators.elements(0)
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

// elements returns the elements of all list generators in the list of
// generators under the cursor.
func (c cursor) elements(depth int) ([]cursor, error) {
	var all []cursor
	if depth == deepestGenerator {
		return nil, nil
	}
	for _, generator := range c.items() {
		for _, kind := range []string{"list", "matrix", "merge"} {
			g, ok, err := generator.key(kind)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if kind == "list" {
				list, _, err := g.key("elements")
				if err != nil {
					return nil, err
				}
				all = append(all, list.items()...)
				continue
			}
			nested, _, err := g.key("generators")
			if err != nil {
				return nil, err
			}
			below, err := nested.elements(depth + 1)
			if err != nil {
				return nil, err
			}
			all = append(all, below...)
		}
	}
	return all, nil
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
			ok := true
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
