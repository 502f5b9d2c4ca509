package blueprint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/aureus-agents/aureus/internal/fault"
)

// check validates root against s and returns one detail for each problem.
// base is the field path of root.
func check(s *jsonschema.Schema, file, base string, root *node) []fault.Detail {
	var ve *jsonschema.ValidationError
	if err := s.Validate(root.plain()); !errors.As(err, &ve) {
		return nil
	}
	e := &explainer{file: file, base: base, root: root, rules: rules()}
	e.walk(ve)
	return e.out
}

// maxProblems is how many problems one error lists.
const maxProblems = 100

// inOrder sorts problems as the file reads, drops repeats, and keeps the first
// [maxProblems].
func inOrder(ds []fault.Detail) []fault.Detail {
	slices.SortStableFunc(ds, func(a, b fault.Detail) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	ds = slices.Compact(ds)
	return ds[:min(len(ds), maxProblems)]
}

// explainer turns schema errors into sentences with a place and a fix.
type explainer struct {
	file, base string
	root       *node
	rules      *ruleset
	out        []fault.Detail
}

func (e *explainer) walk(ve *jsonschema.ValidationError) {
	switch ve.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf, *kind.Not:
		problem, fix := e.rules.about(ve.SchemaURL, "x-problem"), e.rules.about(ve.SchemaURL, "x-fix")
		e.add(ve.InstanceLocation, "", problem, fix)
		return
	case *kind.PropertyNames:
		e.explain(ve)
		return
	}
	if len(ve.Causes) == 0 {
		e.explain(ve)
		return
	}
	for _, c := range ve.Causes {
		if len(e.out) >= 10*maxProblems {
			return
		}
		e.walk(c)
	}
}

// path is the field path of a JSON pointer's parts inside root.
func (e *explainer) path(parts []string) string {
	p, n := e.base, e.root
	for _, part := range parts {
		if n != nil && n.kind == kindArray {
			p += "[" + part + "]"
		} else {
			p = joinKey(p, part)
		}
		if n != nil {
			n = n.child(part)
		}
	}
	return p
}

// add records a problem with the value at parts, or with its field key.
func (e *explainer) add(parts []string, key, message, fix string) {
	n := e.root.at(parts)
	line, col := n.line, n.col
	path := e.path(parts)
	if key != "" {
		path = joinKey(path, key)
		for _, k := range n.keys {
			if k.name == key {
				line, col = k.line, k.col
			}
		}
	}
	e.out = append(e.out, fault.Detail{File: e.file, Line: line, Column: col, Path: path, Message: message, Fix: fix})
}

func (e *explainer) explain(ve *jsonschema.ValidationError) {
	at := ve.InstanceLocation
	what := e.rules.about(ve.SchemaURL, "description")
	field := lastName(e.path(at))
	got := show(e.root.at(at).plain())
	switch k := ve.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		slices.Sort(k.Properties)
		for _, p := range k.Properties[:min(len(k.Properties), maxProblems)] {
			e.add(at, p, fmt.Sprintf("unknown field %q", p), e.knownField(ve.SchemaURL, p))
		}
	case *kind.PropertyNames:
		e.add(at, k.Property, fmt.Sprintf("the field %q does not belong to this type", k.Property), "remove it, or change the type")
	case *kind.Required:
		for _, m := range k.Missing {
			e.add(at, m, fmt.Sprintf("the field %q is missing", m), e.missing(ve.SchemaURL, m))
		}
	case *kind.Enum:
		e.add(at, "", fmt.Sprintf("%s is not a known %s", got, field), oneOf(k.Got, k.Want))
	case *kind.Const:
		e.add(at, "", fmt.Sprintf("%s is %s", field, got), fmt.Sprintf("write %v", k.Want))
	case *kind.Type:
		e.typeProblem(at, field, got, k, what)
	case *kind.Pattern:
		e.add(at, "", fmt.Sprintf("%s is not right for %s", got, field), "write "+what)
	case *kind.MinLength:
		e.add(at, "", fmt.Sprintf("%s is too short", field), "write "+what)
	case *kind.MaxLength:
		e.add(at, "", fmt.Sprintf("%s has %d characters", field, k.Got), fmt.Sprintf("keep to %d characters", k.Want))
	case *kind.MinItems:
		e.add(at, "", fmt.Sprintf("%s has %d entries", field, k.Got), fmt.Sprintf("write at least %d: %s", k.Want, what))
	case *kind.MaxItems:
		e.add(at, "", fmt.Sprintf("%s has %d entries", field, k.Got), fmt.Sprintf("keep to %d entries", k.Want))
	case *kind.MinProperties:
		e.add(at, "", fmt.Sprintf("%s is empty", field), "write "+what)
	case *kind.MaxProperties:
		e.add(at, "", fmt.Sprintf("%s has %d fields", field, k.Got), fmt.Sprintf("keep to %d fields", k.Want))
	case *kind.Minimum, *kind.Maximum, *kind.ExclusiveMinimum, *kind.ExclusiveMaximum:
		e.add(at, "", fmt.Sprintf("%s is %s, which is out of range", field, got), "write "+what)
	default:
		e.add(at, "", fmt.Sprintf("%s is not valid here", field), "write "+what)
	}
}
