package crv_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

func manifest(a *blueprint.Agent) *resource.Manifest { return &resource.Manifest{Blueprint: *a} }

func TestCheckRegressionOfSchemas(t *testing.T) {
	tests := []struct {
		name, side, old, now string
		want                 []string
	}{
		{"same", "input", `{"type":"string"}`, `{"type":"string"}`, nil},
		{"input new required", "input", `{"type":"object"}`, `{"type":"object","required":["a"]}`, []string{"error schema/breaking-input input (a): the field \"a\" is now required"}},
		{"input optional", "input", `{"type":"object","required":["a"]}`, `{"type":"object"}`, nil},
		{"output optional", "output", `{"type":"object","required":["a"]}`, `{"type":"object"}`, []string{"error schema/breaking-output output (a): the field \"a\" is no longer always there"}},
		{"output required", "output", `{"type":"object"}`, `{"type":"object","required":["a"]}`, nil},
		{"input type", "input", `{"type":["string","null"]}`, `{"type":"string"}`, []string{"error schema/breaking-input input: the type null is no longer accepted"}},
		{"input integer to number", "input", `{"type":"integer"}`, `{"type":"number"}`, nil},
		{"output integer to number", "output", `{"type":"integer"}`, `{"type":"number"}`, []string{"error schema/breaking-output output: the value may now be of type number"}},
		{"input enum less", "input", `{"enum":["a","b"]}`, `{"enum":["a"]}`, []string{"error schema/breaking-input input: the value b is no longer accepted"}},
		{"output enum more", "output", `{"enum":["a"]}`, `{"enum":["a","b"]}`, []string{"error schema/breaking-output output: the value may now be b"}},
		{"input limited", "input", `{"type":"string"}`, `{"enum":["a"]}`, []string{"error schema/breaking-input input: the values are now limited to a list"}},
		{"input closed", "input", `{"type":"object","properties":{"a":{}}}`, `{"type":"object","additionalProperties":false}`, []string{"error schema/breaking-input input (*): it is no longer accepted", "error schema/breaking-input input (a): it is no longer accepted"}},
		{"input bound", "input", `{"type":"number","minimum":1}`, `{"type":"number","exclusiveMinimum":1}`, []string{"error schema/breaking-input input: the bound minimum became tighter"}},
		{"input length", "input", `{"type":"string","maxLength":10}`, `{"type":"string","maxLength":9}`, []string{"error schema/breaking-input input: the bound maxLength became tighter"}},
		{"input items", "input", `{"items":{"type":"number"},"type":"array"}`, `{"items":{"type":"integer"},"type":"array"}`, []string{"error schema/breaking-input input ([]): the type number is no longer accepted"}},
		{"new typed field", "input", `{"type":"object"}`, `{"type":"object","properties":{"a":{"type":"string"}}}`, []string{"warning schema/unproven-input input (a): the new field \"a\" now has a schema, where any value was let through before"}},
		{"unknown keyword", "input", `{"type":"string"}`, `{"type":"string","pattern":"^a"}`, []string{"warning schema/unproven-input input: the keyword pattern changed, and it cannot be shown that this is compatible"}},
		{"schema added", "input", ``, `{"type":"string"}`, []string{
			"error schema/breaking-input input: the type array is no longer accepted", "error schema/breaking-input input: the type boolean is no longer accepted",
			"error schema/breaking-input input: the type null is no longer accepted", "error schema/breaking-input input: the type number is no longer accepted",
			"error schema/breaking-input input: the type object is no longer accepted"}},
		{"references", "input", `{"$defs":{"x":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/x"}}}`, `{"$defs":{"x":{"type":"number"}},"properties":{"a":{"$ref":"#/$defs/x"}}}`, nil},
		{"reference narrowed", "input", `{"$defs":{"x":{"type":"number"}},"properties":{"a":{"$ref":"#/$defs/x"}}}`, `{"$defs":{"x":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/x"}}}`, []string{"error schema/breaking-input input (a): the type number is no longer accepted"}},
		{"recursive", "input", `{"type":"object","properties":{"kid":{"$ref":"#"},"v":{"type":"integer"}}}`, `{"type":"object","properties":{"kid":{"$ref":"#"},"v":{"type":"number"}}}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			side := func(text string) *blueprint.Agent {
				a := start(t)
				a.Spec.Input, a.Spec.Output = nil, nil
				if text == "" {
					return a
				}
				io := &blueprint.IO{Schema: parsed(t, text).(map[string]any)}
				if tt.side == "input" {
					a.Spec.Input = io
				} else {
					a.Spec.Output = io
				}
				return a
			}
			var got []string
			for _, f := range crv.CheckRegression(manifest(side(tt.old)), manifest(side(tt.now))) {
				got = append(got, f.Severity+" "+f.Rule+" "+f.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("CheckRegression (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckRegression(t *testing.T) {
	pin := func(digest, schema string) []resource.Adapter {
		return []resource.Adapter{{Server: "shop", Tools: []resource.ToolPin{{Name: "lookup_order", Digest: digest, InputSchema: parsed(t, schema).(map[string]any)}}}}
	}
	from := manifest(start(t))
	from.Adapters = pin("1", `{"type":"object"}`)
	for want, change := range map[string]func(m *resource.Manifest){
		"error tool/removed spec.tools":                            func(m *resource.Manifest) { m.Blueprint.Spec.Tools = m.Blueprint.Spec.Tools[:1] },
		"error workflow/phase-removed spec.workflow.phases":        func(m *resource.Manifest) { m.Blueprint.Spec.Workflow.Phases = m.Blueprint.Spec.Workflow.Phases[:1] },
		"error workflow/transition-removed spec.workflow.phases":   func(m *resource.Manifest) { m.Blueprint.Spec.Workflow.Phases[0].Transitions = nil },
		"error tool/schema-drift adapters.shop.tools.lookup_order": func(m *resource.Manifest) { m.Adapters = pin("2", `{"type":"object","required":["x"]}`) },
		"warning tool/drift adapters.shop.tools.lookup_order":      func(m *resource.Manifest) { m.Adapters = pin("2", `{"type":"object"}`) },
	} {
		t.Run(want, func(t *testing.T) {
			to := manifest(start(t))
			to.Adapters = from.Adapters
			if got := crv.CheckRegression(from, to); len(got) > 0 {
				t.Fatalf("CheckRegression(same) = %+v, want none", got)
			}
			change(to)
			var got []string
			for _, f := range crv.CheckRegression(from, to) {
				got = append(got, f.Severity+" "+f.Rule+" "+f.Path)
			}
			if !slices.Contains(got, want) {
				t.Errorf("CheckRegression = %q, want %q among them", got, want)
			}
		})
	}
	if got := crv.CheckRegression(nil, from); got != nil {
		t.Errorf("CheckRegression(nil) = %v, want nil", got)
	}
}

func TestCheckRegressionAccepted(t *testing.T) {
	from := &resource.Manifest{Blueprint: blueprint.Agent{Spec: blueprint.Spec{Tools: []blueprint.Tool{{Name: "a"}, {Name: "b"}}}}}
	to := &resource.Manifest{Blueprint: blueprint.Agent{Spec: blueprint.Spec{Tools: []blueprint.Tool{{Name: "a"}}}}}
	for _, tt := range []struct {
		accept []string
		want   string
	}{{nil, "error"}, {[]string{"schema/breaking-input"}, "error"}, {[]string{"tool/removed"}, "warning"}} {
		to.Blueprint.Spec.Release.AcceptBreaking = tt.accept
		got := crv.CheckRegression(from, to)
		if len(got) != 1 || got[0].Rule != "tool/removed" || got[0].Severity != tt.want {
			t.Errorf("CheckRegression(acceptBreaking %v) = %+v, want one %s of tool/removed", tt.accept, got, tt.want)
		}
	}
}
