package manifest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// TestMain knows a flag: with -update the page is written anew.
func TestMain(m *testing.M) {
	flag.Bool("update", false, "write docs/manifests.md anew")
	flag.Parse()
	os.Exit(m.Run())
}

func update() bool { return flag.Lookup("update").Value.String() == "true" }

// A row is a shape of manifest, or an insertion into one.
type row struct{ folder, title string }

func rows() []row {
	return []row{
		{"kustomize", "kustomize `images`"},
		{"kustomizedigest", "kustomize `images`, a tag and a digest"},
		{"kustomizecomponent", "`images` of a kustomize component"},
		{"kustomizechart", "kustomize `helmCharts`"},
		{"helm", "Helm values, a tag"},
		{"helmimage", "Helm values, an image"},
		{"helmsplit", "Helm values, an image in parts"},
		{"dependency", "`Chart.yaml` dependencies"},
		{"container", "containers of a workload"},
		{"cronjob", "containers of a CronJob"},
		{"custom", "a field of any object"},
		{"application", "the source of an Argo CD Application"},
		{"applicationsources", "one of an Application's sources"},
		{"applicationparameter", "a Helm parameter of an Application"},
		{"applicationimage", "a kustomize image of an Application"},
		{"valuesobject", "Helm values as an object of an Application"},
		{"values", "Helm values in the text of an Application"},
		{"applicationset", "the template of an ApplicationSet"},
		{"element", "an element of a list generator"},
		{"argocdsource", "`.argocd-source.yaml`"},
		{"json", "JSON"},
		{"insert", "a new entry under kustomize `images`"},
		{"annotate", "an annotation that restarts pods"},
	}
}

// A column is a style in which files are written. A cell's file must have it.
type column struct {
	name, title string
	has         func(before []byte) bool
}

func columns() []column {
	matches := func(pattern string) func([]byte) bool { return regexp.MustCompile(pattern).Match }
	return []column{
		{"multi-document", "several documents", matches(`(?m)^\s*---`)},
		{"anchors", "anchors and aliases", matches(`&\w+[\s\S]*\*\w+`)},
		{"comments", "comments", matches(`#`)},
		{"flow", "flow style", matches(`[{\[]`)},
		{"crlf", "CRLF", matches(`\r\n`)},
		{"bom", "byte order mark", matches(`^\x{feff}`)},
		{"tabs", "tabs", matches(`\t`)},
		{"no-final-newline", "no newline at the end", matches(`[^\n]$`)},
		{"quoted", "quoted versions", matches(`["']`)},
		{"numeric", "versions like numbers", nil},
		{"duplicates", "the same name twice", nil},
		{"10MB", "10 MB", func(before []byte) bool { return len(before) > fillSize()-1000 && len(before) <= fillSize() }},
	}
}

func TestEachCellOfTheTableIsEditedOrRefusedAsItSays(t *testing.T) {
	for _, c := range readCells(t) {
		if _, none := c.head["none"]; none {
			continue
		}
		t.Run(c.path, func(t *testing.T) {
			before, want := c.files(t)
			kept := bytes.Clone(before)
			i := slices.IndexFunc(columns(), func(col column) bool { return col.name == c.style })
			if i >= 0 && columns()[i].has != nil && !columns()[i].has(before) {
				t.Errorf("the file is not in the style %s", c.style)
			}
			after, edits, err := c.edit(t, before)
			if reason, ok := c.head["refused"]; ok {
				refusal, is := errors.AsType[*gitops.Error](err)
				if !is || refusal.Message != reason || refusal.Next != c.head["next"] || after != nil {
					t.Fatalf("got\n%s\n%v\nnext: %s", after, err, errNext(refusal))
				}
				return
			}
			if err != nil || !bytes.Equal(after, want) {
				t.Fatalf("got\n%.2000s\nwant\n%.2000s\n%v", after, want, err)
			}
			if bytes.Equal(before, want) || !bytes.Equal(before, kept) {
				t.Error("the file has no edit, or was changed itself")
			}
			checkSpans(t, before, after, Outcome{Fields: edits})
		})
	}
}

func errNext(e *gitops.Error) string {
	if e == nil {
		return ""
	}
	return e.Next
}

func TestTheTableHasEveryCell(t *testing.T) {
	have := map[string]bool{}
	for _, c := range readCells(t) {
		have[c.shape+"/"+c.style] = true
		if !slices.ContainsFunc(rows(), func(r row) bool { return r.folder == c.shape }) {
			t.Errorf("%s: there is no such row", c.path)
		}
	}
	for _, r := range rows() {
		for _, col := range columns() {
			name := r.folder + "/" + col.name
			if !have[name] {
				t.Errorf("testdata/table/%s.cell is missing", name)
			}
			delete(have, name)
		}
	}
	for name := range have {
		t.Errorf("testdata/table/%s.cell: there is no such column", name)
	}
}

func TestTheTableHasEveryShape(t *testing.T) {
	used := map[string]bool{"Scalar": true} // a path without a document's kind: the rows of Helm stand for it
	for _, c := range readCells(t) {
		name, _, _ := strings.Cut(c.head["at"], " ")
		used[name] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "places" {
				continue
			}
			if shape, ok := f.Recv.List[0].Type.(*ast.Ident); ok && ast.IsExported(shape.Name) && !used[shape.Name] {
				t.Errorf("no cell of testdata/table edits a %s; add a row", shape.Name)
			}
		}
	}
}

const (
	page  = "../../docs/manifests.md"
	begin = "<!-- The rest is written by `go test ./gitops/manifest -update` from gitops/manifest/testdata/table. -->\n"
)

func TestThePageHasTheTable(t *testing.T) {
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	intro, _, ok := strings.Cut(string(old), begin)
	if !ok {
		t.Fatalf("docs/manifests.md has lost the line %q", begin)
	}
	text := intro + begin + tableOf(readCells(t))
	if update() {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != string(old) {
		t.Error("docs/manifests.md does not say what testdata/table says; run: go test ./gitops/manifest -run TestThePageHasTheTable -update")
	}
}

// tableOf writes the table and under it what each refusal says.
func tableOf(cells []cell) string {
	var b strings.Builder
	b.WriteString("\n| |")
	for _, col := range columns() {
		b.WriteString(" " + col.title + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(columns())) + "\n")
	for _, r := range rows() {
		b.WriteString("| " + r.title + " |")
		for _, col := range columns() {
			b.WriteString(" " + signs(cells, r.folder, col.name) + " |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n● edited, ○ refused, – there is no such thing. Both signs: it depends, as told below.\n\n## What is refused, and why\n\n")
	for _, r := range rows() {
		b.WriteString("### " + upper(strings.ReplaceAll(r.title, "`", "")) + "\n\n")
		for _, col := range columns() {
			for _, reason := range reasons(cells, r.folder, col.name) {
				fmt.Fprintf(&b, "- %s: %s\n", upper(col.title), reason)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func signs(cells []cell, shape, style string) string {
	have := map[string]bool{}
	for _, c := range cells {
		if c.shape != shape || c.style != style {
			continue
		}
		sign := "●"
		if _, ok := c.head["refused"]; ok {
			sign = "○"
		} else if _, ok := c.head["none"]; ok {
			sign = "–"
		}
		have[sign] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(have)), " ")
}

func reasons(cells []cell, shape, style string) []string {
	var all []string
	for _, c := range cells {
		if c.shape != shape || c.style != style {
			continue
		}
		if none, ok := c.head["none"]; ok {
			all = append(all, none)
		} else if refused, ok := c.head["refused"]; ok {
			all = append(all, "`"+refused+"` "+c.head["next"])
		}
	}
	return all
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
