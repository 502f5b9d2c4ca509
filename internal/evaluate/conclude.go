package evaluate

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/simulate"
)

func (e *evaluation) report(candidate Subject, baseline *Subject) (Report, error) {
	basis, err := e.basis()
	if err != nil {
		return Report{}, err
	}
	r := Report{
		Agent:   e.bp.Metadata.Name,
		Digest:  candidate.Digest,
		Seed:    e.Seed,
		Repeats: e.Repeats,
		Cases:   e.measured(0),
		Stopped: e.stopped,
		Basis:   basis,
		Kept:    e.tally.Kept,
		outage:  e.outage,
	}
	passes := make([]int, len(r.Cases))
	for i, c := range r.Cases {
		passes[i] = c.Passes
		r.Runs += len(c.Runs)
		for _, run := range c.Runs {
			r.JudgeUSD += run.JudgeUSD
		}
		r.Score += c.score() / float64(len(r.Cases))
	}
	used := usedBy(r.Cases)
	r.CostUSD, r.P50Ms, r.P95Ms = used.cost, percentile(used.latencies, 50), percentile(used.latencies, 95)
	r.PassK = PassK(passes, e.Repeats, e.Repeats)
	r.AtK = PassAtK(passes, e.Repeats, e.Repeats)
	r.conclude(e.need())
	if baseline != nil {
		r.Baseline = baseline.Digest
		r.Compare = comparison{cases: r.Cases, before: e.measured(1), margin: e.Margin, planned: len(e.cases),
			sequential: e.StopEarly, seed: e.Seed}.compare()
		r.Compare.OnUnclear = e.OnUnclear
		if r.Stopped != nil && r.Stopped.Reason == StoppedEarly && !r.Passed && r.Compare.Verdict == Worse {
			r.Message = r.Compare.Message // the pass rate is open, and not why it does not pass
		}
	}
	return r, nil
}

// measured are the cases of an arm that the report counts, in the blueprint's
// order: all, or those before the place where the evaluation stopped. A run beyond
// it was made because others were in progress, and is left out, so that the report
// is the same however many runs are made at once.
func (e *evaluation) measured(at int) []CaseReport {
	places := slices.Sorted(slices.Values(e.order[:e.upTo()]))
	out := make([]CaseReport, 0, len(places))
	for _, c := range places {
		cr := caseRuns(e.arms[at].runs[c])
		cr.Suite, cr.Name, cr.Digest = e.cases[c].Suite, e.cases[c].Scenario.Name, e.digests[c]
		out = append(out, cr)
	}
	return out
}

func (e *evaluation) upTo() int {
	if e.stopped != nil {
		return e.stopped.Measured
	}
	return len(e.order)
}

// caseRuns is a case with these runs.
func caseRuns(runs []RunReport) CaseReport {
	c := CaseReport{Runs: runs}
	for _, r := range runs {
		if r.Passed {
			c.Passes++
		}
	}
	return c
}

// used is what runs cost, with their latencies sorted.
type used struct {
	cost      float64
	latencies []float64
}

func usedBy(cases []CaseReport) used {
	var u used
	for _, c := range cases {
		for _, run := range c.Runs {
			u.cost += run.CostUSD
			u.latencies = append(u.latencies, run.LatencyMs)
		}
	}
	slices.Sort(u.latencies)
	return u
}

// conclude fills Passed, PassRate and Message.
func (r *Report) conclude(need float64) {
	whole := 0
	for _, c := range r.Cases {
		if c.whole() {
			whole++
		}
	}
	if len(r.Cases) > 0 {
		r.PassRate = float64(whole) / float64(len(r.Cases))
	}
	switch {
	case r.Stopped != nil && r.Stopped.Reason != StoppedEarly:
		r.Message = r.Stopped.Message
	case len(r.Cases) == 0:
		r.Message = simulate.NoCases
	case r.Stopped != nil && r.PassRate >= need && !(rateSoFar{r.Stopped.Planned, need, len(r.Cases), whole}).reached():
		r.Message = fmt.Sprintf("Whether %.1f %% of %d cases pass is not decided after %d.", 100*need, r.Stopped.Planned, len(r.Cases))
	case r.PassRate >= need:
		r.Passed = true
	default:
		r.Message = fmt.Sprintf("%d of %d cases passed in every repeat, which is %.1f %%; the blueprint asks for %.1f %%.",
			whole, len(r.Cases), 100*r.PassRate, 100*need)
	}
}

// What a report decides.
type Decision string

// The decisions.
const (
	DecidePass  Decision = "pass"
	DecideAsk   Decision = "ask" // a person decides
	DecideBlock Decision = "block"
)

// Decide is what a gate does with the report, and why in one sentence: the
// candidate has to pass by itself, and its comparison must not be worse. A
// comparison that shows nothing does what the blueprint's onUnclear says.
func (r Report) Decide() (Decision, string) {
	switch {
	case !r.Passed:
		return DecideBlock, r.Message
	case r.Compare == nil:
		return DecidePass, "The candidate passes by itself; there is nothing to compare it with."
	case r.Compare.Verdict == Worse:
		return DecideBlock, r.Compare.Message
	case r.Compare.Verdict != Unclear:
		return DecidePass, r.Compare.Message
	}
	switch r.Compare.OnUnclear {
	case blueprint.UnclearPass:
		return DecidePass, r.Compare.Message + " It passes by itself, which is enough by evaluation.onUnclear."
	case blueprint.UnclearAsk:
		return DecideAsk, r.Compare.Message
	}
	return DecideBlock, r.Compare.Message
}

// percentile is the nearest-rank percentile of sorted values, 0 for none.
func percentile(sorted []float64, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (p*len(sorted) + 99) / 100
	return sorted[max(rank, 1)-1]
}
