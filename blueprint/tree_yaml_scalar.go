package blueprint

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// The numbers of YAML 1.2's core schema, and what older readers take for one.
var (
	yamlNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?$`)
	yamlRadix  = regexp.MustCompile(`^[-+]?0[xob][0-9A-Fa-f]+$`)
	yamlOdd    = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?$`)
	hasDigit   = regexp.MustCompile(`^[-+.]*[0-9]`)
)

func (r *yamlReader) scalar(n *node, a ast.Node, path string) {
	switch v := a.(type) {
	case *ast.NullNode:
		n.kind = kindNull
	case *ast.BoolNode:
		n.kind, n.text = kindBool, strconv.FormatBool(v.Value)
	case *ast.LiteralNode:
		n.kind, n.text, n.block = kindString, v.Value.Value, true
	case *ast.StringNode:
		if v.Token.Type != token.StringType {
			n.kind, n.text = kindString, v.Value // quoted
			return
		}
		r.plainScalar(n, path, v.Value)
	case *ast.InfinityNode, *ast.NanNode:
		n.kind, n.text = kindNumber, "0"
		r.problem(n.line, n.col, path, a.GetToken().Value+" is not a number that JSON has", "write a decimal number")
	default:
		r.plainScalar(n, path, a.GetToken().Value)
	}
}

// plainScalar reads an unquoted scalar as YAML 1.2 does, and refuses the
// numbers that YAML readers disagree about.
func (r *yamlReader) plainScalar(n *node, path, text string) {
	text = strings.TrimSpace(text)
	switch {
	case hasDigit.MatchString(text) && yamlNumber.MatchString(text):
		t := strings.TrimPrefix(text, "+")
		t = strings.Replace(strings.Replace(t, "-.", "-0.", 1), "+.", "0.", 1)
		r.number(n, path, t)
	case yamlRadix.MatchString(text):
		i, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 0, 64)
		if err != nil {
			r.problem(n.line, n.col, path, text+" is not a number", "write it in decimal, or as text in quotes")
			i = 0
		}
		r.number(n, path, strconv.FormatInt(i, 10))
	case yamlOdd.MatchString(text):
		n.kind, n.text = kindNumber, "0"
		r.problem(n.line, n.col, path, text+" is a number to some YAML readers and text to others",
			"write it without leading zeros and underscores, or as text in quotes")
	default:
		n.kind, n.text = kindString, text
	}
}
