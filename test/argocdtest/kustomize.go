package argocdtest

import (
	"fmt"
	"path"
	"strings"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// renderKustomization builds a folder with kustomize itself, and returns what
// was read for it. Images that the Application sets are laid over it, as
// "kustomize edit set image" would.
func renderKustomization(tree files, dir string, over *v1alpha1.ApplicationSourceKustomize) (docs []byte, read files, err error) {
	fs, err := newCheckout(tree)
	if err != nil {
		return nil, nil, fmt.Errorf("check out %s: %w", dir, err)
	}
	root := path.Join(checkoutRoot, dir)
	if over != nil && len(over.Images) > 0 {
		overlay, err := imageOverlay(root, over.Images)
		if err != nil {
			return nil, nil, err
		}
		root = "/overlay"
		if err := fs.WriteFile("/overlay/kustomization.yaml", overlay); err != nil {
			return nil, nil, fmt.Errorf("write the overlay: %w", err)
		}
	}
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, root)
	if err == nil {
		docs, err = objects.AsYaml()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("`kustomize build <path to cached source>/%s` failed exit status 1: Error: %w", dir, err)
	}
	return docs, fs.read, nil
}

// checkout is a tree in the form that kustomize reads, below checkoutRoot. It
// notes which files are read.
type checkout struct {
	filesys.FileSystem
	tree, read files
}

const checkoutRoot = "/repo"

func newCheckout(tree files) (*checkout, error) {
	c := &checkout{FileSystem: filesys.MakeFsInMemory(), tree: tree, read: files{}}
	for name, content := range tree {
		if err := c.WriteFile(path.Join(checkoutRoot, name), content); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// ReadFile reads a file and notes it.
func (c *checkout) ReadFile(name string) ([]byte, error) {
	c.note(name)
	return c.FileSystem.ReadFile(name)
}

// Open opens a file and notes it.
func (c *checkout) Open(name string) (filesys.File, error) {
	c.note(name)
	return c.FileSystem.Open(name)
}

func (c *checkout) note(name string) {
	name = strings.TrimPrefix(path.Clean(name), checkoutRoot+"/")
	if content, ok := c.tree[name]; ok {
		c.read[name] = content
	}
}

// imageOverlay writes the kustomization that replaces images. Argo CD writes
// them as [name=]name:tag or [name=]name@digest.
func imageOverlay(root string, images v1alpha1.KustomizeImages) ([]byte, error) {
	type image struct {
		Name    string `yaml:"name"`
		NewName string `yaml:"newName,omitempty"`
		NewTag  string `yaml:"newTag,omitempty"`
		Digest  string `yaml:"digest,omitempty"`
	}
	overlay := struct {
		Resources []string `yaml:"resources"`
		Images    []image  `yaml:"images"`
	}{Resources: []string{path.Join("..", root)}}
	for _, i := range images {
		name, ref, renamed := strings.Cut(string(i), "=")
		if !renamed {
			ref = name
		}
		var im image
		ref, im.Digest, _ = strings.Cut(ref, "@")
		if at := strings.LastIndexByte(ref, ':'); at > strings.LastIndexByte(ref, '/') {
			ref, im.NewTag = ref[:at], ref[at+1:]
		}
		im.Name, im.NewName = ref, ref
		if renamed {
			im.Name = name
		}
		overlay.Images = append(overlay.Images, im)
	}
	out, err := yaml.Marshal(overlay)
	if err != nil {
		return nil, fmt.Errorf("write the overlay: %w", err)
	}
	return out, nil
}
