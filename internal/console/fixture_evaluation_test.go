package console

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/judge"
	"github.com/aureus-agents/aureus/internal/simulate"
)

// evaluationReport is an evaluation with a baseline: a case that broke, one that
// was fixed, and texts that try to be markup.
func evaluationReport(agent, digest string) []byte {
	score := 0.25
	grade := func(ok bool) []simulate.Grade {
		g := simulate.Grade{Name: "says what happens", Passed: ok, Message: "score 0.25, 0.50 is asked for: it <b>does not</b> say it", Score: &score,
			Judge: &judge.Judgement{Model: "judge-large-2026", Agreement: 1, Opinions: make([]judge.Opinion, 3)}}
		if ok {
			g.Message = ""
		}
		return []simulate.Grade{{Name: "equals status", Passed: ok}, g}
	}
	run := func(ok bool) evaluate.RunReport {
		r := evaluate.RunReport{Passed: ok, Outcome: "success", Score: 1, LatencyMs: 812, Grades: grade(ok), Output: map[string]any{"status": "refunded"}}
		if !ok {
			r.Score, r.Message = 0.5, "says what happens: <script>alert(1)</script> it does not say it"
			r.Transcript = []simulate.Line{{Who: "user", Text: "I want my money back for A-10042."},
				{Who: "tool", Tool: "issue_refund", Args: `{"amount":54.8,"order_id":"A-10042"}`, Text: `{"status":"refunded"}`, Verdict: "approved"},
				{Who: "agent", Text: "We have <i>paid</i> back 54.80 euros."}}
		}
		return r
	}
	of := func(name string, ok bool) evaluate.CaseReport {
		c := evaluate.CaseReport{Suite: "rules", Name: name, Runs: []evaluate.RunReport{run(ok), run(ok)}}
		if ok {
			c.Passes = 2
		}
		return c
	}
	raw, err := json.Marshal(evaluate.Report{Agent: agent, Digest: digest, Baseline: digestOf("before"), Seed: 1, Repeats: 2, Runs: 8, PassRate: 0.5, Score: 0.75,
		Message: "2 of 4 cases passed in every repeat, which is 50.0 %; the blueprint asks for 100.0 %.", PassK: []float64{0.5, 0.5}, CostUSD: 0.0123, P50Ms: 640, P95Ms: 1210,
		Cases: []evaluate.CaseReport{of("a delivered order is refunded", true), of("the shipping is not paid back", false),
			of("an order on its way waits", true), of("a stranger's order is refused", false)},
		Compare: &evaluate.Comparison{Verdict: evaluate.Unclear, Message: "Not enough evidence: 4 cases, 1 fixed and 1 broken; a loss over the margin of 37.0 points is not ruled out.",
			BaselinePassRate: 0.5, CandidatePassRate: 0.5, Cases: 4, Low: -0.53, High: 0.53, Confidence: 0.95, Margin: 0.37, PValue: 1,
			Fixed: []string{"rules/an order on its way waits"}, Broken: []string{"rules/the shipping is not paid back"},
			Flips: []evaluate.Flip{{Case: "rules/the shipping is not paid back", Baseline: 2, Graders: []string{"equals status"}, Call: "call 2: issue_refund with other arguments"},
				{Case: "rules/an order on its way waits", Fixed: true, Candidate: 2}},
			Score:   &evaluate.ScoreComparison{Baseline: 0.7, Candidate: 0.75, Difference: 0.05, Low: -0.1, High: 0.2},
			Figures: &evaluate.FiguresCompared{BaselineCostUSD: 0.011, CandidateCostUSD: 0.0123, BaselineP95Ms: 1100, CandidateP95Ms: 1210}},
		Basis: &evaluate.Basis{Cases: digestOf("cases"), Graders: digestOf("graders"), DataSets: []evaluate.DataSetUsed{{Name: "rules", Digest: digestOf("rows"), Cases: 4}},
			Judges: []evaluate.JudgeUsed{{Digest: digestOf("judge"), Graders: []string{"says what happens"}, Models: []string{"judge-large-2026"}}}}})
	if err != nil {
		panic(err)
	}
	return raw
}
