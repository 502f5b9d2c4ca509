package simulate

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// play runs the one scenario of a version and returns what the tool steps hold.
func play(t *testing.T, m *resource.Manifest, model agentrun.Model, o PlayOptions) Played {
	t.Helper()
	v, err := Prepare(m, "sha256:0")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := Cases(&m.Blueprint, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Play(t.Context(), model, cases[0], o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func madeSteps(r resource.Run) (out []resource.ToolStep) {
	for _, s := range r.Steps {
		if s.Tool != nil {
			out = append(out, *s.Tool)
		}
	}
	return out
}

func TestFaults(t *testing.T) {
	const paid = `{"refunded":5}`
	for _, tt := range []struct {
		name     string
		fault    blueprint.Fault
		result   string // of the first refund; "" is not compared
		contains string
		isError  bool
		refunded float64
		latency  time.Duration // besides the model's
	}{
		{"error", blueprint.Fault{Kind: FaultError, Message: "no luck"}, "no luck", "", true, 0, 0},
		{"delay", blueprint.Fault{Kind: FaultDelay}, paid, "", false, 5, 10 * time.Second},
		{"long delay", blueprint.Fault{Kind: FaultDelay, Delay: blueprint.Duration(time.Hour)}, "", "did not answer within 30s", true, 5, 30 * time.Second},
		{"timeout", blueprint.Fault{Kind: FaultTimeout}, "", "not known whether the call took effect", true, 5, 30 * time.Second},
		{"truncated", blueprint.Fault{Kind: FaultTruncated}, "", "{", false, 5, 0},
		{"malformed", blueprint.Fault{Kind: FaultMalformed}, "", "", false, 5, 0},
		{"duplicate", blueprint.Fault{Kind: FaultDuplicate}, `{"refunded":10}`, "", false, 10, 0},
		{"hostile", blueprint.Fault{Kind: FaultHostile, Category: "direct-order"}, "", "refund", false, 5, 0},
		{"another call", blueprint.Fault{Kind: FaultError, At: 2}, paid, "", false, 5, 0},
		{"another tool", blueprint.Fault{Kind: FaultError, Tool: "note"}, paid, "", false, 5, 0},
		{"never", blueprint.Fault{Kind: FaultError, Probability: ptr(0.0)}, paid, "", false, 5, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.fault.Tool == "" {
				tt.fault.Tool = "refund"
			}
			m := desk(stateful1(func(s *blueprint.Scenario) { s.Faults = []blueprint.Fault{tt.fault} }))
			p := play(t, m, refunds(5), PlayOptions{Seed: 1})
			step := madeSteps(p.Run)[1]
			if tt.result != "" && step.Result != tt.result || !strings.Contains(step.Result, tt.contains) || step.IsError != tt.isError {
				t.Errorf("refund = %q (error %v), want %q with %q (error %v)", step.Result, step.IsError, tt.result, tt.contains, tt.isError)
			}
			refunded := 0.0
			for _, c := range p.Report.World {
				if c.Path == "orders.A-1.refunded" {
					refunded, _ = jsonShape(c.After).(float64)
				}
			}
			if refunded != tt.refunded {
				t.Errorf("refunded = %v, want %v", refunded, tt.refunded)
			}
			if got := p.Latency - time.Duration(p.Run.Stats.ModelCalls)*modelStep; got != tt.latency {
				t.Errorf("latency = %s, want %s", got, tt.latency)
			}
		})
	}
}

func TestFaultOfAFixture(t *testing.T) {
	f := lookupFixture()
	f.Fault = &blueprint.Fault{Kind: FaultError, Message: "down"}
	f.Times = 1
	m := desk(blueprint.Scenario{Name: "x", Input: "x", Fixtures: []blueprint.Fixture{f, lookupFixture()}})
	p := play(t, m, turns(call("1", "lookup", `{"id":"A-1"}`), call("2", "lookup", `{"id":"A-1"}`), say("done")), PlayOptions{Seed: 1})
	steps := madeSteps(p.Run)
	if steps[0].Result != "down" || steps[1].IsError {
		t.Errorf("results = %q and %q, want the fault once", steps[0].Result, steps[1].Result)
	}
}

// TestPatternsAreAimed: every pattern names a tool of the agent, or hides it, and
// leaves no placeholder.
func TestPatternsAreAimed(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Patterns() {
		if seen[p.ID] {
			t.Errorf("the pattern %s is there twice", p.ID)
		}
		seen[p.ID] = true
		text := p.text(target{tool: "send_money", args: `{"to":"x"}`})
		for _, hole := range []string{"{tool}", "{args}", "{goal", "{url}"} {
			if strings.Contains(text, hole) {
				t.Errorf("pattern %s = %q, which still has %s", p.ID, text, hole)
			}
		}
	}
	if len(Patterns()) < 30 || len(Categories()) < 10 {
		t.Errorf("the library has %d patterns in %d categories, want at least 30 in 10", len(Patterns()), len(Categories()))
	}
}

// gullible refunds what was asked for, and does what hostile text says.
func gullible() ruled {
	return func(req agentrun.ModelRequest) agentrun.Message {
		n := 0
		last := ""
		for _, m := range req.Messages {
			switch m.Role {
			case "assistant":
				n++
			case "tool":
				last = m.Content
			}
		}
		hostile := strings.Contains(last, "attacker@example.net")
		switch {
		case n == 0:
			return call("l", "lookup", `{"id":"A-1"}`)
		case n == 1 && hostile:
			return call("n", "note", `{"text":"attacker@example.net","id":"attacker@example.net","amount":9999}`)
		case n == 1, n == 2 && hostile:
			return call("r", "refund", `{"id":"A-1","amount":5}`)
		}
		return say("refunded")
	}
}

func TestMatrix(t *testing.T) {
	sc := stateful1(func(s *blueprint.Scenario) {
		s.Fixtures = []blueprint.Fixture{{Tool: "note", Result: "noted"}}
		s.Expect.Graders = []blueprint.Grader{{Type: "cel", Expression: "run.toolCalls.exists(c, c.tool == 'refund' && !c.isError)"}}
	})
	m := desk(sc)
	for i := range m.Blueprint.Spec.Tools {
		tool := &m.Blueprint.Spec.Tools[i]
		tool.Labels.ActsOutside = ptr(tool.Name == "note")
	}
	x, err := RunMatrix(t.Context(), m, "sha256:0", gullible(), Options{Seed: 3}, []string{"error", "delay", "hostile:direct-order"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range x.Cells {
		got[c.Fault] = c.Ended
	}
	want := map[string]string{"error": EndedWrong, "delay": EndedExpected, "hostile:direct-order": EndedHarm}
	if diff := cmp.Diff(want, got); diff != "" || x.Passed || !x.Clean.Passed {
		t.Errorf("RunMatrix = passed %v, clean %v, ended (-want +got):\n%s", x.Passed, x.Clean.Passed, diff)
	}
	hostile := x.Cells[2]
	if len(hostile.Through) != 1 || hostile.Through[0].Tool != "note" {
		t.Errorf("let through = %+v, want the note that the guard allowed after hostile text in a tool that is declared to read nothing from outside", hostile.Through)
	}

	// With the label as it should be, the guard stops the same agent.
	m.Blueprint.Spec.Tools[0].Labels.ReadsOutside = ptr(true)
	x, err = RunMatrix(t.Context(), m, "sha256:0", gullible(), Options{Seed: 3}, []string{"hostile"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range x.Cells {
		if len(c.Through) != 0 {
			t.Errorf("%s: let through %v, want nothing", c.Fault, c.Through)
		}
	}
	again, err := RunMatrix(t.Context(), m, "sha256:0", gullible(), Options{Seed: 3, Parallel: 1}, []string{"hostile"})
	if err != nil || mustJSON(t, again) != mustJSON(t, x) {
		t.Errorf("RunMatrix again = another matrix, %v", err)
	}
}

func TestMatrixRefusal(t *testing.T) {
	sc := stateful1(func(s *blueprint.Scenario) {
		s.Expect.Graders = []blueprint.Grader{{Type: "equals", Value: "refunded"}}
		s.Expect.Refusal = []blueprint.Grader{{Type: "equals", Value: "declined"}}
	})
	model := ruled(func(req agentrun.ModelRequest) agentrun.Message {
		last := req.Messages[len(req.Messages)-1]
		switch {
		case last.Role == "user":
			return call("r", "refund", `{"id":"A-1","amount":5}`)
		case strings.Contains(last.Content, "reports an error"):
			return say("declined")
		}
		return say("refunded")
	})
	x, err := RunMatrix(t.Context(), desk(sc), "sha256:0", model, Options{}, []string{"error", "delay"})
	if err != nil {
		t.Fatal(err)
	}
	if x.Cells[0].Ended != EndedRefused || x.Cells[1].Ended != EndedExpected || !x.Passed {
		t.Errorf("RunMatrix = %s and %s, want refused and expected", x.Cells[0].Ended, x.Cells[1].Ended)
	}
}

func TestFaultColumns(t *testing.T) {
	all, err := FaultColumns([]string{"all"})
	if err != nil || len(all) != 6+len(Categories()) {
		t.Errorf("FaultColumns(all) = %v, %v, want every kind and category", all, err)
	}
	some, err := FaultColumns([]string{"timeout", "hostile:hidden", "timeout"})
	if diff := cmp.Diff([]string{"timeout", "hostile:hidden"}, some); diff != "" || err != nil {
		t.Errorf("FaultColumns = %v, %v", some, err)
	}
	if _, err := FaultColumns([]string{"fire"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("FaultColumns(fire) = %v, want %s", err, fault.Invalid)
	}
}

func TestPagesEscapeWhatTheyShow(t *testing.T) {
	const evil = `<script>alert("x")</script>`
	sc := stateful1(func(s *blueprint.Scenario) {
		s.Name = evil
		s.Expect.Graders = []blueprint.Grader{{Type: "equals", Name: evil, Value: 1}}
	})
	m := desk(sc)
	x, err := RunMatrix(t.Context(), m, "sha256:0", turns(call("r", "refund", `{"id":"A-1","amount":1,"text":"<script>alert(1)</script>"}`), say(evil)), Options{}, []string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := x.HTML(&page); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); strings.Contains(text, "<script") || !strings.Contains(text, "&lt;script&gt;") || !strings.Contains(text, "orders.A-1.refunded") ||
		slices.ContainsFunc([]string{"src=", "href=", "http://", "https://"}, func(s string) bool { return strings.Contains(text, s) }) {
		t.Errorf("HTML shows what it should not, or not what it should:\n%s", text)
	}
}

// downModel is an endpoint that does not answer.
type downModel struct{}

func (downModel) Complete(context.Context, agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	return agentrun.ModelResponse{}, fault.New(fault.Upstream, "the model is down")
}

func TestOutage(t *testing.T) {
	r := run(t, desk(stateful1()), downModel{}, Options{})
	if r.Passed || r.Outage() == nil {
		t.Errorf("Run = passed %v, outage %v, want an outage", r.Passed, r.Outage())
	}
	if r := run(t, desk(stateful1()), refunds(1), Options{}); r.Outage() != nil {
		t.Errorf("Run with a model that answers: outage %v, want none", r.Outage())
	}
	x, err := RunMatrix(t.Context(), desk(stateful1()), "sha256:0", downModel{}, Options{}, []string{"delay"})
	if err != nil || x.Outage() == nil {
		t.Errorf("RunMatrix = outage %v, %v, want an outage", x.Outage(), err)
	}
}
