package simulate

import (
	"errors"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func toolSteps(calls ...string) []resource.Step {
	var out []resource.Step
	for _, c := range calls {
		name, refused := strings.CutPrefix(c, "!")
		state := resource.DecisionApproved
		if refused {
			state = resource.DecisionRejected
		}
		out = append(out, resource.Step{Kind: "tool", Tool: &resource.ToolStep{Tool: name, Decision: resource.Decision{State: state}}})
	}
	return out
}

func TestGraders(t *testing.T) {
	out := map[string]any{"status": "refunded", "amount": 20.0, "items": []any{map[string]any{"id": "A"}}, "none": nil}
	whole := resource.Run{Output: out, LatencyMs: 120, Stats: resource.RunStats{Cost: 2500}, Steps: toolSteps("lookup", "!refund", "refund", "mail")}
	text := resource.Run{Output: "All is well."}
	type g = blueprint.Grader
	tests := []struct {
		name   string
		grader g
		run    resource.Run
		why    string // "" is passed
	}{
		{"equals field", g{Type: "equals", Field: "amount", Value: 20}, whole, ""},
		{"equals path", g{Type: "equals", Field: "items.0.id", Value: "A"}, whole, ""},
		{"equals null", g{Type: "equals", Field: "none"}, whole, ""},
		{"equals other", g{Type: "equals", Field: "amount", Value: "20"}, whole, `is 20, expected "20"`},
		{"equals missing", g{Type: "equals", Field: "items.1.id", Value: "A"}, whole, "no field items.1.id"},
		{"equals whole text", g{Type: "equals", Value: "All is well."}, text, ""},
		{"field of text", g{Type: "equals", Field: "a", Value: 1}, text, "no field a"},
		{"contains", g{Type: "contains", Text: "well"}, text, ""},
		{"contains in JSON", g{Type: "contains", Text: `"status":"refunded"`}, whole, ""},
		{"contains not", g{Type: "contains", Field: "status", Text: "x"}, whole, "does not contain"},
		{"notContains", g{Type: "notContains", Text: "secret"}, text, ""},
		{"notContains of nothing", g{Type: "notContains", Text: "secret"}, resource.Run{}, ""},
		{"notContains of a missing field", g{Type: "notContains", Field: "statsu", Text: "x"}, whole, "no field statsu"},
		{"notContains found", g{Type: "notContains", Text: "well"}, text, "contains"},
		{"regex", g{Type: "regex", Text: `^All .* well\.$`}, text, ""},
		{"regex not", g{Type: "regex", Text: `^well`}, text, "does not match"},
		{"jsonSchema", g{Type: "jsonSchema", Schema: map[string]any{"type": "object", "required": []any{"status"}}}, whole, ""},
		{"jsonSchema not", g{Type: "jsonSchema", Field: "status", Schema: map[string]any{"type": "number"}}, whole, "number"},
		{"cel", g{Type: "cel", Expression: "run.output.amount > 10 && run.toolCalls.size() == 4"}, whole, ""},
		{"cel not", g{Type: "cel", Expression: "run.output.amount > 100"}, whole, "does not hold"},
		{"cel fails", g{Type: "cel", Expression: "run.output.nothing > 100"}, whole, "could not be evaluated"},
		{"exact", g{Type: "trajectory", Mode: "exact", Tools: []string{"lookup", "refund", "mail"}}, whole, ""},
		{"exact but more", g{Type: "trajectory", Mode: "exact", Tools: []string{"lookup", "mail"}}, whole, "called [lookup refund mail], expected exact [lookup mail]"},
		{"exact but order", g{Type: "trajectory", Mode: "exact", Tools: []string{"refund", "lookup", "mail"}}, whole, "expected exact"},
		{"exact nothing", g{Type: "trajectory", Mode: "exact"}, text, ""},
		{"inOrder", g{Type: "trajectory", Mode: "inOrder", Tools: []string{"lookup", "mail"}}, whole, ""},
		{"inOrder not", g{Type: "trajectory", Mode: "inOrder", Tools: []string{"mail", "lookup"}}, whole, "expected inOrder"},
		{"anyOrder", g{Type: "trajectory", Mode: "anyOrder", Tools: []string{"mail", "lookup"}}, whole, ""},
		{"anyOrder twice", g{Type: "trajectory", Mode: "anyOrder", Tools: []string{"mail", "mail"}}, whole, "expected anyOrder"},
		{"none", g{Type: "trajectory", Mode: "none", Tools: []string{"delete"}}, whole, ""},
		{"none found", g{Type: "trajectory", Mode: "none", Tools: []string{"mail"}}, whole, "expected none"},
		{"none of a refused call", g{Type: "trajectory", Mode: "none", Tools: []string{"refund"}}, resource.Run{Steps: toolSteps("!refund")}, ""},
		{"no call at all", g{Type: "trajectory", Mode: "none"}, whole, "expected none []"},
		{"cost", g{Type: "cost", Max: ptr(0.0025)}, whole, ""},
		{"cost over", g{Type: "cost", Max: ptr(0.002)}, whole, "cost $0.002500"},
		{"latency", g{Type: "latency", Max: ptr(120.0)}, whole, ""},
		{"latency over", g{Type: "latency", Max: ptr(100.0)}, whole, "took 120 ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gs, err := CompileGraders([]blueprint.Grader{tt.grader}, nil)
			if err != nil {
				t.Fatalf("CompileGraders(%+v) = %v", tt.grader, err)
			}
			grades, _ := gs.grade(t.Context(), graded{run: tt.run})
			got := grades[0]
			if got.Passed != (tt.why == "") || !strings.Contains(got.Message, tt.why) {
				t.Errorf("Grade(%s) = %v %q, want %q", tt.name, got.Passed, got.Message, tt.why)
			}
			if got.Name == "" || tt.grader.Name != "" && got.Name != tt.grader.Name {
				t.Errorf("Grade(%s) name = %q", tt.name, got.Name)
			}
		})
	}
}

