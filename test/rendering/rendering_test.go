// Package rendering shows that an edit is seen by those who render the file.
// Package manifest compares bytes; here the same edits go through kustomize and
// through Helm, and the new version is in what comes out, in the place of the
// old one, and nothing else has changed.
package rendering

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// settings are how the file of each shape is rendered.
func settings() map[string]func(*testing.T, []byte) []byte {
	return map[string]func(*testing.T, []byte) []byte{
		"kustomize":      kustomization,
		"insert":         kustomization,
		"component":      component,
		"kustomizechart": inflated,
		"helm":           values,
		"helmimage":      values,
		"json":           values,
		"dependency":     umbrella,
		"container":      objects,
		"custom":         objects,
		"annotate":       objects,
		"application":    applications,
		"applicationset": applications,
		"argocdsource":   applications,
		"values":         applications,
		"argocd":         applications,
	}
}

// unrendered are the edits that nobody renders, or nobody here, and why. A
// shape by itself stands for all its styles.
func unrendered() map[string]string {
	const first = "the tool reads the first document only"
	return map[string]string{
		"kustomize/multi-document":      first,
		"kustomizechart/multi-document": first,
		"helm/multi-document":           first,
		"helmimage/multi-document":      first,
		"argocdsource/multi-document":   first,
		"kustomize/numeric":             "kustomize takes no number for a tag, as it was before the edit",
		"json/quoted":                   "Helm's reader takes no \\/, which is for JSON's own",
		"json/quoted+slashes":           "Helm's reader takes no \\/, which is for JSON's own",
		"element":                       "only Argo CD's controller makes Applications of the elements of a list",
	}
}

// renders says whether a cell is to be rendered.
func renders(c cell) bool {
	reasons := unrendered()
	filled := c.head["fill"] != "" // 10 MB of what no tool builds from
	return c.edited() && !filled && reasons[c.name] == "" && reasons[c.shape()] == ""
}

// wanted are the edits that must be among those rendered: of each shape at
// least these. Which others there must be, package manifest knows.
func wanted() []string {
	return []string{
		"argocd/comments", "argocd/crlf", "argocd/helm-parameter", "argocd/helm-values", "argocd/helm-values-object", "argocd/kustomize-images",
		"argocd/source-file", "argocd/target-revision",
		"component/block", "component/flow",
		"kustomize/both", "kustomize/digest", "kustomize/new-name",
		"helmimage/digest", "helmimage/both",
	}
}

func TestTheNewVersionIsRenderedAndNothingElseChanges(t *testing.T) {
	rendered := map[string][]string{}
	for _, c := range readCells(t) {
		if !renders(c) {
			continue
		}
		rendered[c.shape()] = append(rendered[c.shape()], path.Base(c.name))
		t.Run(c.name, func(t *testing.T) {
			render, ok := settings()[c.shape()]
			if !ok {
				t.Fatal("nothing renders this shape: add it to settings")
			}
			before, after := c.files(t)
			check(t, leavesOf(t, render(t, before)), leavesOf(t, render(t, after)), c.head["to"])
		})
	}
	for _, shape := range slices.Sorted(maps.Keys(settings())) {
		t.Logf("%-14s %s", shape, strings.Join(rendered[shape], ", "))
	}
	for _, want := range wanted() {
		if !slices.Contains(rendered[path.Dir(want)], path.Base(want)) {
			t.Errorf("%s is not rendered", want)
		}
	}
}
