package test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// constants are the calls whose result nobody can change: it may stand in a
// package variable.
func constants() []string {
	return []string{
		"errors.New", "fmt.Errorf", "status.Error", // error values
		"regexp.MustCompile", "strings.NewReplacer", // immutable, and safe for many at a time
		"sync.OnceValue", "sync.OnceValues", // computed once, at first use
		"time.Date", "time.Unix", "time.Duration",
	}
}

func variableOffences(t *tree) []offence {
	var all []offence
	for _, sources := range t.folders() {
		all = append(all, packageVariables(t, sources)...)
	}
	return all
}

// packageVariables judges the variables of one folder: their kind, and what is
// done to them anywhere in it.
func packageVariables(t *tree, sources []source) []offence {
	var all []offence
	names := map[string]bool{}
	for _, s := range sources {
		for _, spec := range specs(s.syntax) {
			if what := mutable(sources, spec); what != "" {
				all = append(all, offence{t.at(spec.Pos()), fmt.Sprintf("the package variable %s %s", spec.Names[0].Name, what),
					"make it a const, a function that returns it, or a field of what uses it"})
			}
			for _, name := range spec.Names {
				names[name.Name] = name.Name != "_"
			}
		}
	}
	for _, s := range sources {
		for _, decl := range s.syntax.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok {
				for _, id := range changed(d, names, s.syntax) {
					all = append(all, offence{t.at(id.Pos()), "the package variable " + id.Name + " is changed here",
						"make it a field of what uses it, or pass it as an argument"})
				}
			}
		}
	}
	return all
}

// mutable says why a declared variable could be changed, or nothing.
func mutable(sources []source, spec *ast.ValueSpec) string {
	switch {
	case spec.Names[0].Name == "_":
		return ""
	case embeds(spec):
		if _, bytes := spec.Type.(*ast.ArrayType); bytes {
			return "is a slice; embed it as a string"
		}
		return ""
	case len(spec.Values) == 0:
		return "has no value, so it is there to be changed"
	case spec.Type != nil:
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "error" {
			return ""
		}
		if what := kind(sources, spec.Type); what != "" {
			return "is " + what
		}
	}
	for _, value := range spec.Values {
		if what := changeable(sources, value); what != "" {
			return "is " + what
		}
	}
	return ""
}

func embeds(spec *ast.ValueSpec) bool {
	return spec.Doc != nil && slices.ContainsFunc(spec.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// changeable says what kind of thing a value is if others could change it.
func changeable(sources []source, value ast.Expr) string {
	switch v := value.(type) {
	case *ast.CompositeLit:
		return kind(sources, v.Type)
	case *ast.UnaryExpr:
		if v.Op == token.AND {
			return "a pointer"
		}
	case *ast.CallExpr:
		called := written(v.Fun)
		if !slices.Contains(constants(), called) {
			return "the result of " + called + ", of which this test does not know that it cannot change"
		}
	}
	return ""
}

// kind says what a type is if its values can be changed through a copy.
func kind(sources []source, expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.MapType:
		return "a map"
	case *ast.ChanType:
		return "a channel"
	case *ast.StarExpr:
		return "a pointer"
	case *ast.ArrayType:
		if e.Len == nil {
			return "a slice"
		}
		return kind(sources, e.Elt)
	case *ast.Ident:
		if declared := typeNamed(sources, e.Name); declared != nil {
			return kind(sources, declared)
		}
	}
	return ""
}

// typeNamed is how a folder declares a type.
func typeNamed(sources []source, name string) ast.Expr {
	for _, s := range sources {
		for _, decl := range s.syntax.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range d.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.Name == name {
					return ts.Type
				}
			}
		}
	}
	return nil
}

// changed are the places in a function where a package variable is assigned,
// counted up, or has its address taken; its own local names do not count.
// A variable of an imported package counts always.
func changed(d *ast.FuncDecl, names map[string]bool, file *ast.File) []*ast.Ident {
	local := locals(d)
	var all []*ast.Ident
	hit := func(target ast.Expr) {
		id, imported := root(target, file, local)
		if id != nil && (imported || names[id.Name] && !local[id.Name]) {
			all = append(all, id)
		}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				for _, target := range s.Lhs {
					hit(target)
				}
			}
		case *ast.IncDecStmt:
			hit(s.X)
		case *ast.UnaryExpr:
			if _, literal := s.X.(*ast.CompositeLit); s.Op == token.AND && !literal {
				hit(s.X)
			}
		case *ast.RangeStmt:
			if s.Tok == token.ASSIGN {
				hit(s.Key)
				hit(s.Value)
			}
		}
		return true
	})
	return all
}

// root is the variable that an assignment to an expression changes; imported
// if it belongs to another package.
func root(expr ast.Expr, file *ast.File, local map[string]bool) (id *ast.Ident, imported bool) {
	switch e := expr.(type) {
	case *ast.Ident:
		return e, false
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && !local[x.Name] {
			if _, ok := importedAs(file, x.Name); ok {
				return e.Sel, true
			}
		}
		return root(e.X, file, local)
	case *ast.IndexExpr:
		return root(e.X, file, local)
	case *ast.StarExpr:
		return root(e.X, file, local)
	case *ast.ParenExpr:
		return root(e.X, file, local)
	}
	return nil, false
}

// locals are the names that a function declares anywhere in itself. A name
// that is both a local and a package variable counts as local throughout.
func locals(d *ast.FuncDecl) map[string]bool {
	all := map[string]bool{}
	ast.Inspect(d, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.Field:
			for _, name := range s.Names {
				all[name.Name] = true
			}
		case *ast.AssignStmt:
			for _, target := range s.Lhs {
				if id, ok := target.(*ast.Ident); ok && s.Tok == token.DEFINE {
					all[id.Name] = true
				}
			}
		case *ast.RangeStmt:
			for _, target := range []ast.Expr{s.Key, s.Value} {
				if id, ok := target.(*ast.Ident); ok && s.Tok == token.DEFINE {
					all[id.Name] = true
				}
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				all[name.Name] = true
			}
		}
		return true
	})
	return all
}

// written is a called function as it stands in the source.
func written(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return written(e.X) + "." + e.Sel.Name
	case *ast.IndexExpr:
		return written(e.X)
	}
	return "a call"
}
