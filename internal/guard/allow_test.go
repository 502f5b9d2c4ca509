package guard

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

const (
	noon   resource.Millis = 1_800_000_000_000
	minute resource.Millis = 60_000
)

var refundFear = []resource.Fear{{Policy: "builtin/tier-high", Reason: "a high-risk tool needs a human", Quorum: 1}}

func allow(t testing.TB, args map[string]any, s resource.Scope) resource.Allowance {
	t.Helper()
	a, err := NewAllowance(Given{Approval: "apr_1", Tool: "refund", Args: args, Fears: refundFear, People: 1, At: noon}, s)
	if err != nil {
		t.Fatalf("NewAllowance(%v, %+v) = %v", args, s, err)
	}
	return a
}

func TestAllowance(t *testing.T) {
	args := map[string]any{"id": "A-17", "amount": 20.0}
	scope := resource.Scope{Max: map[string]float64{"amount": 50}, Free: []string{"note"}, Uses: 2, ForMs: 10 * 60_000}
	call := func(args map[string]any) Call { return Call{Tool: "refund", Args: args, Now: noon + minute} }
	tests := []struct {
		name   string
		call   Call
		change func(s *State)
		want   resource.DecisionState
	}{
		{"the same arguments", call(args), nil, resource.DecisionApproved},
		{"within the bound", call(map[string]any{"id": "A-17", "amount": 50.0}), nil, resource.DecisionApproved},
		{"a free argument", call(map[string]any{"id": "A-17", "amount": 1.0, "note": "late"}), nil, resource.DecisionApproved},
		{"over the bound", call(map[string]any{"id": "A-17", "amount": 50.01}), nil, resource.DecisionPending},
		{"another value", call(map[string]any{"id": "A-18", "amount": 20.0}), nil, resource.DecisionPending},
		{"an argument more", call(map[string]any{"id": "A-17", "amount": 20.0, "lines": 2}), nil, resource.DecisionPending},
		{"an argument less", call(map[string]any{"amount": 20.0}), nil, resource.DecisionPending},
		{"a bounded argument that is no number", call(map[string]any{"id": "A-17", "amount": "20"}), nil, resource.DecisionRejected},
		{"at its end", Call{Tool: "refund", Args: args, Now: noon + 10*minute}, nil, resource.DecisionPending},
		{"without a time", Call{Tool: "refund", Args: args}, nil, resource.DecisionPending},
		{"a clock set back after its end", call(args), func(s *State) { s.Latest = noon + 10*minute }, resource.DecisionPending},
		{"a clock set back before it was given", Call{Tool: "refund", Args: args, Now: noon - 90*minute}, nil, resource.DecisionApproved},
		{"used up", call(args), func(s *State) { s.Allow[0].Uses = 0 }, resource.DecisionPending},
		{"a state that is not known", call(args), func(s *State) { s.Unknown = true }, resource.DecisionPending},
		{"a fear that nobody was shown", call(args), func(s *State) { s.Tainted, s.Asks = true, nil }, resource.DecisionPending},
		{"over the spending budget", call(args), func(s *State) { s.Spent = 490 }, resource.DecisionRejected},
	}
	c := mustCompile(t, manifest(desk()))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := c.Allow(c.Start("refund A-17 with 20"), allow(t, args, scope))
			if tt.change != nil {
				tt.change(&s)
			}
			before := s
			d, after := c.Decide(s, tt.call)
			if d.State != tt.want {
				t.Fatalf("Decide(%v) = %s (%s), want %s", tt.call.Args, d.State, d.Reason, tt.want)
			}
			if d.State != resource.DecisionApproved {
				return
			}
			if d.Approval != "apr_1" || !d.Allowance || d.Check != CheckApproval || after.Allow[0].Uses != 1 || before.Allow[0].Uses != 2 {
				t.Errorf("Decide() = approval %q, allowance %t, %d uses left, before %d", d.Approval, d.Allowance, after.Allow[0].Uses, before.Allow[0].Uses)
			}
			if u := c.Undo(after, d); u.Allow[0].Uses != 2 || u.ToolCalls != before.ToolCalls || u.Spent != before.Spent {
				t.Errorf("Undo() = %+v, want what was before", u)
			}
		})
	}
}

