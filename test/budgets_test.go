package test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// What a reader can hold at a time.
const (
	maxFile      = 500 // lines
	maxFunction  = 60  // lines, from func to the brace that closes it
	maxWiring    = 100 // the same where things are put together one after the other
	maxInterface = 5   // methods, embedded ones included
)

func fileOffences(t *tree) []offence {
	var all []offence
	for name, n := range t.lines {
		if n > maxFile {
			all = append(all, offence{fmt.Sprintf("%s:%d", name, maxFile+1),
				fmt.Sprintf("the file has %d lines of at most %d", n, maxFile), "split it by ideas"})
		}
	}
	return all
}

func functionOffences(t *tree) []offence {
	var all []offence
	for _, s := range t.sources {
		limit := maxFunction
		if among(s.folder(), "cmd/changebot/server", "cmd/playground") {
			limit = maxWiring
		}
		for name, node := range functions(s.syntax) {
			n := t.fset.Position(node.End()).Line - t.fset.Position(node.Pos()).Line + 1
			if n > limit {
				all = append(all, offence{t.at(node.Pos()), fmt.Sprintf("%s has %d lines of at most %d", name, n, limit),
					"give its parts names of their own"})
			}
		}
	}
	return all
}

// functions are those of a file by name, function values of package variables
// included.
func functions(file *ast.File) map[string]ast.Node {
	all := map[string]ast.Node{}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			all[receiver(d)+d.Name.Name] = d
		case *ast.GenDecl:
			ast.Inspect(d, func(n ast.Node) bool {
				literal, ok := n.(*ast.FuncLit)
				if ok {
					all[fmt.Sprintf("a function value (byte %d)", literal.Pos())] = literal
				}
				return !ok
			})
		}
	}
	return all
}

// receiver is "Type." for a method, else empty.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name + "."
		}
		return name == ""
	})
	return name
}

func interfaceOffences(t *tree) []offence {
	var all []offence
	find := &finder{tree: t, folders: t.folders()}
	for _, s := range t.sources {
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			it, ok := n.(*ast.InterfaceType)
			if !ok {
				return true
			}
			methods := map[string]bool{}
			if err := find.methods(place{s.folder(), s.syntax}, it, methods); err != nil {
				all = append(all, offence{t.at(it.Pos()), err.Error(), "embed something that can be found, or list the methods"})
			}
			if len(methods) > maxInterface {
				all = append(all, offence{t.at(it.Pos()), fmt.Sprintf("the interface has %d methods of at most %d", len(methods), maxInterface),
					"split it by who calls what"})
			}
			return true
		})
	}
	return all
}

func commentOffences(t *tree) []offence {
	var all []offence
	for folder, sources := range t.folders() {
		subject := slices.IndexFunc(sources, func(s source) bool { return !s.isTest() })
		subject = max(subject, 0) // a folder of tests only says so too
		name := sources[subject].syntax.Name.Name
		begin := "Package " + strings.TrimSuffix(name, "_test") + " "
		if name == "main" {
			begin = "Command " + path.Base(folder) + " "
		}
		told := slices.ContainsFunc(sources, func(s source) bool {
			return s.syntax.Doc != nil && strings.HasPrefix(s.syntax.Doc.Text(), begin)
		})
		if !told {
			all = append(all, offence{t.at(sources[subject].syntax.Package), "the package " + folder + " has no comment",
				fmt.Sprintf("say what it is for and how to think of it, from %q on", begin)})
		}
	}
	return all
}

func nameOffences(t *tree) []offence {
	var all []offence
	bad := []string{"util", "utils", "common", "helper", "helpers", "misc"}
	for name := range t.lines {
		words := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("/._-", r) })
		for _, word := range words {
			if slices.Contains(bad, word) {
				all = append(all, offence{name + ":1", "a name says " + word, "name it after what it knows"})
			}
		}
	}
	return all
}

func initOffences(t *tree) []offence {
	var all []offence
	for _, s := range t.sources {
		for _, decl := range s.syntax.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
				all = append(all, offence{t.at(d.Pos()), "init runs unasked", "do it where main wires, or behind sync.OnceValue"})
			}
		}
	}
	return all
}

// specs are the variables that a file declares for its package.
func specs(file *ast.File) []*ast.ValueSpec {
	var all []*ast.ValueSpec
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
			for _, spec := range d.Specs {
				value := spec.(*ast.ValueSpec)
				if value.Doc == nil {
					value.Doc = d.Doc // where //go:embed stands
				}
				all = append(all, value)
			}
		}
	}
	return all
}
