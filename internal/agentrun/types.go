// Package agentrun is the agent loop: model and tools in turn, every tool call
// through the guard, every output through CRV, every decision durable before
// its effect. It knows no provider and no transport; those come in through
// [Model] and [Tools]. The same loop runs live, in simulation and in evaluation.
//
// Start from [Runner].
package agentrun

import (
	"context"
	"encoding/json"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// Model answers a conversation. An implementation retries what may be retried
// (429, 5xx, connection errors) with backoff inside the request's timeout and
// reports how often; an error it returns is final for the run. It is safe for
// concurrent use.
type Model interface {
	Complete(ctx context.Context, req ModelRequest) (ModelResponse, error)
}

// ModelRequest is one completion to make.
type ModelRequest struct {
	Model    blueprint.Model
	Messages []Message
	Tools    []ToolDef
	// Schema asks for structured output (JSON Schema); nil is free text.
	Schema     map[string]any
	SchemaName string
}

// Message is one message of the conversation, in the OpenAI protocol's roles:
// system, user, assistant, tool.
type Message struct {
	Role       string     `json:"role"`
	Content    string     `json:"content,omitempty"`
	ToolCalls  []ToolCall `json:"toolCalls,omitempty"`
	ToolCallID string     `json:"toolCallId,omitempty"`
}

// ToolCall is a call that the model asks for. Args is what the model wrote and
// may be anything, also not JSON.
type ToolCall struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Args string `json:"args"`
}

// ToolDef describes a tool to the model.
type ToolDef struct {
	Name        string
	Description string
	Parameters  map[string]any
}

// ModelResponse is a completion.
type ModelResponse struct {
	Message          Message
	Model            string // the version that the endpoint reported
	FinishReason     string
	PromptTokens     int64
	CompletionTokens int64
	Cost             resource.MicroUSD
	Retries          int
	Raw              json.RawMessage // the response body, for digests
}

// Tools calls a tool. A transport failure is an error (fault.Upstream); a
// failure that the tool itself reports is a Result with IsError. It never
// retries a call whose intent is not read. Safe for concurrent use.
type Tools interface {
	Call(ctx context.Context, call Call) (Result, error)
}

// Call is one approved tool call. ID is unique per run and stable over
// restarts: an idempotency key for the tool.
type Call struct {
	RunID string
	ID    string
	Tool  blueprint.Tool
	Args  map[string]any
	// Said is what the user said last, when it is not the run's input.
	Said string
	// Progress is told how far the call is; nil: nobody listens.
	Progress func(done, total float64)
	// Updated is told of changes of a resource that the call subscribes to, until it
	// says that nobody listens any more; nil: nobody does.
	Updated func(uri string) (listening bool)
}

// Result is what a tool answered.
type Result struct {
	Text       string // text content, joined
	Structured any    // structured content, if any
	IsError    bool
	Captured   bool // answered by a simulation; nothing reached the world
	Retries    int
	// Raw is the answer as an MCP result in JSON, for a client that is shown more
	// than text: content, structuredContent and isError; nil when there is none.
	Raw json.RawMessage
}

// Journal makes a run's progress durable. Record returns only when the
// checkpoint would survive a crash; the runner calls it with every guard
// decision before the call's effect, and at the end of the run. An error stops
// the run before the effect.
type Journal interface {
	Record(ctx context.Context, c Checkpoint) error
}

// Checkpoint is all that is needed to go on with a run.
type Checkpoint struct {
	Run      resource.Run `json:"run"`
	Messages []Message    `json:"messages"`
	Guard    guard.State  `json:"guard"`
	// Pending are the calls of the last assistant message that were not made yet.
	Pending []ToolCall `json:"pending,omitempty"`
	// InFlight is the approved call that was about to be made when this was
	// recorded. After a crash nobody knows whether its effect happened.
	InFlight *ToolCall `json:"inFlight,omitempty"`
	// Progress is what the loop itself has to remember.
	Progress Progress `json:"progress"`
	// Decision is set when this checkpoint carries a new guard decision.
	Decision *resource.Decision `json:"-"`
	// Call is the tool of Decision.
	Call *Call `json:"-"`
	// Weighed is what Decision was made of.
	Weighed Weighed `json:"-"`
}

// Weighed is what a decision was made of: a journal can make it anew with newer
// counts.
type Weighed struct {
	State guard.State
	Call  guard.Call
}

// Again is the error of a journal that recorded nothing, because what the
// decision was made of has moved: another run took what was left, or nobody can
// be asked. The call is decided anew.
type Again struct {
	NoAsk string // why people cannot be asked, see guard.Call
}

// Error implements error.
func (a *Again) Error() string {
	if a.NoAsk != "" {
		return "people cannot be asked: " + a.NoAsk
	}
	return "what was left of a budget has moved"
}

// Off is the error of a journal that recorded nothing, because the run's version
// may make no call any more. The run ends with it, and nothing is called.
type Off struct{ Why string }

// Error implements error.
func (o *Off) Error() string { return o.Why }

// MaxAgain is how often a call is decided anew before it is given up.
const MaxAgain = 50

// Progress is what the loop has to remember between two model calls.
type Progress struct {
	Calls     int `json:"calls"`     // tool calls dealt with; numbers the call ids
	Denials   int `json:"denials"`   // consecutive calls that were refused
	Malformed int `json:"malformed"` // consecutive calls whose arguments were no JSON object
	Failures  int `json:"failures"`  // consecutive calls whose server did not answer
	Repairs   int `json:"repairs"`   // rounds given to the model after a check blocked
	// ActiveMs is the time spent working, without the time spent waiting for people.
	ActiveMs int64 `json:"activeMs"`
	// Previous is the last value judged under a gate's name, for gates that compare.
	Previous map[string]any `json:"previous,omitempty"`
	// Only is the one tool that the next model call is offered (retry_alt_tool).
	Only string `json:"only,omitempty"`
	// Asking is the gate after which the next answer may be a question to the user.
	Asking string `json:"asking,omitempty"`
}

// Spec is one run to make. Run holds identity (ID, Agent, Digest, Version,
// Environment, Mode, Session, Principal, Input, StartedAt, ...) and is filled in.
type Spec struct {
	Run      resource.Run
	Manifest *resource.Manifest
	Guard    *guard.Compiled
	Chain    *crv.Chain
	Success  *crv.Criteria
	// Inputs are what arguments have to fit, by tool; a tool without one takes any.
	Inputs map[string]*crv.CompiledSchema
	// Approve answers an approval request at once, in simulations; nil suspends
	// the run with outcome waiting.
	Approve func(tool string, args map[string]any) bool
	// Reply makes the run a conversation; nil is none. It is not kept in a checkpoint,
	// so such a run is for simulations.
	Reply Reply
	// Count fills a call with what other runs used and with the time that allowances
	// are held against; stats are the run's own so far. nil: the run is alone.
	Count func(stats resource.RunStats, c *guard.Call)
}

// Grant is a human's answer to the call that a run waits for. The zero Grant
// answers nothing: it goes on with a run that a crash interrupted.
type Grant struct {
	Approval   string // id
	ArgsDigest string
	Shown      []string // the policies that asked, as people were shown; nil: no other can ask
	Denied     bool
	Reason     string
	// Allow is what a yes allows the run beyond the call; nil for nothing.
	Allow *resource.Allowance
}
