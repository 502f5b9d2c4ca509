package simulate

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

const shopCode = `
def lookup(args, state, ctx):
    o = state["orders"].get(args["id"])
    return o if o else error("no order " + args["id"])

def refund(args, state, ctx):
    o = state["orders"][args["id"]]
    if o["refunded"] + args["amount"] > o["total"]:
        return error("more than was paid")
    o["refunded"] += args["amount"]
    state["log"].append("%s %d %s" % (ctx.tool, ctx.call, ctx.now))
    return {"refunded": o["refunded"]}
`

func shopState() map[string]any {
	return map[string]any{"orders": map[string]any{"A-1": map[string]any{"total": 20, "refunded": 0}}, "log": []any{}}
}

func stateful1(edit ...func(*blueprint.Scenario)) blueprint.Scenario {
	sc := blueprint.Scenario{Name: "refund", Input: "Refund A-1", Starlark: shopCode, State: shopState(), Approve: []string{"refund"}}
	for _, f := range edit {
		f(&sc)
	}
	return sc
}

// refunds looks A-1 up and refunds these amounts in turn.
func refunds(amounts ...int) ruled {
	ms := []agentrun.Message{call("l", "lookup", `{"id":"A-1"}`)}
	for i, a := range amounts {
		ms = append(ms, call(fmt.Sprintf("r%d", i), "refund", fmt.Sprintf(`{"id":"A-1","amount":%d}`, a)))
	}
	return turns(append(ms, say("refunded"))...)
}

func TestStatefulTools(t *testing.T) {
	r := run(t, desk(stateful1()), refunds(15, 15), Options{Seed: 1})
	s := r.Scenarios[0]
	if !s.Passed || len(s.Effects) != 2 {
		t.Fatalf("Run = %+v, want a passed scenario with two effects", s)
	}
	want := []Change{{Path: "log[0]", After: "refund 1 2026-01-01T00:00:00Z"}, {Path: "orders.A-1.refunded", Before: 0.0, After: 15.0}}
	for i := range s.Effects[0].State {
		c := &s.Effects[0].State[i]
		c.Before, c.After = jsonShape(c.Before), jsonShape(c.After)
	}
	if diff := cmp.Diff(want, s.Effects[0].State); diff != "" {
		t.Errorf("changes of the first refund (-want +got):\n%s", diff)
	}
	if e := s.Effects[1]; len(e.State) != 0 || e.By != "stateful" {
		t.Errorf("the second refund = %+v, want a tool error without a change", e)
	}
	if len(s.World) != 2 {
		t.Errorf("World = %v, want the changes of the whole run", s.World)
	}
}

func TestStateOfTheSuite(t *testing.T) {
	plain := blueprint.Scenario{Name: "suite's", Input: "x", Approve: []string{"refund"}}
	other := plain
	other.Name, other.State = "own state", map[string]any{"orders": map[string]any{"A-1": map[string]any{"total": 5, "refunded": 0}}}
	m := desk(plain, other)
	m.Blueprint.Spec.Evaluation.Suites[0].Starlark, m.Blueprint.Spec.Evaluation.Suites[0].State = shopCode, shopState()
	r := run(t, m, refunds(15), Options{Seed: 1})
	if a, b := len(r.Scenarios[0].World), len(r.Scenarios[1].World); a != 2 || b != 0 {
		t.Errorf("changes = %d and %d, want 2 with the suite's state and 0 where 15 is more than was paid", a, b)
	}
}

func TestStatefulDefectsFailTheScenario(t *testing.T) {
	for _, tt := range []struct{ name, code, want string }{
		{"error at run time", "def lookup(args, state, ctx):\n  return state['nothing']", "refund.star:2:"},
		{"endless", "def lookup(args, state, ctx):\n  for i in range(100000):\n    for j in range(100000):\n      pass", "endless loop"},
		{"no JSON", "def lookup(args, state, ctx):\n  return len", "is no JSON value"},
		{"state without JSON form", "def lookup(args, state, ctx):\n  state[1] = 2\n  return 1", "keys are strings"},
		{"a reader that writes", "def lookup(args, state, ctx):\n  state['n'] = 1\n  return 1", "lookup is declared to read, and changed the state"},
		{"changes its arguments", "def lookup(args, state, ctx):\n  args['id'] = 'x'\n  return 1", "frozen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sc := blueprint.Scenario{Name: "refund", Input: "x", Starlark: tt.code}
			r := run(t, desk(sc), turns(call("1", "lookup", `{"id":"A-1"}`), say("done")), Options{Seed: 1})
			if s := r.Scenarios[0]; s.Passed || !strings.Contains(s.Message, tt.want) {
				t.Errorf("Run = passed %v, %q, want failed with %q", s.Passed, s.Message, tt.want)
			}
		})
	}
}

