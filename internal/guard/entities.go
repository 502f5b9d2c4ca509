package guard

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/aureus-agents/aureus/blueprint"
)

// onlyPhase is the phase of an agent without a workflow.
const onlyPhase = "work"

// setWorkflow reads the phases and transitions.
func (c *Compiled) setWorkflow(w *blueprint.Workflow) {
	c.phases, c.moves, c.initial, c.final = map[string]bool{}, map[move]string{}, onlyPhase, map[string]bool{}
	if w == nil {
		c.phases[onlyPhase] = true
		return
	}
	c.workflow, c.initial = true, w.Initial
	for _, p := range w.Phases {
		c.phases[p.Name] = true
		if p.Final {
			c.final[p.Name] = true
		}
		for _, t := range p.Transitions {
			if _, ok := c.moves[move{p.Name, t.On}]; !ok { // the first one wins
				c.moves[move{p.Name, t.On}] = t.To
			}
		}
	}
}

// entitiesOf makes the constant entities: the agent, its tools and the intents.
func entitiesOf(c *Compiled, a *blueprint.Agent) types.EntityMap {
	m := types.EntityMap{callAction: {UID: callAction}}
	parents := types.NewEntityUIDSet(callAction)
	for _, i := range intents {
		m[actionOf(i)] = types.Entity{UID: actionOf(i), Parents: parents}
	}
	m[c.agent] = types.Entity{UID: c.agent, Attributes: types.NewRecord(types.RecordMap{
		"zone":          types.Long(clearance(a.Spec.Zone)),
		"tier":          types.String(a.Spec.RiskTier),
		"sessionBudget": types.Boolean(c.limits.session != (blueprint.Use{})),
		"dayBudget":     types.Boolean(c.limits.day != (blueprint.Use{})),
	})}
	for _, t := range a.Spec.Tools {
		uid := types.NewEntityUID(toolType, types.String(t.Name))
		callable, approval := phasesOf(a.Spec.Workflow, t)
		m[uid] = types.Entity{UID: uid, Attributes: types.NewRecord(types.RecordMap{
			"server": types.String(t.Server), "tier": types.String(t.RiskTier), "intent": types.String(t.Intent),
			"zone": types.Long(dataRank(t.Zone)), "permitted": types.Boolean(permitted(a, t)),
			"phases": stringSet(callable), "approvalPhases": stringSet(approval),
			"readsOutside": types.Boolean(safe(t.Labels.ReadsOutside)), "readsPrivate": types.Boolean(safe(t.Labels.ReadsPrivate)),
			"actsOutside": types.Boolean(safe(t.Labels.ActsOutside)), "actsInside": types.Boolean(safe(t.Labels.ActsInside)),
		})}
	}
	return m
}

// phasesOf are the phases in which t may be called, and those in which its call
// makes a transition that a human approves.
func phasesOf(w *blueprint.Workflow, t blueprint.Tool) (callable, approval []string) {
	if w == nil {
		return []string{onlyPhase}, nil
	}
	for _, p := range w.Phases {
		if slices.Contains(p.Tools, t.Name) && (len(p.Intents) == 0 || slices.Contains(p.Intents, t.Intent)) {
			callable = append(callable, p.Name)
		}
		for _, tr := range p.Transitions {
			if tr.On == t.Name && tr.Approval {
				approval = append(approval, p.Name)
			}
		}
	}
	return callable, approval
}

// permitted reports whether the agent's zone and one permission cover the tool.
func permitted(a *blueprint.Agent, t blueprint.Tool) bool {
	need := dataRank(t.Zone)
	if need == rankUnknown || clearance(a.Spec.Zone) < need || !slices.Contains(intents, t.Intent) {
		return false
	}
	return slices.ContainsFunc(a.Spec.Permissions, func(p blueprint.Permission) bool {
		return (slices.Contains(p.Tools, t.Name) || slices.Contains(p.Tools, "*")) &&
			slices.Contains(p.Intents, t.Intent) && clearance(p.Zone) >= need
	})
}

func stringSet(names []string) types.Set {
	vs := make([]types.Value, len(names))
	for i, n := range names {
		vs[i] = types.String(n)
	}
	return types.NewSet(vs...)
}

// groundOf is what the blueprint says, for provenance.
func groundOf(a *blueprint.Agent) []Source {
	text := normalise(strings.Join([]string{a.Spec.Goal, a.Spec.Instructions}, "\n"))
	return []Source{{Origin: OriginBlueprint, Trusted: true, Text: text}}
}
