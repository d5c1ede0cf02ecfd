package manifest

// KustomizeChart is the version of an entry under helmCharts of a
// kustomization:
//
//	helmCharts:
//	  - name: checkout
//	    repo: https://charts.acme.dev
//	    releaseName: checkout-eu
//	    version: 1.42.3
//
// An entry is meant if its releaseName is Chart, or else if its name is. Only a
// whole version is one: a range is refused.
type KustomizeChart struct {
	Chart string // the chart's name or the release's
}

// String implements [Locator].
func (k KustomizeChart) String() string { return "the kustomize chart " + quote(k.Chart) }

func (k KustomizeChart) places(f *file) ([]place, error) {
	return chartList{of: "kustomization", key: "helmCharts", alias: "releaseName", read: readByKustomize}.places(f, k, k.Chart)
}
