// Package test tests the tree itself: who may import whom, and how big things
// may grow. It reads the source with go/parser and builds nothing, so it takes
// a second and sees the files of every platform.
//
// Each check is a function from a tree to offences. TestTheTree runs them over
// this repository; the other tests run them over a few lines that offend, for
// a check that cannot fail says nothing.
package test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path in go.mod.
const module = "github.com/changebot/changebot"

// A tree is every hand-written file of the repository.
type tree struct {
	fset    *token.FileSet
	sources []source
	lines   map[string]int // of every text file that counts, by path
}

// A source is one Go file.
type source struct {
	path   string // from the root, with slashes
	syntax *ast.File
}

func (s source) folder() string { return path.Dir(s.path) }
func (s source) isTest() bool   { return strings.HasSuffix(s.path, "_test.go") }

// An offence is a broken rule: where, what, and what to do about it.
type offence struct{ at, what, todo string }

func (o offence) String() string { return o.at + ": " + o.what + "; " + o.todo }

// at is a place as editors understand it.
func (t *tree) at(pos token.Pos) string {
	p := t.fset.Position(pos)
	return p.Filename + ":" + strconv.Itoa(p.Line)
}

// folders lists the sources of each folder.
func (t *tree) folders() map[string][]source {
	all := map[string][]source{}
	for _, s := range t.sources {
		all[s.folder()] = append(all[s.folder()], s)
	}
	return all
}

// counted are the endings of files that people write and read.
func counted() []string {
	return []string{".go", ".sh", ".js", ".mjs", ".css", ".html", ".md", ".sql"}
}

// readTree parses what lies under root, without testdata, generated files,
// other modules and what tools leave behind.
func readTree(root fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet(), lines: map[string]int{}}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && skipped(root, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains(counted(), path.Ext(name)) {
			return nil
		}
		return t.add(root, name)
	})
	return t, err
}

func (t *tree) add(root fs.FS, name string) error {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	if path.Ext(name) == ".go" {
		syntax, err := parser.ParseFile(t.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if ast.IsGenerated(syntax) {
			return nil
		}
		t.sources = append(t.sources, source{name, syntax})
	}
	t.lines[name] = bytes.Count(text, []byte("\n"))
	return nil
}

func skipped(root fs.FS, folder string) bool {
	base := path.Base(folder)
	if slices.Contains([]string{"testdata", "node_modules", "artefacts", "bin"}, base) || strings.ContainsRune("._", rune(base[0])) {
		return true
	}
	_, err := fs.Stat(root, path.Join(folder, "go.mod"))
	return err == nil
}

// changing is the one rule that knows excuses.
const changing = "package variables do not change"

// checks are all the rules, by what holds where they are kept.
func checks() map[string]func(*tree) []offence {
	return map[string]func(*tree) []offence{
		"packages import only what the architecture allows": importOffences,
		"a file has at most 500 lines":                      fileOffences,
		"a function fits a screen":                          functionOffences,
		"an interface has at most five methods":             interfaceOffences,
		"every package says what it is for":                 commentOffences,
		"no name says helper or util":                       nameOffences,
		"nothing happens before main":                       initOffences,
		"a message in the log is always the same":           logOffences,
		changing: variableOffences,
	}
}

func TestTheTree(t *testing.T) {
	read, err := readTree(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(read.sources) < 100 {
		t.Fatalf("found %d Go files; is this the root of the repository?", len(read.sources))
	}
	for name, check := range checks() {
		t.Run(name, func(t *testing.T) {
			var excused []excuse
			if name == changing {
				excused = excuses()
			}
			report(t, unexcused(check(read), excused))
		})
	}
}

// An excuse lets one thing stand, with a reason. One that excuses nothing any
// more fails the test too.
type excuse struct{ path, subject, reason string }

func excuses() []excuse {
	const embedded = "embedded bytes that only their package reads; better a string"
	return []excuse{
		{"gitops/store/storetest/dying.go", "Local", "set once, before any test begins, to try the suite far from UTC"},
		{"gitops/catalog/schema.go", "schemaText", embedded},
		{"test/argocdtest/page.go", "pageHTML", embedded},
		{"test/githubtest/contract/contract.go", "description", embedded},
	}
}

// unexcused are the offences that remain, and the excuses that nothing needs.
func unexcused(all []offence, excuses []excuse) []offence {
	var remain []offence
	used := map[excuse]bool{}
	for _, o := range all {
		i := slices.IndexFunc(excuses, func(e excuse) bool {
			return strings.HasPrefix(o.at, e.path+":") && strings.Contains(o.what, " "+e.subject+" ")
		})
		if i < 0 {
			remain = append(remain, o)
			continue
		}
		used[excuses[i]] = true
	}
	for _, e := range excuses {
		if !used[e] {
			remain = append(remain, offence{e.path + ":1", "nothing is wrong with " + e.subject + " any more", "delete its excuse in test/tree_test.go"})
		}
	}
	return remain
}

func report(t *testing.T, all []offence) {
	t.Helper()
	slices.SortFunc(all, func(a, b offence) int { return strings.Compare(a.at, b.at) })
	for _, o := range all {
		t.Error(o)
	}
}

// unquoted is the path in an import declaration.
func unquoted(spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic(fmt.Sprintf("the parser let %s pass as an import", spec.Path.Value))
	}
	return name
}
