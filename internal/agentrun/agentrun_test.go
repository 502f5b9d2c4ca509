package agentrun

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// script is a model that gives its answers in order.
type script struct {
	answers  []any // ModelResponse, error, or func(ModelRequest) ModelResponse
	requests []ModelRequest
}

func (s *script) Complete(_ context.Context, req ModelRequest) (ModelResponse, error) {
	n := len(s.requests)
	s.requests = append(s.requests, req)
	if n >= len(s.answers) {
		return ModelResponse{}, fault.New(fault.Conflict, "the script is over")
	}
	switch a := s.answers[n].(type) {
	case ModelResponse:
		return a, nil
	case func(ModelRequest) ModelResponse:
		return a(req), nil
	case error:
		return ModelResponse{PromptTokens: 5}, a
	}
	panic("script")
}

func text(s string) ModelResponse {
	return ModelResponse{Model: "m-1", Message: Message{Role: "assistant", Content: s}, PromptTokens: 10, CompletionTokens: 2, Cost: 3}
}

func calls(cs ...ToolCall) ModelResponse {
	r := text("")
	r.Message.ToolCalls = cs
	return r
}

func tc(name, args string) ToolCall { return ToolCall{ID: "c_" + name, Name: name, Args: args} }

// desk is the tools of the tests; it counts what reached it.
type desk struct {
	mu     sync.Mutex
	calls  []Call
	answer map[string]func(Call) (Result, error)
}

func (d *desk) Call(_ context.Context, c Call) (Result, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, c)
	if f := d.answer[c.Tool.Name]; f != nil {
		return f(c)
	}
	return Result{Text: `{"ok":true}`}, nil
}

var errDisk = fault.New(fault.StorageFull, "the disk is full")

// book is a journal in memory. failAt fails that record (from 1) and every later
// one; persist says whether it was written all the same.
type book struct {
	records []Checkpoint
	ds      []resource.Decision
	failAt  int
	persist bool
	n       int
	hook    func(Checkpoint)
}

func (b *book) Record(ctx context.Context, c Checkpoint) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.n++
	failed := b.failAt > 0 && b.n >= b.failAt
	if !failed || (b.persist && b.n == b.failAt) {
		raw, err := json.Marshal(c)
		if err != nil {
			return err
		}
		var copied Checkpoint
		if err := json.Unmarshal(raw, &copied); err != nil {
			return err
		}
		b.records = append(b.records, copied)
		if c.Decision != nil {
			b.ds = append(b.ds, *c.Decision)
		}
	}
	if b.hook != nil {
		b.hook(c)
	}
	if failed {
		return errDisk
	}
	return nil
}

func (b *book) approved() int {
	n := 0
	for _, d := range b.ds {
		if d.State == resource.DecisionApproved {
			n++
		}
	}
	return n
}

// ticking is a clock that moves a millisecond at each look.
func ticking() func() time.Time {
	t := time.UnixMilli(1_700_000_000_000)
	return func() time.Time { t = t.Add(time.Millisecond); return t }
}

func labels(readsOutside bool) blueprint.Labels {
	no := false
	return blueprint.Labels{ReadsOutside: &readsOutside, ReadsPrivate: &no, ActsOutside: &no, ActsInside: &no}
}

func testAgent() blueprint.Agent {
	tool := func(name string, tier blueprint.Tier, i blueprint.Intent, outside bool) blueprint.Tool {
		return blueprint.Tool{Name: name, Server: "shop", RiskTier: tier, Intent: i, Zone: blueprint.ZoneInternal, Labels: labels(outside)}
	}
	find := tool("find", blueprint.TierLow, blueprint.IntentRead, false)
	find.Upstream = "find_order"
	return blueprint.Agent{APIVersion: blueprint.APIVersion, Kind: blueprint.KindAgent,
		Metadata: blueprint.Metadata{Name: "desk", Owner: "support"},
		Spec: blueprint.Spec{Goal: "Help customers.", Instructions: "Be kind.", RiskTier: blueprint.TierHigh, Zone: blueprint.ZoneInternal,
			Servers: []blueprint.Server{{Name: "shop", HTTP: &blueprint.HTTPServer{URL: "http://127.0.0.1:1/mcp"}}},
			Tools: []blueprint.Tool{find, tool("note", blueprint.TierMedium, blueprint.IntentWrite, false),
				tool("refund", blueprint.TierHigh, blueprint.IntentWrite, false), tool("mail", blueprint.TierLow, blueprint.IntentRead, true)},
			Permissions: []blueprint.Permission{{Tools: []string{"*"}, Zone: blueprint.ZoneInternal,
				Intents: []blueprint.Intent{blueprint.IntentRead, blueprint.IntentWrite}}},
		}}
}

func manifestOf(a blueprint.Agent) *resource.Manifest {
	return &resource.Manifest{Blueprint: a, Adapters: []resource.Adapter{{Server: "shop", Tools: []resource.ToolPin{
		{Name: "find_order", Description: "finds an order", InputSchema: map[string]any{"type": "object", "properties": map[string]any{"id": map[string]any{"type": "string"}}}},
		{Name: "note", Description: "writes a note"}, {Name: "refund"}, {Name: "mail"}}}}}
}

// rig is a run to make with everything around it.
type rig struct {
	model   *script
	tools   *desk
	journal *book
	now     func() time.Time
	agent   blueprint.Agent
	spec    Spec
}

func newRig(answers ...any) *rig {
	return &rig{model: &script{answers: answers}, tools: &desk{answer: map[string]func(Call) (Result, error){}}, journal: &book{}, now: ticking(), agent: testAgent()}
}

func (r *rig) prepare(t testing.TB) Spec {
	t.Helper()
	m := manifestOf(r.agent)
	g, err := guard.Compile(m)
	if err != nil {
		t.Fatalf("guard.Compile = %v", err)
	}
	chain, err := crv.Compile(r.agent.Spec.CRV, r.agent.Spec.Output)
	if err != nil {
		t.Fatalf("crv.Compile = %v", err)
	}
	success, err := crv.CompileCriteria(r.agent.Spec.Success)
	if err != nil {
		t.Fatalf("crv.CompileCriteria = %v", err)
	}
	s := r.spec
	s.Manifest, s.Guard, s.Chain, s.Success = m, g, chain, success
	s.Run.ID, s.Run.Agent = "run_1", "desk"
	if s.Run.Input == nil {
		s.Run.Input = "where is A7?"
	}
	return s
}

func (r *rig) runner() *Runner {
	return &Runner{Model: r.model, Tools: r.tools, Journal: r.journal, Now: r.now}
}

func (r *rig) run(t testing.TB) resource.Run {
	t.Helper()
	got, err := r.runner().Run(context.Background(), r.prepare(t))
	if err != nil {
		t.Fatalf("Run = %v", err)
	}
	if last := r.journal.records[len(r.journal.records)-1]; last.Run.Outcome != got.Outcome {
		t.Errorf("the journal ends with %s, the run with %s", last.Run.Outcome, got.Outcome)
	}
	return got
}

func (r *rig) last() Checkpoint { return r.journal.records[len(r.journal.records)-1] }

func toolMessage(req ModelRequest) string {
	for i := len(req.Messages) - 1; i >= 0; i-- {
		if req.Messages[i].Role == "tool" {
			return req.Messages[i].Content
		}
	}
	return ""
}

var errNet = errors.New("dial tcp 10.0.0.7:443: sk-secret")
