package blueprint

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// The limits of a data set: what a version carries is stored with it.
const (
	MaxDataBytes = maxInlined
	MaxDataRows  = 10_000
)

// ParseData reads a data set: rows by column, with the place of each row's
// fields under rows[i] in the Source. format is jsonl, csv, yaml or json; ""
// goes by the name's ending. What is wrong comes back as one fault.Invalid with
// a detail for each problem: file, line, column and field.
func ParseData(name, format string, data []byte) ([]map[string]any, *Source, error) {
	if len(data) > MaxDataBytes {
		return nil, nil, dataTooLarge(name)
	}
	root, problems := dataTree(name, format, data)
	if len(problems) > 0 {
		return nil, nil, invalid(name, inOrder(problems))
	}
	var rows []map[string]any
	if err := decode(root, &rows); err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "%s does not fit the form of rows", name)
	}
	src := &Source{File: name, at: map[string]Position{}, blocks: map[string]bool{}}
	src.add(name, "rows", root)
	return rows, src, nil
}

func dataTooLarge(name string) error {
	return fault.New(fault.TooLarge, "%s is larger than the limit of %d bytes; split the data set, or take a sample of it", name, MaxDataBytes)
}

// dataFormat is the format of a file by its ending, "" when it says nothing.
func dataFormat(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".jsonl", ".ndjson":
		return "jsonl"
	case ".csv":
		return "csv"
	case ".yaml", ".yml":
		return "yaml"
	case ".json":
		return "json"
	}
	return ""
}

// dataTree reads the rows as one list of objects.
func dataTree(name, format string, data []byte) (root *node, problems []fault.Detail) {
	if format == "" {
		format = dataFormat(name)
	}
	if i := invalidUTF8(data); i >= 0 {
		line := 1 + bytes.Count(data[:i], []byte("\n"))
		return nil, []fault.Detail{{File: name, Line: line, Column: i - bytes.LastIndexByte(data[:i], '\n'), Message: "the text is not UTF-8", Fix: "save the file as UTF-8"}}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch format {
	case "jsonl":
		root, problems = linesTree(name, data)
	case "csv":
		root, problems = csvTree(name, data)
	case "yaml":
		root, problems = yamlTree(name, data)
	case "json":
		root, problems = jsonTree(name, data)
	default:
		return nil, []fault.Detail{{File: name, Message: "the format of the data set is not known", Fix: "name the file .jsonl, .csv, .yaml or .json, or write format:"}}
	}
	if root == nil || len(problems) > 0 {
		return root, problems
	}
	return root, checkRows(name, root)
}

// checkRows reports what is not a list of objects.
func checkRows(name string, root *node) (problems []fault.Detail) {
	at := func(n *node, path, message, fix string) {
		problems = append(problems, fault.Detail{File: name, Line: n.line, Column: n.col, Path: path, Message: message, Fix: fix})
	}
	switch {
	case root.kind != kindArray:
		at(root, "", "a data set is a list of rows", "write a list of objects, one a row")
	case len(root.kids) == 0:
		at(root, "", "the data set has no rows", "add a row, or remove the suite")
	case len(root.kids) > MaxDataRows:
		at(root.kids[MaxDataRows], "", fmt.Sprintf("the data set has more than %d rows", MaxDataRows), "split it, or take a sample of it")
	}
	for i, row := range root.kids {
		if root.kind == kindArray && row.kind != kindObject {
			at(row, joinIndex("rows", i), fmt.Sprintf("row %d is no object", i+1), "write {\"column\": value, ...}")
		}
	}
	return problems
}

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
