// Package evaluate measures an agent: every scenario of its suites, repeated,
// graded, with pass^k, and a baseline against a candidate on the same cases.
//
// Start from [Run].
package evaluate

import (
	"context"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// Options of an evaluation.
type Options struct {
	Repeats     int // 0 takes the blueprint's
	Concurrency int // 0 is 8
	Seed        int64
	Suites      []string
	// Progress is called after each run of a case; nil is none.
	Progress func(done, total int)
}

// Subject is a version to evaluate.
type Subject struct {
	Manifest *resource.Manifest
	Digest   string
	Model    agentrun.Model
}

// Report is what an evaluation found.
type Report struct {
	Agent    string       `json:"agent"`
	Digest   string       `json:"digest"`
	Baseline string       `json:"baseline,omitempty"` // digest
	Repeats  int          `json:"repeats"`
	Runs     int          `json:"runs"`
	Passed   bool         `json:"passed"`
	PassK    []float64    `json:"passK"` // pass^1..k
	Cases    []CaseReport `json:"cases"`
	// Of the candidate; CostUSD and latencies over all runs.
	CostUSD float64 `json:"costUSD"`
	P50Ms   float64 `json:"p50Ms"`
	P95Ms   float64 `json:"p95Ms"`
	// Compare is set when there is a baseline.
	Compare *Comparison `json:"compare,omitempty"`
}

// CaseReport is one case over its repeats.
type CaseReport struct {
	Suite  string      `json:"suite"`
	Name   string      `json:"name"`
	Passes int         `json:"passes"`
	Runs   []RunReport `json:"runs"`
}

// RunReport is one run of a case.
type RunReport struct {
	Passed    bool             `json:"passed"`
	Outcome   resource.Outcome `json:"outcome"`
	Message   string           `json:"message,omitempty"`
	LatencyMs float64          `json:"latencyMs"`
	CostUSD   float64          `json:"costUSD"`
	Grades    []simulate.Grade `json:"grades"`
}

// Comparison is candidate against baseline on the same cases.
type Comparison struct {
	BaselinePassRate  float64  `json:"baselinePassRate"`
	CandidatePassRate float64  `json:"candidatePassRate"`
	Fixed             []string `json:"fixed"`   // failed before, pass now
	Broken            []string `json:"broken"`  // passed before, fail now
	PValue            float64  `json:"pValue"`  // McNemar, exact, two-sided
	Verdict           string   `json:"verdict"` // better, no_worse, worse
}

// Run evaluates candidate, beside baseline when it is not nil.
func Run(ctx context.Context, candidate Subject, baseline *Subject, o Options) (Report, error) {
	return Report{}, fault.New(fault.Internal, "evaluate: Run is being written")
}

// PassK computes pass^1..k (the tau-bench estimator: mean over tasks of
// C(c,k)/C(n,k)) from passes per task and trials per task.
func PassK(passes []int, trials, k int) []float64 { return nil }
