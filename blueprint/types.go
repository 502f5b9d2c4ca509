// Package blueprint is what an agent is, as data: the types of a blueprint
// (apiVersion aureus/v1, kind Agent), its JSON Schema, parsing with errors that
// name file, line and field, the canonical form and digest, and the capability
// delta between two blueprints.
//
// Start from [Agent] and [Parse]. The package does no I/O but reading what it is
// given, and is safe to import from outside.
package blueprint

// The fixed header of a blueprint.
const (
	APIVersion = "aureus/v1"
	KindAgent  = "Agent"
)

// Tier is a risk tier.
type Tier string

// The risk tiers, lowest first. Anything else is denied.
const (
	TierLow      Tier = "low"      // read-only; runs
	TierMedium   Tier = "medium"   // reversible; runs
	TierHigh     Tier = "high"     // significant; one human
	TierCritical Tier = "critical" // irreversible; several humans
)

// Zone is a data zone.
type Zone string

// The data zones, lowest first.
const (
	ZonePublic       Zone = "public"
	ZoneInternal     Zone = "internal"
	ZoneConfidential Zone = "confidential"
	ZoneRestricted   Zone = "restricted"
)

// Intent is what a call means to do.
type Intent string

// The intents.
const (
	IntentRead    Intent = "read"
	IntentWrite   Intent = "write"
	IntentDelete  Intent = "delete"
	IntentExecute Intent = "execute"
	IntentAdmin   Intent = "admin"
)

// Agent is a blueprint.
type Agent struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Metadata names the agent and says who answers for it.
type Metadata struct {
	Name        string            `json:"name"`  // DNS label: a-z, 0-9, -, at most 63
	Owner       string            `json:"owner"` // a person or team
	Description string            `json:"description,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
}

// Spec is what the agent does and what it may do.
type Spec struct {
	Goal         string       `json:"goal"`
	Instructions string       `json:"instructions"` // the system prompt
	RiskTier     Tier         `json:"riskTier"`     // highest tier of harm the agent is meant to be able to do
	Zone         Zone         `json:"zone"`         // highest zone the agent may see
	Model        Model        `json:"model"`
	Servers      []Server     `json:"servers,omitempty"` // MCP servers
	Tools        []Tool       `json:"tools,omitempty"`
	Permissions  []Permission `json:"permissions,omitempty"`
	Policies     []Policy     `json:"policies,omitempty"`
	Properties   []Property   `json:"properties,omitempty"` // what no run may do, proved before it is released
	Input        *IO          `json:"input,omitempty"`
	Output       *IO          `json:"output,omitempty"`
	Workflow     *Workflow    `json:"workflow,omitempty"`
	Budgets      Budgets      `json:"budgets"`
	Approvals    Asking       `json:"approvals,omitzero"`
	CRV          []CRVGate    `json:"crv,omitempty"`
	Success      []Criterion  `json:"success,omitempty"`
	Evaluation   Evaluation   `json:"evaluation"`
	Release      ReleasePlan  `json:"release"`
	Monitor      Monitor      `json:"monitor"`
}

// Model says which model answers. Endpoint URLs and keys are the server's
// configuration and never part of a blueprint.
type Model struct {
	Name        string   `json:"name"`               // as the endpoint names it
	Provider    string   `json:"provider,omitempty"` // a provider of the server's configuration; "" is "default"
	Temperature *float64 `json:"temperature,omitempty"`
	MaxTokens   int      `json:"maxTokens,omitempty"` // per completion; 0 leaves it to the endpoint
	Seed        *int64   `json:"seed,omitempty"`
	Timeout     Duration `json:"timeout,omitempty"` // of one request; default 60s
}

// IO is the JSON Schema (2020-12) of an agent's input or output.
type IO struct {
	Schema map[string]any `json:"schema"`
}

// Workflow is the phases of a run. Without one a run has the single phase
// "work" in which every tool may be called.
type Workflow struct {
	Initial string  `json:"initial"`
	Phases  []Phase `json:"phases"`
}

// Phase is one state of the workflow.
type Phase struct {
	Name        string       `json:"name"`
	Tools       []string     `json:"tools,omitempty"`   // callable in this phase
	Intents     []Intent     `json:"intents,omitempty"` // that serve the goal now; none is all
	Transitions []Transition `json:"transitions,omitempty"`
	Final       bool         `json:"final,omitempty"` // the run may end here
}

// Transition moves the phase when a call of a tool succeeded.
type Transition struct {
	On       string `json:"on"` // a tool of the phase
	To       string `json:"to"`
	Approval bool   `json:"approval,omitempty"` // a human has to approve the call that makes this transition
}

// Budgets bound one run. Zero takes the default named beside the field.
type Budgets struct {
	Steps     int      `json:"steps,omitempty"`     // model calls; default 20
	ToolCalls int      `json:"toolCalls,omitempty"` // default 50
	Tokens    int64    `json:"tokens,omitempty"`    // prompt and completion; default 200000
	CostUSD   float64  `json:"costUSD,omitempty"`   // default 5
	Spend     float64  `json:"spend,omitempty"`     // sum of the tools' Spends arguments; 0 is no spending
	Duration  Duration `json:"duration,omitempty"`  // default 5m
	// CallsPerMinute bounds tool calls of all runs of the agent in an
	// environment; 0 is no limit.
	CallsPerMinute int `json:"callsPerMinute,omitempty"`
	Session        Use `json:"session,omitzero"` // of all runs of a session
	Day            Use `json:"day,omitzero"`     // of all runs of the agent in an environment in a day (UTC)
}

// CRVGate judges an output, a tool's arguments or result, or the change of state
// that a call makes, before it is committed.
type CRVGate struct {
	Name string `json:"name"`
	// On is "output", "args:TOOL", "result:TOOL" or "state:TOOL".
	On                 string      `json:"on"`
	Validators         []Validator `json:"validators"`
	BlockOnFailure     *bool       `json:"blockOnFailure,omitempty"`     // default true
	RequiredConfidence *float64    `json:"requiredConfidence,omitempty"` // 0..1
	ConfidenceField    string      `json:"confidenceField,omitempty"`    // path of the value's own confidence
	Recovery           Recovery    `json:"recovery,omitempty"`           // default escalate
	RecoveryTool       string      `json:"recoveryTool,omitempty"`       // of retry_alt_tool
	Justification      string      `json:"justification,omitempty"`      // needed by ignore
}

// Validator is one check of a CRV gate.
type Validator struct {
	// Type is one of notNull schema monotonic maxSize statisticalBounds anomaly
	// crossFieldConsistency temporalMonotonic expression.
	Type       string         `json:"type"`
	Field      string         `json:"field,omitempty"`  // dotted path; "" is the whole value
	Fields     []string       `json:"fields,omitempty"` // of notNull, crossFieldConsistency, temporalMonotonic
	Schema     map[string]any `json:"schema,omitempty"`
	Direction  string         `json:"direction,omitempty"`  // increasing or decreasing
	Max        *float64       `json:"max,omitempty"`        // bytes of maxSize, sigma of statisticalBounds, z of anomaly
	Samples    []float64      `json:"samples,omitempty"`    // history of statisticalBounds and anomaly
	Expression string         `json:"expression,omitempty"` // CEL: value, input, args, previous -> bool
	Message    string         `json:"message,omitempty"`
}

// Recovery is what happens when a gate blocks.
type Recovery string

// The recoveries.
const (
	RecoverRetryAltTool Recovery = "retry_alt_tool"
	RecoverAskUser      Recovery = "ask_user"
	RecoverEscalate     Recovery = "escalate"
	RecoverIgnore       Recovery = "ignore" // needs a justification
)
