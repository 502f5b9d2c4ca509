package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// ruled is a model that answers by a rule over the conversation. Like a real
// one it sees nothing else, and it is deterministic.
type ruled func(req agentrun.ModelRequest) agentrun.Message

func (f ruled) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	if err := ctx.Err(); err != nil {
		return agentrun.ModelResponse{}, err
	}
	return agentrun.ModelResponse{Message: f(req), Model: "ruled-1", PromptTokens: 10, CompletionTokens: 5, Cost: 100}, nil
}

func call(id, tool, args string) agentrun.Message {
	return agentrun.Message{Role: "assistant", ToolCalls: []agentrun.ToolCall{{ID: id, Name: tool, Args: args}}}
}

func say(text string) agentrun.Message { return agentrun.Message{Role: "assistant", Content: text} }

// turns plays messages in order, the last one for ever.
func turns(ms ...agentrun.Message) ruled {
	return func(req agentrun.ModelRequest) agentrun.Message {
		n := 0
		for _, m := range req.Messages {
			if m.Role == "assistant" {
				n++
			}
		}
		return ms[min(n, len(ms)-1)]
	}
}

func ptr[T any](v T) *T { return &v }

// desk is an agent that reads orders, pays refunds up to a tier and sends mail.
func desk(scenarios ...blueprint.Scenario) *resource.Manifest {
	tool := func(name string, tier blueprint.Tier, intent blueprint.Intent) blueprint.Tool {
		return blueprint.Tool{Name: name, Server: "shop", RiskTier: tier, Intent: intent, Zone: blueprint.ZoneInternal,
			Labels: blueprint.Labels{ReadsOutside: ptr(false), ReadsPrivate: ptr(false), ActsOutside: ptr(false), ActsInside: ptr(true)}}
	}
	m := &resource.Manifest{APIVersion: blueprint.APIVersion, Kind: resource.KindVersion, Blueprint: blueprint.Agent{
		APIVersion: blueprint.APIVersion, Kind: blueprint.KindAgent,
		Metadata: blueprint.Metadata{Name: "desk", Owner: "support"},
		Spec: blueprint.Spec{
			Goal: "Refund what is owed.", Instructions: "Refund.", RiskTier: blueprint.TierHigh, Zone: blueprint.ZoneInternal,
			Model:   blueprint.Model{Name: "ruled"},
			Servers: []blueprint.Server{{Name: "shop", Stdio: &blueprint.StdioServer{Command: []string{"shop"}}}},
			Tools: []blueprint.Tool{tool("lookup", blueprint.TierLow, blueprint.IntentRead),
				tool("refund", blueprint.TierHigh, blueprint.IntentWrite), tool("note", blueprint.TierMedium, blueprint.IntentWrite)},
			Permissions: []blueprint.Permission{{Tools: []string{"*"}, Intents: []blueprint.Intent{blueprint.IntentRead, blueprint.IntentWrite}, Zone: blueprint.ZoneInternal}},
			CRV: []blueprint.CRVGate{{Name: "note-has-text", On: "args:note", Recovery: blueprint.RecoverAskUser,
				Validators: []blueprint.Validator{{Type: "notNull", Fields: []string{"text"}}}}},
			Success:    []blueprint.Criterion{{Name: "done", Expression: "run.output != 'failed'"}},
			Evaluation: blueprint.Evaluation{Suites: []blueprint.Suite{{Name: "smoke", Scenarios: scenarios}}},
		}}}
	for _, t := range m.Blueprint.Spec.Tools {
		if len(m.Adapters) == 0 {
			m.Adapters = []resource.Adapter{{Server: "shop"}}
		}
		m.Adapters[0].Tools = append(m.Adapters[0].Tools, resource.ToolPin{Name: t.Name, InputSchema: map[string]any{"type": "object",
			"properties": map[string]any{"id": map[string]any{"type": "string"}, "amount": map[string]any{"type": "number"}, "text": map[string]any{"type": "string"}}}})
	}
	return m
}

func lookupFixture() blueprint.Fixture {
	return blueprint.Fixture{Tool: "lookup", Match: map[string]any{"id": "A-1"}, Result: map[string]any{"id": "A-1", "total": 20}}
}

func run(t *testing.T, m *resource.Manifest, model agentrun.Model, o Options) Report {
	t.Helper()
	r, err := Run(t.Context(), m, "sha256:0123456789abcdef", model, o)
	if err != nil {
		t.Fatalf("Run = %v, want no error", err)
	}
	return r
}

