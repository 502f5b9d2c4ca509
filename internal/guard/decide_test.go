package guard

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// outcome is the part of a decision that tables compare.
type outcome struct {
	State    resource.DecisionState
	Check    string
	Policies string
	Quorum   int
}

func outcomeOf(d resource.Decision) outcome {
	return outcome{d.State, d.Check, strings.Join(d.Policies, " "), d.Quorum}
}

func approved(policies string) outcome {
	return outcome{resource.DecisionApproved, CheckPolicy, policies, 0}
}
func rejected(check, policies string) outcome {
	return outcome{resource.DecisionRejected, check, policies, 0}
}
func pending(check, policies string, quorum int) outcome {
	return outcome{resource.DecisionPending, check, policies, quorum}
}

func TestDecide(t *testing.T) {
	mail := map[string]any{"to": []any{"ann@example.com"}}
	refund := map[string]any{"id": "A-17", "amount": 20.5}
	tests := []struct {
		name  string
		own   string // user policy
		see   []Observation
		state func(*State)
		call  Call
		want  outcome
	}{
		{name: "read", call: Call{Tool: "get_order", Args: map[string]any{"id": "A-17"}}, want: approved("builtin/permitted")},
		{name: "unknown tool", call: Call{Tool: "drop_tables"}, want: rejected(CheckTool, "")},
		{name: "zone above the agent's", call: Call{Tool: "secret"}, want: rejected(CheckPermission, "builtin/permission")},
		{name: "intent without permission", call: Call{Tool: "admin"}, want: rejected(CheckPermission, "builtin/permission")},
		{name: "unknown tier", call: Call{Tool: "odd"}, want: rejected(CheckTier, "builtin/tier-unknown")},
		{name: "high tier", call: Call{Tool: "refund", Args: refund}, want: pending(CheckTier, "builtin/tier-high", 1)},
		{name: "critical tier", call: Call{Tool: "close_account"}, want: pending(CheckTier, "builtin/tier-critical", 2)},
		{name: "unknown phase", state: func(s *State) { s.Phase = "elsewhere" }, call: Call{Tool: "get_order"}, want: rejected(CheckPhase, "builtin/phase")},
		{name: "private data and an outside effect, nothing from outside", see: []Observation{{Tool: "get_order"}},
			call: Call{Tool: "send_mail", Args: mail}, want: approved("builtin/permitted")},
		{name: "text from outside, then an effect", see: []Observation{{Tool: "read_mail"}}, call: Call{Tool: "send_mail", Args: mail}, want: pending(CheckPolicy, "builtin/not-asked-for builtin/target-from-outside", 1)},
		{name: "an error text taints too", see: []Observation{{Tool: "read_mail", IsError: true}}, call: Call{Tool: "send_mail", Args: mail}, want: pending(CheckPolicy, "builtin/not-asked-for builtin/target-from-outside", 1)},
		{name: "zone ceiling", see: []Observation{{Tool: "get_order"}}, call: Call{Tool: "post"}, want: pending(CheckPolicy, "builtin/zone-ceiling", 1)},
		{name: "labels left out are true", see: []Observation{{Tool: "plain"}}, call: Call{Tool: "plain"}, want: pending(CheckPolicy, "builtin/not-asked-for", 1)},
		{name: "zero state is tainted and restricted", state: func(s *State) { *s = State{} }, call: Call{Tool: "post"}, want: pending(CheckPolicy, "builtin/not-asked-for builtin/zone-ceiling", 1)},
		{name: "unknown state is tainted and restricted", state: func(s *State) { s.Unknown = true }, call: Call{Tool: "post"}, want: pending(CheckPolicy, "builtin/not-asked-for builtin/zone-ceiling", 1)},
		{name: "unknown confidentiality is restricted", state: func(s *State) { s.Confidentiality = "cosmic" }, call: Call{Tool: "post"}, want: pending(CheckPolicy, "builtin/zone-ceiling", 1)},
		{name: "no tool calls left", state: func(s *State) { s.ToolCalls = 50 }, call: Call{Tool: "get_order"}, want: rejected(CheckBudget, "builtin/budget-tool-calls")},
		{name: "the last tool call", state: func(s *State) { s.ToolCalls = 49 }, call: Call{Tool: "get_order"}, want: approved("builtin/permitted")},
		{name: "negative counters are used up", state: func(s *State) { s.ToolCalls = -1 }, call: Call{Tool: "catalogue"}, want: rejected(CheckBudget, "builtin/budget-spend builtin/budget-tool-calls")},
		{name: "over tokens", state: func(s *State) { s.Tokens = 200_001 }, call: Call{Tool: "get_order"}, want: rejected(CheckBudget, "builtin/budget-tokens")},
		{name: "over steps", state: func(s *State) { s.Steps = 21 }, call: Call{Tool: "get_order"}, want: rejected(CheckBudget, "builtin/budget-steps")},
		{name: "over cost", state: func(s *State) { s.Cost = 5_000_001 }, call: Call{Tool: "get_order"}, want: rejected(CheckBudget, "builtin/budget-cost")},
		{name: "spends what is left", state: func(s *State) { s.Spent = 479.5 }, call: Call{Tool: "refund", Args: refund}, want: pending(CheckTier, "builtin/tier-high", 1)},
		{name: "spends too much", state: func(s *State) { s.Spent = 479.51 }, call: Call{Tool: "refund", Args: refund}, want: rejected(CheckBudget, "builtin/budget-spend builtin/tier-high")},
		{name: "negative spending", call: Call{Tool: "refund", Args: map[string]any{"id": "A", "amount": -5.0}}, want: rejected(CheckBudget, "")},
		{name: "spending that is no number", call: Call{Tool: "refund", Args: map[string]any{"id": "A", "amount": "5"}}, want: rejected(CheckBudget, "")},
		{name: "spending that is missing", call: Call{Tool: "refund", Args: map[string]any{"id": "A"}}, want: rejected(CheckBudget, "")},
		{name: "arguments without JSON form", call: Call{Tool: "get_order", Args: map[string]any{"id": math.NaN()}}, want: rejected(CheckPolicy, "")},
		{name: "text that is not UTF-8", call: Call{Tool: "get_order", Args: map[string]any{"id": "\xff"}}, want: rejected(CheckPolicy, "")},

		{name: "own forbid", own: `forbid (principal, action, resource == Tool::"send_mail") when { context.args.to.value.contains("ann@example.com") };`,
			call: Call{Tool: "send_mail", Args: mail}, want: rejected(CheckPolicy, "own")},
		{name: "own ask", own: `@decision("ask") @quorum("3") forbid (principal, action, resource == Tool::"send_mail");`,
			call: Call{Tool: "send_mail", Args: mail}, want: pending(CheckPolicy, "own", 3)},
		{name: "plain forbid wins over ask", own: `forbid (principal, action in Action::"write", resource) when { context.args has amount && context.args.amount.value.greaterThan(decimal("20.0")) };`,
			call: Call{Tool: "refund", Args: refund}, want: rejected(CheckPolicy, "builtin/tier-high own")},
		{name: "own permit gives nothing", own: `permit (principal, action, resource);`, call: Call{Tool: "secret"}, want: rejected(CheckPermission, "builtin/permission")},
		{name: "an error in a policy denies", own: `forbid (principal, action, resource == Tool::"catalogue") when { context.left.tokens * 9223372036854775807 > 5 };`,
			call: Call{Tool: "catalogue"}, want: rejected(CheckPolicy, "own")},
		{name: "an argument of the wrong type denies", own: `forbid (principal, action, resource == Tool::"get_order") when { context.args.id.value == "A-1" };`,
			call: Call{Tool: "get_order", Args: map[string]any{"id": 7.0}}, want: rejected(CheckPolicy, "")},
		{name: "an argument that is missing denies", own: `forbid (principal, action, resource == Tool::"get_order") when { context.args.id.value == "A-1" };`,
			call: Call{Tool: "get_order"}, want: rejected(CheckPolicy, "")},
		{name: "five decimal places deny", own: `forbid (principal, action, resource == Tool::"refund") when { context.args.amount.value.greaterThan(decimal("20.0")) };`,
			call: Call{Tool: "refund", Args: map[string]any{"id": "A", "amount": 1.00001}}, want: rejected(CheckPolicy, "")},
		{name: "an absent optional argument", own: `forbid (principal, action, resource == Tool::"send_mail") when { context.args has cc };`,
			call: Call{Tool: "send_mail", Args: map[string]any{"to": []any{}, "cc": nil}}, want: approved("builtin/permitted")},
		{name: "origin of an argument", own: `forbid (principal, action, resource == Tool::"send_mail") unless { context.origins.user.contains("to") };`,
			call: Call{Tool: "send_mail", Args: mail}, want: rejected(CheckPolicy, "own")},
		{name: "argument of a tool without schema", own: `forbid (principal, action, resource == Tool::"note") when { context.args.size.value > 10 };`,
			call: Call{Tool: "note", Args: map[string]any{"size": 11.0}}, want: rejected(CheckPolicy, "own")},
		{name: "wrong argument of a tool without schema denies", own: `forbid (principal, action, resource == Tool::"note") when { context.args.size.value > 10 };`,
			call: Call{Tool: "note", Args: map[string]any{"size": "big"}}, want: rejected(CheckPolicy, "own")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := desk()
			if tt.own != "" {
				a.Spec.Policies = policyOf(tt.own)
			}
			c := mustCompile(t, manifest(a))
			s := c.Start("hello")
			for _, o := range tt.see {
				s = c.Observe(s, o)
			}
			if tt.state != nil {
				tt.state(&s)
			}
			d, after := c.Decide(s, tt.call)
			if diff := cmp.Diff(tt.want, outcomeOf(d)); diff != "" {
				t.Errorf("Decide(%s) = %s (-want +got)\nreason: %s", tt.call.Tool, diff, d.Reason)
			}
			if d.Reason == "" || (d.State == resource.DecisionRejected && (d.Code == "" || d.Remediation == "")) {
				t.Errorf("Decide(%s) = reason %q, code %q, remediation %q; want all of a rejection", tt.call.Tool, d.Reason, d.Code, d.Remediation)
			}
			if diff := cmp.Diff(after.GuardState, d.After); diff != "" {
				t.Errorf("Decide(%s) After differs from the state (-state +after)\n%s", tt.call.Tool, diff)
			}
		})
	}
}

