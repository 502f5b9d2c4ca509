package guard

import (
	"github.com/cedar-policy/cedar-go/types"

	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"github.com/aureus-agents/aureus/resource"
)

// Replay drives the live guard through a witness: it starts the run, makes each
// call, and observes each result. It fills in what the guard said, and returns
// the first step that the guard did not take, -1 when it took all.
func (c *Compiled) Replay(w *Witness) int {
	s := c.begin(w)
	for i := range w.Steps {
		step := &w.Steps[i]
		g, ok := c.tools[step.Tool]
		if !ok {
			return i
		}
		o := c.trace(s, g, step.Args)
		step.Asked, step.Target, step.Content = g.asked(s), string(o.target.name()), string(o.content.name())
		var d resource.Decision
		d, s = c.take(s, *step)
		step.Decision, step.Policies, step.Origins, step.Quorum, step.After = d.State, d.Policies, d.Origins, d.Quorum, s.GuardState
		if d.State == resource.DecisionRejected || (d.State == resource.DecisionPending) != step.Human {
			return i
		}
	}
	return -1
}

func (c *Compiled) begin(w *Witness) State {
	s := c.Start(w.Says)
	if w.Lost {
		s.Phase, s.Unknown = w.Phase, true
	}
	return s
}

// take decides a step's call and, when it runs, observes its result. The decision
// is the one before a human was asked.
func (c *Compiled) take(s State, step WitnessStep) (resource.Decision, State) {
	call := Call{Tool: step.Tool, Args: step.Args}
	d, next := c.Decide(s, call)
	if d.State == resource.DecisionPending && step.Human {
		call.ApprovedDigest = d.ArgsDigest
		_, next = c.Decide(s, call)
	}
	if d.State == resource.DecisionApproved || d.State == resource.DecisionPending && step.Human {
		next = c.Observe(next, Observation{Tool: step.Tool, Args: step.Args, Text: step.Result, IsError: step.IsError, Structured: true})
	}
	return d, next
}

// breaks reports whether the last call of a replayed witness breaks p, judged by
// what the live guard knew of it.
func (c *Compiled) breaks(p *Property, w *Witness) bool {
	s := c.begin(w)
	n := len(w.Steps) - 1
	for _, step := range w.Steps[:n] {
		_, s = c.take(s, step)
	}
	d, _ := c.take(s, w.Steps[n])
	s = c.effective(s)
	g, call := c.tools[w.Steps[n].Tool], Call{Tool: w.Steps[n].Tool, Args: w.Steps[n].Args}
	sum := summary{auto: d.State == resource.DecisionApproved, ask: d.State == resource.DecisionPending, quorum: d.Quorum}
	return c.breaksLive(p, s, g, call, sum)
}

// breaksLive reports whether a live call with the outcome sum breaks p.
func (c *Compiled) breaksLive(p *Property, s State, g *toolGuard, call Call, sum summary) bool {
	f, o, ok := c.liveFacts(s, g, call)
	return ok && c.breaksFacts(p, s, g, f, o, call, sum)
}

// liveFacts are the facts of a live call that need no record.
func (c *Compiled) liveFacts(s State, g *toolGuard, call Call) (f facts, o origins, ok bool) {
	o = c.trace(s, g, call.Args)
	spend, err := g.spendOf(call.Args)
	f = facts{phase: s.Phase, tainted: s.Tainted, confidentiality: confidentiality(s), asked: g.asked(s),
		target: o.target, content: o.content, spending: o.spending(g), spend: types.Long(micro(spend))}
	return f, o, err == nil
}

func (c *Compiled) breaksFacts(p *Property, s State, g *toolGuard, f facts, o origins, call Call, sum summary) bool {
	if p.broken != nil {
		return p.broken(g, &f, sum)
	}
	need, about := p.need[g.tool.Name]
	if p.rule == nil || !about || !p.unless(sum) {
		return false
	}
	args, err := g.argsTyped(call.Args, need, o)
	if err != nil {
		return false
	}
	f.args, f.origins, f.left = args, o.record(), c.left(s, call)
	env := eval.Env{Entities: c.entities, Principal: c.agent, Action: g.action, Resource: g.resource, Context: f.context(contextFields)}
	return partly(env, (*xast.Policy)(p.rule.cedar.AST())) == triHolds
}
