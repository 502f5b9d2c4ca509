package guard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// conditions are what drawn policies say; some fail when they are evaluated.
var conditions = []string{
	"", "when { true }", "when { false }", "when { context.tainted }", "unless { context.tainted }",
	"when { resource.actsOutside }", "when { resource.zone > 1 && context.confidentiality > 0 }",
	"when { context.confidentiality > resource.zone }", `when { context.phase == "work" }`,
	"when { context.left.toolCalls < 25 }", "when { context.left.tokens * 9223372036854775807 > 5 }",
	"when { context.tainted } when { resource.tier == \"high\" }",
	"when { context.left.tokens * 9223372036854775807 > 5 } when { false }",
	"when { context.left.tokens * 9223372036854775807 > 5 && resource.readsOutside }",
	"when { resource.readsOutside && context.left.tokens * 9223372036854775807 > 5 }",
	`when { !context.origins.unknown.isEmpty() }`, `when { context.origins.user.contains("id") }`,
	"when { context.spend > 100000000 }", "when { principal.zone == 2 }",
}

var scopes = []string{
	"principal, action, resource", `principal, action in Action::"call", resource`, `principal, action == Action::"read", resource`,
	`principal, action in [Action::"write", Action::"delete"], resource`, `principal, action, resource == Tool::"refund"`,
	`principal == Agent::"desk", action, resource == Tool::"send_mail"`, `principal is Agent, action, resource is Tool`,
}

func drawPolicies(t *rapid.T) []blueprint.Policy {
	var out []blueprint.Policy
	for i := range rapid.IntRange(0, 6).Draw(t, "policies") {
		effect := rapid.SampledFrom([]string{"permit", "forbid", "forbid", `@decision("ask") forbid`, `@decision("ask") @quorum("2") forbid`}).Draw(t, "effect")
		scope := rapid.SampledFrom(scopes).Draw(t, "scope")
		cond := rapid.SampledFrom(conditions).Draw(t, "condition")
		if strings.Contains(scope, "refund") && rapid.Bool().Draw(t, "on args") {
			cond = `when { context.args has amount && context.args.amount.value.greaterThan(decimal("50.0")) }`
		}
		out = append(out, blueprint.Policy{ID: fmt.Sprintf("p%d", i), Cedar: fmt.Sprintf("%s (%s) %s;", effect, scope, cond)})
	}
	return out
}

func drawState(t *rapid.T, c *Compiled) State {
	s := c.Start(rapid.SampledFrom([]string{"", "refund A-17 with 20 to ann@example.com"}).Draw(t, "said"))
	s.Tainted = rapid.Bool().Draw(t, "tainted")
	s.Unknown = rapid.IntRange(0, 9).Draw(t, "unknown") == 0
	s.Phase = rapid.SampledFrom([]string{"work", "work", "work", "", "other"}).Draw(t, "phase")
	s.Confidentiality = rapid.SampledFrom([]string{"public", "internal", "confidential", "restricted", "", "x"}).Draw(t, "zone")
	s.ToolCalls = rapid.IntRange(-1, 51).Draw(t, "calls")
	s.Tokens = rapid.Int64Range(0, 200_001).Draw(t, "tokens")
	s.Spent = rapid.SampledFrom([]float64{0, 100, 499.99, 500}).Draw(t, "spent")
	return s
}

func drawCall(t *rapid.T) Call {
	names := []string{"nope"}
	for _, tool := range desk().Spec.Tools {
		names = append(names, tool.Name, tool.Name)
	}
	args := map[string]any{}
	for _, k := range []string{"id", "amount", "to", "note"} {
		switch rapid.IntRange(0, 3).Draw(t, k) {
		case 0:
			args[k] = rapid.SampledFrom([]any{"A-17", "ann@example.com", "x", nil, true}).Draw(t, k+" text")
		case 1:
			args[k] = rapid.SampledFrom([]float64{0, 20, 20.5, 99.999, 1e300, -1}).Draw(t, k+" number")
		case 2:
			args[k] = []any{"ann@example.com", map[string]any{"b": 1.0, "a": "deep"}}
		}
	}
	call := Call{Tool: rapid.SampledFrom(names).Draw(t, "tool"), Args: args}
	if rapid.Bool().Draw(t, "approved") {
		call.ApprovedDigest = ArgsDigest(call.Tool, args)
	}
	return call
}

func compileDrawn(t *rapid.T) (*Compiled, blueprint.Agent) {
	a := desk()
	a.Spec.Policies = drawPolicies(t)
	m := manifest(a)
	if rapid.Bool().Draw(t, "unpinned") {
		m.Adapters = nil
	}
	c, err := Compile(m)
	if err != nil {
		t.Fatalf("Compile = %v; findings %+v", err, CheckVersion(m))
	}
	return c, a
}

