package crv

import (
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Criteria are compiled success criteria. Immutable, safe for concurrent use.
type Criteria struct {
	names  []string
	source []string
	exprs  []*Expression
}

// CompileCriteria compiles the success criteria of a blueprint; an error has a
// detail for each wrong one.
func CompileCriteria(cs []blueprint.Criterion) (*Criteria, error) {
	out := &Criteria{}
	var details []fault.Detail
	for i, c := range cs {
		e, err := CompileExpression(c.Expression)
		if err != nil {
			details = append(details, fault.Detail{Path: fmt.Sprintf("spec.success[%d].expression", i),
				Message: err.Error(), Fix: "write a CEL expression over run that yields a bool"})
			continue
		}
		out.names, out.source, out.exprs = append(out.names, c.Name), append(out.source, c.Expression), append(out.exprs, e)
	}
	if len(details) > 0 {
		return nil, fault.New(fault.Invalid, "%d of %d success criteria do not compile: %s", len(details), len(cs), details[0].Message).With(details...)
	}
	return out, nil
}

// Failed returns the name of the first criterion that does not hold for r (or
// whose evaluation fails) and why; "" when all hold.
func (c *Criteria) Failed(r resource.Run) (name, why string) {
	if c == nil || len(c.exprs) == 0 {
		return "", ""
	}
	vars, err := runVars(r)
	if err != nil {
		return c.names[0], err.Error()
	}
	for i, e := range c.exprs {
		ok, err := evaluate(e.program, vars)
		if err != nil {
			return c.names[i], err.Error()
		}
		if !ok {
			return c.names[i], "does not hold: " + c.source[i]
		}
	}
	return "", ""
}
