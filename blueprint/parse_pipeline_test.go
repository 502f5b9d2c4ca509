package blueprint_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

const smallPipeline = "apiVersion: aureus/v1\nkind: Pipeline\nmetadata: {name: team, owner: o}\nspec:\n  owners: [o]\n  environments:\n    - name: production\n"

func TestParsePipeline(t *testing.T) {
	p, err := blueprint.ParsePipeline("p.yaml", []byte(smallPipeline+"      soak: 90m\n      freeze: [{name: f, start: 2026-01-02T18:00, rrule: FREQ=WEEKLY, duration: 62h}]\n"), blueprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := p.Spec.Environments[0]
	if p.Metadata.Name != "team" || time.Duration(s.Soak) != 90*time.Minute || s.Freeze[0].Start != "2026-01-02T18:00" || s.Freeze[0].RRule != "FREQ=WEEKLY" {
		t.Errorf("ParsePipeline() = %+v", p)
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := blueprint.ParsePipeline("p.json", raw, blueprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := blueprint.Digest(p)
	b, _ := blueprint.Digest(again)
	if a != b || len(p.Problems()) != 0 {
		t.Errorf("Digest(ParsePipeline(JSON)) = %s, want %s; problems %v", b, a, p.Problems())
	}
	if got := blueprint.KindOf("p.yaml", []byte(smallPipeline)); got != blueprint.KindPipeline {
		t.Errorf("KindOf() = %q, want %q", got, blueprint.KindPipeline)
	}
}

func TestParsePipelineProblems(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unknown field", smallPipeline + "      sook: 1h\n", `8:7 spec.environments[0].sook: unknown field "sook" | write "soak"`},
		{"no environment", strings.Replace(smallPipeline, "\n    - name: production", " []", 1), `6:17 spec.environments: environments has 0 entries | write at least 1: a list of environments in promotion order`},
		{"missing", strings.Replace(smallPipeline, ", owner: o", "", 1), `3:12 metadata.owner: the field "owner" is missing | add owner: the person or team that answers for the pipeline`},
		{"kind", strings.Replace(smallPipeline, "kind: Pipeline", "kind: Agent", 1), `2:7 kind: kind is "Agent" | write Pipeline`},
		{"concurrency", strings.Replace(smallPipeline, "  owners", "  concurrency: queue\n  owners", 1), `5:16 spec.concurrency: "queue" is not a known concurrency | write one of refuse, wait, supersede`},
		{"shared duration", smallPipeline + "      soak: 2 hours\n", `8:13 spec.environments[0].soak: "2 hours" is not right for soak | write a duration like "30s", "5m" or "24h"`},
		{"shared weight", smallPipeline + "      rollout: {canary: {steps: [{weight: 100}]}}\n", `8:43 spec.environments[0].rollout.canary.steps[0].weight: weight is 100, which is out of range | write percent of new sessions, a whole number from 1 to 99`},
		{"strategy", smallPipeline + "      rollout: {strategy: bluegreen}\n", `8:27 spec.environments[0].rollout.strategy: "bluegreen" is not a known strategy | did you mean blue-green? write one of all-at-once, canary, blue-green`},
		{"too many people", smallPipeline + "      approvals: [{count: 17}]\n", `8:27 spec.environments[0].approvals[0].count: count is 17, which is out of range | write a whole number from 0 to 16: how many people have to say yes`},
		{"skip", smallPipeline + "  hotfix: {skip: [smoke], approvals: [{count: 1}]}\n", `8:19 spec.hotfix.skip[0]: "smoke" is not a known skip[0] | write one of order, simulation, evaluation, canary, shadow, soak, freeze`},
		{"metric", smallPipeline + "      after: [{name: e, metric: errors}]\n", `8:33 spec.environments[0].after[0].metric: "errors" is not a known metric | write one of errorRate, retryRate, p50Ms, p95Ms, p99Ms, costPerRun, crvFailureRate, denialRate, escalationRate`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := blueprint.ParsePipeline("p.yaml", []byte(tt.text), blueprint.Options{})
			f, ok := err.(*fault.Error)
			if !ok || f.Code != fault.Invalid {
				t.Fatalf("ParsePipeline() = %v, want %s", err, fault.Invalid)
			}
			var got []string
			for _, d := range f.Details {
				line := fmt.Sprintf("%d:%d %s: %s | %s", d.Line, d.Column, d.Path, d.Message, d.Fix)
				if line == tt.want {
					return
				}
				got = append(got, line)
			}
			t.Errorf("ParsePipeline(%s) =\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), tt.want)
		})
	}
}

// FuzzParsePipeline: whatever is read without an error is what its own JSON reads
// as, and fits the schema.
func FuzzParsePipeline(f *testing.F) {
	f.Add([]byte(smallPipeline))
	f.Add([]byte(smallPipeline + "      freeze: [{name: f, start: 2026-01-02T18:00, rrule: FREQ=WEEKLY, duration: 62h}]\n  hotfix: {skip: [order], approvals: [{count: 1}]}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := blueprint.ParsePipeline("p.yaml", text, blueprint.Options{MaxBytes: 1 << 14})
		if err != nil {
			return
		}
		if ds := p.Problems(); len(ds) > 0 {
			t.Errorf("Problems(ParsePipeline(%q)) = %v, want none", text, ds)
		}
		for i, s := range p.Spec.Environments {
			s.Resolved(i == len(p.Spec.Environments)-1)
		}
	})
}
