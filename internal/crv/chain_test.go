package crv_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func notNull(name, on, field string, change func(*blueprint.CRVGate)) blueprint.CRVGate {
	g := blueprint.CRVGate{Name: name, On: on, Validators: []blueprint.Validator{{Type: "notNull", Field: field}}}
	if change != nil {
		change(&g)
	}
	return g
}

// verdicts is what a test compares of the steps.
func verdicts(steps []resource.CRVStep) (out []string) {
	for _, s := range steps {
		out = append(out, s.Gate+" "+string(s.Verdict)+" "+string(s.Code)+" "+s.Recovery)
	}
	return out
}

func TestJudge(t *testing.T) {
	sure := func(min float64) func(*blueprint.CRVGate) {
		return func(g *blueprint.CRVGate) { g.RequiredConfidence = &min }
	}
	warn := func(g *blueprint.CRVGate) { g.BlockOnFailure = ptr(false) }
	ignore := func(g *blueprint.CRVGate) { g.Recovery, g.Justification = blueprint.RecoverIgnore, "known noise" }
	tests := []struct {
		name  string
		gates []blueprint.CRVGate
		value any
		want  []string
	}{
		{"pass", []blueprint.CRVGate{notNull("g", "output", "a", nil)}, map[string]any{"a": 1}, []string{"g pass  "}},
		{"block stops the chain", []blueprint.CRVGate{notNull("g", "output", "a", nil), notNull("h", "output", "", nil)}, map[string]any{}, []string{"g block MISSING_DATA escalate"}},
		{"warn goes on", []blueprint.CRVGate{notNull("g", "output", "a", warn), notNull("h", "output", "", nil)}, map[string]any{}, []string{"g warn MISSING_DATA escalate", "h pass  "}},
		{"ignored goes on", []blueprint.CRVGate{notNull("g", "output", "a", ignore), notNull("h", "output", "", nil)}, map[string]any{}, []string{"g warn MISSING_DATA ignore", "h pass  "}},
		{"other values", []blueprint.CRVGate{notNull("g", "args:t", "a", nil)}, map[string]any{}, nil},
		{"confident", []blueprint.CRVGate{notNull("g", "output", "", sure(0.8))}, map[string]any{"confidence": 0.8}, []string{"g pass  "}},
		{"not confident enough", []blueprint.CRVGate{notNull("g", "output", "", sure(0.8))}, map[string]any{"confidence": 0.7}, []string{"g block LOW_CONFIDENCE escalate"}},
		{"low confidence wins over ignore", []blueprint.CRVGate{notNull("g", "output", "a", func(g *blueprint.CRVGate) { ignore(g); sure(0.8)(g) })}, map[string]any{"confidence": 0.4}, []string{"g block LOW_CONFIDENCE escalate"}},
		{"low confidence wins over warn", []blueprint.CRVGate{notNull("g", "output", "", func(g *blueprint.CRVGate) { warn(g); g.ConfidenceField = "c" })}, map[string]any{"c": 0.1}, []string{"g block LOW_CONFIDENCE escalate"}},
		{"confidence missing", []blueprint.CRVGate{notNull("g", "output", "", sure(0.8))}, map[string]any{}, []string{"g block MISSING_DATA escalate"}},
		{"confidence absurd", []blueprint.CRVGate{notNull("g", "output", "", sure(0.8))}, map[string]any{"confidence": 7}, []string{"g block OUT_OF_SCOPE escalate"}},
		{"no JSON form", []blueprint.CRVGate{notNull("g", "output", "", nil)}, make(chan int), []string{"g block OUT_OF_SCOPE escalate"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := crv.Compile(tt.gates, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, verdicts(c.Judge("output", crv.Value{Value: tt.value}))); diff != "" {
				t.Errorf("Judge (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudgeOutputSchemaFirst(t *testing.T) {
	c, err := crv.Compile([]blueprint.CRVGate{notNull("g", "output", "a", nil)}, &blueprint.IO{Schema: map[string]any{"type": "object", "required": []any{"a"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"output-schema block MISSING_DATA ask_user"}
	if diff := cmp.Diff(want, verdicts(c.Judge("output", crv.Value{Value: map[string]any{}}))); diff != "" {
		t.Errorf("Judge (-want +got):\n%s", diff)
	}
	if got := (*crv.Chain)(nil).Judge("output", crv.Value{}); got != nil {
		t.Errorf("nil chain judged: %v", got)
	}
}

func TestCompileRefuses(t *testing.T) {
	_, err := crv.Compile([]blueprint.CRVGate{
		{Name: "a", On: "everything", Validators: []blueprint.Validator{{Type: "magic"}}},
		{Name: "b", On: "output", Recovery: blueprint.RecoverIgnore, Justification: " "},
		{Name: "c", On: "output", Recovery: blueprint.RecoverRetryAltTool},
		{Name: "d", On: "output", Recovery: "pray", RequiredConfidence: ptr(2.0)},
	}, &blueprint.IO{Schema: map[string]any{"type": 1}})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid {
		t.Fatalf("Compile = %v, want INVALID", err)
	}
	var got []string
	for _, d := range f.Details {
		got = append(got, d.Path)
	}
	want := []string{"spec.output.schema", "spec.crv[0].on", "spec.crv[0].validators[0]", "spec.crv[1].justification", "spec.crv[2].recoveryTool", "spec.crv[3].requiredConfidence", "spec.crv[3].recovery"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func run() resource.Run {
	return resource.Run{Outcome: resource.OutcomeSuccess, Input: map[string]any{"q": "x"}, Output: map[string]any{"amount": 12},
		LatencyMs: 250, Stats: resource.RunStats{Cost: 1_500_000},
		Steps: []resource.Step{{Kind: "model"}, {Kind: "tool", Tool: &resource.ToolStep{Tool: "refund", Args: map[string]any{"amount": 12.0}, Result: "done",
			Decision: resource.Decision{State: resource.DecisionApproved}}}}}
}

func TestExpression(t *testing.T) {
	for src, want := range map[string]bool{
		`run.outcome == "success" && run.input.q == "x"`:                                  true,
		`run.output.amount == 12 && run.output.amount < 12.5`:                             true,
		`run.costUSD == 1.5 && run.latencyMs < 300`:                                       true,
		`run.toolCalls.exists(c, c.tool == "refund" && c.args.amount > 10 && !c.isError)`: true,
		`run.toolCalls.size() == 1 && run.toolCalls[0].decision == "approved"`:            true,
		`run.toolCalls[0].result.contains("nothing")`:                                     false,
		`has(run.output.none)`: false,
	} {
		e, err := crv.CompileExpression(src)
		if err != nil {
			t.Errorf("CompileExpression(%s) = %v", src, err)
			continue
		}
		if got, err := e.Eval(run()); err != nil || got != want {
			t.Errorf("Eval(%s) = %v, %v, want %v", src, got, err, want)
		}
	}
	for _, src := range []string{"", "run.", "runn.output", "1", "'a'", "import os"} {
		if _, err := crv.CompileExpression(src); !fault.Is(err, fault.Invalid) {
			t.Errorf("CompileExpression(%q) = %v, want INVALID", src, err)
		}
	}
	for _, src := range []string{"run.output.none == 1", "run.output.amount", "run.output"} {
		e, err := crv.CompileExpression(src)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Eval(run()); !fault.Is(err, fault.Failed) {
			t.Errorf("Eval(%s) = %v, want FAILED", src, err)
		}
	}
}

func TestCriteria(t *testing.T) {
	c, err := crv.CompileCriteria([]blueprint.Criterion{{Name: "ok", Expression: "true"}, {Name: "cheap", Expression: "run.costUSD < 1.0"}, {Name: "last", Expression: "false"}})
	if err != nil {
		t.Fatal(err)
	}
	if name, why := c.Failed(run()); name != "cheap" || why != "does not hold: run.costUSD < 1.0" {
		t.Errorf("Failed = %q, %q, want cheap", name, why)
	}
	c, _ = crv.CompileCriteria([]blueprint.Criterion{{Name: "broken", Expression: "run.output.none > 1"}})
	if name, _ := c.Failed(run()); name != "broken" {
		t.Errorf("Failed = %q, want broken: a criterion that cannot be evaluated does not hold", name)
	}
	if name, _ := (*crv.Criteria)(nil).Failed(run()); name != "" {
		t.Errorf("Failed of none = %q, want none", name)
	}
	if _, err := crv.CompileCriteria([]blueprint.Criterion{{Name: "x", Expression: "1"}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("CompileCriteria(no bool) = %v, want INVALID", err)
	}
}

func TestCompileSchemaRefuses(t *testing.T) {
	for name, s := range map[string]map[string]any{
		"nothing":      nil,
		"remote":       {"$ref": "https://example.com/schema.json"},
		"a file":       {"$ref": "file:///etc/passwd"},
		"other draft":  {"$schema": "http://json-schema.org/draft-07/schema#"},
		"unknown type": {"type": "text"},
		"no such def":  {"$ref": "#/$defs/none"},
		"regexp":       {"pattern": "("},
	} {
		if _, err := crv.CompileSchema(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("CompileSchema(%s) = %v, want INVALID", name, err)
		}
	}
	s, err := crv.CompileSchema(map[string]any{"type": "object", "required": []string{"a"}, "properties": map[string]any{"b": map[string]any{"type": "integer"}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.Check(map[string]any{"b": 1.5}) {
		got = append(got, f.Path+" "+f.Rule+" "+string(f.Code))
	}
	if diff := cmp.Diff([]string{"a schema/required MISSING_DATA", "b schema/type OUT_OF_SCOPE"}, got); diff != "" {
		t.Errorf("Check (-want +got):\n%s", diff)
	}
	if got := s.Check(struct {
		A int `json:"a"`
	}{1}); got != nil {
		t.Errorf("Check(a struct that fits) = %v, want nil", got)
	}
}
