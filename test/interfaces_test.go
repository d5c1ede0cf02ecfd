package test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// A finder counts the methods of interfaces across packages, by reading the
// source of those that are embedded.
type finder struct {
	tree    *tree
	folders map[string][]source
	others  map[string][]*ast.File // packages outside of the tree, by import path
}

// A place is where an expression stands: it says what its names mean.
type place struct {
	pkg  string // a folder of the tree, or an import path
	file *ast.File
}

// methods adds the names of an interface's methods, embedded ones included.
func (f *finder) methods(at place, it *ast.InterfaceType, into map[string]bool) error {
	for _, field := range it.Methods.List {
		for _, name := range field.Names {
			into[name.Name] = true
		}
		if len(field.Names) == 0 {
			if err := f.embedded(at, field.Type, into); err != nil {
				return err
			}
		}
	}
	return nil
}

// embedded adds the methods that an embedded element brings. Elements of
// constraints bring none.
func (f *finder) embedded(at place, element ast.Expr, into map[string]bool) error {
	switch e := element.(type) {
	case *ast.InterfaceType:
		return f.methods(at, e, into)
	case *ast.IndexExpr:
		return f.embedded(at, e.X, into)
	case *ast.Ident:
		return f.named(at.pkg, e.Name, into)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			if imported, ok := importedAs(at.file, x.Name); ok {
				return f.named(imported, e.Sel.Name, into)
			}
		}
		return fmt.Errorf("the package of the embedded %s is not known", e.Sel.Name)
	}
	return nil
}

// named adds the methods of a type of a package, if it is an interface.
func (f *finder) named(pkg, name string, into map[string]bool) error {
	files, folder, err := f.files(pkg)
	if err != nil {
		return err
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range d.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.Name == name {
					return f.embedded(place{folder, file}, ts.Type, into)
				}
			}
		}
	}
	switch name {
	case "error":
		into["Error"] = true
	case "any", "comparable", "string", "int", "int64", "float64", "bool", "byte", "rune": // bring no methods
	default:
		return fmt.Errorf("the embedded %s is not found in %s", name, pkg)
	}
	return nil
}

// files are the sources of a package, given as a folder of the tree or by
// import path.
func (f *finder) files(pkg string) (files []*ast.File, as string, err error) {
	folder := strings.TrimPrefix(pkg, module+"/")
	if sources, ok := f.folders[folder]; ok {
		for _, s := range sources {
			files = append(files, s.syntax)
		}
		return files, folder, nil
	}
	if files, ok := f.others[pkg]; ok {
		return files, pkg, nil
	}
	files, err = parseFolder(pkg)
	if err != nil {
		return nil, "", fmt.Errorf("read the source of %s: %w", pkg, err)
	}
	if f.others == nil {
		f.others = map[string][]*ast.File{}
	}
	f.others[pkg] = files
	return files, pkg, nil
}

// parseFolder reads a package of the standard library or of a module.
func parseFolder(imported string) ([]*ast.File, error) {
	found, err := build.Import(imported, ".", 0)
	if err != nil {
		return nil, err
	}
	fset, files := token.NewFileSet(), map[string]*ast.File{}
	for _, name := range found.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(found.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files[name] = file
	}
	return slices.Collect(maps.Values(files)), nil
}
