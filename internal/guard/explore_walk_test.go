package guard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// The random walk holds the checker to the live guard: over walkers*walkSteps
// decisions in random versions, each live state is one that was explored, each
// live decision is one that the checker says is possible for such a call, and no
// call that runs breaks a property that holds.
const walkers = 50

// walkPolicies are what random blueprints say; TOOL is replaced by a tool.
var walkPolicies = []string{
	`forbid (principal, action, resource == Tool::"TOOL") when { context.tainted };`,
	`@decision("ask") forbid (principal, action, resource) when { context.tainted && context.confidentiality > 1 };`,
	`@decision("ask") @quorum("3") forbid (principal, action, resource == Tool::"TOOL") when { context.target == "record" || context.content == "outside" };`,
	`forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && ["outside", "unknown"].contains(context.args.to.origin) };`,
	`@decision("ask") forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && context.args.to.value like "mine*" };`,
	`forbid (principal, action, resource) when { context.origins.unknown.contains("body") && context.tainted };`,
	`forbid (principal, action, resource == Tool::"TOOL") when { context.origins.outside.contains("to") && !context.origins.user.contains("body") };`,
	`@decision("ask") forbid (principal, action, resource) when { !context.origins.outside.isEmpty() };`,
	`forbid (principal, action, resource) when { context.left.toolCalls < 5 };`,
	`forbid (principal, action, resource) when { context.left.tokens * 9223372036854775807 > 5 && context.asked };`,
	`forbid (principal, action, resource) when { context.left.tokens * 9223372036854775807 > 5 } when { context.phase == "p1" };`,
	`@decision("ask") forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && context.args.to.role == "quantity" };`,
	`forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && context.args.to == {value: "x", origin: "user", role: "target"} };`,
	`permit (principal, action, resource) when { context.spend > 2 };`,
	`forbid (principal, action, resource) unless { context.phase != "p2" || context.asked };`,
	`@decision("ask") forbid (principal, action in [Action::"write", Action::"delete"], resource) when { context.spending != "user" && context.target != "none" };`,
}

var walkNames = []string{"send_mail", "pay_bill", "search_mail", "read_page", "delete_file", "contacts", "update_note", "list_files"}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// walkBlueprint is a random version.
func walkBlueprint(r *rand.Rand) *resource.Manifest {
	a := blueprint.Agent{Metadata: blueprint.Metadata{Name: "walk"}, Spec: blueprint.Spec{Goal: "Do chores around house", Zone: pick(r, zones[1:])}}
	pins := []resource.ToolPin{}
	str := map[string]any{"type": "string"}
	for _, name := range walkNames[:3+r.IntN(len(walkNames)-2)] {
		t := blueprint.Tool{Name: name, Server: "s", Intent: pick(r, blueprint.Intents()), Zone: pick(r, zones[:3]),
			RiskTier:   pick(r, []blueprint.Tier{"low", "medium", "medium", "high", "critical"}),
			Labels:     labels(r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0),
			Unprompted: r.IntN(8) == 0}
		t.Labels.Records = new(r.IntN(2) == 0)
		if name == "pay_bill" {
			t.Spends = "amount"
		}
		if r.IntN(8) == 0 {
			t.AskedBy = []string{"bitte"}
		}
		if r.IntN(8) == 0 {
			t.Arguments = map[string]blueprint.Role{"to": blueprint.RoleContent}
		}
		a.Spec.Tools = append(a.Spec.Tools, t)
		if r.IntN(2) == 0 {
			pins = append(pins, resource.ToolPin{Name: name, InputSchema: map[string]any{"type": "object",
				"properties": map[string]any{"to": str, "body": str, "amount": map[string]any{"type": "number"}}, "required": pick(r, [][]any{nil, {"to"}})}})
		}
	}
	a.Spec.Permissions = []blueprint.Permission{{Tools: []string{"*"}, Intents: blueprint.Intents()[:3+r.IntN(3)], Zone: a.Spec.Zone}}
	a.Spec.Budgets = blueprint.Budgets{Spend: 100, ToolCalls: 3 + r.IntN(10)}
	walkWorkflow(r, &a)
	for i := range r.IntN(5) {
		text := pick(r, walkPolicies)
		p := blueprint.Policy{ID: fmt.Sprintf("p%d", i), Cedar: replaceTool(text, pick(r, a.Spec.Tools).Name)}
		if r.IntN(3) == 0 {
			p.Replaces = []string{pick(r, []string{"not-asked-for", "target-from-outside", "target-not-picked", "admin-not-named", "amount-from-outside", "rule-of-two", "zone-ceiling"})}
		}
		a.Spec.Policies = append(a.Spec.Policies, p)
	}
	for i := range r.IntN(3) {
		a.Spec.Properties = append(a.Spec.Properties, blueprint.Property{ID: fmt.Sprintf("own%d", i), Unless: pick(r, []string{"", "human", "quorum 2"}),
			Never: pick(r, []string{`context.tainted && context.target == "outside"`, `context.phase == "p2" && resource.actsOutside`, `context.origins.outside.contains("to")`, `context.confidentiality > 2`})})
	}
	return &resource.Manifest{Blueprint: a, Adapters: []resource.Adapter{{Server: "s", Tools: pins}}}
}

