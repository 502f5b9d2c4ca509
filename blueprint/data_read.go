package blueprint

import (
	"bytes"
	"fmt"
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
