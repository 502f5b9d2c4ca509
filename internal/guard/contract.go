// Package guard is Goal-Guard: it decides every tool call of a run. Policies are
// compiled once per version; Decide is pure; the run's state (phase, integrity,
// confidentiality, budgets) moves with every call and result and is stored with
// the decision.
//
// Start from [Compile] and [Compiled.Decide]. The package reads no clock and
// does no I/O, and fails closed: an error of any kind is a rejection.
package guard

import (
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// State is a run's guard state with what provenance needs to remember. It is
// stored as JSON in the run's checkpoint.
type State struct {
	resource.GuardState
	// Sources are the texts that values can come from, oldest first.
	Sources []Source `json:"sources,omitempty"`
}

// Source is one text with its label.
type Source struct {
	Origin  string `json:"origin"` // user, blueprint or tool:NAME
	Trusted bool   `json:"trusted"`
	Text    string `json:"text"`
}

// Call is a tool call to decide.
type Call struct {
	Tool string
	Args map[string]any
	// ApprovedDigest is the argument digest that a human approved for this run,
	// "" for none. It allows exactly the call whose ArgsDigest is equal.
	ApprovedDigest string
	Approval       string // id of that approval
	// RecentCalls is how many calls the agent made in this environment in the last minute.
	RecentCalls int
}

// Observation is what came back from an approved call.
type Observation struct {
	Tool    string
	Text    string
	IsError bool
}

// Compiled is a version's guard. It is immutable and safe for concurrent use.
type Compiled struct{}

// Compile prepares the guard of a version.
func Compile(m *resource.Manifest) (*Compiled, error) {
	return nil, fault.New(fault.Internal, "guard: Compile is being written")
}

// Start is the state of a new run whose user said input.
func (c *Compiled) Start(input string) State { return State{} }

// Decide judges a call in state s. The decision's After is the state once the
// call is made; an approved or rejected call both count against budgets as
// documented there.
func (c *Compiled) Decide(s State, call Call) (resource.Decision, State) {
	return resource.Decision{State: resource.DecisionRejected}, s
}

// Observe moves the state by the result of a call.
func (c *Compiled) Observe(s State, o Observation) State { return s }

// Spend moves the state by one model call.
func (c *Compiled) Spend(s State, tokens int64, cost resource.MicroUSD) State { return s }

// OverBudget names the budget that s is over ("steps", "tokens", "cost"), or "".
func (c *Compiled) OverBudget(s State) string { return "" }

// ArgsDigest is the digest that an approval is bound to: of the tool's name and
// its arguments in canonical form.
func ArgsDigest(tool string, args map[string]any) string { return "" }