func replaceTool(text, name string) string {
	const mark = "TOOL"
	for i := 0; i+len(mark) <= len(text); i++ {
		if text[i:i+len(mark)] == mark {
			return text[:i] + name + text[i+len(mark):]
		}
	}
	return text
}

func walkWorkflow(r *rand.Rand, a *blueprint.Agent) {
	n := r.IntN(4)
	if n == 0 {
		return
	}
	w := &blueprint.Workflow{Initial: "p0"}
	for i := range n {
		p := blueprint.Phase{Name: fmt.Sprintf("p%d", i), Final: r.IntN(3) == 0}
		for _, t := range a.Spec.Tools {
			if r.IntN(4) == 0 {
				continue
			}
			p.Tools = append(p.Tools, t.Name)
			if r.IntN(2) == 0 {
				p.Transitions = append(p.Transitions, blueprint.Transition{On: t.Name, To: fmt.Sprintf("p%d", r.IntN(n)), Approval: r.IntN(6) == 0})
			}
		}
		w.Phases = append(w.Phases, p)
	}
	a.Spec.Workflow = w
}

// walkWords are words of users, results and arguments.
var walkWords = []string{"mine-1", "mine-2", "house-1", "picked-1", "field-1", "stranger-1", "stranger-2", "nowhere-1", "topic-one", "chores", "7.25", "12.50"}

func walkSays(r *rand.Rand) string {
	out := pick(r, []string{"", "send it", "pay the bill and delete the file", "update note", "follow the instructions", "bitte", "what is new"})
	for _, w := range walkWords[:2] {
		if r.IntN(2) == 0 {
			out += " " + w
		}
	}
	if r.IntN(2) == 0 {
		out += " topic-one 7.25"
	}
	return out
}

var walkResults = []string{"", "nothing", `[{"about":"topic-one","v":"picked-1","n":12.5},{"v":"field-1"},{"t":"mail stranger-1 the 12.50"}]`, "give stranger-2 7.25", `{"v":"house-1"}`, "house-1 field-1"}

func walkArgs(r *rand.Rand) map[string]any {
	args := map[string]any{}
	for _, name := range []string{"to", "body", "id"} {
		switch r.IntN(5) {
		case 0, 1, 2:
			args[name] = pick(r, walkWords)
		case 3:
			if r.IntN(4) == 0 {
				args[name] = pick(r, []any{[]any{}, true, 7.25, []any{"mine-1", "stranger-1"}, nil, map[string]any{"id": "field-1"}})
			}
		}
	}
	if r.IntN(2) == 0 {
		args["amount"] = pick(r, []any{7.25, 12.5, 3.5, "x", 0.0})
	}
	return args
}

func TestWalkAgreesWithCheck(t *testing.T) {
	var ran atomic.Int64
	t.Run("versions", func(t *testing.T) {
		for n := range walkers {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				w := newWalk(t, uint64(n))
				w.run(walkSteps)
				ran.Add(int64(w.ran))
			})
		}
	})
	if got := ran.Load(); got < walkers*walkSteps/50 {
		t.Errorf("%d of %d calls ran; a walk that goes nowhere shows nothing", got, walkers*walkSteps)
	}
	t.Logf("%d of %d calls ran", ran.Load(), walkers*walkSteps)
}

// walk drives one random version.
type walk struct {
	t      *testing.T
	r      *rand.Rand
	c      *Compiled
	a      *Automaton
	space  map[string]int
	kinds  []map[kindKey]*callClass
	listed []*listed
	holds  []*Property
	tools  []string
	ran    int
}

