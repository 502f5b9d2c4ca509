package crv

import (
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// crossField: the expression over value, input, args and previous holds, and
// all of fields are equal once normalised.
func crossField(v blueprint.Validator) (Check, error) {
	var expr Check
	if v.Expression != "" {
		var err error
		if expr, err = expressionCheck(v); err != nil {
			return nil, err
		}
	}
	if expr == nil && len(v.Fields) < 2 {
		return nil, fault.New(fault.Invalid, "crossFieldConsistency needs fields with at least two paths, or an expression")
	}
	return func(val Value) []resource.Finding {
		var out []resource.Finding
		if expr != nil {
			for _, f := range expr(val) {
				f.Code, f.Remediation = resource.ConflictData, Remediation(resource.ConflictData)
				out = append(out, f)
			}
		}
		return append(out, equalFields(v.Fields, val.Value)...)
	}, nil
}

func equalFields(fields []string, value any) []resource.Finding {
	for i, p := range fields {
		got, ok := Extract(value, p)
		if !ok || got == nil {
			return missing(p)
		}
		if i == 0 {
			continue
		}
		first, _ := Extract(value, fields[0])
		if len(Compare(first, got)) > 0 {
			return one(resource.ConflictData, p, "%s are not equal", strings.Join([]string{fields[0], p}, " and "))
		}
	}
	return nil
}

// expressionCheck: the CEL expression over value, input, args and previous
// holds. One that fails to evaluate does not hold.
func expressionCheck(v blueprint.Validator) (Check, error) {
	env, err := valueEnv()
	p, err := program(env, err, v.Expression)
	if err != nil {
		return nil, err
	}
	return func(val Value) []resource.Finding {
		args := val.Args
		if args == nil {
			args = map[string]any{}
		}
		value, ok := Extract(val.Value, v.Field)
		if !ok {
			return missing(v.Field) // an expression over nothing could well hold
		}
		holds, err := evaluate(p, map[string]any{"value": value, "input": val.Input, "args": args, "previous": val.Previous})
		if err != nil {
			return one(resource.PolicyViolation, v.Field, "%s: %s", err.Error(), v.Expression)
		}
		if !holds {
			return one(resource.PolicyViolation, v.Field, "the expression does not hold: %s", v.Expression)
		}
		return nil
	}, nil
}
