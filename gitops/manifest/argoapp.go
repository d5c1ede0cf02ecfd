package manifest

import (
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// Application is the version in an Argo CD Application: in its one source, or
// in that of several which Source means.
type Application struct {
	Name   string     // metadata.name; empty where the file has one Application
	Source string     // see sourceOf: chart=checkout, ref=values, 0; empty where there is one source
	Field  ArgoSource // where in the source
}

// String implements [Locator].
func (a Application) String() string {
	return a.Field.String() + " of " + describeObject("Application", a.Name)
}

func (a Application) places(f *file) ([]place, error) {
	return argoPlaces(f, a, "Application", a.Name, func(object cursor) (place, error) {
		return a.Field.in(object, []step{{key: "spec"}}, a.Source)
	})
}

// ApplicationSet is the version in the template of an Argo CD ApplicationSet,
// which is that of every Application it makes. A value that the generators fill
// in ({{ … }}) is refused: see [Element].
type ApplicationSet struct {
	Name   string // as in [Application]
	Source string
	Field  ArgoSource
}

// String implements [Locator].
func (a ApplicationSet) String() string {
	return a.Field.String() + " of " + describeObject("ApplicationSet", a.Name)
}

func (a ApplicationSet) places(f *file) ([]place, error) {
	return argoPlaces(f, a, "ApplicationSet", a.Name, func(object cursor) (place, error) {
		p, err := a.Field.in(object, []step{{key: "spec"}, {key: "template"}, {key: "spec"}}, a.Source)
		if err == nil {
			err = a.overridden(object)
		}
		return p, err
	})
}

// overridden refuses a template that does not decide: a generator may have one
// of its own with the same place, and templatePatch is laid over both. What a
// patch does is known only once it is rendered, so that it names the field is
// enough.
func (a ApplicationSet) overridden(set cursor) error {
	spec, err := set.follow([]step{{key: "spec"}})
	if err != nil {
		return err
	}
	const next = "Leave the version in one of them."
	if patch, ok, err := spec.key("templatePatch"); err != nil {
		return err
	} else if ok && strings.Contains(textOf(patch.node), a.Field.word()) {
		return refuse(patch.path, patch.line, "it names "+quote(a.Field.word())+" too, and decides over the template", next)
	}
	list, _, err := spec.key("generators")
	if err != nil {
		return err
	}
	generators, err := list.generators(0)
	if err != nil {
		return err
	}
	sources, err := spec.follow([]step{{key: "template"}, {key: "spec"}, {key: "sources"}})
	ways := a.Field.decides()
	if err == nil && len(sources.items()) > 0 {
		ways = nil // Argo CD does not look at source then
	}
	ways = append(ways, []step{{key: "sources"}})
	for _, g := range generators {
		for _, way := range ways {
			over, err := g.follow(append([]step{{key: "template"}, {key: "spec"}}, way...))
			switch {
			case gitops.CodeOf(err) == gitops.NotFound:
			case err != nil:
				return err
			case over.node.Value != "" || len(over.node.Content) > 0:
				return refuse(over.path, over.line, "it decides over the template of the ApplicationSet", next)
			}
		}
	}
	return nil
}

// decides returns the ways from the specification of a template to what stands
// in place of the same in another one. A list stands for the whole of it.
func (a ArgoSource) decides() [][]step {
	at := func(keys ...string) []step {
		way := []step{{key: "source"}}
		for _, key := range keys {
			way = append(way, step{key: key})
		}
		return way
	}
	switch {
	case a.Parameter != "":
		return [][]step{at("helm", "parameters")}
	case a.Value != "":
		parameter := append(at("helm", "parameters"), step{kind: intoItem, key: "name", value: a.Value})
		return [][]step{at("helm", "valuesObject"), at("helm", "values"), parameter}
	case a.Image != "":
		return [][]step{at("kustomize", "images")}
	default:
		return [][]step{at("targetRevision")}
	}
}

// argoPlaces finds the one place in the objects of a kind.
func argoPlaces(f *file, at Locator, kind, name string, in func(object cursor) (place, error)) ([]place, error) {
	objects, err := f.objects(kind, name)
	if err != nil {
		return nil, err
	}
	return search(at, objects, in)
}

// in makes a place of what a means in a source of the specification at the end
// of way.
func (a ArgoSource) in(object cursor, way []step, selector string) (place, error) {
	if err := a.check(); err != nil {
		return place{}, err
	}
	spec, err := object.follow(way)
	if err != nil {
		return place{}, err
	}
	source, err := sourceOf(spec, selector)
	if err != nil {
		return place{}, err
	}
	return a.place(source)
}

// sourceOf returns the source of an Application's specification that selector
// means: "" for the only one, else its number from 0 or a key and its value, as
// in chart=checkout, repoURL=…, path=…, ref=values or name=….
func sourceOf(spec cursor, selector string) (cursor, error) {
	list, ok, err := spec.key("sources")
	if err != nil {
		return spec, err
	}
	sources := list.items()
	if !ok || len(sources) == 0 { // as Argo CD does, which looks into sources first
		one, err := spec.follow([]step{{key: "source"}})
		if err != nil {
			return spec, err
		}
		sources = []cursor{one}
	}
	var found []cursor
	for i, source := range sources {
		meant, err := source.isSource(selector, i)
		if err != nil {
			return spec, err
		}
		if meant {
			found = append(found, source)
		}
	}
	const next = "Say which one in the catalogue, as in source: chart=checkout, source: ref=values or source: \"0\"."
	switch {
	case len(found) == 0:
		return spec, notFound(next, "%s (line %d) has %s, and %s is none of them.", spec.at(), spec.line, counted(len(sources), "source"), quote(selector))
	case len(found) > 1:
		return spec, refuse(found[1].at(), found[1].line, fmt.Sprintf("%s could be meant as well (line %d)", found[0].at(), found[0].line), next)
	}
	return found[0], nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// isSource reports whether the selector means the source under the cursor,
// which is the one with the number.
func (c cursor) isSource(selector string, number int) (bool, error) {
	key, value, ok := strings.Cut(selector, "=")
	if !ok {
		return selector == "" || selector == fmt.Sprint(number), nil
	}
	text, err := c.text(key)
	return text == value, err
}