func TestDecideCounts(t *testing.T) {
	c := mustCompile(t, manifest(desk()))
	refund := Call{Tool: "refund", Args: map[string]any{"id": "A", "amount": 100.0}}
	s := c.Start("hi")
	d, s := c.Decide(s, refund)
	if s.ToolCalls != 0 || s.Spent != 0 {
		t.Errorf("pending: toolCalls, spent = %d, %v, want 0, 0", s.ToolCalls, s.Spent)
	}
	refund.ApprovedDigest, refund.Approval = d.ArgsDigest, "apr_1"
	d, s = c.Decide(s, refund)
	if d.State != resource.DecisionApproved || d.Check != CheckApproval || d.Approval != "apr_1" {
		t.Errorf("approved call = %s by %s (%s), want approved by approval apr_1", d.State, d.Check, d.Approval)
	}
	if s.ToolCalls != 1 || s.Spent != 100 {
		t.Errorf("approved: toolCalls, spent = %d, %v, want 1, 100", s.ToolCalls, s.Spent)
	}
	if _, s = c.Decide(s, Call{Tool: "nope"}); s.ToolCalls != 2 || s.Spent != 100 {
		t.Errorf("rejected: toolCalls, spent = %d, %v, want 2, 100", s.ToolCalls, s.Spent)
	}
}

