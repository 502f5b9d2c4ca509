// Package simulate runs scenarios: the real agent loop with tools that answer
// from fixtures. Side effects are captured at the tool boundary with what the
// guard and CRV said, and never reach the world. The same seed gives the same
// report, byte for byte.
//
// Start from [Run].
package simulate

import (
	"context"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Options of a simulation.
type Options struct {
	Seed int64
	// Suites limits the simulation to suites of these names; none is all.
	Suites []string
}

// Report is what a simulation found. It holds no wall-clock time.
type Report struct {
	Agent     string           `json:"agent"`
	Digest    string           `json:"digest"`
	Seed      int64            `json:"seed"`
	Passed    bool             `json:"passed"`
	Scenarios []ScenarioReport `json:"scenarios"`
}

// ScenarioReport is one scenario.
type ScenarioReport struct {
	Suite   string           `json:"suite"`
	Name    string           `json:"name"`
	Passed  bool             `json:"passed"`
	Outcome resource.Outcome `json:"outcome"`
	Message string           `json:"message,omitempty"`
	Output  any              `json:"output,omitempty"`
	Effects []Effect         `json:"effects"`
	Grades  []Grade          `json:"grades"`
}

// Effect is a captured side effect.
type Effect struct {
	Tool     string             `json:"tool"`
	Intent   blueprint.Intent   `json:"intent"`
	Args     map[string]any     `json:"args"`
	Decision resource.Decision  `json:"decision"`
	CRV      []resource.CRVStep `json:"crv,omitempty"`
	Happened bool               `json:"happened"` // would have happened: approved by the guard
}

// Grade is one grader's answer.
type Grade struct {
	Name    string `json:"name"`
	Passed  bool   `json:"passed"`
	Message string `json:"message,omitempty"`
}

// Run simulates the version's suites with the given model.
func Run(ctx context.Context, m *resource.Manifest, digest string, model agentrun.Model, o Options) (Report, error) {
	return Report{}, fault.New(fault.Internal, "simulate: Run is being written")
}
