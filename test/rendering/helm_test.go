package rendering

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/kustomize/api/types"
)

// A chart is one that a test makes up.
type chart struct {
	metadata  string // Chart.yaml; empty: one of little interest
	templates map[string]string
	charts    []chart
}

// files are the files of the chart below a directory.
func (c chart) files(dir string) []*loader.BufferedFile {
	metadata := c.metadata
	if metadata == "" {
		metadata = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
	}
	files := []*loader.BufferedFile{{Name: dir + "Chart.yaml", Data: []byte(metadata)}}
	for _, name := range slices.Sorted(maps.Keys(c.templates)) {
		files = append(files, &loader.BufferedFile{Name: dir + "templates/" + name, Data: []byte(c.templates[name])})
	}
	for i, sub := range c.charts {
		files = append(files, sub.files(fmt.Sprintf("%scharts/%d/", dir, i))...)
	}
	return files
}

// render is `helm template` of the chart with one file of values.
func (c chart) render(t *testing.T, values []byte) []byte {
	t.Helper()
	given, err := chartutil.ReadValues(values)
	if err != nil {
		t.Fatalf("helm template: values: %v", err)
	}
	return c.with(t, given)
}

func (c chart) with(t *testing.T, given chartutil.Values) []byte {
	t.Helper()
	loaded, err := loader.LoadFiles(c.files(""))
	if err == nil {
		err = chartutil.ProcessDependenciesWithMerge(loaded, given)
	}
	if err != nil {
		t.Fatalf("helm template: %v", err)
	}
	release := chartutil.ReleaseOptions{Name: "shop", Namespace: "prod", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(loaded, given, release, chartutil.DefaultCapabilities)
	if err != nil {
		t.Fatalf("helm template: %v", err)
	}
	rendered, err := engine.Render(loaded, all)
	if err != nil {
		t.Fatalf("helm template: %v", err)
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if strings.HasSuffix(name, ".yaml") {
			fmt.Fprintf(&text, "---\n%s\n", strings.TrimPrefix(rendered[name], "\ufeff"))
		}
	}
	return []byte(text.String())
}

// shop is a chart as most are: it runs an image that its values name, whole or
// in parts. It shows also what values it got, so that nothing else of them can
// change unseen.
func shop() chart {
	return chart{templates: map[string]string{
		"_image.tpl": `{{ define "image" -}}
{{- if kindIs "map" .Values.image -}}
  {{- with .Values.image -}}
  {{- with .registry }}{{ . }}/{{ end -}}
  {{- .repository | default "ghcr.io/acme/checkout" }}{{ with .tag }}:{{ . }}{{ end }}{{ with .digest }}@{{ . }}{{ end -}}
  {{- end -}}
{{- else -}}
  {{- .Values.image -}}
{{- end -}}
{{- end }}`,
		"deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, labels: {chart: "{{ .Chart.Version }}"}}
spec: {template: {spec: {containers: [{name: shop, image: {{ include "image" . | quote }}}]}}}
`,
		"values.yaml": "apiVersion: acme.example/v1\nkind: Values\nmetadata: {name: shop}\nspec: {{ .Values | toJson }}\n",
	}}
}

// values renders the shop with a file of values.
func values(t *testing.T, file []byte) []byte { return shop().render(t, file) }

// published is a chart of a name and version as a repository of charts has it.
func published(name, version string) chart {
	return chart{
		metadata: fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", name, version),
		templates: map[string]string{
			"chart.yaml": "kind: Chart\nmetadata: {name: \"{{ .Chart.Name }}\"}\nspec: {version: \"{{ .Chart.Version }}\", values: {{ .Values | toJson }}}\n",
		},
	}
}

// umbrella renders a Chart.yaml with the dependencies that it names, each in the
// version that it names, as `helm dependency update` fetches them.
func umbrella(t *testing.T, file []byte) []byte {
	t.Helper()
	var metadata struct {
		APIVersion, Name, Version string
		Dependencies              []struct{ Name, Version, Alias string }
	}
	if err := yaml.Unmarshal(file, &metadata); err != nil {
		t.Fatal(err)
	}
	c := chart{metadata: strings.TrimSuffix(string(file), "\n") + "\n"}
	if metadata.Name == "" {
		c.metadata += "name: umbrella\n"
	}
	if metadata.Version == "" {
		c.metadata += "version: 0.1.0\n"
	}
	for _, d := range metadata.Dependencies {
		c.charts = append(c.charts, published(d.Name, d.Version))
	}
	return c.render(t, nil)
}

// inflated renders the charts that a kustomization inflates. kustomize runs the
// helm command for that, which is not here: it reads the file, and Helm's
// library renders what it read.
func inflated(t *testing.T, file []byte) []byte {
	t.Helper()
	var k types.Kustomization
	if err := k.Unmarshal(file); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, c := range k.HelmCharts {
		all = append(all, published(c.Name, c.Version).with(t, c.ValuesInline)...)
	}
	return all
}