func TestApprovalIsForExactArguments(t *testing.T) {
	c := mustCompile(t, manifest(desk()))
	args := func(amount float64) map[string]any { return map[string]any{"id": "A", "amount": amount} }
	digest := ArgsDigest("refund", args(20))
	d, _ := c.Decide(c.Start("hello"), Call{Tool: "refund", Args: args(20)})
	tests := []struct {
		name string
		call Call
		want resource.DecisionState
	}{
		{"the same", Call{Tool: "refund", Args: args(20), ApprovedDigest: digest}, resource.DecisionApproved},
		{"when people were shown what asks", Call{Tool: "refund", Args: args(20), ApprovedDigest: digest, Shown: d.Policies}, resource.DecisionApproved},
		{"when people were shown less", Call{Tool: "refund", Args: args(20), ApprovedDigest: digest, Shown: []string{}}, resource.DecisionPending},
		{"another amount", Call{Tool: "refund", Args: args(21), ApprovedDigest: digest}, resource.DecisionPending},
		{"another tool", Call{Tool: "close_account", Args: args(20), ApprovedDigest: digest}, resource.DecisionPending},
		{"no digest", Call{Tool: "refund", Args: args(20)}, resource.DecisionPending},
		{"over the budget", Call{Tool: "refund", Args: args(501), ApprovedDigest: ArgsDigest("refund", args(501))}, resource.DecisionRejected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d, _ := c.Decide(c.Start("hi"), tt.call); d.State != tt.want {
				t.Errorf("Decide = %s (%s), want %s", d.State, d.Reason, tt.want)
			}
		})
	}
}

