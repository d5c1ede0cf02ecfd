package manifest

// Dependency is the version of an entry under dependencies of a Chart.yaml:
//
//	dependencies:
//	  - name: postgresql
//	    alias: orders
//	    repository: https://charts.acme.dev
//	    version: 15.5.2
//
// An entry is meant if its alias is Chart, or else if its name is. Only a whole
// version is one: a range is refused. A Chart.lock is not written along: Helm
// compares it with the dependencies and asks for `helm dependency update`.
type Dependency struct {
	Chart string // the chart's name or its alias
}

// String implements [Locator].
func (d Dependency) String() string { return "the dependency " + quote(d.Chart) }

func (d Dependency) places(f *file) ([]place, error) {
	return chartList{of: "chart", key: "dependencies", alias: "alias", read: readByHelm}.places(f, d, d.Chart)
}
