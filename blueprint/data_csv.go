package blueprint

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// csvTree reads CSV with a header. A column's name may say what its cells are:
// name:number, name:bool, name:json; else they are text. An empty cell of such a
// column is no value.
func csvTree(name string, data []byte) (*node, []fault.Detail) {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	b := &builder{file: name}
	header, err := r.Read()
	if err != nil {
		b.csvProblem(err)
		return nil, b.problems
	}
	columns := b.columns(header)
	root := &node{kind: kindArray, size: 1, line: 1, col: 1}
	for len(root.kids) <= MaxDataRows && len(b.problems) < maxProblems {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.csvProblem(err)
			break
		}
		row := &node{kind: kindObject, size: 1}
		row.line, row.col = r.FieldPos(0)
		for i, cell := range record {
			line, col := r.FieldPos(i)
			b.cell(row, columns[i], cell, line, col, joinKey(joinIndex("rows", len(root.kids)), columns[i].name))
		}
		root.kids = append(root.kids, row)
		root.size += row.size
	}
	return root, b.problems
}

func (b *builder) csvProblem(err error) {
	var pe *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		b.problem(1, 1, "", "the data set is empty", "write a header line with the columns' names, and a line for each row")
	case errors.As(err, &pe) && errors.Is(err, csv.ErrFieldCount):
		b.problem(pe.Line, 1, "", "the row has another number of cells than the header", "add the missing cells, or quote a cell that holds a comma")
	case errors.As(err, &pe):
		b.problem(pe.Line, pe.Column, "", "this is not CSV: "+pe.Err.Error(), "quote a cell that holds quotes, commas or line ends, and double the quotes in it")
	default:
		b.problem(1, 1, "", "this is not CSV", "write a header line and a line for each row")
	}
}

type column struct{ name, kind string }

func (b *builder) columns(header []string) []column {
	out := make([]column, len(header))
	seen := map[string]bool{}
	for i, h := range header {
		name, kind := strings.TrimSpace(h), "text"
		if j := strings.LastIndexByte(name, ':'); j >= 0 {
			switch k := name[j+1:]; k {
			case "text", "number", "bool", "json":
				name, kind = name[:j], k
			}
		}
		switch {
		case name == "":
			b.problem(1, 1, "", fmt.Sprintf("column %d of the header has no name", i+1), "name it")
		case seen[name]:
			b.problem(1, 1, name, fmt.Sprintf("the header names the column %q twice", name), "keep one of the two")
		}
		seen[name] = true
		out[i] = column{name, kind}
	}
	return out
}

// cell adds one cell to a row.
func (b *builder) cell(row *node, c column, text string, line, col int, path string) {
	n := &node{kind: kindString, text: text, size: 1, line: line, col: col}
	if c.kind != "text" && strings.TrimSpace(text) == "" {
		return
	}
	switch c.kind {
	case "number":
		b.number(n, path, strings.TrimSpace(text))
	case "bool":
		n.kind, n.text = kindBool, strings.ToLower(strings.TrimSpace(text))
		if n.text != "true" && n.text != "false" {
			b.problem(line, col, path, fmt.Sprintf("%q is neither true nor false", text), "write true or false")
		}
	case "json":
		kid, found := jsonTree(b.file, []byte(text))
		for _, p := range found {
			b.problem(line, col, path, p.Message, p.Fix)
		}
		if kid != nil {
			kid.at0(line, col)
			n = kid
		}
	}
	row.keys = append(row.keys, nodeKey{name: c.name, line: line, col: col})
	row.kids = append(row.kids, n)
	row.size += n.size
}

// at0 puts n and all in it at one place.
func (n *node) at0(line, col int) {
	n.line, n.col = line, col
	for i := range n.keys {
		n.keys[i].line, n.keys[i].col = line, col
	}
	for _, k := range n.kids {
		k.at0(line, col)
	}
}
