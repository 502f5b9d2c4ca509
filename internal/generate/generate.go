// Package generate makes blueprints: from a goal in words, which a model turns
// into a design and repairs until it validates; from a built-in template; or from
// code in Starlark. Every way ends in blueprint.Parse, so what comes out has the
// form of a blueprint that a person wrote, and comes with a record of how it
// was made.
//
// Start from [FromTemplate], [FromGoal] or [FromCode]. Nothing falls back from
// one way to another.
package generate

import (
	"errors"
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The methods of a generation record.
const (
	MethodGoal     = "goal"
	MethodTemplate = "template"
	MethodCode     = "code"
)

// finish completes a record with the blueprint's digest.
func finish(a *blueprint.Agent, rec resource.GenerationRecord, now func() time.Time) (*blueprint.Agent, resource.GenerationRecord, error) {
	d, err := blueprint.Digest(a)
	if err != nil {
		return nil, rec, err
	}
	rec.OutputDigest, rec.EndedAt = d, millis(now())
	return a, rec, nil
}

func millis(t time.Time) resource.Millis { return resource.Millis(t.UnixMilli()) }

// parseMade parses a generated blueprint. Its text was never in a file, so only
// field paths say where a problem is; file is what made it.
func parseMade(file string, text []byte) (*blueprint.Agent, error) {
	a, err := blueprint.Parse(file+" (result)", text, blueprint.Options{})
	if err == nil {
		return a, nil
	}
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || len(e.Details) == 0 {
		return nil, err
	}
	ds := make([]fault.Detail, len(e.Details))
	for i, d := range e.Details {
		d.File, d.Line, d.Column = file, 0, 0
		ds[i] = d
	}
	return nil, fault.New(e.Code, "%s makes a blueprint that is not valid: %s", file, sentence(ds[0])).With(ds...)
}

// sentence is a detail in one line.
func sentence(d fault.Detail) string {
	s := d.Message
	if d.Path != "" {
		s = d.Path + ": " + s
	}
	if d.Fix != "" {
		s += fmt.Sprintf(" (%s)", d.Fix)
	}
	return s
}