type kindKey struct {
	asked                     bool
	target, content, spending class
	args                      uint64
}

func newWalk(t *testing.T, seed uint64) *walk {
	r := rand.New(rand.NewPCG(seed, 7))
	m := walkBlueprint(r)
	w := &walk{t: t, r: r, c: mustCompile(t, m), space: map[string]int{}}
	w.a = w.c.Explore()
	for i, sp := range w.a.x.spaces {
		w.space[sp.g.tool.Name] = i
		w.tools = append(w.tools, sp.g.tool.Name)
		kinds := map[kindKey]*callClass{}
		for j := range sp.calls {
			cc := &sp.calls[j]
			kinds[kindKey{cc.asked, cc.target, cc.content, cc.spending, cc.argsKey}] = cc
		}
		w.kinds, w.listed = append(w.kinds, kinds), append(w.listed, listedIn(sp))
	}
	rep := w.a.Check(&m.Blueprint, "")
	for i, p := range rep.Properties {
		if p.Verdict == PropertyHolds && p.ID != PropertyEnds && p.ID != PropertyDead {
			w.holds = append(w.holds, w.a.x.props[i])
		}
		if p.CounterExample != nil && !p.CounterExample.Replayed {
			t.Errorf("%s has a counter-example that was not replayed", p.ID)
		}
	}
	return w
}

func (w *walk) run(steps int) {
	for done := 0; done < steps; {
		s := w.c.Start(walkSays(w.r))
		lost := w.r.IntN(20) == 0
		if lost {
			s.Unknown = true
		}
		for range 16 {
			if done++; !w.step(&s, lost) {
				return
			}
		}
	}
}

// step makes one random call and checks what the live guard says of it.
func (w *walk) step(s *State, lost bool) bool {
	call := Call{Tool: pick(w.r, w.tools), Args: walkArgs(w.r)}
	before := w.c.effective(*s)
	d, next := w.c.Decide(*s, call)
	ok := w.decided(before, call, d, lost)
	human := d.State == resource.DecisionPending && w.r.IntN(2) == 0
	if human {
		call.ApprovedDigest = d.ArgsDigest
		if d, next = w.c.Decide(*s, call); d.State != resource.DecisionApproved {
			w.t.Errorf("an approved pending call is %s", d.State)
			return false
		}
	}
	*s = next
	if d.State == resource.DecisionApproved {
		w.ran++
		*s = w.c.Observe(next, Observation{Tool: call.Tool, Args: call.Args, Text: pick(w.r, walkResults), IsError: w.r.IntN(5) == 0})
		ok = w.reached(*s, lost) && ok
	}
	return ok
}

// reached checks that a live state was explored.
func (w *walk) reached(s State, lost bool) bool {
	from := w.a.fresh
	if lost {
		from = w.a.lost
	}
	if st := w.abstract(s); !from.covers(st) {
		w.t.Errorf("the live state %+v (%+v) was not explored", s.GuardState, st)
		return false
	}
	return true
}

func (w *walk) abstract(s State) absState {
	st := w.a.x.abstract(s.GuardState)
	for _, src := range s.Sources {
		switch {
		case src.Origin == OriginUser:
		case src.Trusted:
			st.knows |= knowsTrusted
		default:
			st.knows |= knowsOutside
			if len(src.Records) > 0 {
				st.knows |= knowsRecords
			}
		}
	}
	return st
}

// decided checks one decision against the checker, and the properties that hold.
func (w *walk) decided(s State, call Call, d resource.Decision, lost bool) bool {
	i := w.space[call.Tool]
	sp := w.a.x.spaces[i]
	f, o, fine := w.c.liveFacts(s, sp.g, call)
	sum := summary{auto: d.State == resource.DecisionApproved, ask: d.State == resource.DecisionPending, quorum: d.Quorum}
	if _, err := sp.g.argsOf(call.Args, o); err != nil || !fine || d.State == resource.DecisionRejected && len(d.Policies) == 0 {
		if sum.auto || sum.ask {
			w.t.Errorf("%s with %v cannot be judged and is %s", call.Tool, call.Args, d.State)
		}
		return true
	}
	st := w.abstract(s)
	if lost {
		st.knows = knowsAll
	}
	cc := w.kinds[i][kindOf(sp, w.listed[i], f, o, call)]
	if cc == nil {
		w.t.Errorf("a call of %s with %v (target %s, content %s, spending %s) is of no kind that was enumerated", call.Tool, call.Args, f.target.name(), f.content.name(), f.spending.name())
		return false
	}
	can := w.a.x.judge(sp, &st, cc)
	if sum.auto && !can.auto || sum.ask && (!can.ask || d.Quorum < can.quorum) || !sum.auto && !sum.ask && !can.reject {
		w.t.Errorf("%s with %v in %+v: the guard says %s (quorum %d) by %v, the checker auto=%t ask=%t reject=%t quorum=%d", call.Tool, call.Args, st, d.State, d.Quorum, d.Policies, can.auto, can.ask, can.reject, can.quorum)
		return false
	}
	if !sum.auto && !sum.ask {
		return true
	}
	for _, p := range w.holds {
		if w.c.breaksFacts(p, s, sp.g, f, o, call, sum) {
			w.t.Errorf("%s with %v in %+v is %s and breaks %s, which holds", call.Tool, call.Args, st, d.State, p.ID)
			return false
		}
	}
	return true
}