func TestRun(t *testing.T) {
	refund := []agentrun.Message{call("1", "lookup", `{"id":"A-1"}`), call("2", "refund", `{"id":"A-1","amount":20}`), say("refunded")}
	base := blueprint.Scenario{Name: "refund", Input: "Refund A-1",
		Fixtures: []blueprint.Fixture{lookupFixture(), {Tool: "refund", Match: map[string]any{"amount": 20.0}, Result: "paid"}},
		Approve:  []string{"refund"}}
	tests := []struct {
		name    string
		edit    func(*blueprint.Scenario)
		model   agentrun.Model
		passed  bool
		outcome resource.Outcome
		message string // part of
		effects []string
	}{
		{name: "passes", model: turns(refund...), passed: true, outcome: "success", effects: []string{"refund approved true"}},
		{name: "no fixture for the arguments", model: turns(refund...), edit: func(s *blueprint.Scenario) { s.Fixtures[1].Match["amount"] = 21 },
			outcome: "success", message: `no fixture answers refund with {"amount":20,"id":"A-1"}`, effects: []string{"refund approved true"}},
		{name: "fixture used up", model: turns(refund...), edit: func(s *blueprint.Scenario) {
			s.Fixtures[0].Times = 1
			s.Fixtures = append(s.Fixtures, blueprint.Fixture{Tool: "lookup", Result: "again"})
		}, passed: true, outcome: "success", effects: []string{"refund approved true"}},
		{name: "approval refused", model: turns(refund...), edit: func(s *blueprint.Scenario) { s.Approve = nil }, passed: true,
			outcome: "success", effects: []string{"refund rejected false"}},
		{name: "unexpected outcome", model: turns(say("failed")), outcome: "failure",
			message: "outcome is failure, expected success: success criterion \"done\""},
		{name: "expected failure", model: turns(say("failed")), edit: func(s *blueprint.Scenario) { s.Expect.Outcome = "failure" }, passed: true, outcome: "failure"},
		{name: "unknown tool is captured", model: turns(call("1", "drop_tables", `{}`), say("ok")), passed: true, outcome: "success",
			effects: []string{"drop_tables rejected false"}},
		{name: "stopped by CRV", model: turns(call("1", "note", `{}`), call("2", "note", `{"text":"x"}`), say("ok")),
			edit:   func(s *blueprint.Scenario) { s.Fixtures = []blueprint.Fixture{{Tool: "note", Result: "noted"}} },
			passed: true, outcome: "success", effects: []string{"note rejected false", "note approved true"}},
		{name: "grader fails", model: turns(say("hello")), edit: func(s *blueprint.Scenario) {
			s.Expect.Graders = []blueprint.Grader{{Type: "contains", Text: "bye"}}
		}, outcome: "success", message: `contains: "hello" does not contain "bye"`},
		{name: "model fails", model: failing{}, outcome: "error", message: "outcome is error, expected success: the model did not answer: it is down"},
		{name: "tool error", model: turns(refund...), edit: func(s *blueprint.Scenario) {
			s.Fixtures[1].Error = "closed account"
		}, passed: true, outcome: "success", effects: []string{"refund approved true"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var sc blueprint.Scenario
			b, err := json.Marshal(base)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &sc); err != nil {
				t.Fatal(err)
			}
			if tt.edit != nil {
				tt.edit(&sc)
			}
			r := run(t, desk(sc), tt.model, Options{Seed: 1})
			s := r.Scenarios[0]
			if s.Passed != tt.passed || r.Passed != tt.passed || s.Outcome != tt.outcome || !strings.Contains(s.Message, tt.message) || (s.Message == "") != tt.passed {
				t.Errorf("Run = passed %v, %s, %q; want %v, %s, %q", s.Passed, s.Outcome, s.Message, tt.passed, tt.outcome, tt.message)
			}
			var effects []string
			for _, e := range s.Effects {
				text := "false"
				if e.Happened {
					text = "true"
				}
				effects = append(effects, e.Tool+" "+string(e.Decision.State)+" "+text)
			}
			if d := cmp.Diff(tt.effects, effects); d != "" {
				t.Errorf("Run effects (-want +got)\n%s", d)
			}
		})
	}
}

type failing struct{}

func (failing) Complete(context.Context, agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	return agentrun.ModelResponse{}, fault.New(fault.Upstream, "it is down")
}

// TestRunIsDeterministic runs many scenarios at once, with delays, and compares
// the reports byte for byte.
func TestRunIsDeterministic(t *testing.T) {
	var scs []blueprint.Scenario
	for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t") {
		f := lookupFixture()
		f.Delay = blueprint.Duration(1234567890)
		scs = append(scs, blueprint.Scenario{Name: name, Input: map[string]any{"say": name}, Approve: []string{"refund"},
			Fixtures: []blueprint.Fixture{f, {Tool: "refund", Result: map[string]any{"b": 1, "a": []any{name}}}},
			Expect: blueprint.Expect{Graders: []blueprint.Grader{
				{Type: "latency", Max: ptr(1634.0)}, {Type: "latency", Name: "not less", Max: ptr(1533.0)}, {Type: "cost", Max: ptr(0.0003)}}}})
	}
	m := desk(scs...)
	model := turns(call("1", "lookup", `{"id":"A-1"}`), call("2", "refund", `{"id":"A-1","amount":20}`), say("done"))
	var first []byte
	for i := range 20 {
		b, err := json.Marshal(run(t, m, model, Options{Seed: 7}))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = b
		}
		if !bytes.Equal(b, first) {
			t.Fatalf("Run with one seed: reports differ\n%s\n%s", first, b)
		}
	}
	var r Report
	if err := json.Unmarshal(first, &r); err != nil {
		t.Fatal(err)
	}
	for i, s := range r.Scenarios {
		want := []Grade{{Name: "latency", Passed: true}, {Name: "not less", Message: "took 1534 ms, at most 1533 ms is allowed"}, {Name: "cost", Passed: true}}
		if d := cmp.Diff(want, s.Grades); s.Name != scs[i].Name || d != "" {
			t.Errorf("scenario %d = %s, grades %s; want %s, in order", i, s.Name, d, scs[i].Name)
		}
	}
	other, err := json.Marshal(run(t, m, model, Options{Seed: 8}))
	if err != nil || bytes.Equal(other, first) {
		t.Errorf("Run with another seed gives the same report, %v", err)
	}
}

