package guard

import (
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// typeFix is the remedy of a policy that does not type.
const typeFix = "known are principal.{zone, tier, sessionBudget, dayBudget}, resource.{server, tier, intent, zone, permitted, phases, approvalPhases, readsOutside, readsPrivate, actsOutside, actsInside} " +
	"and context.{args, phase, tainted, confidentiality, asked, target, content, spending, left, spend, origins}; arguments are those of the tool's schema, each with value, origin and role (context.args.NAME.value), and an optional one needs \"has\" first"

// typePolicies checks the tool's policies against its schema and notes which
// parts of a call they read. wrong collects the tools in which a policy fails.
func (g *toolGuard) typePolicies(schema map[string]any, wrong mistyped) {
	g.strict = schema != nil
	full := resolved.RecordType{}
	if g.strict {
		full = argTypes(schema)
	}
	g.args = resolved.RecordType{}
	for _, p := range g.policies {
		if strings.HasPrefix(p.id, builtInPrefix) {
			continue // typed once, by a test, and reads neither arguments nor origins
		}
		need, err := g.typeOne(p, full)
		if err != nil {
			wrong[p.id] = append(wrong[p.id], mistake{tool: g.tool.Name, text: err.Error()})
			continue
		}
		for name, t := range need {
			if old, ok := g.args[name]; !ok || old.Type == stringType {
				g.args[name] = t
			}
		}
	}
}

// typeOne returns the types of the arguments that p reads.
func (g *toolGuard) typeOne(p *policy, full resolved.RecordType) (resolved.RecordType, error) {
	if !g.strict {
		return openTypes(p, g.tool.Intent)
	}
	if err := typecheck(p, g.tool.Intent, full); err != nil {
		return nil, err
	}
	if p.uses.allArgs {
		return full, nil
	}
	need := resolved.RecordType{}
	for _, path := range p.uses.args {
		if t, ok := full[types.String(path[0])]; ok {
			need[types.String(path[0])] = t
		}
	}
	return need, nil
}
