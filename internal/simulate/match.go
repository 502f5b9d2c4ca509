package simulate

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// matcher judges one argument; nil is an argument that was left out.
type matcher func(got any) bool

// compileMatch compiles the match of a fixture.
func compileMatch(match map[string]any) (map[string]matcher, error) {
	out := make(map[string]matcher, len(match))
	for name, want := range match {
		m, err := compileMatcher(want)
		if err != nil {
			return nil, fmt.Errorf("match.%s: %w", name, err)
		}
		out[name] = m
	}
	return out, nil
}

// compileMatcher makes a matcher of a value, or of an operator object: one whose
// fields all begin with $.
func compileMatcher(want any) (matcher, error) {
	ops, _ := want.(map[string]any)
	if len(ops) == 0 || !slices.ContainsFunc(slices.Collect(maps.Keys(ops)), func(k string) bool { return strings.HasPrefix(k, "$") }) {
		return equalTo(want)
	}
	var all []matcher
	for _, op := range slices.Sorted(maps.Keys(ops)) {
		compile := operators[op]
		if compile == nil {
			return nil, fault.New(fault.Invalid, "%q is no operator; write one of %s", op, strings.Join(slices.Sorted(maps.Keys(operators)), ", "))
		}
		m, err := compile(ops[op])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		all = append(all, m)
	}
	return func(got any) bool {
		return !slices.ContainsFunc(all, func(m matcher) bool { return !m(got) })
	}, nil
}

var operators = map[string]func(any) (matcher, error){
	"$regex":  matchRegex,
	"$in":     matchIn,
	"$ne":     matchNot,
	"$exists": matchExists,
	"$gt":     matchOrder(func(c int) bool { return c > 0 }),
	"$gte":    matchOrder(func(c int) bool { return c >= 0 }),
	"$lt":     matchOrder(func(c int) bool { return c < 0 }),
	"$lte":    matchOrder(func(c int) bool { return c <= 0 }),
}

func equalTo(want any) (matcher, error) {
	b, err := canonical(want)
	if err != nil {
		return nil, err
	}
	return func(got any) bool {
		g, err := canonical(got)
		return err == nil && bytes.Equal(g, b)
	}, nil
}

func matchNot(v any) (matcher, error) {
	eq, err := equalTo(v)
	if err != nil {
		return nil, err
	}
	return func(got any) bool { return !eq(got) }, nil
}

func matchRegex(v any) (matcher, error) {
	text, ok := v.(string)
	if !ok {
		return nil, fault.New(fault.Invalid, "a pattern is text")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return func(got any) bool {
		s, ok := got.(string)
		return ok && re.MatchString(s)
	}, nil
}

func matchIn(v any) (matcher, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, fault.New(fault.Invalid, "it takes a list of values")
	}
	var some []matcher
	for _, e := range list {
		m, err := equalTo(e)
		if err != nil {
			return nil, err
		}
		some = append(some, m)
	}
	return func(got any) bool {
		return slices.ContainsFunc(some, func(m matcher) bool { return m(got) })
	}, nil
}

func matchExists(v any) (matcher, error) {
	want, ok := v.(bool)
	if !ok {
		return nil, fault.New(fault.Invalid, "it takes true or false")
	}
	return func(got any) bool { return (got != nil) == want }, nil
}

// matchOrder compares numbers with a number and texts with a text.
func matchOrder(holds func(int) bool) func(any) (matcher, error) {
	return func(v any) (matcher, error) {
		if text, ok := v.(string); ok {
			return func(got any) bool {
				s, ok := got.(string)
				return ok && holds(cmp.Compare(s, text))
			}, nil
		}
		n, ok := float(v)
		if !ok {
			return nil, fault.New(fault.Invalid, "it takes a number or text")
		}
		return func(got any) bool {
			f, ok := float(got)
			return ok && holds(cmp.Compare(f, n))
		}, nil
	}
}

// float reads a number as JSON, YAML or Go code gives it.
func float(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, !math.IsNaN(x)
	case int:
		return float64(x), true
	case int64:
		return float64(x), true
	case uint64:
		return float64(x), true
	}
	return 0, false
}
