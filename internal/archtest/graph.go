package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Graph is the module's packages, sorted by path.
type Graph []Node

// Node is one package as its non-test source has it, for all build tags.
type Node struct {
	Path    string // below the module's path; "." is its root
	Name    string
	Doc     bool // it has a package comment
	Imports []Import
	Uses    []Use // calls that only some layers may make
}

// Import is one import with the first place that has it.
type Import struct {
	Path string // as written
	At   string // file:line
}

// Use is a use of something with an effect.
type Use struct {
	What string // time.Now, fmt.Println, go statement ...
	At   string
}

// Load reads the module in the folder root. Folders named testdata, those that
// begin with "." or "_", and modules inside the module are left out.
func Load(root string) (Graph, error) {
	var g Graph
	err := filepath.WalkDir(root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if dir != root && leftOut(dir, d.Name()) {
			return filepath.SkipDir
		}
		rel, err := filepath.Rel(root, dir)
		if err != nil {
			return err
		}
		n, ok, err := loadPackage(root, filepath.ToSlash(rel))
		if ok {
			g = append(g, n)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archtest: read the module in %s: %w", root, err)
	}
	slices.SortFunc(g, func(a, b Node) int { return strings.Compare(a.Path, b.Path) })
	return g, nil
}

func leftOut(dir, name string) bool {
	if name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// loadPackage reads the package in root/rel; ok is false when there is no
// source in it.
func loadPackage(root, rel string) (n Node, ok bool, err error) {
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(rel)))
	if err != nil {
		return Node{}, false, err
	}
	n.Path = rel
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		name := filepath.ToSlash(filepath.Join(rel, e.Name()))
		src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return Node{}, false, err
		}
		if err := n.addFile(name, src); err != nil {
			return Node{}, false, err
		}
		ok = true
	}
	return n, ok, nil
}

// addFile adds a source file to the package.
func (n *Node) addFile(name string, src []byte) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	at := func(p token.Pos) string {
		return fmt.Sprintf("%s:%d", name, fset.Position(p).Line)
	}
	n.Name = f.Name.Name
	n.Doc = n.Doc || f.Doc != nil
	local := map[string]string{} // name in the file -> import path
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		local[localName(spec, path)] = path
		if !slices.ContainsFunc(n.Imports, func(i Import) bool { return i.Path == path }) {
			n.Imports = append(n.Imports, Import{Path: path, At: at(spec.Pos())})
		}
	}
	n.Uses = append(n.Uses, uses(f, local, at)...)
	return nil
}

func localName(spec *ast.ImportSpec, path string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return path[strings.LastIndex(path, "/")+1:]
}
