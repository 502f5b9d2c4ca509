package recorded_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

const ownRun = `{"id":"run_1","agent":"desk","mode":"live","outcome":"success","input":"hi","stats":{"toolCalls":1},
 "steps":[{"index":0,"kind":"tool","tool":{"callId":"c","tool":"look","result":"x","decision":{"state":"approved"}}}]}`

// TestAureus reads runs one a line and as they are printed, over several lines.
func TestAureus(t *testing.T) {
	got, err := recorded.Parse(recorded.Aureus, strings.NewReader(ownRun+"\n"+strings.ReplaceAll(strings.ReplaceAll(ownRun, "run_1", "run_2"), "\n", " ")+"\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := resource.Run{ID: "run_1", Agent: "desk", Mode: resource.RunLive, Outcome: resource.OutcomeSuccess, Input: "hi",
		Stats: resource.RunStats{ToolCalls: 1},
		Steps: []resource.Step{{Kind: "tool", Tool: &resource.ToolStep{CallID: "c", Tool: "look", Result: "x", Decision: resource.Decision{State: resource.DecisionApproved}}}}}
	if len(got) != 2 || got[1].ID != "run_2" || got[0].Truth != nil {
		t.Fatalf("Parse = %+v, want run_1 and run_2 with no truth", got)
	}
	if diff := cmp.Diff(want, got[0].Run); diff != "" {
		t.Errorf("run (-want +got)\n%s", diff)
	}
}

func TestAureusErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", " \n", "no aureus run"},
		{"not a run", ownRun + "\n{\"id\":\"x\"}", "Line 3: a run of Aureus needs id, agent and outcome"},
		{"of a list", `{"id":"r","agent":"a","outcome":"success","stats":{"toolCalls":2}}`, "Line 1: the run has no steps"},
		{"cut off", ownRun[:40], "Line 1: the file ends in the middle"},
		{"no JSON", ownRun + "\nhello", "Line 3: this is not JSON"},
		{"another type", `{"id":7,"agent":"a","outcome":"success"}`, "Line 1: this is not a run of Aureus: field id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := recorded.Parse(recorded.Aureus, strings.NewReader(tt.text))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %v, want INVALID with %q", err, tt.want)
			}
		})
	}
}
