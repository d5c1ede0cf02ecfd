package test

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// logOffences finds lines of the log whose message is put together: people
// search for messages and count them, so each is written out and what differs
// stands in attributes.
func logOffences(t *tree) []offence {
	var all []offence
	for _, s := range t.sources {
		if s.isTest() {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if message := logged(n); message != nil && !spelledOut(message) {
				all = append(all, offence{t.at(message.Pos()), "the message of this log line is put together",
					"write it out, and give what differs as attributes"})
			}
			return true
		})
	}
	return all
}

// logged returns the message where a node is a call of a logger.
func logged(n ast.Node) ast.Expr {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !strings.EqualFold(called(method.X), "log") {
		return nil
	}
	level, withContext := strings.CutSuffix(method.Sel.Name, "Context")
	at := 0
	if withContext {
		at = 1
	}
	if !slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, level) || len(call.Args) <= at {
		return nil
	}
	return call.Args[at]
}

// called is the last name of an expression: "log" of s.log.
func called(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	default:
		return ""
	}
}

func spelledOut(x ast.Expr) bool {
	literal, ok := x.(*ast.BasicLit)
	return ok && literal.Kind == token.STRING
}
