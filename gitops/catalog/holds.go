package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

// mostHold bounds the file of a hold, in bytes.
const mostHold = 16 << 10

// holds reads the holds that lie in the tree. One that cannot be read refuses
// nothing but what it may be about, since a rollback must never find the whole
// catalogue refused because of it: it comes back as Broken, with a warning.
func holds(ctx context.Context, d *document, c *gitops.Catalog, t Tree, listed map[string][]Entry) ([]gitops.Hold, error) {
	w := &discovery{document: d, tree: t, repository: c.Repository, commit: c.Commit, listed: listed}
	environments, err := w.list(ctx, gitops.HoldsDirectory)
	if err != nil {
		return nil, err
	}
	var all []gitops.Hold
	for _, environment := range environments {
		if !environment.Dir {
			continue
		}
		applications, err := w.list(ctx, path.Join(gitops.HoldsDirectory, environment.Name))
		if err != nil {
			return nil, err
		}
		for _, application := range applications {
			if !application.Dir {
				continue
			}
			of := gitops.TargetRef{Repository: c.Repository, Application: application.Name, Environment: environment.Name}
			found, err := w.holdsOf(ctx, c, of)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

// holdsOf reads the holds of one target.
func (w *discovery) holdsOf(ctx context.Context, c *gitops.Catalog, ref gitops.TargetRef) ([]gitops.Hold, error) {
	files, err := w.list(ctx, gitops.HoldsOf(ref))
	if err != nil {
		return nil, err
	}
	_, known := c.Target(ref.Application, ref.Environment)
	var all []gitops.Hold
	for _, file := range files {
		name := path.Join(gitops.HoldsOf(ref), file.Name)
		if file.Dir || !strings.HasSuffix(file.Name, ".yaml") {
			continue
		}
		if !known {
			w.aside(name, fmt.Sprintf("This hold is on nothing: there is no %s in %s.", ref.Application, ref.Environment), "Delete it, unless a directory was renamed by mistake.")
			continue
		}
		data, err := w.tree.ReadFile(ctx, w.commit, name)
		if err != nil && !notThere(err) {
			return nil, fmt.Errorf("read %s at %s: %w", name, short(w.commit), err)
		}
		h, err := readHold(data)
		if err != nil {
			h.Broken = gitops.Stopped(err.Error())
			w.aside(name, "This hold cannot be read, so every version of "+ref.Application+" is on hold in "+ref.Environment+": "+h.Broken, "Mend it, or delete it.")
		}
		h.Target, h.File = ref, name
		all = append(all, h)
	}
	return all, nil
}

// held is the file of a hold.
type held struct {
	Version string    `yaml:"version"`
	Since   time.Time `yaml:"since"`
	Change  string    `yaml:"change"`
	By      string    `yaml:"by"`
	Because string    `yaml:"because"`
}

// readHold reads the file of a hold. A key that is not known is refused: it may
// be the version, misspelt.
func readHold(data []byte) (gitops.Hold, error) {
	if len(data) > mostHold {
		return gitops.Hold{}, fmt.Errorf("it has %d bytes; %d are the most", len(data), mostHold)
	}
	var top, second yaml.Node
	var f held
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&top); {
	case errors.Is(err, io.EOF):
		return gitops.Hold{}, errors.New("it is empty")
	case err != nil:
		return gitops.Hold{}, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	case !errors.Is(decoder.Decode(&second), io.EOF):
		return gitops.Hold{}, errors.New("a second document begins in it; write a file for each hold")
	case top.Content[0].Kind != yaml.MappingNode:
		return gitops.Hold{}, errors.New("it is no list of keys and values")
	}
	keys := top.Content[0].Content
	for i := 0; i < len(keys); i += 2 {
		if !slices.Contains([]string{"version", "since", "change", "by", "because"}, keys[i].Value) {
			return gitops.Hold{}, fmt.Errorf("line %d: there is no key %s; version, since, change, by and because are known", keys[i].Line, quote(keys[i].Value))
		}
	}
	switch err := top.Decode(&f); {
	case err != nil:
		return gitops.Hold{}, errors.New(strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " "))
	case f.Version == "":
		return gitops.Hold{}, errors.New("version is missing")
	}
	return gitops.Hold{Version: gitops.ParseVersion(f.Version), Since: f.Since, Change: f.Change, By: f.By, Because: f.Because}, nil
}

// aside warns of a file that is not the catalogue's.
func (d *document) aside(file, message, next string) {
	if d.noted[true] >= mostProblems {
		return
	}
	d.noted[true]++
	d.problems = append(d.problems, Problem{File: file, Line: 1, Column: 1, Message: message, Next: next, Warning: true})
}