// plain decides with stock Cedar over all policies, none left out, with the rules
// of this package on top: an error denies, a plain forbid wins, an ask is pending
// unless approved.
func plain(t *rapid.T, c *Compiled, a blueprint.Agent, s State, call Call, d resource.Decision) (resource.DecisionState, []string) {
	all, bad := collect(&a)
	if len(bad) > 0 {
		t.Fatalf("collect = %v", bad)
	}
	set, byID := cedar.NewPolicySet(), map[string]policy{}
	for _, p := range all {
		set.Add(cedar.PolicyID(p.id), p.cedar)
		byID[p.id] = p.policy
	}
	g := c.tools[call.Tool]
	s = c.effective(s)
	o := c.trace(s, g, call.Args)
	args, err := g.argsOf(call.Args, o)
	if err != nil {
		t.Fatalf("argsOf = %v", err)
	}
	spend, _ := g.spendOf(call.Args)
	whole := *g
	whole.fields = contextFields // none is left out here
	ctx := c.contextOf(s, &whole, call, args, o, spend)
	verdict, diag := cedar.Authorize(set, c.entities, cedar.Request{Principal: c.agent, Action: g.action, Resource: g.resource, Context: ctx})
	var ids []string
	if len(diag.Errors) > 0 {
		for _, e := range diag.Errors {
			ids = append(ids, string(e.PolicyID))
		}
		slices.Sort(ids)
		return resource.DecisionRejected, ids
	}
	hard := false
	for _, r := range diag.Reasons {
		p := byID[string(r.PolicyID)]
		hard = hard || (p.cedar.Effect() == cedar.Forbid && !p.ask)
		ids = append(ids, p.id)
	}
	slices.Sort(ids)
	switch {
	case verdict == cedar.Allow:
		return resource.DecisionApproved, ids
	case hard || len(ids) == 0:
		return resource.DecisionRejected, ids
	case call.ApprovedDigest == d.ArgsDigest:
		return resource.DecisionApproved, ids
	}
	return resource.DecisionPending, ids
}

func TestDecideEqualsPlainCedar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, a := compileDrawn(t)
		s, call := drawState(t, c), drawCall(t)
		d, _ := c.Decide(s, call)
		g := c.tools[call.Tool]
		if g == nil {
			if d.State != resource.DecisionRejected || d.Check != CheckTool {
				t.Fatalf("unknown tool: Decide = %s by %s, want rejected by tool", d.State, d.Check)
			}
			return
		}
		_, argsErr := g.argsOf(call.Args, noFlow)
		_, spendErr := g.spendOf(call.Args)
		if argsErr != nil || spendErr != nil {
			if d.State != resource.DecisionRejected {
				t.Fatalf("arguments that cannot be judged: Decide = %s, want rejected", d.State)
			}
			return
		}
		state, ids := plain(t, c, a, s, call, d)
		if state != d.State || !slices.Equal(ids, d.Policies) {
			t.Fatalf("Decide = %s %v, plain Cedar says %s %v", d.State, d.Policies, state, ids)
		}
	})
}

func TestForbidAlwaysWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := desk()
		a.Spec.Policies = append(drawPolicies(t), blueprint.Policy{ID: "never", Cedar: "forbid (principal, action, resource);"})
		c, err := Compile(manifest(a))
		if err != nil {
			t.Fatal(err)
		}
		// drawCall approves half of its calls: an approval lifts no forbid.
		if d, _ := c.Decide(drawState(t, c), drawCall(t)); d.State != resource.DecisionRejected {
			t.Fatalf("Decide = %s, want rejected", d.State)
		}
	})
}

func TestApprovalLiftsOnlyAsks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := compileDrawn(t)
		s, call := drawState(t, c), drawCall(t)
		call.ApprovedDigest = ""
		without, _ := c.Decide(s, call)
		call.ApprovedDigest = without.ArgsDigest
		with, _ := c.Decide(s, call)
		want := without.State
		if want == resource.DecisionPending {
			want = resource.DecisionApproved
		}
		if with.State != want {
			t.Fatalf("with an approval = %s, without = %s, want %s", with.State, without.State, want)
		}
	})
}

func TestDecisionSurvivesJSONAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, a := compileDrawn(t)
		s, call := drawState(t, c), drawCall(t)
		s = c.Observe(s, Observation{Tool: rapid.SampledFrom([]string{"read_mail", "get_order", "nope"}).Draw(t, "seen"), Text: rapid.String().Draw(t, "text")})
		want, wantState := c.Decide(s, call)

		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back State
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		got, gotState := c.Decide(back, call)
		if diff := cmp.Diff(want, got) + cmp.Diff(wantState, gotState); diff != "" {
			t.Fatalf("decision differs after JSON\n%s", diff)
		}

		// The same policies and arguments, made in another order.
		slices.Reverse(a.Spec.Policies)
		slices.Reverse(a.Spec.Tools)
		m := manifest(a)
		if !c.tools["refund"].strict {
			m.Adapters = nil
		}
		again, err := Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		args := map[string]any{}
		keys := []string{"note", "to", "id", "amount"}
		for _, k := range keys {
			if v, ok := call.Args[k]; ok {
				args[k] = v
			}
		}
		call.Args = args
		got, gotState = again.Decide(s, call)
		if diff := cmp.Diff(want, got) + cmp.Diff(wantState, gotState); diff != "" {
			t.Fatalf("decision depends on an order\n%s", diff)
		}
	})
}

// TestRequestsFitTheSchema holds contextOf to the schema that policies are
// checked against.
func TestRequestsFitTheSchema(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := compileDrawn(t)
		s, call := c.effective(drawState(t, c)), drawCall(t)
		g := c.tools[call.Tool]
		if g == nil || !g.strict {
			return
		}
		whole := *g // a context with every field: a request leaves out what no policy reads
		whole.fields = contextFields
		o := c.trace(s, g, call.Args)
		args, err := g.argsOf(call.Args, o)
		if err != nil {
			return
		}
		ctx := c.contextOf(s, &whole, call, args, o, 1)
		if err := validate.New(cedarSchema(g.args, g.tool.Intent)).Request(cedar.Request{Principal: c.agent, Action: g.action, Resource: g.resource, Context: ctx}); err != nil {
			t.Fatalf("request of %s does not fit: %v", call.Tool, err)
		}
	})
}
