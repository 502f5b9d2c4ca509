package blueprint

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Limits of one document, so that no input costs more than a moment.
const (
	maxDepth = 64      // nesting
	maxNodes = 200_000 // values, counting what aliases expand to
)

// nodeKind is what a value is in JSON.
type nodeKind string

const (
	kindObject nodeKind = "object"
	kindArray  nodeKind = "array"
	kindString nodeKind = "string"
	kindNumber nodeKind = "number"
	kindBool   nodeKind = "boolean"
	kindNull   nodeKind = "null"
)

// node is one value of a document with its place: what YAML and JSON are both
// read into.
type node struct {
	kind      nodeKind
	line, col int
	text      string // of a string, number or boolean
	block     bool   // a YAML block scalar, whose text begins on the next line
	keys      []nodeKey
	kids      []*node
	size      int // values in it, itself included
}

type nodeKey struct {
	name      string
	line, col int
}

// plain returns the node as encoding/json would: numbers are json.Number.
func (n *node) plain() any {
	switch n.kind {
	case kindObject:
		m := make(map[string]any, len(n.keys))
		for i, k := range n.keys {
			m[k.name] = n.kids[i].plain()
		}
		return m
	case kindArray:
		s := make([]any, len(n.kids))
		for i, k := range n.kids {
			s[i] = k.plain()
		}
		return s
	case kindString:
		return n.text
	case kindNumber:
		return json.Number(n.text)
	case kindBool:
		return n.text == "true"
	}
	return nil
}

// at follows the parts of a JSON pointer as far as they lead.
func (n *node) at(parts []string) *node {
	for _, p := range parts {
		next := n.child(p)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func (n *node) child(part string) *node {
	switch n.kind {
	case kindObject:
		for i, k := range n.keys {
			if k.name == part {
				return n.kids[i]
			}
		}
	case kindArray:
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.kids) {
			return n.kids[i]
		}
	}
	return nil
}

// builder collects what is wrong while a tree is built.
type builder struct {
	file     string
	problems []fault.Detail
	nodes    int
}

func (b *builder) problem(line, col int, path, message, fix string) {
	b.problems = append(b.problems, fault.Detail{
		File: b.file, Line: line, Column: col, Path: path, Message: message, Fix: fix})
}

// count adds n values and reports whether the document is still within limits.
func (b *builder) count(n int) bool {
	b.nodes += n
	return b.nodes <= maxNodes
}

// number checks and normalises the text of a number.
func (b *builder) number(n *node, path, text string) {
	n.kind = kindNumber
	f, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrSyntax) || math.IsNaN(f) {
		n.text = "0"
		b.problem(n.line, n.col, path, strconv.Quote(text)+" is not a number", "write a decimal number, or text in quotes")
		return
	}
	if why := inexact(text); why != "" {
		n.text = "0"
		b.problem(n.line, n.col, path, text+" cannot be kept exactly: "+why, "write a smaller number, or text in quotes")
		return
	}
	n.text = numberText(f)
}

// object adds the checked key to an object node and reports whether it is new.
func (b *builder) key(n *node, seen map[string]nodeKey, k nodeKey, path string) bool {
	if first, dup := seen[k.name]; dup {
		b.problem(k.line, k.col, joinKey(path, k.name),
			"the field "+strconv.Quote(k.name)+" is written twice; the first is at line "+strconv.Itoa(first.line),
			"keep one of the two")
		return false
	}
	seen[k.name] = k
	n.keys = append(n.keys, k)
	return true
}
