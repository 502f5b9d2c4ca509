package resource

// RunMode says where a run ran.
type RunMode string

// The run modes.
const (
	RunLive       RunMode = "live"
	RunSimulation RunMode = "simulation"
	RunEvaluation RunMode = "evaluation"
	RunSmoke      RunMode = "smoke"
	RunShadow     RunMode = "shadow"   // a copy of a live run on a release's candidate; its effects are captured
	RunDrill      RunMode = "drill"    // traffic of a drill; its effects are captured
	RunRecorded   RunMode = "recorded" // imported
)

// Outcome is how a run ended.
type Outcome string

// The outcomes. Every one but success and waiting counts as a failure in a canary.
const (
	OutcomeRunning   Outcome = "running"   // not ended
	OutcomeWaiting   Outcome = "waiting"   // suspended until a human answers
	OutcomeSuccess   Outcome = "success"   // ended, output valid, success criteria hold
	OutcomeFailure   Outcome = "failure"   // ended, but a success criterion does not hold
	OutcomeBlocked   Outcome = "blocked"   // CRV blocked the output or a value
	OutcomeDenied    Outcome = "denied"    // the guard denied a call and the agent could not go on
	OutcomeEscalated Outcome = "escalated" // handed to a human
	OutcomeError     Outcome = "error"     // model, tool or budget failure
)

// Failed reports whether o counts as a failed run.
func (o Outcome) Failed() bool {
	switch o {
	case OutcomeSuccess, OutcomeRunning, OutcomeWaiting:
		return false
	}
	return true
}

// Run is one execution of an agent.
type Run struct {
	ID          string      `json:"id"`
	Agent       string      `json:"agent"`
	Digest      string      `json:"digest"`
	Version     int         `json:"version"`
	Environment string      `json:"environment,omitempty"`
	Mode        RunMode     `json:"mode"`
	Release     string      `json:"release,omitempty"` // that was in canary when it was assigned
	Canary      bool        `json:"canary"`            // assigned to the candidate
	Weight      int         `json:"weight"`            // candidate's percent at assignment
	Draw        int64       `json:"draw,omitempty"`    // its session's place among the draws of that canary
	Session     string      `json:"session,omitempty"`
	Principal   Actor       `json:"principal"`
	Scenario    string      `json:"scenario,omitempty"`
	Input       any         `json:"input,omitempty"`  // payload
	Output      any         `json:"output,omitempty"` // payload
	Outcome     Outcome     `json:"outcome"`
	Code        FailureCode `json:"code,omitempty"`
	Message     string      `json:"message,omitempty"` // why it did not succeed
	StartedAt   Millis      `json:"startedAt"`
	EndedAt     Millis      `json:"endedAt,omitempty"`
	LatencyMs   int64       `json:"latencyMs"`
	Stats       RunStats    `json:"stats"`
	Steps       []Step      `json:"steps,omitempty"`    // left out in lists
	Approval    string      `json:"approval,omitempty"` // that it waits for
	Task        string      `json:"task,omitempty"`     // of recorded runs
	Trial       int         `json:"trial,omitempty"`    // of recorded runs
	// Gateway is set when the run is a session of the MCP gateway: its calls come
	// from an agent that Aureus does not run.
	Gateway bool `json:"gateway,omitempty"`
	// Allowances are what people allowed beyond single calls, with what is left.
	Allowances []Allowance `json:"allowances,omitempty"`
	Revision   int64       `json:"revision"`
}

// RunStats are a run's counts.
type RunStats struct {
	ModelCalls       int      `json:"modelCalls"`
	ToolCalls        int      `json:"toolCalls"`
	Retries          int      `json:"retries"`
	PromptTokens     int64    `json:"promptTokens"`
	CompletionTokens int64    `json:"completionTokens"`
	Cost             MicroUSD `json:"costMicroUSD"`
	CRVFailures      int      `json:"crvFailures"`
	Denials          int      `json:"denials"`
	Escalations      int      `json:"escalations"`
	ModelVersion     string   `json:"modelVersion,omitempty"` // last reported
}

// Step is one thing that happened in a run, in order.
type Step struct {
	Index  int        `json:"index"`
	Kind   string     `json:"kind"` // model, tool or crv
	AtMs   int64      `json:"atMs"` // since the run's start
	TookMs float64    `json:"tookMs"`
	Model  *ModelStep `json:"model,omitempty"`
	Tool   *ToolStep  `json:"tool,omitempty"`
	CRV    *CRVStep   `json:"crv,omitempty"`
}

// ModelStep is one completion.
type ModelStep struct {
	Model            string   `json:"model"`
	Content          string   `json:"content,omitempty"` // payload
	ToolCalls        []string `json:"toolCalls,omitempty"`
	PromptTokens     int64    `json:"promptTokens"`
	CompletionTokens int64    `json:"completionTokens"`
	Cost             MicroUSD `json:"costMicroUSD"`
	Retries          int      `json:"retries,omitempty"`
	Error            string   `json:"error,omitempty"`
}

