package policy

import (
	"context"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/aureus-agents/aureus/resource"
)

// opa is the same policy set as a prepared query.
type opa struct {
	query rego.PreparedEvalQuery
	tools map[string]map[string]any // constant parts of requests
}

func newOPA(ctx context.Context, m *resource.Manifest) (*opa, error) {
	q, err := rego.New(rego.Query("data.aureus.decision"), rego.Module("aureus.rego", module())).PrepareForEval(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare the Rego module: %w", err)
	}
	o := &opa{query: q, tools: map[string]map[string]any{}}
	for name, f := range factsOf(&m.Blueprint) {
		o.tools[name] = map[string]any{"name": name, "server": f.server, "tier": f.tier, "intent": f.intent, "zone": f.zone,
			"permitted": f.permitted, "phases": f.phases, "approvalPhases": f.approvalPhases, "readsOutside": f.readsOutside,
			"readsPrivate": f.readsPrivate, "actsOutside": f.actsOutside, "actsInside": f.actsInside}
	}
	return o, nil
}

// input is a request as OPA takes it; a tool's constant part is reused.
func (o *opa) input(r request) map[string]any {
	l := leftOf(r)
	return map[string]any{
		"resource": o.tools[r.call.Tool],
		"context": map[string]any{"args": r.call.Args, "phase": r.state.Phase, "tainted": r.state.Tainted,
			"confidentiality": zoneRank[r.state.Confidentiality], "spend": spendOf(r),
			"left": map[string]any{"toolCalls": l.toolCalls, "steps": l.steps, "tokens": l.tokens, "costMicroUSD": l.cost, "rate": l.rate, "spend": l.spend,
				"session": l.session.input(), "day": l.day.input()},
			"asked": r.flow.asked, "target": r.flow.target, "content": r.flow.content, "spending": r.flow.spending},
	}
}

func (u use) input() map[string]any {
	return map[string]any{"toolCalls": u.toolCalls, "tokens": u.tokens, "costMicroUSD": u.cost, "spend": u.spend}
}

// prepare builds the requests beforehand, for the figure without building them.
func (o *opa) prepare(cases []request) error {
	for i := range cases {
		v, err := ast.InterfaceToValue(o.input(cases[i]))
		if err != nil {
			return err
		}
		cases[i].parsed = v
	}
	return nil
}

// decide builds the request and evaluates it, as OPA's documentation shows.
func (o *opa) decide(ctx context.Context, r request) (answer, error) {
	return o.eval(ctx, rego.EvalInput(o.input(r)))
}

// decideParsed evaluates a request that was built before.
func (o *opa) decideParsed(ctx context.Context, r request) (answer, error) {
	return o.eval(ctx, rego.EvalParsedInput(r.parsed))
}

func (o *opa) eval(ctx context.Context, input rego.EvalOption) (answer, error) {
	rs, err := o.query.Eval(ctx, input)
	if err != nil {
		return answer{}, err
	}
	if len(rs) != 1 || len(rs[0].Expressions) != 1 {
		return answer{}, fmt.Errorf("OPA gave no decision")
	}
	d, ok := rs[0].Expressions[0].Value.(map[string]any)
	if !ok {
		return answer{}, fmt.Errorf("OPA gave %T as its decision", rs[0].Expressions[0].Value)
	}
	deny, ask := names(d["deny"]), names(d["ask"])
	a := answer{state: "approved", policies: names(d["permit"])}
	switch {
	case len(deny) > 0 || (len(ask) == 0 && len(a.policies) == 0):
		a = answer{"rejected", append(deny, ask...)}
	case len(ask) > 0:
		a = answer{"pending_human", ask}
	}
	slices.Sort(a.policies)
	return a, nil
}

func names(v any) []string {
	list, _ := v.([]any)
	out := make([]string, len(list))
	for i := range list {
		out[i], _ = list[i].(string)
	}
	return out
}
