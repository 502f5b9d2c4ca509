package console

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// Pipelines implements Control: the built-in one and one with everything.
func (f *fixture) Pipelines(context.Context, control.Principal) ([]resource.Pipeline, error) {
	limit := 0.05
	spec := blueprint.Pipeline{APIVersion: blueprint.APIVersion, Kind: blueprint.KindPipeline,
		Metadata: blueprint.PipelineMetadata{Name: "payments", Owner: "platform", Description: "For agents that move money."},
		Spec: blueprint.PipelineSpec{Owners: []string{"payments"}, Concurrency: blueprint.ConcurrencySupersede,
			Environments: []blueprint.Stage{
				{Name: "dev", Approvals: []blueprint.ApprovalRule{{Count: 0}}},
				{Name: "preview", Auto: true, Rollout: blueprint.Rollout{Strategy: blueprint.StrategyBlueGreen, Preview: blueprint.Duration(2 * time.Hour)}},
				{Name: "production", Soak: blueprint.Duration(90 * time.Minute), Rollout: blueprint.Rollout{Strategy: blueprint.StrategyCanary, Shadow: &blueprint.Shadow{Runs: 200}},
					Before:    []blueprint.GateRule{{Name: "evaluation", MaxAge: blueprint.Duration(6 * time.Hour)}, {Name: "pen-test", External: true, MaxAge: blueprint.Duration(720 * time.Hour)}},
					After:     []blueprint.GateRule{{Name: "errors", Metric: "errorRate", Above: &limit}},
					Approvals: []blueprint.ApprovalRule{{Count: 1}, {Tiers: []blueprint.Tier{blueprint.TierCritical}, Changes: []string{"tool", "permission"}, Count: 2, Groups: []string{"risk", "security"}}},
					Freeze:    []blueprint.Freeze{{Name: "weekend", Schedule: blueprint.Schedule{Start: "2026-01-02T18:00", TimeZone: "Europe/Berlin", RRule: "FREQ=WEEKLY;BYDAY=FR"}, Duration: blueprint.Duration(62 * time.Hour)}}},
			},
			Hotfix: &blueprint.Hotfix{Skip: []string{"order", "canary"}, Approvals: []blueprint.ApprovalRule{{Count: 2, Groups: []string{"on-call"}}}}}}
	return []resource.Pipeline{pipeline.BuiltIn(), {Name: "payments", Digest: "sha256:1", Spec: spec, Revision: 4, UpdatedAt: before(48 * time.Hour),
		UpdatedBy: resource.Actor{Name: "rowan", Kind: "human"}}}, nil
}

// TestPipelinesPage: environments, gates and machines are drawn.
func TestPipelinesPage(t *testing.T) {
	t.Parallel()
	c := newClient(t, "viewer-token")
	status, _, body := c.get("/pipelines")
	if status != 200 {
		t.Fatalf("GET /pipelines = %d\n%s", status, body)
	}
	for _, want := range []string{"built in", "revision 4", "agents of payments", "errorRate at most 0.05 over the soak",
		"submitted, at most 720h old", "at most 6h old", "2 approvers of risk or security for tier critical when tool or permission changes",
		"weekend: FREQ=WEEKLY;BYDAY=FR, from 2026-01-02T18:00 Europe/Berlin for 62h", "nobody is asked", "starts by itself", "order, canary", "rolling back"} {
		if !strings.Contains(body, want) {
			t.Errorf("GET /pipelines has no %q", want)
		}
	}
	if n := strings.Count(body, `class="automaton machine"`); n != 5 {
		t.Errorf("GET /pipelines draws %d machines, want one for each of 5 environments", n)
	}
}

// TestMachineOf: the drawing has the states that the stage uses and every move of
// the table between them, inside its box.
func TestMachineOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		stage blueprint.Stage
		want  string
	}{
		{"plain", blueprint.Stage{Name: "dev", Approvals: []blueprint.ApprovalRule{{Count: 0}}}.Resolved(false), "pending checking deploying smoke promoted rejected rolling back"},
		{"canary", blueprint.Stage{Name: "p"}.Resolved(true), "pending checking awaiting approval deploying smoke canary promoted rejected rolling back, then rolled back"},
		{"everything", blueprint.Stage{Name: "p", Soak: 1, Freeze: []blueprint.Freeze{{Name: "f"}},
			Rollout: blueprint.Rollout{Shadow: &blueprint.Shadow{}, Strategy: blueprint.StrategyBlueGreen}}.Resolved(true),
			"pending checking awaiting approval frozen deploying smoke shadow preview soaking promoted rejected rolling back, then rolled back"},
	} {
		m := machineOf(tt.stage)
		var got []string
		for _, n := range m.Nodes {
			got = append(got, n.Name)
			if n.Box.X < 0 || n.Box.Y < 0 || n.Box.X+n.Box.W > m.W || n.Box.Y+n.Box.H > m.H {
				t.Errorf("%s: %s stands at %+v, outside of %g x %g", tt.name, n.Name, n.Box, m.W, m.H)
			}
		}
		if names := strings.Join(got, " "); names != tt.want {
			t.Errorf("%s: nodes = %s, want %s", tt.name, names, tt.want)
		}
		if len(m.Ways) < len(m.Nodes)-2 || len(m.Moves) < len(m.Ways) {
			t.Errorf("%s: %d arrows and %d moves between %d nodes", tt.name, len(m.Ways), len(m.Moves), len(m.Nodes))
		}
	}
}
