package guard

import (
	"slices"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/aureus-agents/aureus/resource"
)

// Decide judges a call in state s and returns the decision and the state after
// it. An approved and a rejected call each count as one tool call, so that an
// agent cannot try for ever; a pending one counts when it is decided again. Only
// an approved call is counted against the spending budget.
func (c *Compiled) Decide(s State, call Call) (d resource.Decision, next State) {
	s = c.effective(s)
	s.Latest = max(s.Latest, call.Now)
	d = resource.Decision{Policies: []string{}, ArgsDigest: ArgsDigest(call.Tool, call.Args), Before: s.GuardState, LastOutside: s.Outside}
	defer func() {
		// A defect must never let a call through.
		if r := recover(); r != nil {
			d, next = c.settle(s, failClosed(d), 0)
		}
	}()
	v, spend := c.judge(s, call, &d)
	v.fill(&d, call)
	// From here on the words may be there, also when no answer ever says so.
	s.Mixed = s.Mixed || v.mixes && v.state == resource.DecisionApproved
	if v.allowed >= 0 {
		s = s.useUp(v.allowed)
	}
	return c.settle(s, d, spend)
}

// settle moves the state by a decision.
func (c *Compiled) settle(s State, d resource.Decision, spend float64) (resource.Decision, State) {
	switch d.State {
	case resource.DecisionApproved:
		s.ToolCalls++
		s.Spent += spend
	case resource.DecisionPending:
	default:
		d.State = resource.DecisionRejected
		s.ToolCalls++
	}
	d.After = s.GuardState
	return d, s
}

func failClosed(d resource.Decision) resource.Decision {
	return resource.Decision{
		State: resource.DecisionRejected, Policies: []string{}, Check: CheckPolicy, Code: resource.PolicyViolation,
		Reason:      "The guard failed while it judged the call, so the call is denied.",
		Remediation: "Report this as a defect with the run's id.",
		ArgsDigest:  d.ArgsDigest, Before: d.Before, LastOutside: d.LastOutside,
	}
}

// judge decides; spend is what the call would spend.
func (c *Compiled) judge(s State, call Call, d *resource.Decision) (v verdict, spend float64) {
	g, ok := c.tools[call.Tool]
	if !ok {
		return reject(CheckTool, resource.OutOfScope, "this version has no tool of that name"), 0
	}
	if d.ArgsDigest == "" {
		return reject(CheckPolicy, resource.MissingData, "its arguments have no JSON form, so nothing can be said about them"), 0
	}
	o := c.trace(s, g, call.Args)
	o.fill(d)
	if key, name := lookalike(g.schema, g.schema, call.Args, 0); key != "" {
		return c.earlier(s, g, call, reject(CheckPolicy, resource.MissingData, "argument %q differs from %q only in upper and lower case, and its server may take one for the other", key, name)), 0
	}
	spend, err := g.spendOf(call.Args)
	if err != nil {
		return c.earlier(s, g, call, reject(CheckBudget, resource.MissingData, "%s", err)), 0
	}
	args, err := g.argsOf(call.Args, o)
	if err != nil {
		return c.earlier(s, g, call, reject(CheckPolicy, resource.MissingData, "%s", err)), 0
	}
	ctx := c.contextOf(s, g, call, args, o, spend)
	v = s.people(g.weigh(c.authorize(g, g.policies, ctx), call, d.ArgsDigest), call)
	v.mixes = s.Tainted && o.carries() && safe(g.tool.Labels.ActsInside)
	return v, spend
}

func (c *Compiled) authorize(g *toolGuard, policies policyList, ctx types.Record) cedar.Diagnostic {
	_, diag := cedar.Authorize(policies, c.entities, cedar.Request{Principal: c.agent, Action: g.action, Resource: g.resource, Context: ctx})
	return diag
}

// earlier keeps the order of the checks for a call whose arguments cannot be
// judged: when phase or permission, which need no argument, forbid it, that is
// the answer, otherwise v.
func (c *Compiled) earlier(s State, g *toolGuard, call Call, v verdict) verdict {
	first := g.weigh(c.authorize(g, g.early, c.contextOf(s, g, call, noArgs, noFlow, 0)), call, "")
	if first.state == resource.DecisionRejected && checkRank(first.check) < checkRank(v.check) {
		return first
	}
	return v
}

// fill writes where the values come from into a decision.
func (o origins) fill(d *resource.Decision) {
	d.Origins, d.Target, d.Content = o.byPath, string(o.target.name()), string(o.content.name())
	d.Arguments = o.flows
}

// Undo takes back what an approved decision counted, when it was not recorded and
// its call is decided anew.
func (c *Compiled) Undo(s State, d resource.Decision) State {
	if d.State != resource.DecisionApproved {
		return s
	}
	s.ToolCalls -= d.After.ToolCalls - d.Before.ToolCalls
	s.Spent = max(s.Spent-(d.After.Spent-d.Before.Spent), 0)
	if d.Allowance {
		s.Allow = slices.Clone(s.Allow)
		for i := range s.Allow {
			if s.Allow[i].Approval == d.Approval {
				s.Allow[i].Uses++
			}
		}
	}
	return s
}
