package argocdtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"go.yaml.in/yaml/v3"
)

// object is one rendered Kubernetes object.
type object struct {
	group, version, kind, namespace, name string

	raw map[string]any
	sum string // of all of it, canonical
}

// id tells objects of one cluster apart.
type id struct{ group, kind, namespace, name string }

func (o object) id() id { return id{o.group, o.kind, o.namespace, o.name} }

// render turns a source's part of a tree into objects, in the way that Argo CD
// would choose: a chart, a kustomization, or the plain files of a folder. It
// returns also what it has read.
func render(tree files, app *v1alpha1.Application) ([]object, files, error) {
	src := app.Spec.GetSource()
	dir := path.Clean(src.Path)
	read := tree.below(dir)
	if len(read) == 0 {
		return nil, nil, fmt.Errorf("%s: app path does not exist", src.Path)
	}
	var docs []byte
	var err error
	switch {
	case tree[path.Join(dir, "Chart.yaml")] != nil:
		docs, err = renderChart(tree, dir, app)
		for _, f := range valueFiles(dir, src.Helm) {
			read[f] = tree[f]
		}
	case slices.ContainsFunc([]string{"kustomization.yaml", "kustomization.yml", "Kustomization"}, func(f string) bool { return tree[path.Join(dir, f)] != nil }):
		docs, read, err = renderKustomization(tree, dir, src.Kustomize)
	default:
		docs, err = plain(tree, dir)
	}
	if err != nil {
		return nil, nil, err
	}
	objects, err := decode(docs, app.Spec.Destination.Namespace)
	return objects, read, err
}

// plain joins the manifests of a folder, without those below it.
func plain(tree files, dir string) ([]byte, error) {
	var docs bytes.Buffer
	for _, name := range sortedKeys(tree) {
		if path.Dir(name) != dir || !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) {
			continue
		}
		var probe any
		if err := yaml.Unmarshal(tree[name], &probe); err != nil {
			return nil, fmt.Errorf("Failed to unmarshal %q: failed to unmarshal manifest: %w", path.Base(name), err)
		}
		docs.WriteString("\n---\n")
		docs.Write(tree[name])
	}
	return docs.Bytes(), nil
}

// decode reads a stream of YAML documents. Objects of kinds that live in a
// namespace get that of the destination when they name none.
func decode(docs []byte, namespace string) ([]object, error) {
	var out []object
	for in := yaml.NewDecoder(bytes.NewReader(docs)); ; {
		var raw map[string]any
		err := in.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("failed to unmarshal manifest: %w", err)
		}
		if len(raw) == 0 {
			continue
		}
		o, err := newObject(raw, namespace)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
}

func newObject(raw map[string]any, namespace string) (object, error) {
	api, kind := text(raw, "apiVersion"), text(raw, "kind")
	if kind == "" || api == "" {
		return object{}, errors.New("failed to unmarshal manifest: Object 'Kind' is missing")
	}
	o := object{version: api, kind: kind, namespace: text(raw, "metadata", "namespace"), name: text(raw, "metadata", "name")}
	if g, v, ok := strings.Cut(api, "/"); ok {
		o.group, o.version = g, v
	}
	if o.name == "" {
		return object{}, fmt.Errorf("failed to unmarshal manifest: %s without metadata.name", kind)
	}
	if o.namespace == "" && !clusterWide(kind) {
		o.namespace = namespace
	}
	if clusterWide(kind) {
		o.namespace = ""
	}
	return o.with(raw)
}

// with returns the object with another content, a deep copy of raw.
func (o object) with(raw map[string]any) (object, error) {
	canonical, err := json.Marshal(raw)
	if err != nil {
		return o, fmt.Errorf("failed to marshal %s/%s: %w", o.kind, o.name, err)
	}
	o.sum, o.raw = string(canonical), map[string]any{}
	return o, json.Unmarshal(canonical, &o.raw)
}

func clusterWide(kind string) bool {
	return slices.Contains([]string{"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "PersistentVolume", "StorageClass", "PriorityClass"}, kind)
}

// at follows a path of keys through maps.
func at(v any, keys ...string) any {
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

func text(v any, keys ...string) string {
	s, _ := at(v, keys...).(string)
	return s
}
