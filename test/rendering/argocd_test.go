package rendering

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"
)

// A source is what of an Argo CD Application's source decides what is rendered.
type source struct {
	Chart          string
	TargetRevision string `yaml:"targetRevision"`
	Helm           struct {
		Parameters []struct {
			Name, Value string
			ForceString bool `yaml:"forceString"`
		}
		Values       string
		ValuesObject map[string]any `yaml:"valuesObject"`
	}
	Kustomize struct{ Images []string }
}

// A spec is that of an Application.
type spec struct {
	Source  source
	Sources []source
}

// applications renders what Argo CD would for the Applications and the templates
// of ApplicationSets in a file. A file without a kind is a source by itself, as
// it stands beside manifests.
func applications(t *testing.T, file []byte) []byte {
	t.Helper()
	var all []byte
	for decoder := yaml.NewDecoder(bytes.NewReader(file)); ; {
		var object struct {
			source `yaml:",inline"`
			Kind   string
			Spec   struct {
				spec     `yaml:",inline"`
				Template struct{ Spec spec }
			}
		}
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		of := object.Spec.spec
		switch object.Kind {
		case "ApplicationSet":
			of = object.Spec.Template.Spec
		case "":
			of.Source = object.source
		}
		if len(of.Sources) == 0 {
			of.Sources = []source{of.Source}
		}
		for _, s := range of.Sources {
			all = append(all, "---\n"...)
			all = append(all, s.render(t)...)
		}
	}
}

// render renders a chart or an overlay with what the source lays over it, as
// Argo CD does: parameters after values, and images by `kustomize edit set
// image`.
func (s source) render(t *testing.T) []byte {
	t.Helper()
	if len(s.Kustomize.Images) > 0 {
		return kustomize(t, map[string]string{"kustomization.yaml": "resources: [../../base]\nimages:\n" + setImages(s.Kustomize.Images)})
	}
	values := chartutil.Values(s.Helm.ValuesObject)
	if values == nil {
		var err error
		if values, err = chartutil.ReadValues([]byte(s.Helm.Values)); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range s.Helm.Parameters {
		set := strvals.ParseInto
		if p.ForceString {
			set = strvals.ParseIntoString
		}
		if err := set(p.Name+"="+p.Value, values); err != nil {
			t.Fatal(err)
		}
	}
	if s.Chart != "" {
		return published(s.Chart, cmp.Or(s.TargetRevision, "0.1.0")).with(t, values)
	}
	// A chart in git: what the revision holds is not here, so it shows itself.
	revision := fmt.Sprintf("---\nkind: Revision\nspec: {revision: %q}\n", s.TargetRevision)
	return append(shop().with(t, values), revision...)
}

// setImages writes the images of a kustomization for images in the form that
// Argo CD takes: [name=]name[:tag][@digest].
func setImages(images []string) string {
	var text strings.Builder
	for _, image := range images {
		name, reference, renamed := strings.Cut(image, "=")
		if !renamed {
			reference = name
		}
		reference, digest, _ := strings.Cut(reference, "@")
		tag := ""
		if i := strings.LastIndexByte(reference, ':'); i > strings.LastIndexByte(reference, '/') {
			reference, tag = reference[:i], reference[i+1:]
		}
		if !renamed {
			name = reference
		}
		fmt.Fprintf(&text, "- {name: %q, newName: %q, newTag: %q, digest: %q}\n", name, reference, tag, digest)
	}
	return text.String()
}
