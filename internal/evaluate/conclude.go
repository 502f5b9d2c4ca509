package evaluate

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/simulate"
)

func (e *evaluation) report(bp *blueprint.Agent, candidate Subject, baseline *Subject) Report {
	r := Report{
		Agent:   bp.Metadata.Name,
		Digest:  candidate.Digest,
		Seed:    e.Seed,
		Repeats: e.Repeats,
		Runs:    len(e.cases) * e.Repeats,
		Cases:   make([]CaseReport, len(e.cases)),
	}
	passes := passesOf(e.arms[0].runs)
	var latencies []float64
	for i, c := range e.cases {
		runs := e.arms[0].runs[i]
		r.Cases[i] = CaseReport{Suite: c.Suite, Name: c.Scenario.Name, Passes: passes[i], Runs: runs}
		for _, run := range runs {
			latencies = append(latencies, run.LatencyMs)
			r.CostUSD += run.CostUSD
		}
	}
	slices.Sort(latencies)
	r.P50Ms, r.P95Ms = percentile(latencies, 50), percentile(latencies, 95)
	r.PassK = PassK(passes, e.Repeats, e.Repeats)
	r.conclude(bp.Spec.Evaluation.PassRate)
	if baseline != nil {
		r.Baseline = baseline.Digest
		r.Compare = compare(r.Cases, passesOf(e.arms[1].runs), e.Repeats)
	}
	return r
}

// conclude fills Passed, PassRate and Message.
func (r *Report) conclude(asked *float64) {
	if len(r.Cases) == 0 {
		r.Message = simulate.NoCases
		return
	}
	need := 1.0
	if asked != nil {
		need = *asked
	}
	whole := 0
	for _, c := range r.Cases {
		if c.Passes == r.Repeats {
			whole++
		}
	}
	r.PassRate = float64(whole) / float64(len(r.Cases))
	r.Passed = r.PassRate >= need
	if !r.Passed {
		r.Message = fmt.Sprintf("%d of %d cases passed in every repeat, which is %.1f %%; the blueprint asks for %.1f %%.",
			whole, len(r.Cases), 100*r.PassRate, 100*need)
	}
}

func passesOf(runs [][]RunReport) []int {
	passes := make([]int, len(runs))
	for i, rs := range runs {
		for _, r := range rs {
			if r.Passed {
				passes[i]++
			}
		}
	}
	return passes
}

// percentile is the nearest-rank percentile of sorted values, 0 for none.
func percentile(sorted []float64, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (p*len(sorted) + 99) / 100
	return sorted[max(rank, 1)-1]
}
