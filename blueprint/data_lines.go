package blueprint

import (
	"bytes"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// linesTree reads JSON Lines: one object a line; empty lines are nothing.
func linesTree(name string, data []byte) (*node, []fault.Detail) {
	root := &node{kind: kindArray, size: 1, line: 1, col: 1}
	var problems []fault.Detail
	line := 0
	for text := range bytes.Lines(data) {
		line++
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if len(root.kids) > MaxDataRows || len(problems) >= maxProblems {
			break
		}
		row, found := jsonTree(name, bytes.TrimRight(text, "\r\n"))
		for _, p := range found {
			p.Line += line - 1
			p.Path = keyIn(joinIndex("rows", len(root.kids)), p.Path)
			problems = append(problems, p)
		}
		if row == nil {
			row = &node{kind: kindObject, size: 1}
		}
		row.down(line - 1)
		root.kids = append(root.kids, row)
		root.size += row.size
	}
	return root, problems
}

// keyIn is a path inside of base.
func keyIn(base, path string) string {
	if path == "" || strings.HasPrefix(path, "[") {
		return base + path
	}
	return base + "." + path
}

// down moves the places of n and all in it by lines.
func (n *node) down(lines int) {
	n.line += lines
	for i := range n.keys {
		n.keys[i].line += lines
	}
	for _, k := range n.kids {
		k.down(lines)
	}
}
