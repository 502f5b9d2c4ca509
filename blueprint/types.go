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

// Server is an MCP server. Exactly one of Stdio and HTTP is set.
type Server struct {
	Name  string       `json:"name"`
	Stdio *StdioServer `json:"stdio,omitempty"`
	HTTP  *HTTPServer  `json:"http,omitempty"`
	// Expose lists what MCP clients of the gateway are offered beside the tools:
	// resources, prompts; none is nothing. See Agent.WithExposed.
	Expose []string `json:"expose,omitempty"`
}

// StdioServer is a child process that speaks MCP on its stdin and stdout.
type StdioServer struct {
	Command []string          `json:"command"`       // argv; never passed to a shell
	Env     map[string]string `json:"env,omitempty"` // plain values
	// EnvFrom maps a variable of the child to the name of a variable of the
	// Aureus server, so that secrets stay out of blueprints.
	EnvFrom map[string]string `json:"envFrom,omitempty"`
	Sandbox Sandbox           `json:"sandbox,omitzero"`
}

// HTTPServer is an MCP server over streamable HTTP.
type HTTPServer struct {
	URL string `json:"url"`
	// HeadersFrom maps a header name to the name of a variable of the Aureus
	// server that holds its value.
	HeadersFrom map[string]string `json:"headersFrom,omitempty"`
}

// Tool is one tool that the agent may call.
type Tool struct {
	Name        string `json:"name"`               // what the model sees
	Server      string `json:"server"`             // a name of servers
	Upstream    string `json:"upstream,omitempty"` // the server's name for it; "" is Name
	Description string `json:"description,omitempty"`
	RiskTier    Tier   `json:"riskTier"`
	Intent      Intent `json:"intent"`
	Zone        Zone   `json:"zone"` // zone of the data that it reads or writes
	Labels      Labels `json:"labels"`
	// Arguments says what an argument does, by name, where its own name does not:
	// a target is whom or what the call affects, content is what is said there, a
	// quantity is neither. An argument that nothing is known of is a target.
	Arguments map[string]Role `json:"arguments,omitempty"`
	// AskedBy are further words with which users ask for this tool, as in another
	// language; the words of its name are known.
	AskedBy []string `json:"askedBy,omitempty"`
	// Unprompted says that the agent may call it by itself, without its user asking
	// for it in each run.
	Unprompted bool `json:"unprompted,omitempty"`
	// Spends names the numeric argument that is counted against budgets.spend.
	Spends string `json:"spends,omitempty"`
	// Timeout of one call; default 30s.
	Timeout Duration `json:"timeout,omitempty"`
	// Retries of a failed call whose intent is read; default 2. Other intents are
	// never retried by Aureus.
	Retries *int `json:"retries,omitempty"`
}

// Labels say what a call can see and touch. A nil label takes the safe side
// (true) when a decision is made.
type Labels struct {
	ReadsOutside *bool `json:"readsOutside,omitempty"` // its result can hold text that an outsider wrote
	ReadsPrivate *bool `json:"readsPrivate,omitempty"` // its result can hold private data
	ActsOutside  *bool `json:"actsOutside,omitempty"`  // its effect leaves the organisation
	ActsInside   *bool `json:"actsInside,omitempty"`   // it changes state inside the organisation
	// Records says that its result is JSON or YAML whose fields the server sets
	// apart, however strangers fill them. Nil is false, unless the server declares
	// an output schema: what outsiders can write into is then one text.
	Records *bool `json:"records,omitempty"`
}

// Role is what an argument does in a call.
type Role string

// The roles of arguments.
const (
	RoleTarget   Role = "target"
	RoleContent  Role = "content"
	RoleQuantity Role = "quantity"
)

// Permission allows intents on tools up to a zone.
type Permission struct {
	Tools   []string `json:"tools"` // tool names; "*" is all
	Intents []Intent `json:"intents"`
	Zone    Zone     `json:"zone"` // highest zone
}

