// Package recorded reads recorded runs and gives those of other systems the
// shape of Aureus' own: the JSON array of tau-bench, the JSON lines of AgentDojo,
// and runs as `aureus runs show` prints them, plain or compressed with gzip. It
// reads one run at a time, and its errors name the line.
//
// Start from [Parse] or, for large files, [Each]. What a data set says about the
// truth (was this call part of an attack, did the attack succeed) is kept apart
// in [Truth]: it is for counting, and no guard ever sees it.
package recorded

import "github.com/aureus-agents/aureus/resource"

// The formats.
const (
	// Taubench is tau-bench's results: a JSON array of runs with task_id, trial,
	// reward and traj, a conversation in the OpenAI protocol.
	Taubench = "taubench"
	// AgentDojo is AgentDojo's runs, one JSON object a line.
	AgentDojo = "agentdojo"
	// Aureus is Aureus' own runs: JSON objects of resource.Run with their steps,
	// one after another.
	Aureus = "aureus"
)

// Formats lists the formats.
func Formats() []string { return []string{AgentDojo, Aureus, Taubench} }

// Bounds of what is read.
const (
	MaxRun  = 16 << 20 // bytes of one run
	MaxRuns = 1_000_000
)

// Run is a recorded run. One of another system has mode recorded, an id that is
// a digest of its content, the task and trial, the outcome that the data set gave
// it, and its model and tool steps in order; it has no times, since none were
// recorded. One of Aureus is as it was.
type Run struct {
	resource.Run
	// Truth is nil when the data set says nothing of attacks.
	Truth *Truth
}

// Truth is what an AgentDojo run says about itself. It is for counting only.
type Truth struct {
	Suite         string
	UserTask      string
	InjectionTask string // "" is a benign run
	Utility       bool   // the user's task was done
	Security      bool   // with an injection: the ATTACK SUCCEEDED
	Calls         []CallTruth
}

// CallTruth is about the tool step at the same position among the run's tool steps.
type CallTruth struct {
	Injected bool // the call belongs to the attacker's plan
	Poisoned bool // its result holds the injected text
}
