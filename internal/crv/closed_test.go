package crv

import (
	"slices"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// TestFailsClosed: what a check cannot read, find or finish never passes.
func TestFailsClosed(t *testing.T) {
	hundred, ten := 100.0, 10.0
	deep := any("x")
	for range 3000 {
		deep = []any{deep}
	}
	tests := []struct {
		name string
		v    blueprint.Validator
		val  Value
		code resource.FailureCode
	}{
		{"expression over a missing field", blueprint.Validator{Type: "expression", Field: "a", Expression: "value != 1"}, Value{Value: map[string]any{}}, resource.MissingData},
		{"expression that fails", blueprint.Validator{Type: "expression", Expression: "value.a.b > 1"}, Value{Value: map[string]any{}}, resource.PolicyViolation},
		{"expression that costs too much", blueprint.Validator{Type: "expression", Expression: "value.all(a, value.all(b, value.all(c, a + b + c > 0.0)))"},
			Value{Value: slices.Repeat([]any{1.0}, 2000)}, resource.PolicyViolation},
		{"equal, but null", blueprint.Validator{Type: "crossFieldConsistency", Fields: []string{"a", "b"}}, Value{Value: map[string]any{"a": nil, "b": nil}}, resource.MissingData},
		{"monotonic after something else", blueprint.Validator{Type: "monotonic", Field: "n"}, Value{Value: map[string]any{"n": 2.0}, Previous: map[string]any{"n": "1"}}, resource.ConflictData},
		{"bounds of no number", blueprint.Validator{Type: "statisticalBounds", Field: "n", Samples: []float64{1, 2}}, Value{Value: map[string]any{"n": "1"}}, resource.OutOfScope},
		{"anomaly of huge samples", blueprint.Validator{Type: "anomaly", Field: "n", Samples: []float64{1e308, -1e308, 1e308}}, Value{Value: map[string]any{"n": 1.0}}, resource.NonDeterminism},
		{"size of nothing", blueprint.Validator{Type: "maxSize", Field: "n", Max: &ten}, Value{Value: map[string]any{}}, resource.MissingData},
		{"depth", blueprint.Validator{Type: "maxSize", Max: &hundred}, Value{Value: deep}, resource.OutOfScope},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check, err := CompileValidator(tt.v)
			if err != nil {
				t.Fatal(err)
			}
			if got := check(tt.val); len(got) == 0 || got[0].Code != tt.code {
				t.Errorf("%s(%.80v) = %v, want %s", tt.v.Type, tt.val, got, tt.code)
			}
		})
	}
	if _, err := CompileValidator(blueprint.Validator{Type: "statisticalBounds", Samples: []float64{1e308, -1e308}}); err == nil {
		t.Error("statisticalBounds of samples whose deviation is no number compiles, want an error")
	}
}

// TestDefectInACheckBlocks: a check that panics blocks, also when the gate
// ignores failures.
func TestDefectInACheckBlocks(t *testing.T) {
	g := &gate{name: "g", on: "output", recovery: blueprint.RecoverIgnore, checks: []Check{func(Value) []resource.Finding { panic("defect") }}}
	if s := g.judge(Value{}); s.Verdict != resource.Block || s.Recovery != string(blueprint.RecoverEscalate) {
		t.Errorf("judge() of a check that panics = %+v, want a block that escalates", s)
	}
}