// TestAllowanceQuorum: one person's yes does not reach a call that needs two, and
// a yes of two does.
func TestAllowanceQuorum(t *testing.T) {
	c := mustCompile(t, manifest(desk()))
	args := map[string]any{"id": "7"}
	for people, want := range map[int]resource.DecisionState{1: resource.DecisionPending, 2: resource.DecisionApproved} {
		a, err := NewAllowance(Given{Approval: "apr_1", Tool: "close_account", Args: args, People: people, At: noon,
			Fears: []resource.Fear{{Policy: "builtin/tier-critical", Quorum: 2}}}, resource.Scope{Free: []string{"id"}})
		if err != nil {
			t.Fatal(err)
		}
		d, _ := c.Decide(c.Allow(c.Start(""), a), Call{Tool: "close_account", Args: map[string]any{"id": "8"}, Now: noon + minute})
		if d.State != want {
			t.Errorf("Decide() with a yes of %d = %s, want %s", people, d.State, want)
		}
	}
}

func TestScopeRefusals(t *testing.T) {
	args := map[string]any{"id": "A-17", "amount": 20.0}
	for name, s := range map[string]resource.Scope{
		"too many uses":             {Uses: MaxUses + 1},
		"negative uses":             {Uses: -1},
		"too long":                  {ForMs: MaxFor + 1},
		"a bound below the call":    {Max: map[string]float64{"amount": 19}},
		"a bound on a text":         {Max: map[string]float64{"id": 19}},
		"a bound on what is absent": {Max: map[string]float64{"lines": 19}},
		"free and bounded":          {Free: []string{"amount"}, Max: map[string]float64{"amount": 50}},
	} {
		if _, err := NewAllowance(Given{Tool: "refund", Args: args, At: noon}, s); !fault.Is(err, fault.Invalid) {
			t.Errorf("NewAllowance with %s = %v, want %s", name, err, fault.Invalid)
		}
	}
}

// TestAllowanceNeverBeyondItsScope draws allowances and calls, and judges by the
// words of the scope whether the call may have been let through.
func TestAllowanceNeverBeyondItsScope(t *testing.T) {
	c := mustCompile(t, manifest(desk()))
	rapid.Check(t, func(t *rapid.T) {
		given := drawCall(t)
		given.Tool = "refund"
		fears := [][]resource.Fear{nil, refundFear, {{Policy: "builtin/tier-high"}, {Policy: "builtin/target-from-outside"}, {Policy: "builtin/not-asked-for"}}}
		g := Given{Approval: "apr_1", Tool: "refund", Args: given.Args, Fears: rapid.SampledFrom(fears).Draw(t, "fears"), People: 1, At: noon}
		scope := resource.Scope{Uses: rapid.IntRange(0, 3).Draw(t, "uses"), ForMs: int64(rapid.SampledFrom([]resource.Millis{0, minute}).Draw(t, "for"))}
		for _, name := range []string{"id", "amount", "note"} {
			if rapid.Bool().Draw(t, "free "+name) {
				scope.Free = append(scope.Free, name)
			}
		}
		if rapid.Bool().Draw(t, "bounded") {
			scope.Max = map[string]float64{"amount": 50}
		}
		a, err := NewAllowance(g, scope)
		if err != nil {
			return
		}
		bare, call := drawState(t, c), drawCall(t)
		call.ApprovedDigest, call.Now = "", noon+rapid.SampledFrom([]resource.Millis{-90 * minute, 0, 30_000, minute, 61 * minute}).Draw(t, "now")
		bare.Latest = rapid.SampledFrom([]resource.Millis{0, noon, noon + minute}).Draw(t, "latest")
		without, _ := c.Decide(bare, call)
		with, after := c.Decide(c.Allow(bare, a), call)
		if with.State == without.State {
			return
		}
		if without.State != resource.DecisionPending || with.State != resource.DecisionApproved {
			t.Fatalf("an allowance turned %s into %s", without.State, with.State)
		}
		shown := map[string]bool{}
		for _, f := range g.Fears {
			shown[f.Policy] = true
		}
		for _, p := range without.Policies {
			if !shown[p] {
				t.Fatalf("an allowance lifted %s, which nobody was shown", p)
			}
		}
		if call.Tool != "refund" || max(bare.Latest, call.Now) >= a.Until || without.Quorum > 1 || after.Allow[0].Uses != a.Uses-1 {
			t.Fatalf("an allowance of refund until %d approved %s at %d with quorum %d", a.Until, call.Tool, call.Now, without.Quorum)
		}
		checkScope(t, scope, g.Args, call.Args)
	})
}

