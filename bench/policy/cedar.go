package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// plain is Cedar alone over all policies, as anybody would use it.
type plain struct {
	set      *cedar.PolicySet
	asks     map[cedar.PolicyID]bool
	entities types.EntityMap
	tools    map[string]facts
	agent    types.EntityUID
}

// newPlain reads the built-in policies from the product's source. n is how many
// policies there are in all.
func newPlain(root string, m *resource.Manifest, own []blueprint.Policy) (p *plain, n int, err error) {
	text, err := os.ReadFile(filepath.Join(root, "internal", "guard", "builtin.cedar"))
	if err != nil {
		return nil, 0, err
	}
	p = &plain{set: cedar.NewPolicySet(), asks: map[cedar.PolicyID]bool{}, tools: factsOf(&m.Blueprint),
		agent: types.NewEntityUID("Agent", types.String(m.Blueprint.Metadata.Name))}
	add := func(name string, text []byte, id func(*cedar.Policy) string) error {
		list, err := cedar.NewPolicyListFromBytes(name, text)
		if err != nil {
			return err
		}
		for _, pol := range list {
			key := cedar.PolicyID(id(pol))
			p.set.Add(key, pol)
			p.asks[key] = pol.Annotations()["decision"] == "ask"
			n++
		}
		return nil
	}
	if err := add("builtin.cedar", text, func(pol *cedar.Policy) string { return "builtin/" + string(pol.Annotations()["id"]) }); err != nil {
		return nil, 0, err
	}
	for _, o := range own {
		if err := add(o.ID, []byte(o.Cedar), func(*cedar.Policy) string { return o.ID }); err != nil {
			return nil, 0, err
		}
	}
	p.entities = p.entitiesOf(&m.Blueprint)
	return p, n, nil
}

func (p *plain) entitiesOf(a *blueprint.Agent) types.EntityMap {
	call := types.NewEntityUID("Action", "call")
	m := types.EntityMap{call: {UID: call}, p.agent: {UID: p.agent, Attributes: types.NewRecord(types.RecordMap{
		"zone": types.Long(zoneRank[string(a.Spec.Zone)]), "tier": types.String(a.Spec.RiskTier),
		"sessionBudget": types.True, "dayBudget": types.True})}}
	for _, i := range []string{"read", "write", "delete", "execute", "admin"} {
		uid := types.NewEntityUID("Action", types.String(i))
		m[uid] = types.Entity{UID: uid, Parents: types.NewEntityUIDSet(call)}
	}
	for name, f := range p.tools {
		uid := types.NewEntityUID("Tool", types.String(name))
		m[uid] = types.Entity{UID: uid, Attributes: types.NewRecord(types.RecordMap{
			"server": types.String(f.server), "tier": types.String(f.tier), "intent": types.String(f.intent), "zone": types.Long(f.zone),
			"permitted": types.Boolean(f.permitted), "phases": set(f.phases), "approvalPhases": set(f.approvalPhases),
			"readsOutside": types.Boolean(f.readsOutside), "readsPrivate": types.Boolean(f.readsPrivate),
			"actsOutside": types.Boolean(f.actsOutside), "actsInside": types.Boolean(f.actsInside)})}
	}
	return m
}

func set(names []string) types.Set {
	vs := make([]types.Value, len(names))
	for i, n := range names {
		vs[i] = types.String(n)
	}
	return types.NewSet(vs...)
}

// decide builds the request and evaluates all policies.
func (p *plain) decide(r request) (answer, error) {
	f, l := p.tools[r.call.Tool], leftOf(r)
	args := types.RecordMap{}
	for name, v := range r.call.Args {
		switch x := v.(type) {
		case string:
			args[types.String(name)] = value(types.String(x))
		case float64:
			d, err := types.NewDecimalFromFloat(x)
			if err != nil {
				return answer{}, err
			}
			args[types.String(name)] = value(d)
		case []any:
			vs := make([]types.Value, len(x))
			for i := range x {
				vs[i] = types.String(x[i].(string))
			}
			args[types.String(name)] = value(types.NewSet(vs...))
		}
	}
	ctx := types.NewRecord(types.RecordMap{
		"args": types.NewRecord(args), "phase": types.String(r.state.Phase), "tainted": types.Boolean(r.state.Tainted),
		"confidentiality": types.Long(zoneRank[r.state.Confidentiality]), "spend": types.Long(spendOf(r)),
		"left": types.NewRecord(types.RecordMap{"toolCalls": types.Long(l.toolCalls), "steps": types.Long(l.steps), "tokens": types.Long(l.tokens),
			"costMicroUSD": types.Long(l.cost), "rate": types.Long(l.rate), "spend": types.Long(l.spend), "session": l.session.record(), "day": l.day.record()}),
		"asked": types.Boolean(r.flow.asked), "target": types.String(r.flow.target), "content": types.String(r.flow.content), "spending": types.String(r.flow.spending),
	})
	_, diag := cedar.Authorize(p.set, p.entities, cedar.Request{Principal: p.agent, Action: types.NewEntityUID("Action", types.String(f.intent)),
		Resource: types.NewEntityUID("Tool", types.String(r.call.Tool)), Context: ctx})
	if len(diag.Errors) > 0 {
		return answer{}, fmt.Errorf("plain Cedar could not evaluate %s: %s", diag.Errors[0].PolicyID, diag.Errors[0].Message)
	}
	return p.read(diag), nil
}

// value is an argument as policies name it; none here reads its origin.
func value(v types.Value) types.Record { return types.NewRecord(types.RecordMap{"value": v}) }

func (u use) record() types.Record {
	return types.NewRecord(types.RecordMap{"toolCalls": types.Long(u.toolCalls), "tokens": types.Long(u.tokens), "costMicroUSD": types.Long(u.cost), "spend": types.Long(u.spend)})
}

// read turns the deciding policies into an answer: a plain forbid rejects, one
// marked ask hands over, a permit alone approves.
func (p *plain) read(diag cedar.Diagnostic) answer {
	var a answer
	plain, ask := false, false
	for _, d := range diag.Reasons {
		a.policies = append(a.policies, string(d.PolicyID))
		if p.set.Get(d.PolicyID).Effect() == cedar.Permit {
			continue
		}
		if p.asks[d.PolicyID] {
			ask = true
		} else {
			plain = true
		}
	}
	slices.Sort(a.policies)
	switch {
	case plain || len(a.policies) == 0:
		a.state = "rejected"
	case ask:
		a.state = "pending_human"
	default:
		a.state = "approved"
	}
	return a
}
