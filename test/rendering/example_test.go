package rendering

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// object is a Kubernetes object, or a part of one.
type object = map[string]any

// The cells are examples: they leave out what the edit does not touch, and name
// hosts that are not there. What is missing is filled in here, the same before
// and after the edit; what is there stays as it is.

// examples are the Applications and ApplicationSets in a cell's file, fit to be
// taken by Argo CD. Each cell has names of its own.
func (a argo) examples(c cell, file []byte) ([]object, error) {
	var all []object
	for decoder := yaml.NewDecoder(bytes.NewReader(file)); ; {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch name := fmt.Sprintf("%s-%d", c.slug(), len(all)); o["kind"] {
		case "Application":
			all = append(all, a.application(o, name, nil))
		case "ApplicationSet":
			all = append(all, a.applicationSet(o, name))
		}
	}
}

// application completes an Application with what source says where its own says
// nothing. Argo CD's controller passes it over: kustomize and helm write into
// the directory that they build, and two builds at once disturb each other.
func (a argo) application(o object, name string, source object) object {
	o["apiVersion"], o["kind"] = "argoproj.io/v1alpha1", "Application"
	o["metadata"] = object{"name": name, "namespace": "argocd", "annotations": object{"argocd.argoproj.io/skip-reconcile": "true"}}
	spec := below(o, "spec")
	spec["project"] = "default"
	spec["destination"] = object{"server": "https://kubernetes.default.svc", "namespace": "shop"}
	sources, several := spec["sources"].([]any)
	if !several {
		sources = []any{below(spec, "source")}
	}
	for _, s := range sources {
		if s, ok := s.(object); ok {
			a.source(s, source)
		}
	}
	return o
}

// source completes a source: a chart of the repository, or a path in git.
func (a argo) source(s, source object) {
	if s["chart"] != nil {
		s["repoURL"] = a.charts
		orElse(s, "targetRevision", "0.1.0")
		return
	}
	s["repoURL"] = a.git
	for key, value := range source {
		orElse(s, key, value)
	}
	orElse(s, "path", "charts/shop")
}

// applicationSet completes an ApplicationSet, of which each element is another
// Application.
func (a argo) applicationSet(o object, name string) object {
	o["apiVersion"] = "argoproj.io/v1alpha1"
	o["metadata"] = object{"name": name, "namespace": "argocd"}
	spec := below(o, "spec")
	spec["goTemplate"] = true
	orElse(spec, "generators", []any{object{"clusters": object{}}})
	template := a.application(below(spec, "template"), name+"-{{with .env}}{{.}}{{end}}{{with .region}}-{{.}}{{end}}{{with .name}}{{.}}{{end}}",
		object{"targetRevision": "{{.tag}}"})
	delete(template, "apiVersion")
	delete(template, "kind")
	return o
}

// below is the map under a key, made where it is not there.
func below(o object, key string) object {
	value, ok := o[key].(object)
	if !ok {
		value = object{}
		o[key] = value
	}
	return value
}

func orElse(o object, key string, value any) {
	if o[key] == nil {
		o[key] = value
	}
}

// exampleHost is where the charts of the cells are.
const exampleHost = "https://charts.acme.dev"

// withCharts lets the charts that a file lists under a key come from the
// repository. Only where some have no repository at all the file is written
// anew.
func (a argo) withCharts(file []byte, list, key string) ([]byte, error) {
	file = bytes.ReplaceAll(file, []byte(exampleHost), []byte(a.charts))
	var content object
	if err := yaml.Unmarshal(file, &content); err != nil {
		return nil, err
	}
	charts, _ := content[list].([]any)
	missing := false
	for _, chart := range charts {
		if chart, ok := chart.(object); ok && chart[key] == nil {
			missing, chart[key] = true, a.charts
		}
	}
	if list == "dependencies" {
		own := object{"apiVersion": "v2", "name": "umbrella", "version": "0.1.0"}
		for key, value := range own {
			missing = missing || content[key] == nil
			orElse(content, key, value)
		}
	}
	if !missing {
		return file, nil
	}
	return yaml.Marshal(content)
}

// files are those of the directory in which a cell's file is rendered.
func (a argo) files(c cell, file []byte) (files map[string][]byte, err error) {
	root := strings.Repeat("../", strings.Count(c.folder(), "/")+2)
	files = map[string][]byte{}
	switch at := c.head["at"]; {
	case strings.HasPrefix(at, "KustomizeChart "):
		files["kustomization.yaml"], err = a.withCharts(file, "helmCharts", "repo")
	case strings.HasPrefix(at, "Dependency "):
		files["Chart.yaml"], err = a.withCharts(file, "dependencies", "repository")
	case strings.HasPrefix(at, "ArgoSource Image="):
		files[".argocd-source.yaml"] = file
		files["kustomization.yaml"] = []byte("resources: [" + root + "base]\n")
	default: // ArgoSource
		files[".argocd-source.yaml"] = file
		for _, f := range shop().files("") {
			files[f.Name] = f.Data
		}
	}
	return files, err
}

// tags are the versions that the git repository has, each with something of its
// own in it.
func tags() []string { return []string{"1.9", "1.10", "1.41.0", "1.42.3"} }

// commit makes the git repository: a chart and a base, at each tag another one,
// and on main the directories of all cells before and after their edit.
func (a argo) commit(t *testing.T, dir string, cells []cell) {
	t.Helper()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
			"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.invalid", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.invalid")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	put := func(name string, data []byte) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range shop().files("charts/shop/") {
		put(f.Name, f.Data)
	}
	for _, at := range []string{"base", "apps/checkout/overlays/prod"} {
		put(at+"/kustomization.yaml", []byte("resources: [deployment.yaml]\n"))
		put(at+"/deployment.yaml", []byte(base))
	}
	git("init", "-q", "-b", "main")
	for _, tag := range append(tags(), "none") {
		put("charts/shop/templates/revision.yaml", fmt.Appendf(nil, "apiVersion: acme.example/v1\nkind: Revision\nmetadata: {name: shop}\nspec: {revision: %q}\n", tag))
		git("add", "-A")
		git("commit", "-q", "-m", tag)
		git("tag", tag)
	}
	for _, c := range cells {
		if c.standsAlone() {
			continue
		}
		before, after := c.files(t)
		for side, data := range map[string][]byte{"before": before, "after": after} {
			files, err := a.files(c, data)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			for name, data := range files {
				put(path.Join(c.folder(), side, name), data)
			}
		}
	}
	git("add", "-A")
	git("commit", "-q", "-m", "cells")
}