// checkScope says whether args differ from those that were shown only where the
// scope says so.
func checkScope(t *rapid.T, s resource.Scope, shown, args map[string]any) {
	free := map[string]bool{}
	for _, name := range s.Free {
		free[name] = true
	}
	for _, name := range []string{"id", "amount", "to", "note"} {
		was, had := shown[name]
		is, has := args[name]
		if limit, bounded := s.Max[name]; bounded && has {
			f, isNumber := is.(float64)
			if !isNumber || f > limit || f < 0 {
				t.Fatalf("%s = %v was let through, the bound is %v", name, is, limit)
			}
			continue
		} else if bounded || free[name] {
			continue
		}
		if had != has || ArgsDigest("x", map[string]any{"v": was}) != ArgsDigest("x", map[string]any{"v": is}) {
			t.Fatalf("%s = %v (there: %t) was let through, shown was %v (there: %t)", name, is, has, was, had)
		}
	}
}

// TestNoAsk: when people cannot be asked, what needs them is rejected with the
// reason, and nothing else changes.
func TestNoAsk(t *testing.T) {
	c := mustCompile(t, manifest(desk()))
	rapid.Check(t, func(t *rapid.T) {
		s, call := drawState(t, c), drawCall(t)
		with, _ := c.Decide(s, call)
		call.NoAsk = "too many requests wait"
		without, _ := c.Decide(s, call)
		want := with.State
		if want == resource.DecisionPending {
			want = resource.DecisionRejected
		}
		if without.State != want {
			t.Fatalf("Decide() without anybody to ask = %s, want %s", without.State, want)
		}
	})
}

func TestBudgetsOfSeveralRuns(t *testing.T) {
	limits := blueprint.Use{ToolCalls: 3, Tokens: 100, CostUSD: 1, Spend: 50}
	refund := Call{Tool: "refund", Args: map[string]any{"id": "A-17", "amount": 20.0}}
	refund.ApprovedDigest = ArgsDigest(refund.Tool, refund.Args)
	tests := []struct {
		name string
		used resource.Use
		want string // the policy's last part, "" for approved
	}{
		{"nothing used", resource.Use{}, ""},
		{"the last call", resource.Use{ToolCalls: 2}, ""},
		{"no call left", resource.Use{ToolCalls: 3}, "tool-calls"},
		{"tokens used up", resource.Use{Tokens: 100}, ""},
		{"over the tokens", resource.Use{Tokens: 101}, "tokens"},
		{"cost used up", resource.Use{Cost: 1_000_000}, ""},
		{"over the cost", resource.Use{Cost: 1_000_001}, "cost"},
		{"the last of the spending", resource.Use{Spent: 30}, ""},
		{"more than is left of the spending", resource.Use{Spent: 30.01}, "spend"},
		{"a damaged count", resource.Use{ToolCalls: -1}, "tool-calls"},
	}
	for _, of := range []string{"session", "day"} {
		a := desk()
		set := func(call *Call, u resource.Use) {
			if of == "day" {
				call.Day = u
			} else {
				call.Session = u
			}
		}
		if of == "day" {
			a.Spec.Budgets.Day = limits
		} else {
			a.Spec.Budgets.Session = limits
		}
		c := mustCompile(t, manifest(a))
		for _, tt := range tests {
			call := refund
			set(&call, tt.used)
			want, ids := resource.DecisionApproved, ""
			if tt.want != "" {
				want, ids = resource.DecisionRejected, "builtin/budget-"+of+"-"+tt.want
			}
			d, _ := c.Decide(c.Start("refund A-17 with 20"), call)
			if d.State != want || ids != "" && (d.Policies[0] != ids || d.Check != CheckBudget) {
				t.Errorf("%s, %s: Decide() = %s by %v, want %s by %q", of, tt.name, d.State, d.Policies, want, ids)
			}
		}
		call := refund
		call.Uncounted = true
		if d, _ := c.Decide(c.Start("refund A-17 with 20"), call); d.State != resource.DecisionRejected {
			t.Errorf("%s: Decide() without counts = %s, want %s", of, d.State, resource.DecisionRejected)
		}
		if c.OverUse(call) == "" || c.OverUse(refund) != "" {
			t.Errorf("%s: OverUse() = %q without counts and %q with", of, c.OverUse(call), c.OverUse(refund))
		}
	}
}
