package crv

import (
	"encoding/json"
	"math"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// notNull: field and each of fields has a value that is not null; with neither,
// the value itself.
func notNull(v blueprint.Validator) (Check, error) {
	paths := v.Fields
	if v.Field != "" || len(paths) == 0 {
		paths = append([]string{v.Field}, paths...)
	}
	return func(val Value) []resource.Finding {
		var out []resource.Finding
		for _, p := range paths {
			if got, ok := Extract(val.Value, p); !ok || got == nil {
				out = append(out, missing(p)...)
			}
		}
		return out
	}, nil
}

// schemaCheck: the field fits the JSON Schema.
func schemaCheck(v blueprint.Validator) (Check, error) {
	s, err := CompileSchema(v.Schema)
	if err != nil {
		return nil, err
	}
	return func(val Value) []resource.Finding {
		got, ok := Extract(val.Value, v.Field)
		if !ok {
			return missing(v.Field)
		}
		out := VerifySchema(s, got)
		for i := range out {
			out[i].Path = joinPath(v.Field, out[i].Path)
		}
		return out
	}, nil
}

// maxSize: the field's size is at most max bytes. The size of text is its UTF-8
// length, of anything else the length of its JSON.
func maxSize(v blueprint.Validator) (Check, error) {
	if v.Max == nil || !(*v.Max > 0) {
		return nil, fault.New(fault.Invalid, "maxSize needs max, a number of bytes above 0")
	}
	return func(val Value) []resource.Finding {
		got, ok := Extract(val.Value, v.Field)
		if !ok {
			return missing(v.Field)
		}
		size, ok := sizeOf(got)
		if !ok {
			return one(resource.OutOfScope, v.Field, "%s has no JSON form and so no size", named(v.Field))
		}
		if float64(size) > *v.Max {
			return one(resource.OutOfScope, v.Field, "%s has %d bytes; at most %.0f are allowed", named(v.Field), size, *v.Max)
		}
		return nil
	}, nil
}

func sizeOf(v any) (int, bool) {
	if s, ok := v.(string); ok {
		return len(s), true
	}
	b, err := json.Marshal(v)
	return len(b), err == nil
}

// monotonic: a list of numbers never moves against direction; a single number
// does not move against it from the previous value of the run.
func monotonic(v blueprint.Validator) (Check, error) {
	wrong, err := against(v.Direction)
	if err != nil {
		return nil, err
	}
	return func(val Value) []resource.Finding {
		got, ok := Extract(val.Value, v.Field)
		if !ok || got == nil {
			return missing(v.Field)
		}
		if list, ok := got.([]any); ok {
			return sortedNumbers(list, v, wrong)
		}
		now, ok := number(got)
		if !ok {
			return one(resource.OutOfScope, v.Field, "%s is not a number", named(v.Field))
		}
		prev, ok := Extract(val.Previous, v.Field)
		if !ok || prev == nil {
			return nil
		}
		before, ok := number(prev)
		if !ok {
			return one(resource.ConflictData, v.Field, "%s cannot be compared: its value before was not a number", named(v.Field))
		}
		if wrong(before, now) {
			return one(resource.ConflictData, v.Field, "%s went from %v to %v; it must be %s", named(v.Field), before, now, direction(v))
		}
		return nil
	}, nil
}

func sortedNumbers(list []any, v blueprint.Validator, wrong func(a, b float64) bool) []resource.Finding {
	for i, item := range list {
		now, ok := number(item)
		if !ok {
			return one(resource.OutOfScope, v.Field, "entry %d of %s is not a number", i, named(v.Field))
		}
		if i == 0 {
			continue
		}
		if before, _ := number(list[i-1]); wrong(before, now) {
			return one(resource.ConflictData, v.Field, "%s goes from %v to %v at entry %d; it must be %s", named(v.Field), before, now, i, direction(v))
		}
	}
	return nil
}

// against returns whether a step from a to b moves against the direction.
func against(dir string) (func(a, b float64) bool, error) {
	switch dir {
	case "", "increasing":
		return func(a, b float64) bool { return b < a }, nil
	case "decreasing":
		return func(a, b float64) bool { return b > a }, nil
	}
	return nil, fault.New(fault.Invalid, "%q is no direction; write increasing or decreasing", dir)
}

func direction(v blueprint.Validator) string {
	if v.Direction == "" {
		return "increasing"
	}
	return v.Direction
}

// number reads a finite JSON number.
func number(v any) (float64, bool) {
	var f float64
	switch x := v.(type) {
	case float64:
		f = x
	case float32:
		f = float64(x)
	case int:
		f = float64(x)
	case int64:
		f = float64(x)
	case json.Number:
		n, err := x.Float64()
		if err != nil {
			return 0, false
		}
		f = n
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}
