package ci

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Verdict is what came of a step.
type Verdict string

// The verdicts.
const (
	Pass  Verdict = "pass"
	Warn  Verdict = "warn"  // it passes, and something about it should be read
	Skip  Verdict = "skip"  // it was not made
	Wait  Verdict = "wait"  // people, or time, have to go by first
	Block Verdict = "block" // it was made, and the answer is no
	Fail  Verdict = "fail"  // it could not be made
)

// The steps, in their order.
const (
	StepValidate = "validate"
	StepPolicy   = "policy"
	StepPush     = "push"
	StepSimulate = "simulate"
	StepEvaluate = "evaluate"
	StepRelease  = "release"
)

// severity orders the verdicts: the worst of several is that of all of them.
var severity = []Verdict{Pass, Skip, Warn, Wait, Block, Fail}

// Worst is the worst of the verdicts; of none it is Skip.
func Worst(vs ...Verdict) Verdict {
	if len(vs) == 0 {
		return Skip
	}
	worst := vs[0]
	for _, v := range vs {
		if slices.Index(severity, v) > slices.Index(severity, worst) {
			worst = v
		}
	}
	return worst
}

// Result is a run over blueprints.
type Result struct {
	Verdict     Verdict        `json:"verdict"`
	Exit        int            `json:"exit"`              // exit status
	Message     string         `json:"message,omitempty"` // why it does not pass
	Environment string         `json:"environment"`
	Server      string         `json:"server,omitempty"` // address; "" is a run without one
	Build       resource.Build `json:"build"`
	Agents      []Agent        `json:"agents"` // in the order of the files
}

// Agent is what came of one blueprint.
type Agent struct {
	File     string             `json:"file"`
	Agent    string             `json:"agent,omitempty"`
	Version  string             `json:"version,omitempty"` // name
	Digest   string             `json:"digest,omitempty"`
	Created  bool               `json:"created"`            // false: it was registered before
	Baseline string             `json:"baseline,omitempty"` // name of what serves in the environment
	URL      string             `json:"url,omitempty"`      // of the version's page
	Steps    []Step             `json:"steps"`
	Findings []resource.Finding `json:"findings"`
	// Delta is what the version can do that the baseline could not, and the other way
	// round; without a baseline, everything that it can do.
	Delta *resource.Delta `json:"delta,omitempty"`
	// Asks is who has to say yes to a release with this delta, by environment in
	// promotion order; an environment that asks nobody is in it.
	Asks       []Ask       `json:"asks,omitempty"`
	Evaluation *Evaluation `json:"evaluation,omitempty"`
	Release    *Release    `json:"release,omitempty"`
}

// Ask is how many people an environment asks for a tier.
type Ask struct {
	Environment string         `json:"environment"`
	Tier        blueprint.Tier `json:"tier"`
	People      int            `json:"people"`
}

// Evaluation is the part of an evaluation's report that a merge request shows.
type Evaluation struct {
	Runs     int       `json:"runs"`
	PassRate float64   `json:"passRate"` // share of cases that passed in every repeat
	PassK    []float64 `json:"passK"`
	CostUSD  float64   `json:"costUSD"`
	P95Ms    float64   `json:"p95Ms"`
	// Against the baseline; Verdict "" is no comparison.
	Verdict           string   `json:"verdict,omitempty"`
	BaselinePassRate  float64  `json:"baselinePassRate,omitempty"`
	CandidatePassRate float64  `json:"candidatePassRate,omitempty"`
	PValue            float64  `json:"pValue,omitempty"`
	Fixed             []string `json:"fixed,omitempty"`
	Broken            []string `json:"broken,omitempty"`
}

// Release is a release as it stood at the end.
type Release struct {
	ID       string                `json:"id,omitempty"` // "" when the version served before
	State    resource.ReleaseState `json:"state"`
	Reason   string                `json:"reason,omitempty"`
	Approval string                `json:"approval,omitempty"` // that it waits for
	URL      string                `json:"url,omitempty"`
}

// Step is one step.
type Step struct {
	Name     string  `json:"name"`
	Verdict  Verdict `json:"verdict"`
	Message  string  `json:"message,omitempty"`
	Reused   bool    `json:"reused,omitempty"`   // evidence that was there and is fresh
	Evidence string  `json:"evidence,omitempty"` // digest of the signed evidence
	Ms       int64   `json:"ms"`
	Cases    []Case  `json:"cases,omitempty"`
}

// Case is one thing that a step tried.
type Case struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	Message string  `json:"message,omitempty"`
	Ms      float64 `json:"ms,omitempty"`
}

// Verdict is the worst of the steps.
func (a Agent) Verdict() Verdict {
	var vs []Verdict
	for _, s := range a.Steps {
		if s.Verdict != Skip {
			vs = append(vs, s.Verdict)
		}
	}
	return Worst(vs...)
}

// Title names the agent as far as it is known.
func (a Agent) Title() string {
	switch {
	case a.Version != "":
		return a.Version
	case a.Agent != "":
		return a.Agent
	}
	return a.File
}

// AllFindings are the findings of every agent, in the order of the files.
func (r Result) AllFindings() []resource.Finding {
	out := []resource.Finding{}
	for _, a := range r.Agents {
		out = append(out, a.Findings...)
	}
	return out
}
