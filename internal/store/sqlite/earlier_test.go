package sqlite

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// TestEarlierBuilds: what earlier builds kept otherwise is as this one has it.
func TestEarlierBuilds(t *testing.T) {
	t.Parallel()
	db := OpenTemplate(t, filepath.Join(t.TempDir(), "aureus.db"))
	defer db.Close()
	plan := canary.Plan(blueprint.Canary{UseEvaluation: true})
	begun := canary.Start(plan)
	state := canary.WithEvaluation(plan, begun, "sha256:e", 20, 0)
	var outcomes []resource.CanaryOutcome
	for i := range 3 {
		o := resource.CanaryOutcome{Seq: int64(i + 1), Run: string(rune('a' + i)), Session: string(rune('a' + i)), Canary: i == 0, Failed: i == 0, Weight: plan.Steps[0].Weight}
		seen, _ := canary.See(state, nil, o)
		state = canary.Observe(plan, state, o.Canary, o.Failed, o.Weight, seen)
		o = canary.Mark(o, state)
		o.ESafe, o.EAbs = 2, 5
		outcomes = append(outcomes, o)
	}
	state.ESafe, state.EAbs, state.LogSafe[0], state.LogAbs[0], state.Verdict = 2, 30, 1, 4, canary.Promote
	releases := []resource.Release{
		{ID: "canary", State: resource.ReleaseCanary},
		{ID: "held", State: resource.ReleasePaused, PausedFrom: resource.ReleaseCanary},
		{ID: "promoted", State: resource.ReleasePromoted},
	}
	if err := db.Update(t.Context(), func(tx control.Tx) error {
		for _, d := range []resource.Deployment{
			{Agent: "retired", Environment: "e", Stopped: true, Reason: "retired by eve: not needed", Revision: 1},
			{Agent: "stopped", Environment: "e", Stopped: true, Reason: "nothing is verified", Revision: 1},
			{Agent: "back", Environment: "e", Reason: "retired by eve: not needed", Revision: 1},
		} {
			if err := tx.PutDeployment(d); err != nil {
				return err
			}
		}
		for i, a := range []resource.Approval{{Kind: "release", State: "pending"}, {Kind: "waiver", State: "pending"}, {Kind: "tool_call", State: "pending"}, {Kind: "release", State: "approved"}} {
			a.ID, a.Revision = string(rune('a'+i)), 1
			if err := tx.InsertApproval(a); err != nil {
				return err
			}
		}
		for _, r := range releases {
			r.Agent, r.Environment, r.Revision, r.Plan, r.Canary = "a", "e", 1, plan, &state
			if err := tx.InsertRelease(r); err != nil {
				return err
			}
			for _, o := range outcomes {
				o.Release = r.ID
				if err := tx.InsertCanaryOutcome(o); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	migration, err := migrations.ReadFile("migrations/00013_earlier_builds.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"UPDATE releases SET doc = json_remove(doc, '$.canary.outcomes', '$.canary.settled', '$.canary.open')", string(migration)} {
		if _, err := db.writer.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}

	if err := db.View(t.Context(), func(r control.Reader) error {
		for agent, want := range map[string]bool{"retired": true, "stopped": false, "back": false} {
			if d, err := r.Deployment(agent, "e"); err != nil || d.Retired != want {
				t.Errorf("Deployment(%s).Retired = %t, %v, want %t", agent, d.Retired, err, want)
			}
		}
		if again, err := r.Meta("approvals/again"); err != nil || again != `["a","b"]` {
			t.Errorf("asked again: %s, %v, want the pending ones of a release and of a waiver", again, err)
		}
		for _, want := range releases {
			rel, err := r.Release(want.ID)
			if err != nil {
				return err
			}
			kept, err := r.CanaryOutcomes(want.ID)
			if err != nil {
				return err
			}
			_, problem := canary.Verify(plan, *rel.Canary, nil, kept)
			unverified := canary.Unverified(*rel.Canary, nil, kept)
			c := *rel.Canary
			switch {
			case problem != "":
				t.Errorf("Verify(%s) = %q", want.ID, problem)
			case want.ID == "promoted":
				if c.EAbs != 30 || c.Outcomes != 0 || unverified == "" {
					t.Errorf("%s has E absolute %g, %q, want what it ended with", want.ID, c.EAbs, unverified)
				}
			case unverified != "" || c.Verdict != canary.Continue || c.Outcomes != 3 || c.Evaluation != nil || c.ESafe != 1 || c.EAbs != 1:
				t.Errorf("%s: %+v, %q; want what promotes it to begin anew", want.ID, c, unverified)
			default:
				if diff := cmp.Diff([][]float64{begun.LogSafe, begun.LogAbs}, [][]float64{c.LogSafe, c.LogAbs}); diff != "" {
					t.Errorf("%s: logarithms differ (-want +got):\n%s", want.ID, diff)
				}
				if c.EHarm != state.EHarm || c.Canary != state.Canary {
					t.Errorf("%s: harm %g of %+v, want %g of %+v", want.ID, c.EHarm, c.Canary, state.EHarm, state.Canary)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestMigrationsAreWithoutGaps: a later file that fills a gap would be refused by
// every folder that is past it.
func TestMigrationsAreWithoutGaps(t *testing.T) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		if want := fmt.Sprintf("%05d_", i+1); !strings.HasPrefix(f.Name(), want) {
			t.Errorf("migration %s, want %s", f.Name(), want)
		}
	}
}
