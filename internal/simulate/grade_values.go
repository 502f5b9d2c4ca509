package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

// onValue is a check of the value at the grader's field.
func onValue(field string, f func(v any) verdict) check {
	return plain(func(r resource.Run) verdict {
		v, ok := crv.Extract(r.Output, field)
		if !ok {
			return noField(field)
		}
		return f(v)
	})
}

func compileEquals(g blueprint.Grader) (check, error) {
	want, err := canonical(g.Value)
	if err != nil {
		return nil, fmt.Errorf("the value of an equals grader cannot be written as JSON: %w", err)
	}
	return onValue(g.Field, func(v any) verdict {
		if g.IgnoreCase && strings.EqualFold(strings.TrimSpace(shown(v)), strings.TrimSpace(shown(g.Value))) {
			return yes()
		}
		got, err := canonical(v)
		switch {
		case err != nil:
			return broken("the output cannot be written as JSON: %v", err)
		case !bytes.Equal(got, want):
			return no("is %s, expected %s", clipJSON(string(got)), clipJSON(string(want)))
		}
		return yes()
	}), nil
}

func compileSchema(g blueprint.Grader) (check, error) {
	if g.Schema == nil {
		return nil, errors.New("a jsonSchema grader needs schema")
	}
	s, err := crv.CompileSchema(g.Schema)
	if err != nil {
		return nil, err
	}
	return onValue(g.Field, func(v any) verdict { return fits(s, v) }), nil
}

func fits(s *crv.CompiledSchema, v any) verdict {
	found := s.Check(v)
	switch {
	case len(found) == 0:
		return yes()
	case found[0].Path != "":
		return no("%s: %s", found[0].Path, found[0].Message)
	}
	return no("%s", found[0].Message)
}

// compileJSON judges a text that should be JSON (whole), or hold a JSON object or
// list (part), and that fits the schema, when there is one.
func compileJSON(g blueprint.Grader) (check, error) {
	if g.Mode != "" && g.Mode != "whole" && g.Mode != "part" {
		return nil, fmt.Errorf("%q is not a mode of a json grader; use whole or part", g.Mode)
	}
	var schema *crv.CompiledSchema
	if g.Schema != nil {
		var err error
		if schema, err = crv.CompileSchema(g.Schema); err != nil {
			return nil, err
		}
	}
	return onValue(g.Field, func(v any) verdict {
		text, isText := v.(string)
		values := []any{v}
		if isText {
			values = jsonIn(text, g.Mode == "part")
		}
		if len(values) == 0 {
			return no("%s is not JSON", clip(text))
		}
		last := yes()
		for _, x := range values {
			if schema == nil {
				return yes()
			}
			if last = fits(schema, x); last.passed {
				return last
			}
		}
		return last
	}), nil
}

// jsonIn is the value that a text is, or the objects and lists in it.
func jsonIn(text string, part bool) []any {
	var whole any
	if json.Unmarshal([]byte(text), &whole) == nil {
		return []any{whole}
	}
	if !part {
		return nil
	}
	var out []any
	for tries := 0; tries < 1000; tries++ {
		i := strings.IndexAny(text, "{[")
		if i < 0 {
			break
		}
		text = text[i:]
		d := json.NewDecoder(strings.NewReader(text))
		var v any
		if d.Decode(&v) != nil {
			text = text[1:]
			continue
		}
		out = append(out, v)
		text = text[d.InputOffset():]
	}
	return out
}

// compileSubset judges how much of the expected value is in the output: objects
// field by field, lists place by place. The score is the share of values found.
func compileSubset(g blueprint.Grader) (check, error) {
	if g.Value == nil {
		return nil, errors.New("a jsonSubset grader needs value, or what the scenario expects")
	}
	want, least := jsonShape(g.Value), minOf(g, 1)
	return onValue(g.Field, func(v any) verdict {
		if text, ok := v.(string); ok {
			if in := jsonIn(text, true); len(in) == 1 {
				v = in[0]
			}
		}
		c := comparer{ignoreCase: g.IgnoreCase}
		c.compare("", want, jsonShape(v))
		score := float64(c.found) / float64(max(c.all, 1))
		return scored(score, least, "%d of %d values are as expected: %s", c.found, c.all, strings.Join(c.off, "; "))
	}), nil
}

// comparer counts the values of one tree that are in another.
type comparer struct {
	ignoreCase bool
	all, found int
	off        []string // the first few that are not
}

func (c *comparer) compare(path string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for _, k := range sortedKeys(w) {
			c.compare(strings.TrimPrefix(path+"."+k, "."), w[k], g[k])
		}
		if len(w) == 0 {
			c.leaf(path, want, got)
		}
	case []any:
		g, _ := got.([]any)
		for i, e := range w {
			var x any
			if i < len(g) {
				x = g[i]
			}
			c.compare(fmt.Sprintf("%s[%d]", path, i), e, x)
		}
		if len(w) == 0 {
			c.leaf(path, want, got)
		}
	default:
		c.leaf(path, want, got)
	}
}

func (c *comparer) leaf(path string, want, got any) {
	c.all++
	a, errA := canonical(want)
	b, errB := canonical(got)
	same := errA == nil && errB == nil && bytes.Equal(a, b)
	if s, ok := want.(string); ok && !same && c.ignoreCase {
		x, isText := got.(string)
		same = isText && strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(x))
	}
	if same {
		c.found++
		return
	}
	if len(c.off) < 3 {
		c.off = append(c.off, fmt.Sprintf("%s is %s, expected %s", orText(path, "it"), clipJSON(string(b)), clipJSON(string(a))))
	}
}

func compileNumber(g blueprint.Grader) (check, error) {
	want, ok := asNumber(g.Value)
	if !ok {
		return nil, errors.New("a number grader needs a number as value, or as what the scenario expects")
	}
	if g.Tolerance < 0 || g.Relative < 0 {
		return nil, errors.New("tolerance and relative of a number grader are 0 or more")
	}
	off := max(g.Tolerance, g.Relative*math.Abs(want))
	return onValue(g.Field, func(v any) verdict {
		got, ok := asNumber(v)
		switch {
		case !ok:
			return no("%s is no number", clip(shown(v)))
		case math.Abs(got-want) > off+1e-12*math.Abs(want):
			return no("is %g, expected %g, at most %g off", got, want, off)
		}
		return yes()
	}), nil
}

// thousands is a number whose thousands are set apart: 12,345.6, and not 1,04.
var thousands = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d+)?$`)

// asNumber is a number, or a text that is one.
func asNumber(v any) (float64, bool) {
	switch x := jsonShape(v).(type) {
	case float64:
		return x, true
	case string:
		x = strings.TrimSpace(x)
		if thousands.MatchString(x) {
			x = strings.ReplaceAll(x, ",", "")
		}
		f, err := strconv.ParseFloat(x, 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}
