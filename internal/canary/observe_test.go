package canary

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// plan is the default plan, alone the plan of one that compares failures alone.
var (
	plan  = Plan(blueprint.Canary{})
	alone = Plan(blueprint.Canary{Streams: []blueprint.CanaryStream{{Name: blueprint.StreamFailures}}})
)

func one(canary, failed bool, weight int) outcome {
	return outcome{canary: canary, failed: failed, weight: weight}
}

func take(p resource.CanaryPlan, s resource.CanaryState, outcomes ...outcome) resource.CanaryState {
	for _, o := range outcomes {
		s = Observe(p, s, o.canary, o.failed, o.weight, o.Seen)
	}
	return s
}

// The expected values are written out by hand from the formulas of the package
// comment: the mean over the alternatives of the products of likelihood ratios.
func TestObserveExactValues(t *testing.T) {
	fail, ok := one(true, true, 10), one(true, false, 10)
	controlFail, controlOK := one(false, true, 10), one(false, false, 10)

	harm := func(canaries, controls float64) float64 {
		sum := 0.0
		for i, rho := range []float64{1.5, 2, 3, 5, 10, 20, 50} {
			all := 0.9 + 0.1*rho
			sum += []float64{1, 1, 1, 2, 3, 4, 8}[i] * math.Pow(rho/all, canaries) * math.Pow(1/all, controls)
		}
		return sum / 20
	}
	safe := func(canaries, controls float64) float64 {
		sum := 0.0
		for _, rho := range []float64{.25, .5, .75, 1} {
			all, null := 0.9+0.1*rho, 0.9+0.1*2
			sum += math.Pow((rho/all)/(2/null), canaries) * math.Pow(null/all, controls)
		}
		return sum / 4
	}
	tests := []struct {
		name     string
		outcomes []outcome
		harm     float64
		safe     float64
		abs      float64
	}{
		{"nothing", nil, 1, 1, 1},
		{"a control success says nothing", []outcome{controlOK}, 1, 1, 1},
		{"a canary success moves the absolute process only", []outcome{ok}, 1, 1, (1 + 0.9875 + 0.975 + 0.95) / 4 / 0.9},
		{"a canary failure", []outcome{fail}, harm(1, 0), safe(1, 0), (0 + 0.125 + 0.25 + 0.5) / 4},
		{"a control failure", []outcome{controlFail}, harm(0, 1), safe(0, 1), 1},
		{"three and two", []outcome{fail, controlFail, fail, controlFail, fail}, harm(3, 2), safe(3, 2),
			(math.Pow(.125, 3) + math.Pow(.25, 3) + math.Pow(.5, 3)) / 4},
		{"a run with no choice of arm", []outcome{one(true, true, 100), one(false, true, 0)}, 1, 1, (0.125 + 0.25 + 0.5) / 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := take(alone, Start(alone), tt.outcomes...)
			for _, v := range []struct {
				name      string
				got, want float64
			}{{"EHarm", s.EHarm, tt.harm}, {"ESafe", s.ESafe, tt.safe}, {"EAbs", s.EAbs, tt.abs}} {
				if math.Abs(v.got-v.want) > 1e-12*math.Max(1, v.want) {
					t.Errorf("%s = %v, want %v", v.name, v.got, v.want)
				}
			}
		})
	}
}

func TestObserveCounts(t *testing.T) {
	s := take(plan, Start(plan), one(true, true, 10), one(true, false, 10), one(false, true, 10), one(false, false, 10), one(false, false, 10))
	got := []any{s.Canary, s.Control, s.AtStep, s.Verdict}
	want := []any{resource.ArmCount{Runs: 2, Failures: 1, Sessions: 2, Failed: 1}, resource.ArmCount{Runs: 3, Failures: 1, Sessions: 3, Failed: 1}, 2, Continue}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts differ (-want +got):\n%s", diff)
	}
	if got := NextStep(s).AtStep; got != 0 {
		t.Errorf("NextStep(s).AtStep = %d, want 0", got)
	}
}

func TestVerdict(t *testing.T) {
	repeat := func(n int, o outcome) []outcome {
		out := make([]outcome, n)
		for i := range out {
			out[i] = o
		}
		return out
	}
	tests := []struct {
		name     string
		outcomes []outcome
		want     string
	}{
		{"nothing yet", nil, Continue},
		{"three failures at 10 percent are not enough", repeat(3, one(true, true, 10)), Continue},
		{"four are: their E is 2646", repeat(4, one(true, true, 10)), Rollback},
		{"33 successes are not enough", repeat(33, one(true, false, 10)), Continue},
		{"34 are", repeat(34, one(true, false, 10)), Promote},
		{"an outage of the control promotes only what is not twice as bad", repeat(40, one(false, true, 10)), Promote},
		{"harm is judged first", append(repeat(200, one(true, false, 10)), repeat(4, one(true, true, 10))...), Rollback},
		{"a rollback stays", append(repeat(4, one(true, true, 10)), repeat(500, one(true, false, 10))...), Rollback},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := take(alone, Start(alone), tt.outcomes...).Verdict; got != tt.want {
				t.Errorf("verdict = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestObserveLeavesItsInputAlone(t *testing.T) {
	s := take(plan, Start(plan), one(true, true, 10))
	before, _ := json.Marshal(s)
	Observe(plan, s, true, true, 10, Seen{})
	if after, _ := json.Marshal(s); string(after) != string(before) {
		t.Errorf("Observe changed its input: %s, want %s", after, before)
	}
}

func TestObserveStartsAZeroState(t *testing.T) {
	got, want := Observe(plan, resource.CanaryState{}, true, true, 10, Seen{}), Observe(plan, Start(plan), true, true, 10, Seen{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Observe of a zero state differs (-want +got):\n%s", diff)
	}
}

// Whatever comes, also with a plan that nobody filled, every number is one that
// JSON can hold.
func TestNumbersStayFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := resource.CanaryPlan{
			Alpha:          rapid.Float64().Draw(t, "alpha"),
			Beta:           rapid.Float64().Draw(t, "beta"),
			MaxFailureRate: rapid.Float64().Draw(t, "maxFailureRate"),
		}
		s := Start(p)
		for range rapid.IntRange(1, 30).Draw(t, "batches") {
			o := one(rapid.Bool().Draw(t, "canary"), rapid.Bool().Draw(t, "failed"), rapid.IntRange(-1, 101).Draw(t, "weight"))
			o.Seen = Seen{Again: rapid.Bool().Draw(t, "again"), Streams: []string{blueprint.StreamDenials}}
			for range rapid.SampledFrom([]int{1, 3, 400}).Draw(t, "times") {
				s = Observe(p, s, o.canary, o.failed, o.weight, o.Seen)
			}
		}
		values := append(append([]float64{s.EHarm, s.ESafe, s.EAbs}, s.LogSafe...), s.LogAbs...)
		for _, st := range s.Streams {
			values = append(append(values, st.E), st.Logs...)
		}
		for i, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("value %d of %+v is not finite", i, s)
			}
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatalf("json.Marshal(state) = %v", err)
		}
	})
}
