package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// Violation is a broken rule: where, what, and why the rule is there.
type Violation struct {
	At  string // file:line, or a package's path
	Msg string
	Why string
}

// String is the violation on one line.
func (v Violation) String() string { return v.At + ": " + v.Msg + ": " + v.Why }

// Check applies the table and the rules to g. The result is sorted by place.
func Check(g Graph, layers []Layer) []Violation {
	c := checker{layers: layers}
	for _, n := range g {
		c.name(n)
		l, p, ok := find(layers, n.Path)
		if !ok {
			c.add(n.Path, "the package "+n.Path+" is in no layer",
				"add it to Layers in internal/archtest and to the table in docs/architecture.md")
			continue
		}
		for _, i := range n.Imports {
			c.imports(n, l, p, i)
		}
		c.uses(n, l)
	}
	c.missing(g)
	slices.SortFunc(c.found, func(a, b Violation) int {
		return strings.Compare(a.String(), b.String())
	})
	return c.found
}

type checker struct {
	layers []Layer
	found  []Violation
}

func (c *checker) add(at, msg, why string) {
	c.found = append(c.found, Violation{At: at, Msg: msg, Why: why})
}

// name checks what a reader sees first: the package's name and its comment.
func (c *checker) name(n Node) {
	last := n.Path[strings.LastIndex(n.Path, "/")+1:]
	if slices.Contains(badNames(), last) || slices.Contains(badNames(), n.Name) {
		c.add(n.Path, "a package named "+last, "a package's name says its job in the product")
	}
	if !n.Doc {
		c.add(n.Path, "no package comment",
			"every package opens with what it is for, what it is not, and the type to start from")
	}
}

// imports checks one import of a package.
func (c *checker) imports(n Node, l Layer, p Package, i Import) {
	switch rel, ours := strings.CutPrefix(i.Path, Module+"/"); {
	case ours:
		c.inside(n, l, p, i, rel)
	case standard(i.Path):
		for _, f := range forbiddenImports() {
			if within(i.Path, f.path) && slices.Contains(f.layers, l.Name) {
				c.add(i.At, fmt.Sprintf("%s (%s) imports %s", n.Path, l.Name, i.Path), f.why)
			}
		}
		c.owned(n, i)
	default:
		if vetted(l.Name) && !slices.ContainsFunc(p.Libs, func(lib string) bool { return within(i.Path, lib) }) {
			c.add(i.At, fmt.Sprintf("%s (%s) imports %s, which is not one of its libraries", n.Path, l.Name, i.Path),
				"a library below control is chosen once, with a reason, in Layers of internal/archtest")
		}
		c.owned(n, i)
	}
}

// inside checks an import of this module.
func (c *checker) inside(n Node, l Layer, p Package, i Import, rel string) {
	to, _, ok := find(c.layers, rel)
	switch {
	case !ok: // reported once, for the package itself
	case slices.Contains(l.Below, to.Name), slices.Contains(p.Also, rel):
	default:
		c.add(i.At, fmt.Sprintf("%s (%s) imports %s (%s)", n.Path, l.Name, rel, to.Name), l.Why)
	}
}

func (c *checker) owned(n Node, i Import) {
	for _, o := range libraryOwners() {
		if within(i.Path, o.lib) && !slices.ContainsFunc(o.packages, func(p string) bool { return within(n.Path, p) }) {
			c.add(i.At, n.Path+" imports "+i.Path, o.why)
		}
	}
}

// uses checks what the pure packages do.
func (c *checker) uses(n Node, l Layer) {
	if !slices.Contains(pure, l.Name) {
		return
	}
	for _, u := range n.Uses {
		c.add(u.At, fmt.Sprintf("%s (%s) uses %s", n.Path, l.Name, u.What),
			"a pure package reads no clock, does no I/O and starts nothing: times are parameters, results are returned")
	}
}

// missing finds rows of packages that are no more.
func (c *checker) missing(g Graph) {
	for _, l := range c.layers {
		for _, p := range l.Packages {
			if !slices.ContainsFunc(g, func(n Node) bool { return n.Path == p.Path }) {
				c.add(p.Path, "the table has a package that is not there", "the table is true at every commit")
			}
		}
	}
}

func find(layers []Layer, path string) (Layer, Package, bool) {
	for _, l := range layers {
		for _, p := range l.Packages {
			if p.Path == path {
				return l, p, true
			}
		}
	}
	return Layer{}, Package{}, false
}

// vetted reports whether the layer's libraries are listed by package.
func vetted(layer string) bool {
	return slices.Contains(pure, layer) || layer == layerClient || layer == layerSuites
}

// within reports whether path is dir or below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}

// standard reports whether path is of the standard library: its first element
// has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