// ToolStep is one tool call with what the guard said.
type ToolStep struct {
	CallID     string         `json:"callId"`
	Tool       string         `json:"tool"`
	Args       map[string]any `json:"args,omitempty"`   // payload
	Result     string         `json:"result,omitempty"` // payload, text
	IsError    bool           `json:"isError,omitempty"`
	Structured bool           `json:"structured,omitempty"` // Result is the answer's structured content and nothing else
	Captured   bool           `json:"captured,omitempty"`   // simulated: it never reached the world
	Retries    int            `json:"retries,omitempty"`
	Decision   Decision       `json:"decision"`
}

// DecisionState is the guard's answer to one call.
type DecisionState string

// The decision states.
const (
	DecisionApproved DecisionState = "approved"
	DecisionRejected DecisionState = "rejected"
	DecisionPending  DecisionState = "pending_human"
)

// Decision is what the guard said about one call.
type Decision struct {
	State       DecisionState     `json:"state"`
	Policies    []string          `json:"policies"` // deciding policy ids, sorted
	Check       string            `json:"check"`    // tool, phase, permission, policy, tier, budget, approval
	Reason      string            `json:"reason"`
	Code        FailureCode       `json:"code,omitempty"`
	Remediation string            `json:"remediation,omitempty"`
	ArgsDigest  string            `json:"argsDigest"`
	Before      GuardState        `json:"before"`
	After       GuardState        `json:"after"`
	Origins     map[string]string `json:"origins,omitempty"` // argument -> user, blueprint, tool:NAME or unknown
	Approval    string            `json:"approval,omitempty"`
	// Quorum is how many humans have to say yes when State is pending_human.
	Quorum int `json:"quorum,omitempty"`
	// Allowance says that Approval allowed more than one call, and this is one of them.
	Allowance   bool           `json:"allowance,omitempty"`
	Arguments   []ArgumentFlow `json:"arguments,omitempty"` // by name
	Target      string         `json:"target,omitempty"`    // worst class of the targets; none
	Content     string         `json:"content,omitempty"`   // worst class of the contents; none
	Fears       []Fear         `json:"fears,omitempty"`     // that a human has to answer, when State is pending_human
	LastOutside *OutsideText   `json:"lastOutside,omitempty"`
	// What the decision is bound to: the run, its version and what decides for it.
	Run          string `json:"run,omitempty"`
	Version      string `json:"version,omitempty"`      // digest
	PolicyDigest string `json:"policyDigest,omitempty"` // of the version's policies, the built-in ones included
}

// GuardState is where a run is, for the guard.
type GuardState struct {
	Phase           string   `json:"phase"`
	Tainted         bool     `json:"tainted"`         // text from outside was read
	Confidentiality string   `json:"confidentiality"` // highest zone read
	ToolCalls       int      `json:"toolCalls"`
	Steps           int      `json:"steps"`
	Tokens          int64    `json:"tokens"`
	Cost            MicroUSD `json:"costMicroUSD"`
	Spent           float64  `json:"spent"`
	Unknown         bool     `json:"unknown,omitempty"` // could not be restored: treated as tainted and restricted
}

// CRVStep is one gate's verdict on a value.
type CRVStep struct {
	Gate       string      `json:"gate"`
	On         string      `json:"on"`
	Verdict    Verdict     `json:"verdict"`
	Code       FailureCode `json:"code,omitempty"`
	Message    string      `json:"message,omitempty"`
	Recovery   string      `json:"recovery,omitempty"`
	Confidence *float64    `json:"confidence,omitempty"`
	Findings   []Finding   `json:"findings,omitempty"`
	// Justification is the blueprint's reason why a failure of this gate is ignored.
	Justification string `json:"justification,omitempty"`
}

// Figures are what the monitor knows of a version in an environment in a window.
type Figures struct {
	Agent          string   `json:"agent"`
	Environment    string   `json:"environment"`
	Digest         string   `json:"digest,omitempty"` // "" is all versions
	Version        int      `json:"version,omitempty"`
	From           Millis   `json:"from"`
	To             Millis   `json:"to"`
	Runs           int64    `json:"runs"`
	Success        int64    `json:"success"`
	Failed         int64    `json:"failed"`
	SuccessRate    float64  `json:"successRate"`
	ErrorRate      float64  `json:"errorRate"`
	RetryRate      float64  `json:"retryRate"` // runs with at least one retry
	P50Ms          float64  `json:"p50Ms"`
	P95Ms          float64  `json:"p95Ms"`
	P99Ms          float64  `json:"p99Ms"`
	Cost           MicroUSD `json:"costMicroUSD"`
	CostPerSuccess MicroUSD `json:"costPerSuccessMicroUSD"`
	CRVFailures    int64    `json:"crvFailures"`
	Denials        int64    `json:"denials"`
	Escalations    int64    `json:"escalations"`
	EscalationRate float64  `json:"escalationRate"`
	Tokens         int64    `json:"tokens"`
	Rollbacks      int64    `json:"rollbacks"`
	MTTRMs         int64    `json:"mttrMs"`
}

// FiguresPoint is one bucket of a chart.
type FiguresPoint struct {
	At      Millis  `json:"at"`
	Figures Figures `json:"figures"`
}