func TestCompileGradersRefuses(t *testing.T) {
	type g = blueprint.Grader
	for _, tt := range []struct {
		name   string
		grader g
		text   string
	}{
		{"unknown type", g{Type: "llm"}, `"llm" is not a grader`},
		{"no type", g{}, "is not a grader"},
		{"contains without text", g{Type: "contains"}, "needs text"},
		{"regex without pattern", g{Type: "regex"}, "needs its pattern"},
		{"bad pattern", g{Type: "regex", Text: "("}, "pattern of a regex grader is wrong"},
		{"no schema", g{Type: "jsonSchema"}, "needs schema"},
		{"bad schema", g{Type: "jsonSchema", Schema: map[string]any{"type": 7}}, ""},
		{"no expression", g{Type: "cel"}, "needs expression"},
		{"bad expression", g{Type: "cel", Expression: "run.output +"}, "CEL"},
		{"no mode", g{Type: "trajectory", Tools: []string{"a"}}, "not a mode"},
		{"no tools", g{Type: "trajectory", Mode: "inOrder"}, "needs tools"},
		{"no max", g{Type: "cost"}, "needs max"},
		{"negative max", g{Type: "latency", Max: ptr(-1.0)}, "needs max"},
		{"a field of another type", g{Type: "equals", Value: 1, Text: "x"}, "does not read text"},
		{"value without JSON form", g{Type: "equals", Value: func() {}}, "cannot be written as JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := CompileGraders([]blueprint.Grader{{Type: "contains", Text: "a"}, tt.grader}, nil)
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Code != fault.Invalid || len(e.Details) != 1 || e.Details[0].Path != "graders[1]" || !strings.Contains(e.Message, tt.text) {
				t.Errorf("CompileGraders(%+v) = %v, want %s about graders[1] with %q", tt.grader, err, fault.Invalid, tt.text)
			}
		})
	}
}