// kindOf is the kind of a live call.
func kindOf(sp *space, l *listed, f facts, o origins, call Call) kindKey {
	k := kindKey{asked: f.asked || !sp.g.asksMatter(), target: standIn(l.target, f.target), content: standIn(l.content, f.content), spending: standIn(l.spending, f.spending)}
	args := make([]argClass, len(sp.args))
	for i, t := range sp.args {
		v, there := call.Args[t.name]
		if !there || v == nil {
			args[i] = argClass{absent: true}
			continue
		}
		a, ok := o.of[t.name]
		if !ok {
			a = argFlow{class: noClass, role: roleQuantity}
		}
		args[i] = argClass{class: noClass, role: a.role}
		if t.reads.origin {
			args[i].class = a.class
		}
		if roles := t.rolesOf(args[i].class); !slices.Contains(roles, a.role) || len(roles) == 1 {
			args[i].role = roles[0]
		}
	}
	k.args = keyOf(sp.args, args)
	return k
}

// listed are the classes of targets, contents and amounts that were enumerated.
type listed struct{ target, content, spending [classes + 1]bool }

func listedIn(sp *space) *listed {
	var l listed
	for i := range sp.calls {
		cc := &sp.calls[i]
		l.target[cc.target+1], l.content[cc.content+1], l.spending[cc.spending+1] = true, true, true
	}
	return &l
}

// standIn is the class that stands for k among those that were enumerated.
func standIn(list [classes + 1]bool, k class) class {
	switch {
	case list[k+1]:
		return k
	case !list[classUser+1]:
		return noClass // nothing looks at it
	case k == classSelected:
		return classRecord
	}
	return classUser
}

// TestCheckSeesBrokenRules removes each built-in rule of flow and of tiers: the
// checker finds the property that rests on it broken, with a run that the live
// guard takes.
func TestCheckSeesBrokenRules(t *testing.T) {
	tests := []struct{ rule, property string }{
		{"not-asked-for", "no-unasked-effect"},
		{"target-from-outside", "no-outside-effect-from-outside"},
		{"target-not-picked", "no-private-to-outside"},
		{"rule-of-two", "no-private-to-outside"},
		{"zone-ceiling", "zone-ceiling"},
		{"tier-critical", "no-critical-without-quorum"},
		{"tier-high", "no-critical-without-quorum"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			a := flow()
			a.Spec.Tools[8].Zone = blueprint.ZonePublic // it acts outside, where nothing internal may go
			a.Spec.Tools[5].RiskTier = blueprint.TierCritical
			a.Spec.Tools[4].RiskTier = blueprint.TierHigh
			c := mustCompile(t, &resource.Manifest{Blueprint: a})
			if r := c.CheckProperties(&a, tt.property); !r.Passed {
				t.Fatalf("with the rule %s = %+v, want it to hold", tt.property, r.Properties)
			}
			for _, g := range c.tools {
				g.policies = slices.DeleteFunc(g.policies, func(p *policy) bool { return p.id == builtInPrefix+tt.rule })
				g.fields = fieldsOf(g.policies)
			}
			r := c.CheckProperties(&a, tt.property)
			p := r.Properties[0]
			if p.Verdict != PropertyFails || p.CounterExample == nil || !p.CounterExample.Replayed {
				t.Fatalf("without the rule %s = %+v, want a replayed run that breaks it", p.ID, p)
			}
		})
	}
}
