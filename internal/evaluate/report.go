package evaluate

import (
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/judge"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// Report is what an evaluation found.
type Report struct {
	Agent    string `json:"agent"`
	Digest   string `json:"digest"`
	Baseline string `json:"baseline,omitempty"` // digest
	Seed     int64  `json:"seed"`               // of the first repeat
	Repeats  int    `json:"repeats"`
	Runs     int    `json:"runs"` // of the candidate, that were measured
	Passed   bool   `json:"passed"`
	Message  string `json:"message,omitempty"` // why it did not pass, in one sentence
	// PassRate is the share of the cases that were measured that passed in every
	// repeat. After an early stop Passed says more: that the rate is shown for all.
	PassRate float64 `json:"passRate"`
	// Score is the mean over cases of the mean score of their runs, 0 to 1.
	Score float64      `json:"score"`
	PassK []float64    `json:"passK"`             // pass^1..k: all of j runs of a case pass
	AtK   []float64    `json:"passAtK,omitempty"` // pass@1..k: at least one of j runs of a case passes
	Cases []CaseReport `json:"cases"`             // of the candidate, in the blueprint's order
	// Of the candidate; CostUSD is the sum and the latencies are percentiles over
	// all runs.
	CostUSD  float64 `json:"costUSD"`
	JudgeUSD float64 `json:"judgeUSD,omitempty"` // what judging cost, besides CostUSD
	P50Ms    float64 `json:"p50Ms"`
	P95Ms    float64 `json:"p95Ms"`
	// Compare is set when there is a baseline.
	Compare *Comparison `json:"compare,omitempty"`
	// Stopped is set when the evaluation ended before every case was measured.
	Stopped *Stopped `json:"stopped,omitempty"`
	// Basis is what the figures rest on besides the version.
	Basis *Basis `json:"basis,omitempty"`
	// Kept is how many runs, of both versions, were made before: by the evaluation
	// that this one goes on with, or taken from the cache.
	Kept int `json:"kept,omitempty"`

	outage error
}

// Why an evaluation ended before every case was measured.
const (
	StoppedEarly  = "early"  // the answer is clear; the error rates hold all the same
	StoppedBudget = "budget" // the evaluation's own cost or time is used up; nothing is concluded
	StoppedOutage = "outage" // the model did not answer; nothing is concluded
)

// Stopped says where and why an evaluation ended before its end.
type Stopped struct {
	Reason   string `json:"reason"`   // early, budget or outage
	Measured int    `json:"measured"` // cases with every run made
	Planned  int    `json:"planned"`  // cases
	Message  string `json:"message"`  // a sentence
}

// Basis is what a report rests on besides the versions: with it, the same
// evaluation can be told from another one.
type Basis struct {
	Cases    string        `json:"cases"`   // digest of the cases: inputs, tools' answers, expectations
	Graders  string        `json:"graders"` // digest of what the cases expect
	DataSets []DataSetUsed `json:"dataSets,omitempty"`
	Judges   []JudgeUsed   `json:"judges,omitempty"`
	// Models that answered, as their endpoints reported them, sorted.
	Models         []string `json:"models"`
	BaselineModels []string `json:"baselineModels,omitempty"`
	Engine         string   `json:"engine"` // version of the rules by which runs are made and judged
}

// DataSetUsed is a data set that cases came from.
type DataSetUsed struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Cases  int    `json:"cases"`
}

// JudgeUsed is a judge that graded, by its digest: prompt, rubric, settings and
// model.
type JudgeUsed struct {
	Digest    string          `json:"digest"`
	Graders   []string        `json:"graders"` // names, sorted
	Models    []string        `json:"models"`  // as their endpoints reported them, sorted
	Agreement judge.Agreement `json:"agreement"`
}

// CaseReport is one case over its repeats.
type CaseReport struct {
	Suite  string      `json:"suite"`
	Name   string      `json:"name"`
	Digest string      `json:"digest,omitempty"` // of the case
	Passes int         `json:"passes"`
	Runs   []RunReport `json:"runs"`
}

