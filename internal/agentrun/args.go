package agentrun

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

// maxExact is the largest integer that a JSON number carries unchanged through
// every implementation (RFC 8259, section 6); from tooLarge on the canonical
// form of a number has an exponent again.
const (
	maxExact = 1<<53 - 1
	tooLarge = 1e21
)

// MaxDepth bounds the nesting of what comes from outside: inputs, arguments and
// outputs. What is kept of a run is nested deeper than they are, and has to be
// readable again.
const MaxDepth = 64

// TooDeep reports whether a JSON value is nested deeper than MaxDepth.
func TooDeep(v any) bool { return deeper(v, MaxDepth) }

func deeper(v any, than int) bool {
	below := func(e any) bool { return deeper(e, than-1) }
	switch x := v.(type) {
	case map[string]any:
		return than < 0 || slices.ContainsFunc(slices.Collect(maps.Values(x)), below)
	case []any:
		return than < 0 || slices.ContainsFunc(x, below)
	}
	return than < 0
}

// maxUnfit bounds what a model is told of arguments that do not fit.
const maxUnfit = 5

// arguments reads what the model wrote for a call and holds it against the tool's
// pinned schema: nobody is asked about a call that its server would refuse.
func (l *loop) arguments(c ToolCall) (args map[string]any, problem string) {
	args, problem = parseArgs(c.Args)
	schema := l.spec.Inputs[c.Name]
	if problem != "" || schema == nil {
		return args, problem
	}
	var wrong []string
	for _, f := range schema.Check(args) {
		wrong = append(wrong, strings.TrimPrefix(f.Path+": ", ": ")+f.Message)
	}
	if len(wrong) == 0 {
		return args, ""
	}
	if more := len(wrong) - maxUnfit; more > 0 {
		wrong = append(wrong[:maxUnfit], fmt.Sprintf("and %d more", more))
	}
	return nil, "its arguments do not fit the tool: " + strings.Join(wrong, "; ") + "; write them as the tool's schema says."
}

// parseArgs reads what the model wrote as arguments. problem is a sentence for
// the model, "" when they are a JSON object.
func parseArgs(s string) (args map[string]any, problem string) {
	if strings.TrimSpace(s) == "" {
		return map[string]any{}, "" // how many models write "no arguments"
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, "its arguments are not valid JSON (" + syntaxProblem(err) + "); write one JSON object."
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, "there is text after its arguments; write one JSON object and nothing else."
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, "its arguments are " + kind(v) + "; write one JSON object."
	}
	if TooDeep(m) {
		return nil, fmt.Sprintf("its arguments are nested deeper than %d; write them flatter.", MaxDepth)
	}
	out, err := exact(m)
	if err != nil {
		return nil, err.Error() + "."
	}
	return out.(map[string]any), ""
}

func syntaxProblem(err error) string {
	var se *json.SyntaxError
	switch {
	case errors.As(err, &se):
		return fmt.Sprintf("%s, at byte %d", se.Error(), se.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "they end in the middle"
	}
	return "they cannot be read"
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	}
	return "a number"
}

// exact turns numbers into float64 and refuses those that would become another
// number on the way: an argument that the guard judged must be the one that the
// tool gets.
func exact(v any) (any, error) {
	switch x := v.(type) {
	case json.Number:
		f, err := x.Float64()
		if err != nil || math.IsInf(f, 0) {
			return nil, fmt.Errorf("the number %.40s is too large; write it as a string", x)
		}
		if abs := math.Abs(f); abs > maxExact && (abs < tooLarge || !strings.ContainsAny(x.String(), ".eE")) {
			return nil, fmt.Errorf("the number %.40s is too large to be exact; write it as a string", x)
		}
		return f, nil
	case map[string]any:
		for k, e := range x {
			n, err := exact(e)
			if err != nil {
				return nil, err
			}
			x[k] = n
		}
	case []any:
		for i, e := range x {
			n, err := exact(e)
			if err != nil {
				return nil, err
			}
			x[i] = n
		}
	}
	return v, nil
}
