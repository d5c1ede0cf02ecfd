package rendering

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops/manifest"
)

// A cell is an edit of one file: a shape of manifest in a style of writing. It
// is written as in gitops/manifest/testdata/table/README.md.
type cell struct {
	name    string // "kustomize/crlf"
	head    map[string]string
	content string // «before|after» where the file is edited
}

func (c cell) shape() string { return path.Dir(c.name) }

// slug is the name as Kubernetes takes it for one.
func (c cell) slug() string {
	return strings.ToLower(strings.NewReplacer("/", "-", "+", "-").Replace(c.name))
}

// folder is the directory for its file, where that is one among others.
func (c cell) folder() string { return "cells/" + c.slug() }

// edited says whether the cell is about an edit of what a tool can build from:
// not about a refusal, and not 10 MB.
func (c cell) edited() bool {
	return c.head["refused"] == "" && c.head["none"] == "" && c.head["fill"] == ""
}

// kind is the type of the place that is edited.
func (c cell) kind() string {
	kind, _, _ := strings.Cut(c.head["at"], " ")
	return kind
}

// standsAlone says whether the file is applied to the cluster where Argo CD
// runs, and not one of the files of a source.
func (c cell) standsAlone() bool {
	return slices.Contains([]string{"Application", "ApplicationSet", "Element"}, c.kind())
}

// byArgoCD says whether Argo CD renders it: what nobody else reads, and what
// takes charts from a repository.
func (c cell) byArgoCD() bool {
	return c.standsAlone() || slices.Contains([]string{"ArgoSource", "KustomizeChart", "Dependency"}, c.kind())
}

// readCells reads the edits of package manifest and, from testdata, those that
// take more than one file to be seen.
func readCells(t *testing.T) []cell {
	t.Helper()
	var cells []cell
	for _, folder := range []string{"../../gitops/manifest/testdata/table", "testdata"} {
		paths, err := filepath.Glob(folder + "/*/*.cell")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range paths {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimPrefix(filepath.ToSlash(file), folder+"/")
			c := cell{name: strings.TrimSuffix(name, ".cell"), head: map[string]string{}}
			var head string
			head, c.content, _ = strings.Cut(string(data), "\n===\n")
			for line := range strings.Lines(head) {
				key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
				c.head[key] = value
			}
			cells = append(cells, c)
		}
	}
	return cells
}

// files returns the file before and after the edit, which is really made.
func (c cell) files(t *testing.T) (before, after []byte) {
	t.Helper()
	var one, two strings.Builder
	for content, more := c.content, true; more; {
		var kept, mark string
		kept, content, more = strings.Cut(content, "«")
		mark, content, _ = strings.Cut(content, "»")
		from, to, _ := strings.Cut(mark, "|")
		one.WriteString(kept + from)
		two.WriteString(kept + to)
	}
	before = []byte(one.String())
	after, err := c.edit(t, before)
	if err != nil || string(after) != two.String() || bytes.Equal(before, after) {
		t.Fatalf("the edit came to\n%s\n%v", after, err)
	}
	return before, after
}

// edit does what the cell says.
func (c cell) edit(t *testing.T, data []byte) ([]byte, error) {
	t.Helper()
	if c.head["do"] == "annotate" {
		after, _, err := manifest.Annotate(data, manifest.Workload{}, restartedAt, c.head["to"])
		return after, err
	}
	to, err := manifest.ParseVersion(c.head["to"])
	if err != nil {
		t.Fatal(err)
	}
	at := c.locator(t)
	if image, ok := at.(manifest.Kustomize); ok && c.head["do"] == "insert" {
		after, _, err := manifest.Insert(data, image, to)
		return after, err
	}
	after, _, err := manifest.Set(data, at, to)
	return after, err
}

// locator builds what "at" says: a type of package manifest and its fields,
// "Field.Image=checkout" for the field of a field.
func (c cell) locator(t *testing.T) manifest.Locator {
	t.Helper()
	words := strings.Fields(c.head["at"])
	for _, zero := range []manifest.Locator{
		manifest.Kustomize{}, manifest.KustomizeChart{}, manifest.Helm{}, manifest.HelmImage{}, manifest.Dependency{},
		manifest.Container{}, manifest.Custom{}, manifest.Application{}, manifest.ApplicationSet{}, manifest.Element{}, manifest.ArgoSource{},
	} {
		if len(words) == 0 || reflect.TypeOf(zero).Name() != words[0] {
			continue
		}
		at := reflect.New(reflect.TypeOf(zero)).Elem()
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			field := at
			for part := range strings.SplitSeq(name, ".") {
				field = field.FieldByName(part)
			}
			field.SetString(value)
		}
		return at.Interface().(manifest.Locator)
	}
	t.Fatalf("%q is no place; add its type here", c.head["at"])
	return nil
}

// restartedAt is the annotation with which the table restarts pods.
const restartedAt = "changebot.github.io/restarted-at"
