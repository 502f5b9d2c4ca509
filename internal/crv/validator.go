package crv

import (
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Value is what a gate judges.
type Value struct {
	Value    any            // the output, arguments, result or change of state
	Input    any            // the run's input
	Args     map[string]any // of the tool, for args:, result: and state: gates
	Previous any            // the value of the same kind before it in this run, for monotonic checks
}

// Check is one compiled validator: it returns what is wrong with v, nil when
// nothing is. Pure, safe for concurrent use.
type Check func(v Value) []resource.Finding

// compilers makes a Check of each validator type.
var compilers = map[string]func(blueprint.Validator) (Check, error){
	"notNull":               notNull,
	"schema":                schemaCheck,
	"monotonic":             monotonic,
	"maxSize":               maxSize,
	"statisticalBounds":     statisticalBounds,
	"anomaly":               anomaly,
	"crossFieldConsistency": crossField,
	"temporalMonotonic":     temporalMonotonic,
	"expression":            expressionCheck,
}

// CompileValidator compiles one validator. Its findings carry the rule
// "crv/TYPE", and its message when it has one.
func CompileValidator(v blueprint.Validator) (Check, error) {
	make, ok := compilers[v.Type]
	if !ok {
		return nil, fault.New(fault.Invalid, "%q is no validator; write one of notNull, schema, monotonic, maxSize, statisticalBounds, anomaly, crossFieldConsistency, temporalMonotonic, expression", v.Type)
	}
	check, err := make(v)
	if err != nil {
		return nil, err
	}
	return func(val Value) []resource.Finding {
		fs := check(val)
		for i := range fs {
			fs[i].Rule = "crv/" + v.Type
			if v.Message != "" {
				fs[i].Message = v.Message + " (" + fs[i].Message + ")"
			}
		}
		return fs
	}, nil
}

// VerifyConstraints is the operator: what is wrong with v by all of checks, in
// their order.
func VerifyConstraints(checks []Check, v Value) []resource.Finding {
	var out []resource.Finding
	for _, c := range checks {
		out = append(out, c(v)...)
	}
	return out
}

// missing is the finding about a field that has no value.
func missing(path string) []resource.Finding {
	what := "the value is missing"
	if path != "" {
		what = fmt.Sprintf("the field %q is missing", path)
	}
	return []resource.Finding{finding("", resource.MissingData, path, what)}
}

func one(code resource.FailureCode, path, format string, args ...any) []resource.Finding {
	return []resource.Finding{finding("", code, path, fmt.Sprintf(format, args...))}
}

// named is how a message calls the field at path.
func named(path string) string {
	if path == "" {
		return "the value"
	}
	return path
}
