package blueprint

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
	// Margin is the loss of passing cases against the baseline, as a share of all
	// cases, that has to be ruled out for "no worse". None is the smallest that the
	// number of cases can rule out when none of them flips, from [SmallestMargin] to
	// [LargestMargin]: too few cases for that show nothing.
	Margin *float64 `json:"margin,omitempty"`
	// OnUnclear is what a comparison with the baseline does that shows nothing:
	// block, ask (a human approves) or pass; default block.
	OnUnclear UnclearAction `json:"onUnclear,omitempty"`
	// StopEarly plays the cases in a drawn order and stops when the comparison with
	// the baseline is clear. The error rates hold all the same.
	StopEarly bool `json:"stopEarly,omitempty"`
	// Budget of one evaluation; none is no bound.
	Budget *EvaluationBudget `json:"budget,omitempty"`
	// Limits of how fast the model is asked; none is no limit.
	Limits *EvaluationLimits `json:"limits,omitempty"`
}

// The least and the largest margin that Aureus sets by itself.
const (
	SmallestMargin = 0.05
	LargestMargin  = 0.10
)

// UnclearAction is what becomes of a comparison that shows nothing.
type UnclearAction string

// The unclear actions.
const (
	UnclearBlock UnclearAction = "block" // the gate blocks
	UnclearAsk   UnclearAction = "ask"   // the gate warns, and the release needs an approval
	UnclearPass  UnclearAction = "pass"  // the gate passes when the candidate passes by itself
)

// EvaluationBudget bounds an evaluation, both versions together. One that would
// go beyond it stops and does not pass.
type EvaluationBudget struct {
	CostUSD  float64  `json:"costUSD,omitempty"`  // 0 is no bound
	Duration Duration `json:"duration,omitempty"` // wall clock; 0 is no bound
}

// EvaluationLimits bound how fast an evaluation asks its models, all together.
type EvaluationLimits struct {
	RequestsPerMinute int `json:"requestsPerMinute,omitempty"` // 0 is no limit
	TokensPerMinute   int `json:"tokensPerMinute,omitempty"`   // prompt and completion; 0 is no limit
}

// Suite is a set of scenarios, from exactly one of File, Scenarios and Data. File
// names a YAML or JSON file of scenarios beside the blueprint; it is inlined when
// the blueprint is read.
type Suite struct {
	Name      string     `json:"name"`
	File      string     `json:"file,omitempty"`
	Scenarios []Scenario `json:"scenarios,omitempty"`
	// Data makes a scenario of each row of a data set.
	Data *DataSet `json:"data,omitempty"`
	// TaskType gives scenarios without graders those that fit the task, see
	// [DefaultGraders]: extraction, classification, qa, agentic or conversation.
	TaskType string `json:"taskType,omitempty"`
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
	// Turns are what a scripted user says after the answer to the input.
	Turns []Turn `json:"turns,omitempty"`
	// User is a model that plays the user after the answer to the input; not with Turns.
	User *SimulatedUser `json:"user,omitempty"`
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
	// Output is what the run should answer, for the graders of the suite's task
	// type, and for graders that compare and have no value or text of their own.
	Output any `json:"output,omitempty"`
}
