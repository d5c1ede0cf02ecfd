package render

import (
	"fmt"
	"path"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// root is where the repository stands in memory.
const root = "/repository"

// kustomize collects what a kustomization is built from and builds it in memory.
// The options are those of the command without any flag: no plugin, no helm, no
// file from outside a kustomization's own directory.
func kustomize(s *side, dir string) ([]string, error) {
	c := collector{side: s}
	if err := c.kustomization(dir); err != nil {
		return nil, err
	}
	failed := refuse("kustomize does not build it: `kustomize build %s` says why.", dir)
	files := filesys.MakeFsInMemory()
	for name, data := range s.taken {
		if err := files.WriteFile(path.Join(root, name), data); err != nil {
			return nil, failed
		}
	}
	resources, err := build(files, path.Join(root, dir))
	if err != nil {
		return nil, failed // its text may quote a file, and with it a Secret
	}
	var manifests []string
	size := 0
	for _, r := range resources.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return nil, failed
		}
		if size += len(text); size > maxOutput {
			return nil, refuse("What %s renders to is larger than %d MB.", quote(dir), maxOutput>>20)
		}
		manifests = append(manifests, string(text))
	}
	return manifests, nil
}

// build runs kustomize. Where it panics, over files that it does not expect,
// that is an error too.
func build(files filesys.FileSystem, dir string) (resources resmap.ResMap, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("kustomize: %T", fault)
		}
	}()
	return krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, dir)
}
