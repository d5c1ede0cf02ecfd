package manifest

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
		return a.Field.in(object, []step{{key: "spec"}, {key: "template"}, {key: "spec"}}, a.Source)
	})
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
