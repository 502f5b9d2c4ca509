package crv_test

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

// withGrader is a version whose data set's rows are graded so.
func withGrader(g map[string]any) *resource.Manifest {
	m := &resource.Manifest{}
	m.Blueprint.Spec.Evaluation.Suites = []blueprint.Suite{{Name: "s", Data: &blueprint.DataSet{Rows: []map[string]any{{"id": "1"}},
		Template: map[string]any{"input": "x", "expect": map[string]any{"graders": []any{g}}}}}}
	return m
}

// TestDeltaOfCommandGraders: a program that was not run before asks for an
// approval, also in a first version; another grader does not.
func TestDeltaOfCommandGraders(t *testing.T) {
	program := map[string]any{"type": "command", "command": []any{"check", "--all"}}
	other := map[string]any{"type": "command", "command": []any{"check"}}
	text := map[string]any{"type": "contains", "text": "x"}
	tests := []struct {
		name     string
		from, to *resource.Manifest
		want     string // the program in the delta, "" for none
	}{
		{"a first version", nil, withGrader(program), "check --all"},
		{"added", withGrader(text), withGrader(program), "check --all"},
		{"changed", withGrader(other), withGrader(program), "check --all"},
		{"the same", withGrader(program), withGrader(program), ""},
		{"removed", withGrader(program), withGrader(text), ""},
	}
	for _, tt := range tests {
		got := ""
		d := crv.Delta(tt.from, tt.to, "sha256:a", "sha256:b")
		for _, c := range d.Changes {
			if c.Path == "evaluation.commands" {
				got = c.To
				if c.Tier != blueprint.TierHigh || !c.Widens || d.Tier.Rank() < blueprint.TierHigh.Rank() {
					t.Errorf("%s: the change is %+v in a delta of tier %s, want high and widening", tt.name, c, d.Tier)
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s: Delta shows the program %q, want %q", tt.name, got, tt.want)
		}
	}
}
