package crv

import (
	"slices"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func TestCheckPins(t *testing.T) {
	schema := map[string]any{"type": "object", "properties": map[string]any{"path": map[string]any{"type": "string"}, "size": map[string]any{"type": "integer"}}}
	hints := func(kv ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			out[kv[i].(string)] = kv[i+1]
		}
		return out
	}
	tests := []struct {
		name  string
		tool  blueprint.Tool
		hints map[string]any
		want  []string // severity rule path
	}{
		{"nothing said", blueprint.Tool{RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead}, nil, nil},
		{"known argument", blueprint.Tool{Arguments: map[string]blueprint.Role{"path": blueprint.RoleContent}, Spends: "size"}, nil, nil},
		{"unknown argument", blueprint.Tool{Arguments: map[string]blueprint.Role{"pth": blueprint.RoleContent}, Spends: "sise"}, nil,
			[]string{"error tool/unknown-argument spec.tools[0].arguments.pth", "error tool/unknown-argument spec.tools[0].spends"}},
		{"destructive and low", blueprint.Tool{RiskTier: blueprint.TierLow, Intent: blueprint.IntentWrite}, hints("destructiveHint", true),
			[]string{"error tier/destructive-tool spec.tools[0].riskTier"}},
		{"destructive and medium", blueprint.Tool{RiskTier: blueprint.TierMedium, Intent: blueprint.IntentDelete}, hints("destructiveHint", true),
			[]string{"warning tier/destructive-tool spec.tools[0].riskTier"}},
		{"destructive and high", blueprint.Tool{RiskTier: blueprint.TierHigh, Intent: blueprint.IntentDelete}, hints("destructiveHint", true), nil},
		{"destructive means nothing when read-only", blueprint.Tool{RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead}, hints("destructiveHint", true, "readOnlyHint", true), nil},
		{"reads, the server says it writes", blueprint.Tool{RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead}, hints("readOnlyHint", false),
			[]string{"warning tool/intent-not-read spec.tools[0].intent"}},
		{"inside, the server says outside", blueprint.Tool{RiskTier: blueprint.TierMedium, Intent: blueprint.IntentWrite, Labels: blueprint.Labels{ActsOutside: new(false)}}, hints("openWorldHint", true),
			[]string{"warning tool/label-not-outside spec.tools[0].labels.actsOutside"}},
		{"a hint of another type", blueprint.Tool{RiskTier: blueprint.TierLow, Intent: blueprint.IntentWrite}, hints("destructiveHint", "true"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.tool.Name, tt.tool.Server = "t", "s"
			m := &resource.Manifest{Blueprint: blueprint.Agent{Spec: blueprint.Spec{Tools: []blueprint.Tool{tt.tool}}},
				Adapters: []resource.Adapter{{Server: "s", Tools: []resource.ToolPin{{Name: "t", InputSchema: schema, Annotations: tt.hints}}}}}
			var got []string
			for _, f := range CheckPins(m) {
				got = append(got, f.Severity+" "+f.Rule+" "+f.Path)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("CheckPins = %q, want %q", got, tt.want)
			}
		})
	}
}