// Policy is one named set of Cedar policies.
type Policy struct {
	ID          string `json:"id"`
	Description string `json:"description,omitempty"`
	Cedar       string `json:"cedar,omitempty"` // the text
	File        string `json:"file,omitempty"`  // or a file beside the blueprint, inlined when it is read
	// Replaces names built-in policies of flow that this one stands in for, without
	// their builtin/ prefix; they no longer hold for the agent.
	Replaces []string `json:"replaces,omitempty"`
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

// Criterion says when a run succeeded, as CEL over
// run{input, output, outcome, toolCalls[], costUSD, latencyMs}.
type Criterion struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

// Evaluation holds the suites that the gates run.
type Evaluation struct {
	Suites  []Suite `json:"suites,omitempty"`
	Repeats int     `json:"repeats,omitempty"` // runs a case gets; default 1
	// PassRate is the share of cases that must pass in every repeat (pass^k); default 1.
	PassRate *float64 `json:"passRate,omitempty"`
}

// Suite is a set of scenarios. File names a YAML or JSON file of scenarios beside
// the blueprint; it is inlined when the blueprint is read.
type Suite struct {
	Name      string     `json:"name"`
	File      string     `json:"file,omitempty"`
	Scenarios []Scenario `json:"scenarios,omitempty"`
	// Starlark and State serve every scenario that has none of its own.
	Starlark string         `json:"starlark,omitempty"`
	State    map[string]any `json:"state,omitempty"`
}

// Scenario is one simulated situation: an input, what the tools answer, and
// what must be true afterwards. Simulation runs it once; evaluation repeats it.
type Scenario struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Input       any       `json:"input"`
	Fixtures    []Fixture `json:"fixtures,omitempty"`
	Expect      Expect    `json:"expect"`
	// Approve answers approval requests of the run: names of tools that the
	// simulated human approves. Any other request is denied.
	Approve []string `json:"approve,omitempty"`
	// Starlark is the source of stateful tools: def TOOL(args, state, ctx). A
	// function answers the calls of its tool that no fixture answers.
	Starlark string `json:"starlark,omitempty"`
	// State is what the state of the Starlark tools starts as.
	State map[string]any `json:"state,omitempty"`
	// Recorded answers the calls that neither a fixture nor a function answers.
	Recorded *Recording `json:"recorded,omitempty"`
	// Faults are what goes wrong between the agent and its tools.
	Faults []Fault  `json:"faults,omitempty"`
	Tags   []string `json:"tags,omitempty"`
	// FromRun is the run that the scenario was made from.
	FromRun string `json:"fromRun,omitempty"`
}

// Fixture is what a tool answers. The first fixture of the tool whose Match
// fits and whose Times is not used up answers.
type Fixture struct {
	Tool string `json:"tool"`
	// Match is arguments that must be equal, or fit an operator object ({"$regex":
	// "^A-"}); none is any.
	Match  map[string]any `json:"match,omitempty"`
	Result any            `json:"result,omitempty"`
	Error  string         `json:"error,omitempty"` // answer with a tool error
	Delay  Duration       `json:"delay,omitempty"` // on the simulated clock
	Times  int            `json:"times,omitempty"` // 0 is always
	// Live asks the tool's real server, in a process and folder of the scenario's
	// own. Only tools that read may be asked, or a server that is Throwaway.
	Live bool `json:"live,omitempty"`
	// Throwaway says that nothing the live server changes outlives the scenario.
	Throwaway bool `json:"throwaway,omitempty"`
	// Fault goes wrong whenever this fixture answers.
	Fault *Fault `json:"fault,omitempty"`
}

// Recording is tool calls of a run and what they answered, in their order. A
// call gets the answer of the first call of the same tool with equal arguments
// that was not given yet.
type Recording struct {
	Run   string         `json:"run,omitempty"` // where the calls come from
	Calls []RecordedCall `json:"calls"`
	// Unmatched is what a call gets that is not in the recording: "fail" (default) fails
	// the scenario, "error" answers with a tool error and goes on, "repeat" gives
	// the last answer to equal arguments again and else fails.
	Unmatched string `json:"unmatched,omitempty"`
}

// RecordedCall is one call of a recording.
type RecordedCall struct {
	Tool   string         `json:"tool"`
	Args   map[string]any `json:"args,omitempty"`
	Result any            `json:"result,omitempty"`
	Error  string         `json:"error,omitempty"` // the tool reported this error
}