func TestRate(t *testing.T) {
	a := desk()
	a.Spec.Budgets.CallsPerMinute = 3
	c := mustCompile(t, manifest(a))
	for recent, want := range map[int]resource.DecisionState{0: resource.DecisionApproved, 2: resource.DecisionApproved, 3: resource.DecisionRejected, 9: resource.DecisionRejected} {
		if d, _ := c.Decide(c.Start(""), Call{Tool: "catalogue", RecentCalls: recent}); d.State != want {
			t.Errorf("Decide(recent %d) = %s, want %s", recent, d.State, want)
		}
	}
}

// workflow is desk with two phases.
func workflow() blueprint.Agent {
	a := desk()
	a.Spec.Workflow = &blueprint.Workflow{Initial: "triage", Phases: []blueprint.Phase{
		{Name: "triage", Tools: []string{"get_order", "catalogue", "note"}, Intents: []blueprint.Intent{blueprint.IntentRead},
			Transitions: []blueprint.Transition{{On: "get_order", To: "resolve"}, {On: "catalogue", To: "done", Approval: true}}},
		{Name: "resolve", Tools: []string{"note"}, Final: true},
		{Name: "done", Final: true},
	}}
	return a
}

func TestWorkflow(t *testing.T) {
	c := mustCompile(t, manifest(workflow()))
	s := c.Start("hi")
	decide := func(s State, tool string) outcome { d, _ := c.Decide(s, Call{Tool: tool}); return outcomeOf(d) }
	tests := []struct {
		name string
		s    State
		tool string
		want outcome
	}{
		{"tool of the phase", s, "get_order", approved("builtin/permitted")},
		{"tool of no phase", s, "refund", rejected(CheckPhase, "builtin/phase")},
		{"intent not of the phase", s, "note", rejected(CheckPhase, "builtin/phase")},
		{"transition with approval", s, "catalogue", pending(CheckApproval, "builtin/transition-approval", 1)},
		{"after the transition", c.Observe(s, Observation{Tool: "get_order"}), "note", approved("builtin/permitted")},
		{"after a failed transition", c.Observe(s, Observation{Tool: "get_order", IsError: true}), "note", rejected(CheckPhase, "builtin/phase")},
		{"no phase known", State{}, "get_order", rejected(CheckPhase, "builtin/phase")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := decide(tt.s, tt.tool); got != tt.want {
				t.Errorf("Decide(%s) = %v, want %v", tt.tool, got, tt.want)
			}
		})
	}
}

func TestPanicDenies(t *testing.T) {
	c := mustCompile(t, manifest(desk()))
	c.tools["catalogue"] = nil // stands for any defect inside
	d, s := c.Decide(c.Start(""), Call{Tool: "catalogue"})
	if d.State != resource.DecisionRejected || s.ToolCalls != 1 {
		t.Errorf("Decide = %s with %d calls, want rejected with 1", d.State, s.ToolCalls)
	}
}

func TestStateRoundTrip(t *testing.T) {
	c := mustCompile(t, manifest(desk()))
	s := c.Spend(c.Observe(c.Start("Refund A-17"), Observation{Tool: "read_mail", Text: "Hello <b>"}), 10, 20)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back State
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Errorf("state changed in JSON (-before +after)\n%s", diff)
	}
}
