package blueprint

import (
	"errors"
	"fmt"
	"strconv"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/aureus-agents/aureus/internal/fault"
)

// maxTokens bounds a YAML text before it is parsed: the parser's time grows
// faster than its input.
const maxTokens = 100_000

// yamlTree reads one YAML document.
func yamlTree(file string, data []byte) (*node, []fault.Detail) {
	r := &yamlReader{builder: builder{file: file}, anchors: map[string]*node{}}
	tokens := lexer.Tokenize(string(data))
	if !r.shallow(tokens) {
		return nil, r.problems
	}
	doc, err := parseYAML(tokens)
	if err != nil {
		r.syntax(err)
		return nil, r.problems
	}
	body := r.single(doc)
	if body == nil {
		return nil, r.problems
	}
	return r.value(body, "", 0), r.problems
}

// parseYAML turns a panic of the parser into an error: its input comes from
// outside, and a defect in it must not stop the process.
func parseYAML(tokens token.Tokens) (f *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the text cannot be read")
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

type yamlReader struct {
	builder
	anchors map[string]*node
}

// shallow refuses a text whose nesting would make the parser recurse deeply,
// before it is parsed.
func (r *yamlReader) shallow(tokens token.Tokens) bool {
	if len(tokens) > maxTokens {
		r.problem(1, 1, "", "the document holds too many values", "keep to "+strconv.Itoa(maxTokens)+" tokens")
		return false
	}
	flow, run, line := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			if t.Position.Line != line {
				line, run = t.Position.Line, 0
			}
			run++
		}
		if flow > maxDepth || (run > maxDepth && flow == 0) || t.Position.IndentNum > 16*maxDepth {
			r.problem(t.Position.Line, t.Position.Column, "", "the document is nested too deeply",
				"keep to "+strconv.Itoa(maxDepth)+" levels")
			return false
		}
	}
	return true
}

// single returns the body of the one document.
func (r *yamlReader) single(f *ast.File) ast.Node {
	var body ast.Node
	for _, d := range f.Docs {
		if d.Body == nil {
			continue
		}
		if _, ok := d.Body.(*ast.DirectiveNode); ok {
			continue
		}
		if body != nil {
			p := d.Body.GetToken().Position
			r.problem(p.Line, p.Column, "", "the file holds more than one YAML document", "keep one document in a file and remove the second ---")
			return nil
		}
		body = d.Body
	}
	if body == nil {
		r.problem(1, 1, "", "the file is empty", "check that it is the right file, and write its fields")
	}
	return body
}

func (r *yamlReader) syntax(err error) {
	var se *yaml.SyntaxError
	if errors.As(err, &se) && se.Token != nil {
		r.problem(se.Token.Position.Line, se.Token.Position.Column, "", "this is not YAML: "+se.Message, "correct the YAML at this place; indent with spaces and quote text that holds : or #")
		return
	}
	r.problem(1, 1, "", "this is not YAML", "correct the YAML; indent with spaces and quote text that holds : or #")
}

// value converts one AST node; nil after a problem that ends reading.
func (r *yamlReader) value(a ast.Node, path string, depth int) *node {
	n := &node{size: 1, line: 1, col: 1}
	if t := a.GetToken(); t != nil {
		n.line, n.col = t.Position.Line, t.Position.Column
	}
	if depth > maxDepth || !r.count(1) {
		r.tooMuch(n, path)
		return nil
	}
	switch v := a.(type) {
	case *ast.MappingNode:
		return r.mapping(n, v.Values, path, depth)
	case *ast.MappingValueNode:
		return r.mapping(n, []*ast.MappingValueNode{v}, path, depth)
	case *ast.SequenceNode:
		return r.sequence(n, v, path, depth)
	case *ast.AnchorNode:
		kid := r.value(v.Value, path, depth+1)
		if kid != nil {
			r.anchors[v.Name.GetToken().Value] = kid
		}
		return kid
	case *ast.AliasNode:
		return r.alias(n, v, path)
	case *ast.TagNode:
		return r.tag(n, v, path, depth)
	}
	r.scalar(n, a, path)
	return n
}

func (r *yamlReader) tooMuch(n *node, path string) {
	r.problem(n.line, n.col, path, "the document is nested too deeply or holds too many values",
		"keep to "+strconv.Itoa(maxDepth)+" levels and "+strconv.Itoa(maxNodes)+" values, aliases included")
}

func (r *yamlReader) alias(n *node, v *ast.AliasNode, path string) *node {
	name := v.Value.GetToken().Value
	target, ok := r.anchors[name]
	if !ok {
		r.problem(n.line, n.col, path, "the alias *"+name+" has no anchor &"+name+" before it", "write the value itself")
		return nil
	}
	if !r.count(target.size) {
		r.tooMuch(n, path)
		return nil
	}
	return target
}

// tag takes !!str, which only says that a value is text, and refuses the rest.
func (r *yamlReader) tag(n *node, v *ast.TagNode, path string, depth int) *node {
	if v.Start.Value == "!!str" && v.Value != nil {
		if s, ok := v.Value.(ast.ScalarNode); ok {
			n.kind, n.text = kindString, s.GetToken().Value
			return n
		}
	}
	r.problem(n.line, n.col, path, "the tag "+v.Start.Value+" is not allowed", "write the value without a tag; quote it to make it text")
	return nil
}

func (r *yamlReader) mapping(n *node, values []*ast.MappingValueNode, path string, depth int) *node {
	n.kind = kindObject
	seen := map[string]nodeKey{}
	for i, mv := range values {
		k, ok := r.mapKey(mv.Key, path)
		if !ok {
			return nil
		}
		if i == 0 && !mv.IsFlowStyle {
			n.line, n.col = k.line, k.col
		}
		fresh := r.key(n, seen, k, path)
		kid := r.value(mv.Value, joinKey(path, k.name), depth+1)
		if kid == nil {
			return nil
		}
		if kid.kind == kindNull {
			// Nothing is written there: the place is its name's.
			kid = &node{kind: kindNull, size: 1, line: k.line, col: k.col}
		}
		if fresh {
			n.kids = append(n.kids, kid)
			n.size += kid.size
		}
	}
	return n
}

func (r *yamlReader) mapKey(key ast.MapKeyNode, path string) (nodeKey, bool) {
	t := key.GetToken()
	k := nodeKey{line: t.Position.Line, col: t.Position.Column}
	switch v := key.(type) {
	case *ast.StringNode:
		k.name = v.Value
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode, *ast.NullNode:
		k.name = t.Value
	case *ast.MergeKeyNode:
		r.problem(k.line, k.col, path, "merge keys (<<) are not supported", "use an alias for a whole value, or write the fields out")
		return k, false
	default:
		r.problem(k.line, k.col, path, "a field name must be plain text", "write name: value")
		return k, false
	}
	return k, true
}

func (r *yamlReader) sequence(n *node, v *ast.SequenceNode, path string, depth int) *node {
	n.kind = kindArray
	for i, item := range v.Values {
		kid := r.value(item, joinIndex(path, i), depth+1)
		if kid == nil {
			return nil
		}
		n.kids = append(n.kids, kid)
		n.size += kid.size
	}
	return n
}
