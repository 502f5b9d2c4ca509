package guard

import (
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
)

// TestLineOfMistake: an unknown tool, argument or field is found on the line where
// it is written, not where its statement begins.
func TestLineOfMistake(t *testing.T) {
	tests := []struct {
		name, text string
		line       int
	}{
		{"a field", "forbid (principal, action, resource)\nwhen {\n  context.tained\n};", 3},
		{"a tool", "permit (principal, action, resource);\nforbid (principal, action,\n  resource == Tool::\"refnd\");", 3},
		{"an attribute of an argument", "forbid (principal, action, resource == Tool::\"refund\")\nwhen { context.args has id &&\n  context.args.id.orgin == \"user\" };", 3},
		{"a label of a tool", "forbid (principal, action, resource)\n\nwhen { resource.actsAbroad };", 3},
		{"syntax", "forbid (principal, action, resource)\nwhen { context.tainted &&\n};", 3},
		{"a type, which names nothing", "permit (principal, action, resource);\nforbid (principal, action, resource)\nwhen { context.phase > 3 };", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := desk()
			a.Spec.Policies = policyOf(tt.text)
			got := Check(&a)
			if len(got) != 1 || got[0].Line != tt.line || !strings.Contains(got[0].Message, "policy \"own") {
				t.Errorf("Check(%q) = %+v, want one finding on line %d", tt.text, got, tt.line)
			}
		})
	}
}

// TestTooManyPolicies: more policies on one tool than exploration tells apart are
// an error, not a shorter list.
func TestTooManyPolicies(t *testing.T) {
	a := desk()
	a.Spec.Policies = []blueprint.Policy{{ID: "many", Cedar: strings.Repeat("forbid (principal, action, resource == Tool::\"note\") when { context.tainted };\n", maxRules)}}
	if got := Check(&a); len(got) != 1 || got[0].Rule != "policy/too-many" {
		t.Errorf("Check with %d policies on a tool = %+v, want policy/too-many", maxRules, got)
	}
}