func TestWrongScenariosAreNotRun(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*blueprint.Scenario)
		want string
	}{
		{"syntax", func(s *blueprint.Scenario) { s.Starlark = "def lookup(" }, "refund.star:"},
		{"no tool", func(s *blueprint.Scenario) { s.Starlark = "x = 1" }, "defines no tool"},
		{"unknown tool", func(s *blueprint.Scenario) { s.Starlark = "def lookpu(args, state, ctx):\n  return 1" }, "lookpu, which is not the name of one tool"},
		{"parameters", func(s *blueprint.Scenario) { s.Starlark = "def lookup(args):\n  return 1" }, "takes 1 parameters"},
		{"state for nothing", func(s *blueprint.Scenario) { s.Starlark = "" }, "no starlark that could use it"},
		{"file", func(s *blueprint.Scenario) {
			s.Starlark = "def lookup(args, state, ctx):\n  return open('/etc/passwd')"
		}, "undefined: open"},
		{"operator", func(s *blueprint.Scenario) {
			s.Fixtures = []blueprint.Fixture{{Tool: "lookup", Match: map[string]any{"id": map[string]any{"$like": "A"}}}}
		}, `"$like" is no operator`},
		{"pattern", func(s *blueprint.Scenario) {
			s.Fixtures = []blueprint.Fixture{{Tool: "lookup", Match: map[string]any{"id": map[string]any{"$regex": "("}}}}
		}, "missing closing )"},
		{"fault", func(s *blueprint.Scenario) { s.Faults = []blueprint.Fault{{Kind: "fire"}} }, `"fire" is no fault`},
		{"category", func(s *blueprint.Scenario) { s.Faults = []blueprint.Fault{{Kind: "hostile", Category: "x"}} }, `"x" is no category`},
		{"live effect", func(s *blueprint.Scenario) { s.Fixtures = []blueprint.Fixture{{Tool: "refund", Live: true}} }, "write throwaway: true when that is so"},
		{"live with a result", func(s *blueprint.Scenario) {
			s.Fixtures = []blueprint.Fixture{{Tool: "lookup", Live: true, Result: "x"}}
		}, "has no result"},
		{"unmatched", func(s *blueprint.Scenario) { s.Recorded = &blueprint.Recording{Unmatched: "x"} }, "write fail, error or repeat"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Run(t.Context(), desk(stateful1(tt.edit)), "sha256:0", turns(say("x")), Options{})
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Run = %v, want %s with %q", err, fault.Invalid, tt.want)
			}
		})
	}
}

