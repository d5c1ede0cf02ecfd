package rendering

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	helm "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// A repository is one of charts: each in every version that the cells name, all
// packaged by Helm, and each with something in it that the others have not. A
// version that is not here cannot be rendered.
type repository struct {
	dir   string
	index string // index.yaml
}

// published are the charts and versions of the repository.
func published() (names, versions []string) {
	return []string{"checkout", "checkout-eu", "cart", "postgresql", "shop"},
		[]string{"0.1.0", "1.9.0", "1.10.0", "1.41.0", "1.42.3", "2.0.0", "15.5.2"}
}

// publish packages all charts.
func publish(t *testing.T) repository {
	t.Helper()
	r := repository{dir: t.TempDir()}
	var index strings.Builder
	index.WriteString("apiVersion: v1\nentries:\n")
	names, versions := published()
	for _, name := range names {
		fmt.Fprintf(&index, "  %s:\n", name)
		for _, version := range versions {
			// What is inside differs by more than the version in Chart.yaml.
			object := fmt.Sprintf(`apiVersion: acme.example/v1
kind: Chart
metadata: {name: "{{ .Release.Name }}-{{ .Chart.Name }}"}
spec: {packaged: "%s", version: "{{ .Chart.Version }}", values: {{ .Values | toJson }}}
`, version)
			c := &helm.Chart{
				Metadata:  &helm.Metadata{APIVersion: helm.APIVersionV2, Name: name, Version: version},
				Raw:       []*helm.File{{Name: chartutil.ValuesfileName, Data: []byte("replicas: 2\n")}}, // kustomize wants some
				Templates: []*helm.File{{Name: "templates/chart.yaml", Data: []byte(object)}},
			}
			if _, err := chartutil.Save(c, r.dir); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&index, "  - {apiVersion: v2, name: %s, version: %q, urls: [%[1]s-%[2]s.tgz]}\n", name, version)
		}
	}
	r.index = index.String()
	return r
}

// ServeHTTP answers as a repository of charts does.
func (r repository) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	name := strings.TrimPrefix(q.URL.Path, "/")
	if name == "index.yaml" {
		_, _ = fmt.Fprint(w, r.index)
		return
	}
	http.ServeFileFS(w, q, os.DirFS(r.dir), name)
}
