// Package rendering shows that an edit is seen by those who render the file.
// Package manifest compares bytes; here the same edits are built, before and
// after, and the new version is in what comes out, in the place of the old one,
// and nothing else has changed.
//
// Kustomizations, values and manifests go through kustomize and Helm as
// libraries, with the other tests. What only Argo CD reads, and what takes
// charts from a repository, goes through the real Argo CD with the programs it
// ships and repositories on loopback: `make e2e-argocd`. Each edit in the table
// of package manifest is rendered in one of the two ways, or the tests fail.
package rendering

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// libraries are what renders the file of each shape that Argo CD is not needed
// for.
func libraries() map[string]func([]byte) ([]byte, error) {
	return map[string]func([]byte) ([]byte, error){
		"kustomize":          kustomization,
		"kustomizedigest":    kustomization,
		"insert":             kustomization,
		"component":          component,
		"kustomizecomponent": component,
		"helm":               values,
		"helmimage":          values,
		"helmsplit":          values,
		"json":               values,
		"container":          objects,
		"cronjob":            objects,
		"custom":             objects,
		"annotate":           objects,
	}
}

// unseen are the edits that do not show in what is rendered, or of files that
// nobody renders, and why. The tests hold them to it.
func unseen() map[string]string {
	const escape = "Helm's reader takes no \\/, which is for JSON's own"
	return map[string]string{
		"json/quoted":         escape,
		"json/quoted+slashes": escape,
	}
}

// mended are the edits of files that could not be rendered before, and why.
func mended() map[string]string {
	return map[string]string{
		"kustomize/numeric":       "kustomize takes no number for a tag",
		"application/numeric+git": "a cluster takes no number for a targetRevision",
		"argocdsource/numeric":    "Argo CD takes no number for a parameter",

		"applicationparameter/numeric+unquoted": "a cluster takes no number for a parameter",
	}
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
	for _, c := range readCells(t) {
		if !c.edited() || c.byArgoCD() {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			render, ok := libraries()[c.shape()]
			if !ok {
				t.Fatal("nothing renders this shape: add it to libraries")
			}
			before, after := c.files(t)
			was, notBefore := render(before)
			is, notAfter := render(after)
			c.compare(t, was, notBefore, is, notAfter)
		})
	}
}

func TestEveryEditIsRenderedByOneOrTheOther(t *testing.T) {
	rendered, all := map[string][]string{}, map[string]bool{}
	for _, c := range readCells(t) {
		if all[c.name] = c.edited(); !c.edited() {
			continue
		}
		by := "libraries: "
		if c.byArgoCD() {
			by = "Argo CD: "
		}
		rendered[by+c.shape()] = append(rendered[by+c.shape()], path.Base(c.name))
	}
	for _, shape := range slices.Sorted(maps.Keys(rendered)) {
		t.Logf("%-25s %s", shape, strings.Join(rendered[shape], ", "))
	}
	reasons := slices.Concat(slices.Collect(maps.Keys(unseen())), slices.Collect(maps.Keys(mended())))
	for _, name := range slices.Concat(wanted(), reasons) {
		if !all[name] {
			t.Errorf("%s is no edit", name)
		}
	}
}