func TestMatchOperators(t *testing.T) {
	op := func(kv ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	for _, tt := range []struct {
		want, got any
		fits      bool
	}{
		{"a", "a", true}, {1, 1.0, true}, {nil, nil, true}, {nil, "a", false},
		{op("$regex", "^A-"), "A-1", true}, {op("$regex", "^A-"), "B-1", false}, {op("$regex", "1"), 1.0, false},
		{op("$in", []any{"a", 2}), 2.0, true}, {op("$in", []any{"a", 2}), nil, false},
		{op("$ne", "a"), "b", true}, {op("$ne", "a"), "a", false}, {op("$ne", "a"), nil, true},
		{op("$gte", 2, "$lt", 3), 2.0, true}, {op("$gte", 2, "$lt", 3), 3.0, false}, {op("$gt", 2), "3", false}, {op("$lte", "b"), "a", true},
		{op("$exists", true), 0.0, true}, {op("$exists", true), nil, false}, {op("$exists", false), nil, true},
		{op("a", 1), map[string]any{"a": 1.0}, true}, {op(), map[string]any{}, true},
	} {
		m, err := compileMatcher(tt.want)
		if err != nil {
			t.Fatalf("compileMatcher(%v) = %v", tt.want, err)
		}
		if got := m(tt.got); got != tt.fits {
			t.Errorf("match(%v, %v) = %v, want %v", tt.want, tt.got, got, tt.fits)
		}
	}
}

func TestRecording(t *testing.T) {
	rec := func(unmatched string) *blueprint.Recording {
		return &blueprint.Recording{Unmatched: unmatched, Calls: []blueprint.RecordedCall{
			{Tool: "lookup", Args: map[string]any{"id": "A-1"}, Result: "first"},
			{Tool: "lookup", Args: map[string]any{"id": "A-2"}, Result: "other"},
			{Tool: "lookup", Args: map[string]any{"id": "A-1", "amount": nil}, Error: "second"},
		}}
	}
	model := turns(call("1", "lookup", `{"id":"A-1"}`), call("2", "lookup", `{"id":"A-1"}`), call("3", "lookup", `{"id":"A-1"}`), say("done"))
	for _, tt := range []struct {
		unmatched string
		passed    bool
		results   []string
	}{
		{"", false, []string{"first", "second", "no fixture for lookup with these arguments"}},
		{"error", true, []string{"first", "second", "lookup cannot answer this call"}},
		{"repeat", true, []string{"first", "second", "second"}},
	} {
		t.Run("unmatched "+tt.unmatched, func(t *testing.T) {
			m := desk(blueprint.Scenario{Name: "replay", Input: "x", Recorded: rec(tt.unmatched)})
			v, err := Prepare(m, "sha256:0")
			if err != nil {
				t.Fatal(err)
			}
			cases, err := Cases(&m.Blueprint, nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := v.Play(t.Context(), model, cases[0], PlayOptions{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range p.Run.Steps {
				if s.Tool != nil {
					got = append(got, s.Tool.Result)
				}
			}
			if diff := cmp.Diff(tt.results, got); diff != "" || p.Report.Passed != tt.passed {
				t.Errorf("Play = passed %v, results (-want +got):\n%s", p.Report.Passed, diff)
			}
		})
	}
}

// TestHundredsOfScenarios runs 500 stateful scenarios with faults twice, with
// different parallelism, and compares the reports byte by byte.
func TestHundredsOfScenarios(t *testing.T) {
	var scs []blueprint.Scenario
	half := 0.5
	for i := range 500 {
		scs = append(scs, stateful1(func(s *blueprint.Scenario) {
			s.Name = fmt.Sprintf("refund %d", i)
			s.Faults = []blueprint.Fault{{Kind: FaultKinds()[i%len(FaultKinds())], Probability: &half}}
		}))
	}
	m := desk(scs...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	one := run(t, m, refunds(5, 5), Options{Seed: 7, Parallel: 1})
	many := run(t, m, refunds(5, 5), Options{Seed: 7, Parallel: 64})
	runtime.GC()
	runtime.ReadMemStats(&after)
	a, b := mustJSON(t, one), mustJSON(t, many)
	if a != b {
		t.Errorf("Run with 1 and 64 at once: reports differ")
	}
	if c := mustJSON(t, run(t, m, refunds(5, 5), Options{Seed: 8})); c == a {
		t.Error("Run with another seed = the same report, want other faults")
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 100<<20 {
		t.Errorf("500 scenarios keep %d MiB, want at most 100", grown>>20)
	}
	runtime.KeepAlive(one)
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// importedRun is a run as an import makes it: no guard decided its calls.
func importedRun() resource.Run {
	step := func(tool, result string, isError bool, args map[string]any) resource.Step {
		return resource.Step{Kind: "tool", Tool: &resource.ToolStep{CallID: "c", Tool: tool, Args: args, Result: result, IsError: isError,
			Decision: resource.Decision{Policies: []string{}}}}
	}
	return resource.Run{ID: "imported", Mode: resource.RunRecorded, Input: "Refund A-1", Steps: []resource.Step{
		step("lookup", `{"id":"A-1","total":20}`, false, map[string]any{"id": "A-1"}),
		step("refund", "no stock", true, map[string]any{"id": "A-1", "amount": 20.0}),
	}}
}

func TestImportedRunsBecomeScenarios(t *testing.T) {
	model := turns(call("1", "lookup", `{"id":"A-1"}`), call("2", "refund", `{"id":"A-1","amount":20}`), say("done"))
	fixtures, err := FromRun(importedRun())
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := RecordedFromRun(importedRun(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, sc := range map[string]blueprint.Scenario{"fixtures": fixtures, "recorded": recorded} {
		sc.Approve = []string{"refund"}
		p := play(t, desk(sc), model, PlayOptions{Seed: 1})
		var got []string
		for _, s := range madeSteps(p.Run) {
			got = append(got, s.Result)
		}
		if diff := cmp.Diff([]string{`{"id":"A-1","total":20}`, "no stock"}, got); diff != "" || !p.Report.Passed {
			t.Errorf("%s: Play = %q, results (-want +got):\n%s", name, p.Report.Message, diff)
		}
	}
	if _, err := RecordedFromRun(resource.Run{ID: "x"}, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("RecordedFromRun of a run without payloads = %v, want %s", err, fault.Invalid)
	}
}

func jsonValue(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
