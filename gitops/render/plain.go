package render

import (
	"bytes"
	"errors"
	"io"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"
)

// plain returns the manifests that stand in a directory's own files, one text
// for each document.
func plain(s *side, dir string) ([]string, error) {
	names, err := s.names(dir)
	if err != nil {
		return nil, err
	}
	var manifests []string
	for _, name := range names {
		file := path.Join(dir, name)
		if !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) {
			continue
		}
		data, err := s.takeYAML(file)
		if err != nil {
			return nil, readable(file, err)
		}
		for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
			var doc any
			err := decoder.Decode(&doc)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, refuse("%s is not YAML that can be read.", quote(file))
			}
			if doc == nil {
				continue
			}
			text, err := yaml.Marshal(doc)
			if err != nil {
				return nil, refuse("%s is not YAML that can be read.", quote(file))
			}
			manifests = append(manifests, string(text))
		}
	}
	return manifests, nil
}
