package rendering

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

// A chart is one that a test makes up.
type chart struct {
	metadata  string // Chart.yaml; empty: one of little interest
	templates map[string]string
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
	return files
}

// render is `helm template` of the chart with one file of values.
func (c chart) render(values []byte) ([]byte, error) {
	given, err := chartutil.ReadValues(values)
	if err != nil {
		return nil, fmt.Errorf("helm template: values: %w", err)
	}
	loaded, err := loader.LoadFiles(c.files(""))
	if err == nil {
		err = chartutil.ProcessDependenciesWithMerge(loaded, given)
	}
	if err != nil {
		return nil, fmt.Errorf("helm template: %w", err)
	}
	release := chartutil.ReleaseOptions{Name: "shop", Namespace: "prod", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(loaded, given, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, fmt.Errorf("helm template: %w", err)
	}
	rendered, err := engine.Render(loaded, all)
	if err != nil {
		return nil, fmt.Errorf("helm template: %w", err)
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if strings.HasSuffix(name, ".yaml") {
			fmt.Fprintf(&text, "---\n%s\n", strings.TrimPrefix(rendered[name], "\ufeff"))
		}
	}
	return []byte(text.String()), nil
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
func values(file []byte) ([]byte, error) { return shop().render(file) }
