package guard

import (
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"
)

// scopeMatches reports whether p's scope can match a call of g's tool.
func (c *Compiled) scopeMatches(g *toolGuard, p *policy) bool { return c.mayHold(g, p, 0) }

// neverHolds reports whether p's first condition is false in every call of g's
// tool, because the tool's constant attributes decide it. Only the first one is
// looked at, and a part of it only when everything before that part is constant
// too: a condition that could fail before it is evaluated at run time, since an
// error in a policy denies.
func (c *Compiled) neverHolds(g *toolGuard, p *policy) bool { return !c.mayHold(g, p, 1) }

// mayHold evaluates p's scope and its first n conditions with an open context.
func (c *Compiled) mayHold(g *toolGuard, p *policy, n int) bool {
	head := *(*xast.Policy)(p.cedar.AST())
	head.Conditions = head.Conditions[:min(n, len(head.Conditions))]
	env := eval.Env{Entities: c.entities, Principal: c.agent, Action: g.action, Resource: g.resource, Context: eval.Variable("context")}
	_, keep := eval.PartialPolicy(env, &head)
	return keep
}