// Fault is something that goes wrong with a tool call.
type Fault struct {
	// Tool whose calls are hit; "" is every tool. A fixture's fault names none.
	Tool string `json:"tool,omitempty"`
	// Kind is error, delay, timeout, malformed, truncated, duplicate or hostile.
	Kind string `json:"kind"`
	// At is the call that is hit, from 1; 0 is every one.
	At int `json:"at,omitempty"`
	// Probability that a call is hit, drawn from the seed; default 1.
	Probability *float64 `json:"probability,omitempty"`
	Delay       Duration `json:"delay,omitempty"`   // of delay; default 10s
	Message     string   `json:"message,omitempty"` // of error
	// Category of hostile limits the injection patterns; "" is any.
	Category string `json:"category,omitempty"`
}

// Expect is what must hold after a run.
type Expect struct {
	// Outcome is a run outcome: success, failure, blocked, denied, escalated or error;
	// "" is success.
	Outcome string   `json:"outcome,omitempty"`
	Graders []Grader `json:"graders,omitempty"`
	// Refusal is what may hold instead, under an injected fault, of a run that
	// succeeds without having done its work.
	Refusal []Grader `json:"refusal,omitempty"`
}

// Grader judges a run. Exactly the fields of its type are set.
type Grader struct {
	// Type is equals contains notContains regex jsonSchema cel trajectory cost latency.
	Type  string `json:"type"`
	Name  string `json:"name,omitempty"`
	Field string `json:"field,omitempty"` // dotted path in the output; "" is all of it
	Value any    `json:"value,omitempty"` // of equals
	Text  string `json:"text,omitempty"`  // of contains, notContains, regex
	// Schema is the JSON Schema of jsonSchema.
	Schema map[string]any `json:"schema,omitempty"`
	// Expression is the CEL of cel, over run as in Criterion.
	Expression string `json:"expression,omitempty"`
	// Trajectory: tool names. Mode is exact, inOrder, anyOrder or none.
	Tools []string `json:"tools,omitempty"`
	Mode  string   `json:"mode,omitempty"`
	// Max is USD of cost, milliseconds of latency.
	Max *float64 `json:"max,omitempty"`
}

// ReleasePlan says how versions go out.
type ReleasePlan struct {
	Canary Canary `json:"canary"`
	// AcceptBreaking names regression rules (tool/removed, tool/schema-drift,
	// schema/breaking-input, schema/breaking-output, workflow/phase-removed,
	// workflow/transition-removed)
	// that this version breaks on purpose: they warn instead of blocking, and the
	// delta asks for the approval of a high tier.
	AcceptBreaking []string `json:"acceptBreaking,omitempty"`
	// AcceptProperties names built-in properties of the policy check that this
	// version is released without, each with a justification.
	AcceptProperties []AcceptedProperty `json:"acceptProperties,omitempty"`
}

// Canary is the rollout of a version beside the one that serves.
type Canary struct {
	// Steps; none is 10, 50.
	Steps []CanaryStep `json:"steps,omitempty"`
	// Alpha bounds false rollbacks of a release; default 0.001.
	Alpha float64 `json:"alpha,omitempty"`
	// Beta bounds promotions of a version that is at least twice as bad; default 0.05.
	Beta float64 `json:"beta,omitempty"`
	// MaxFailureRate that is acceptable in absolute terms; default 0.10.
	MaxFailureRate float64 `json:"maxFailureRate,omitempty"`
	// Deadline after which an undecided canary holds and asks; default 24h.
	Deadline Duration `json:"deadline,omitempty"`
}

// CanaryStep is a share of traffic and how many of the canary's outcomes it
// takes before the next step.
type CanaryStep struct {
	Weight int `json:"weight"`         // percent of new sessions, 1..99
	Runs   int `json:"runs,omitempty"` // outcomes of the canary; default 20
}

// Monitor holds alert rules.
type Monitor struct {
	Alerts []Alert `json:"alerts,omitempty"`
}

// Alert fires when a figure of an environment is over a bound.
type Alert struct {
	Name string `json:"name"`
	// Metric is errorRate retryRate p50Ms p95Ms p99Ms costPerRun crvFailureRate denialRate escalationRate.
	Metric string   `json:"metric"`
	Above  *float64 `json:"above,omitempty"` // absolute bound
	// Spike fires when the figure is over Spike times that of the window before.
	Spike   *float64 `json:"spike,omitempty"`
	Window  Duration `json:"window,omitempty"`  // default 5m
	MinRuns int      `json:"minRuns,omitempty"` // fewer runs never fire; default 10
}
