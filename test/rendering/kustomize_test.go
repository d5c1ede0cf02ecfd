package rendering

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// base is what the kustomizations of the cells stand on.
const base = `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  template:
    spec:
      initContainers:
        - {name: migrate, image: "ghcr.io/acme/migrate:base"}
      containers:
        - {name: shop, image: "ghcr.io/acme/checkout:base"}
        - {name: short, image: "checkout:base"}
        - {name: cart, image: "ghcr.io/acme/cart:base"}
        - {name: worker, image: "ghcr.io/acme/checkout-worker:base"}
`

// overlay is where a cell's kustomization stands.
const overlay = "/apps/checkout/overlays/prod"

// kustomize builds the overlay over some files, given by paths below it, with
// the base and whatever else cells name.
func kustomize(files map[string]string) ([]byte, error) {
	files = maps.Clone(files)
	for _, dir := range []string{"../../base", "a"} {
		files[path.Join(dir, "kustomization.yaml")] = "resources: [deployment.yaml]\n"
		files[path.Join(dir, "deployment.yaml")] = base
	}
	all := filesys.MakeFsInMemory()
	for name, text := range files {
		if err := all.WriteFile(path.Join(overlay, name), []byte(text)); err != nil {
			return nil, err
		}
	}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(all, overlay)
	if err != nil {
		return nil, fmt.Errorf("kustomize build: %w", err)
	}
	return resources.AsYaml()
}

// kustomization renders a kustomization.
func kustomization(file []byte) ([]byte, error) {
	return kustomize(map[string]string{"kustomization.yaml": onBase(string(file))})
}

var namesResources = regexp.MustCompile(`(?m)^\W*resources:`)

// onBase lets a kustomization stand on the base where it stands on nothing: an
// example of one line may, but then nothing is built.
func onBase(text string) string {
	switch {
	case strings.Contains(text, "resources: []"):
		return strings.Replace(text, "resources: []", "resources: [../../base]", 1)
	case !namesResources.MatchString(text):
		return strings.TrimSuffix(text, "\n") + "\nresources: [../../base]\n"
	}
	return text
}

// component renders a component that an overlay uses.
func component(file []byte) ([]byte, error) {
	return kustomize(map[string]string{
		"kustomization.yaml":              "resources: [../../base]\ncomponents: [../component]\n",
		"../component/kustomization.yaml": string(file),
	})
}

// objects renders manifests as they stand: as templates of a chart and, where
// all have what kustomize asks of an object, as its resources as well.
func objects(file []byte) ([]byte, error) {
	rendered, err := chart{templates: map[string]string{"manifests.yaml": string(file)}}.render(nil)
	if err != nil {
		return nil, err
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(file)); ; {
		var object struct {
			APIVersion string `yaml:"apiVersion"`
			Metadata   struct{ Name string }
		}
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if object.APIVersion == "" || object.Metadata.Name == "" {
			return rendered, nil
		}
	}
	built, err := kustomize(map[string]string{"kustomization.yaml": "resources: [manifests.yaml]\n", "manifests.yaml": string(file)})
	return slices.Concat(rendered, []byte("---\n"), built), err
}