// RunReport is one run of a case.
type RunReport struct {
	Passed  bool             `json:"passed"`
	Outcome resource.Outcome `json:"outcome"`
	Message string           `json:"message,omitempty"`
	// Score is the mean of the grades' scores, 1 or 0 for a grade that has none;
	// without grades it is 1 for a run that passed and else 0.
	Score     float64          `json:"score"`
	LatencyMs float64          `json:"latencyMs"` // wall clock and the fixtures' delays
	CostUSD   float64          `json:"costUSD"`
	JudgeUSD  float64          `json:"judgeUSD,omitempty"` // what judging it cost, besides CostUSD
	Tokens    int64            `json:"tokens,omitempty"`
	Model     string           `json:"model,omitempty"` // as its endpoint reported it
	Grades    []simulate.Grade `json:"grades"`
	// Calls are the tool calls in their order, TOOL DIGEST-OF-ARGUMENTS.
	Calls []string `json:"calls,omitempty"`
	// Output is what the run answered; a long one is cut.
	Output any `json:"output,omitempty"`
	// Transcript is what was said and done, of a run that failed or is a conversation.
	Transcript []simulate.Line `json:"transcript,omitempty"`
}

// The verdicts of a comparison.
const (
	Better  = "better"
	NoWorse = "no_worse"
	Worse   = "worse"
	Unclear = "unclear" // not enough evidence for any of the others
)

// Comparison is candidate against baseline on the same cases. The case is the
// unit: it passes when every repeat of it passes.
type Comparison struct {
	BaselinePassRate  float64  `json:"baselinePassRate"`  // share of runs that passed
	CandidatePassRate float64  `json:"candidatePassRate"` // share of runs that passed
	Fixed             []string `json:"fixed"`             // suite/case: failed before, pass now
	Broken            []string `json:"broken"`            // suite/case: passed before, fail now
	PValue            float64  `json:"pValue"`            // McNemar, exact, two-sided
	Verdict           string   `json:"verdict"`           // better, no_worse, worse, unclear
	Message           string   `json:"message,omitempty"` // the verdict as a sentence
	Cases             int      `json:"cases"`             // that both versions were measured on
	// Difference is the share of cases that pass now less the share that passed
	// before; Low and High bound it with Confidence.
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
	// Margin is the loss that no_worse rules out. MarginSet is false when it is the
	// default, which follows from the number of cases (5 to 10 points).
	Margin    float64 `json:"margin"`
	MarginSet bool    `json:"marginSet"`
	// Sequential is set when the figures hold at any moment of stopping.
	Sequential bool `json:"sequential,omitempty"`
	// OnUnclear is what a gate does when the verdict is unclear; "" is block.
	OnUnclear blueprint.UnclearAction `json:"onUnclear,omitempty"`
	Score     *ScoreComparison        `json:"score,omitempty"`
	Flips     []Flip                  `json:"flips,omitempty"` // Fixed and Broken with why, in the order of the cases
	Figures   *FiguresCompared        `json:"figures,omitempty"`
}

// ScoreComparison compares the mean scores of the cases. It decides nothing.
type ScoreComparison struct {
	Baseline   float64 `json:"baseline"`
	Candidate  float64 `json:"candidate"`
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"` // of Difference: bootstrap over cases
	High       float64 `json:"high"`
}

// FiguresCompared are the costs and times of both.
type FiguresCompared struct {
	BaselineCostUSD  float64 `json:"baselineCostUSD"`
	CandidateCostUSD float64 `json:"candidateCostUSD"`
	BaselineP50Ms    float64 `json:"baselineP50Ms"`
	CandidateP50Ms   float64 `json:"candidateP50Ms"`
	BaselineP95Ms    float64 `json:"baselineP95Ms"`
	CandidateP95Ms   float64 `json:"candidateP95Ms"`
}

// Flip is a case that one version passes and the other does not.
type Flip struct {
	Case      string `json:"case"`      // suite/case
	Fixed     bool   `json:"fixed"`     // false: broken
	Baseline  int    `json:"baseline"`  // repeats that passed
	Candidate int    `json:"candidate"` // repeats that passed
	// Graders are those that the versions' answers differ in, sorted.
	Graders []string `json:"graders,omitempty"`
	// Call is the first tool call that differs, as "call 2: before lookup_order,
	// now issue_refund"; "" when the calls are the same.
	Call string `json:"call,omitempty"`
	Why  string `json:"why,omitempty"` // what the failing run says
}
