package archtest

import (
	"go/ast"
	"go/token"
	"slices"
)

// uses lists what the file does that a pure package may not: reads the clock,
// prints, starts a goroutine. A function is found also when it is passed as a
// value. local is the file's names of imported packages.
func uses(f *ast.File, local map[string]string, at func(token.Pos) string) []Use {
	var found []Use
	ast.Inspect(f, func(node ast.Node) bool {
		switch x := node.(type) {
		case *ast.GoStmt:
			found = append(found, Use{What: "a go statement", At: at(x.Pos())})
		case *ast.SelectorExpr:
			id, ok := x.X.(*ast.Ident)
			if !ok {
				return true
			}
			path := local[id.Name]
			if effectful(path, x.Sel.Name) {
				found = append(found, Use{What: path + "." + x.Sel.Name, At: at(x.Pos())})
			}
		}
		return true
	})
	return found
}

func effectful(path, name string) bool {
	switch path {
	case "time":
		return slices.Contains(clockFuncs(), name)
	case "fmt":
		return slices.Contains(printFuncs(), name)
	}
	return false
}
