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
	rows := at + ".data.rows"
	if d.File != "" {
		text, name, err := in.readUpTo(at+".data.file", d.File, MaxDataBytes)
		if text == nil || err != nil {
			return err
		}
		root, problems := dataTree(name, d.Format, text)
		if len(problems) > 0 {
			for _, p := range inOrder(problems) {
				p.Path = at + ".data" + strings.TrimSuffix("."+p.Path, ".")
				in.problems = append(in.problems, p)
			}
			return nil
		}
		sum := sha256.Sum256(text)
		digest := "sha256:" + hex.EncodeToString(sum[:])
		if d.Digest != "" && d.Digest != digest {
			in.problem(at+".data.digest", fmt.Sprintf("%s has the digest %s, and %s is pinned", name, digest, d.Digest),
				"pin the new digest when the change is meant, or restore the file")
			return nil
		}
		if err := decode(root, &d.Rows); err != nil {
			return fault.Wrap(err, fault.Invalid, "%s does not fit the form of rows", name)
		}
		d.File, d.Format, d.Digest = "", "", digest
		in.src.add(name, rows, root)
	}
	in.checkRows(s, at)
	return nil
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