func TestSeedReachesTheModel(t *testing.T) {
	for _, tt := range []struct {
		name     string
		seed     int64
		own      *int64
		want     int64
		wantText string
	}{
		{"given", 5, nil, 5, "5"}, {"given over the blueprint's", 5, ptr(int64(9)), 5, "5"},
		{"the blueprint's", 0, ptr(int64(9)), 9, "9"}, {"none", 0, nil, 0, "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := desk(blueprint.Scenario{Name: "s", Input: "x"})
			m.Blueprint.Spec.Model.Seed = tt.own
			r := run(t, m, ruled(func(req agentrun.ModelRequest) agentrun.Message {
				b, _ := json.Marshal(req.Model.Seed)
				return say(string(b))
			}), Options{Seed: tt.seed})
			if r.Seed != tt.want || r.Scenarios[0].Output != tt.wantText {
				t.Errorf("Run seed = %d, the model saw %v; want %d", r.Seed, r.Scenarios[0].Output, tt.want)
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	ok := blueprint.Scenario{Name: "s", Input: "x"}
	for _, tt := range []struct {
		name string
		m    *resource.Manifest
		o    Options
		text string
	}{
		{"unknown suite", desk(ok), Options{Suites: []string{"nightly"}}, `no suite named "nightly"; the blueprint has: smoke`},
		{"unknown outcome", desk(blueprint.Scenario{Name: "s", Expect: blueprint.Expect{Outcome: "happy"}}), Options{}, "scenarios[0].expect.outcome"},
		{"unknown grader", desk(blueprint.Scenario{Name: "s", Expect: blueprint.Expect{Graders: []blueprint.Grader{{Type: "vibes"}}}}), Options{}, "scenarios[0].expect.graders[0]"},
		{"fixture that is no JSON", desk(blueprint.Scenario{Name: "s", Fixtures: []blueprint.Fixture{{Tool: "lookup", Result: func() {}}}}), Options{}, "fixtures[0].result"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Run(t.Context(), tt.m, "sha256:0", turns(say("x")), tt.o)
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Code != fault.Invalid {
				t.Fatalf("Run = %v, want %s", err, fault.Invalid)
			}
			text := e.Message
			for _, d := range e.Details {
				text += " " + d.Path + " " + d.Message
			}
			if !strings.Contains(text, tt.text) {
				t.Errorf("Run = %s, want %q in it", text, tt.text)
			}
		})
	}
}

func TestRunWithoutScenariosDoesNotPass(t *testing.T) {
	r := run(t, desk(), turns(say("x")), Options{})
	if r.Passed || r.Message != NoCases || r.Scenarios == nil {
		t.Errorf("Run without scenarios = %+v, want it not passed and why", r)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	model := ruled(func(agentrun.ModelRequest) agentrun.Message { cancel(); return say("x") })
	scs := []blueprint.Scenario{{Name: "a", Input: "x"}, {Name: "b", Input: "x"}}
	if _, err := Run(ctx, desk(scs...), "sha256:0", model, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run with an ended context = %v, want %v", err, context.Canceled)
	}
}

func TestText(t *testing.T) {
	scs := []blueprint.Scenario{{Name: "good", Input: "x"}, {Name: "refund", Input: "y", Approve: []string{"refund"}}}
	r := run(t, desk(scs...), ruled(func(req agentrun.ModelRequest) agentrun.Message {
		if strings.Contains(req.Messages[1].Content, "x") || len(req.Messages) > 2 {
			return say("done")
		}
		return call("1", "refund", `{"amount":1}`)
	}), Options{Seed: 3})
	var b bytes.Buffer
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	want := `Simulation of desk (0123456789ab), seed 3: FAILED

      SUITE  SCENARIO  OUTCOME  EFFECTS
ok    smoke  good      success  none
FAIL  smoke  refund    success  refund

smoke / refund
  no fixture answers refund with {"amount":1}; add one to the scenario
  1. refund {"amount":1}
     approved: refund may run: a human approved exactly these arguments. [actsInside]
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("Text (-want +got)\n%s", d)
	}
}
