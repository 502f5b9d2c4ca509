package blueprint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// data inlines the data set of a suite and checks the scenarios that it makes.
func (in *inliner) data(s *Suite, at string) error {
	d := s.Data
	if d == nil {
		return nil
	}
	if d.File != "" {
		text, name, err := in.readUpTo(at+".data.file", d.File, MaxDataBytes)
		if text == nil || err != nil {
			return err
		}
		if ok, err := in.rows(d, at+".data", name, text); !ok || err != nil {
			return err
		}
	}
	in.checkRows(s, at)
	return nil
}

// rows takes over the rows of a data set's text; false when a problem was noted.
func (in *inliner) rows(d *DataSet, at, name string, text []byte) (bool, error) {
	root, problems := dataTree(name, d.Format, text)
	if len(problems) > 0 {
		for _, p := range inOrder(problems) {
			p.Path = strings.TrimSuffix(keyIn(at, p.Path), ".")
			in.problems = append(in.problems, p)
		}
		return false, nil
	}
	sum := sha256.Sum256(text)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if d.Digest != "" && d.Digest != digest {
		in.problem(at+".digest", fmt.Sprintf("%s has the digest %s, and %s is pinned", name, digest, d.Digest),
			"pin the new digest when the change is meant, or restore the file")
		return false, nil
	}
	if err := decode(root, &d.Rows); err != nil {
		return false, fault.Wrap(err, fault.Invalid, "%s does not fit the form of rows", name)
	}
	d.File, d.Format, d.Digest = "", "", digest
	in.src.add(name, at+".rows", root)
	return true, nil
}

// ReadData reads a data set's text into s.Data, which may have a template and a
// format already, and returns the scenarios that it makes. What is wrong comes
// back as one fault.Invalid with a detail for each problem: file, line, column and
// the field below suite.
func (s *Suite) ReadData(name string, text []byte) ([]Scenario, error) {
	if len(text) > MaxDataBytes {
		return nil, dataTooLarge(name)
	}
	in := &inliner{src: &Source{File: name, at: map[string]Position{}, blocks: map[string]bool{}}}
	ok, err := in.rows(s.Data, "suite.data", name, text)
	if err != nil {
		return nil, err
	}
	if ok {
		in.checkRows(s, "suite")
	}
	if len(in.problems) > 0 {
		return nil, invalid(name, in.problems)
	}
	return s.Expand()
}

// ParseTemplate reads the template of a data set: one object, YAML or JSON.
func ParseTemplate(name string, data []byte) (map[string]any, error) {
	root, problems, err := readTree(name, data, DefaultMaxBytes)
	if err != nil {
		return nil, err
	}
	if root != nil && root.kind != kindObject {
		problems = append(problems, fault.Detail{File: name, Line: root.line, Column: root.col, Message: "a template is one object",
			Fix: "write the fields of a scenario, with {{column}} for the values of a row"})
	}
	if len(problems) > 0 {
		return nil, invalid(name, problems)
	}
	var out map[string]any
	if err := decode(root, &out); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s does not fit the form of a template", name)
	}
	return out, nil
}

// checkRows reports what is wrong with the scenarios of a data set, at the row
// and column that they come from.
func (in *inliner) checkRows(s *Suite, at string) {
	for i, row := range s.Data.Rows {
		if len(in.problems) >= maxProblems {
			return
		}
		v, problem := s.Data.expand(i, row)
		if problem != nil {
			in.atRow(*problem, at+"."+problem.Path)
			continue
		}
		path := joinIndex(at+".data.rows", i)
		for _, p := range check(rules().scenario, "", "", nodeOf(v)) {
			where := path
			if len(s.Data.Template) == 0 {
				where = keyIn(path, columnOf(p.Path, row))
			}
			p.Message = strings.TrimPrefix(p.Path+": "+p.Message, ": ")
			in.atRow(p, where)
		}
	}
	if len(in.problems) > 0 {
		return
	}
	var fe *fault.Error
	if _, err := s.Expand(); errors.As(err, &fe) {
		for _, p := range fe.Details {
			in.atRow(p, at+"."+p.Path)
		}
	}
}

func (in *inliner) atRow(p fault.Detail, path string) {
	pos := in.src.Position(path)
	p.File, p.Line, p.Column, p.Path = pos.File, pos.Line, pos.Column, path
	in.problems = append(in.problems, p)
}

// columnOf is the column of a row without template that a scenario's field comes
// from.
func columnOf(field string, row map[string]any) string {
	for _, c := range slices.Sorted(maps.Keys(short)) {
		if _, has := row[c]; has && strings.HasPrefix(field, "expect."+short[c]) {
			return c
		}
	}
	head, _, _ := strings.Cut(strings.ReplaceAll(field, "[", "."), ".")
	if _, has := row[head]; !has && head == "name" {
		return "id"
	}
	return head
}

// nodeOf is plain data as a tree without places.
func nodeOf(v any) *node {
	n := &node{size: 1}
	switch v := v.(type) {
	case map[string]any:
		n.kind = kindObject
		for _, k := range slices.Sorted(maps.Keys(v)) {
			n.keys = append(n.keys, nodeKey{name: k})
			n.kids = append(n.kids, nodeOf(v[k]))
		}
	case []any:
		n.kind = kindArray
		for _, e := range v {
			n.kids = append(n.kids, nodeOf(e))
		}
	case string:
		n.kind, n.text = kindString, v
	case bool:
		n.kind, n.text = kindBool, fmt.Sprint(v)
	case float64:
		n.kind, n.text = kindNumber, numberText(v)
	case json.Number:
		n.kind, n.text = kindNumber, v.String()
	default:
		n.kind = kindNull
	}
	return n
}
