package rendering

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
)

// What package manifest refuses because it decides nothing, or because which of
// two places decides depends on the reader: an edit there is not rendered.
func TestWhatIsRefusedForDecidingNothingIsNotRendered(t *testing.T) {
	const overlay = "resources: [../../base]\nimages:\n- name: ghcr.io/acme/checkout\n  newTag: base\n"
	tests := []struct {
		name, shape, file string // the edit would be from 1.41.0 to 1.42.3
	}{
		{"an image in a later document", "kustomize", overlay + "---\n" + strings.Replace(overlay, "base\n", "1.41.0\n", 1)},
		{"an image that another entry takes further", "kustomize",
			strings.Replace(overlay, "base\n", "1.41.0\n  newName: mirror/checkout\n- name: mirror/checkout\n  newTag: base\n", 1)},
		{"a tag beside a key that differs by capitals", "kustomize", strings.Replace(overlay, "newTag: base", "newTag: 1.41.0\n  newtag: base", 1)},
		{"a tag before a merge key that brings one", "kustomize", strings.Replace(overlay, "newTag: base", "newTag: 1.41.0\n  <<: {newTag: base}", 1)},
		{"a value in a later document", "helm", "image: {tag: base}\n---\nimage: {tag: 1.41.0}\n"},
		{"a value behind an empty document", "helm", "---\n---\nimage: {tag: 1.41.0}\n"},
		{"a value before a merge key that brings one", "helm", "image:\n  tag: 1.41.0\n  <<: {tag: base}\n"},
		{"a dependency in a later document", "dependency", "apiVersion: v2\nname: umbrella\nversion: 0.1.0\n---\ndependencies: [{name: checkout, version: 1.41.0}]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			render := libraries()[tt.shape]
			if tt.shape == "dependency" {
				render = dependencies
			}
			before, err := render([]byte(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			after, err := render([]byte(strings.Replace(tt.file, "1.41.0", "1.42.3", 1)))
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("it decides, and need not be refused: %v\n%s", err, after)
			}
		})
	}
}

// dependencies are what Helm would fetch for a chart with this Chart.yaml.
func dependencies(file []byte) ([]byte, error) {
	c, err := loader.LoadFiles([]*loader.BufferedFile{{Name: "Chart.yaml", Data: file}})
	if err != nil {
		return nil, err
	}
	return json.Marshal(c.Metadata.Dependencies)
}
