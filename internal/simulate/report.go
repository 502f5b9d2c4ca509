package simulate

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Report is what a simulation found. It holds no wall-clock time.
type Report struct {
	Agent     string           `json:"agent"`
	Digest    string           `json:"digest"`
	Seed      int64            `json:"seed"`
	Passed    bool             `json:"passed"`
	Message   string           `json:"message,omitempty"` // why it did not pass, in one sentence
	Scenarios []ScenarioReport `json:"scenarios"`         // in the blueprint's order

	outage error
}

// Outage is why the model did not answer in some scenario, nil when it always
// did. A report with one says nothing about the version.
func (r Report) Outage() error { return r.outage }

// ScenarioReport is one scenario.
type ScenarioReport struct {
	Suite   string           `json:"suite"`
	Name    string           `json:"name"`
	Passed  bool             `json:"passed"`
	Outcome resource.Outcome `json:"outcome"`
	Message string           `json:"message,omitempty"` // why it did not pass
	Output  any              `json:"output,omitempty"`
	Effects []Effect         `json:"effects"`
	Grades  []Grade          `json:"grades"`
	// World is what the run changed of the state of the stateful tools.
	World    []Change   `json:"world,omitempty"`
	Injected []Injected `json:"injected,omitempty"` // faults that hit a call, in order
}

// What became of a call, in one word.
const (
	VerdictAllowed  = "allowed"  // by the guard
	VerdictApproved = "approved" // a human was asked and approved it
	VerdictDenied   = "denied"   // a human was asked and denied it
	VerdictRefused  = "refused"  // by the guard
	VerdictBlocked  = "blocked"  // by CRV, before the guard was asked
)

// Effect is a captured side effect: a call whose intent is not read.
type Effect struct {
	Tool     string             `json:"tool"`
	Intent   blueprint.Intent   `json:"intent"` // "" is a tool that the version does not have
	Labels   []string           `json:"labels,omitempty"`
	Args     map[string]any     `json:"args"`
	Verdict  string             `json:"verdict"`
	Decision resource.Decision  `json:"decision"`
	CRV      []resource.CRVStep `json:"crv,omitempty"`
	Happened bool               `json:"happened"`         // would have happened: it got past the guard and CRV
	Times    int                `json:"times,omitempty"`  // how often, when more than once
	By       string             `json:"by,omitempty"`     // what answered: fixture, stateful, recorded or live
	Faults   []string           `json:"faults,omitempty"` // that hit it
	State    []Change           `json:"state,omitempty"`  // what it changed of the stateful tools' state

	nth int // which call of the run, from 1; 0 when it never got to the tool
}

// NoCases is Report.Message when there was nothing to run. Nothing tried is
// nothing shown, so such a report does not pass.
const NoCases = "The blueprint has no scenarios, so nothing was shown; add some under spec.evaluation.suites."

// conclude fills Passed and Message.
func (r *Report) conclude() {
	if len(r.Scenarios) == 0 {
		r.Message = NoCases
		return
	}
	var failed []string
	for _, s := range r.Scenarios {
		if !s.Passed {
			failed = append(failed, s.Name)
		}
	}
	r.Passed = len(failed) == 0
	if !r.Passed {
		r.Message = fmt.Sprintf("%d of %d scenarios failed: %s.", len(failed), len(r.Scenarios), strings.Join(failed, ", "))
	}
}
