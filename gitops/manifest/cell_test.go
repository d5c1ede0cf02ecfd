package manifest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A cell is one file of testdata/table: an edit, and what becomes of the file
// it is made in. See testdata/table/README.md for how it is written.
type cell struct {
	path    string // below testdata/table
	shape   string
	style   string
	head    map[string]string
	content string // with the marks
}

// everything says that the slow share runs as well: files of 10 MB where there
// are 256 kB else, and ten times as many drawn edits. `make edits` sets it.
func everything() bool { return os.Getenv("CHANGEBOT_EDITS") == "all" }

// fillSize is how large a file is made where a cell asks for it: as large as is
// read, but for what an edit may add.
func fillSize() int {
	if everything() {
		return maxBytes - 1000
	}
	return 1 << 18
}

// locators are the shapes, by the name that cells give them.
func locators() map[string]Locator {
	all := map[string]Locator{}
	for _, at := range []Locator{Kustomize{}, KustomizeChart{}, Helm{}, HelmImage{}, Dependency{}, Container{}, Custom{}, Scalar{},
		Application{}, ApplicationSet{}, Element{}, ArgoSource{}} {
		all[reflect.TypeOf(at).Name()] = at
	}
	return all
}

// readCells returns the cells of the table in the order of their paths.
func readCells(t *testing.T) []cell {
	t.Helper()
	paths, err := filepath.Glob("testdata/table/*/*.cell")
	if err != nil {
		t.Fatal(err)
	}
	var cells []cell
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := cell{path: strings.TrimPrefix(filepath.ToSlash(path), "testdata/table/"), head: map[string]string{}}
		var name string
		c.shape, name, _ = strings.Cut(strings.TrimSuffix(c.path, ".cell"), "/")
		c.style, _, _ = strings.Cut(name, "+")
		head, content, ok := strings.Cut(string(data), "\n===\n")
		if !ok {
			head = strings.TrimSuffix(head, "\n")
		}
		for line := range strings.Lines(head) {
			key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			if !ok || !slices.Contains([]string{"at", "to", "do", "fill", "refused", "next", "none"}, key) {
				t.Fatalf("%s: the line %q is not understood", path, line)
			}
			c.head[key] = value
		}
		c.content = content
		cells = append(cells, c)
	}
	return cells
}

// files returns the file before and after the edit.
func (c cell) files(t *testing.T) (before, after []byte) {
	t.Helper()
	content := c.content
	if text, ok := c.head["fill"]; ok {
		pattern, err := strconv.Unquote(text)
		if err != nil || strings.Count(content, "«fill»") != 1 {
			t.Fatalf("%s: no place or no text to fill with: %v", c.path, err)
		}
		content = strings.Replace(content, "«fill»", filled(pattern, fillSize()-len(content)), 1)
	}
	var one, two bytes.Buffer
	for {
		kept, marked, ok := strings.Cut(content, "«")
		one.WriteString(kept)
		two.WriteString(kept)
		if !ok {
			return one.Bytes(), two.Bytes()
		}
		mark, rest, closed := strings.Cut(marked, "»")
		from, to, both := strings.Cut(mark, "|")
		if !closed || !both {
			t.Fatalf("%s: a mark is not «old|new»", c.path)
		}
		one.WriteString(from)
		two.WriteString(to)
		content = rest
	}
}

// filled repeats pattern, in which %d is a number, up to size bytes.
func filled(pattern string, size int) string {
	var b strings.Builder
	for i := 0; ; i++ {
		text := pattern
		if strings.Contains(pattern, "%d") {
			text = fmt.Sprintf(pattern, i)
		}
		if b.Len()+len(text) > size {
			return b.String()
		}
		b.WriteString(text)
	}
}

// locator builds what "at" says: a type of this package, and its fields.
func (c cell) locator(t *testing.T) Locator {
	t.Helper()
	words := strings.Fields(c.head["at"])
	zero, ok := locators()[words[0]]
	if !ok {
		t.Fatalf("%s: %s is no shape", c.path, words[0])
	}
	at := reflect.New(reflect.TypeOf(zero)).Elem()
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		field := at
		for part := range strings.SplitSeq(name, ".") {
			field = field.FieldByName(part)
		}
		if !field.IsValid() {
			t.Fatalf("%s: %s has no field %s", c.path, words[0], name)
		}
		field.SetString(value)
	}
	return at.Interface().(Locator)
}

// edit does what the cell says.
func (c cell) edit(t *testing.T, data []byte) ([]byte, []FieldEdit, error) {
	t.Helper()
	if c.head["do"] == "annotate" {
		after, edit, err := Annotate(data, Workload{}, RestartedAt, c.head["to"])
		return after, []FieldEdit{edit}, err
	}
	at, to := c.locator(t), mustParse(t, c.head["to"])
	do := Set
	if c.head["do"] == "insert" {
		do = func(data []byte, at Locator, to Version) ([]byte, Outcome, error) {
			return Insert(data, at.(Kustomize), to)
		}
	}
	after, outcome, err := do(data, at, to)
	if err == nil {
		if got, err := Read(after, at); err != nil || got != to {
			t.Errorf("read back %q, %v", got, err)
		}
	}
	return after, outcome.Fields, err
}
