package guard

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Compiled is a version's guard. It is immutable and safe for concurrent use.
type Compiled struct {
	phases   map[string]bool
	initial  string
	workflow bool
	moves    map[move]string
	limits   limits
	ground   []Source // what the blueprint says, for provenance
	tools    map[string]*toolGuard
	entities types.EntityMap
	agent    types.EntityUID
	memo     *originMemo
	zone     int64       // the highest that the agent may see
	own      []*Property // of the blueprint
	// policyIDs are the blueprint's own policies, sorted; final its final phases.
	policyIDs []string
	final     map[string]bool
}

// move is a transition's left side.
type move struct{ phase, tool string }

// toolGuard is everything about one tool that does not change between calls.
type toolGuard struct {
	tool     blueprint.Tool
	resource types.EntityUID
	action   types.EntityUID
	policies policyList // those that can hold for a call of the tool
	early    policyList // the built-in ones of phase and permission
	args     resolved.RecordType
	strict   bool              // args come from a pinned schema
	fields   []string          // of the context that its policies read, sorted
	schema   map[string]any    // of the arguments, as pinned; nil without
	roles    map[string]role   // of arguments, by the blueprint or the schema
	names    map[string]naming // of arguments, by the schema
	texts    []string          // arguments that the schema says are strings, sorted
	asks     []string          // classes in which it counts as asked for
	trusted  bool              // its results never hold outside text
	hinted   bool              // only an output schema says that it gives records
	reads    int64
}

// policyList is an ordered set of policies; the order is that of the ids, so a
// decision does not depend on a map's order.
type policyList []*policy

// All implements cedar.PolicyIterator.
func (l policyList) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range l {
			if !yield(cedar.PolicyID(p.id), p.cedar) {
				return
			}
		}
	}
}

func (l policyList) get(id cedar.PolicyID) *policy {
	i, ok := slices.BinarySearchFunc(l, string(id), func(p *policy, id string) int { return cmp.Compare(p.id, id) })
	if !ok {
		return nil
	}
	return l[i]
}

// Compile prepares the guard of a version. The manifest's adapters give the
// tools' argument types; a tool without one gets the types its policies need.
// fault.Invalid, with a detail for each, when a policy is wrong.
func Compile(m *resource.Manifest) (*Compiled, error) {
	if m == nil {
		return nil, fault.New(fault.Invalid, "There is no version to compile a guard for.")
	}
	c, probs := compile(&m.Blueprint, pinsOf(m))
	if len(probs) > 0 {
		err := fault.New(fault.Invalid, "The policies of %s do not compile; fix those named below.", m.Blueprint.Metadata.Name)
		for _, p := range probs {
			err.With(fault.Detail{Path: p.path, File: p.file, Line: p.fileLine(), Code: p.rule, Message: p.Error(), Fix: p.fix})
		}
		return nil, err
	}
	return c, nil
}

// pinsOf is what each tool was pinned as, by the blueprint's name for it.
func pinsOf(m *resource.Manifest) map[string]resource.ToolPin {
	pins := map[[2]string]resource.ToolPin{}
	for _, a := range m.Adapters {
		for _, t := range a.Tools {
			pins[[2]string{a.Server, t.Name}] = t
		}
	}
	out := map[string]resource.ToolPin{}
	for _, t := range m.Blueprint.Spec.Tools {
		if p, ok := pins[[2]string{t.Server, upstream(t)}]; ok && p.InputSchema != nil {
			out[t.Name] = p
		}
	}
	return out
}

func upstream(t blueprint.Tool) string {
	if t.Upstream != "" {
		return t.Upstream
	}
	return t.Name
}

// compile builds the guard and collects every problem of the policies.
func compile(a *blueprint.Agent, pins map[string]resource.ToolPin) (*Compiled, []located) {
	a = a.WithExposed()
	said := a.Spec.Tools
	a = withLabels(a, pins)
	all, probs := collect(a)
	c := &Compiled{
		limits: limitsOf(a.Spec.Budgets),
		ground: groundOf(a),
		tools:  make(map[string]*toolGuard, len(a.Spec.Tools)),
		agent:  types.NewEntityUID(agentType, types.String(a.Metadata.Name)),
		memo:   &originMemo{have: map[string]types.Record{}},
		zone:   clearance(a.Spec.Zone),
	}
	c.setWorkflow(a.Spec.Workflow)
	c.entities = entitiesOf(c, a)
	for _, s := range all {
		if s.path != "" {
			c.policyIDs = append(c.policyIDs, s.id)
		}
	}
	probs = append(probs, nameProblems(a, all)...)
	applied, wrong := map[string]bool{}, mistyped{}
	for i, t := range a.Spec.Tools {
		if _, twice := c.tools[t.Name]; twice {
			probs = append(probs, duplicateTool(i, t.Name))
			continue
		}
		g := newToolGuard(t, pins[t.Name].InputSchema)
		g.hinted = said[i].Labels.Records == nil
		for _, p := range all {
			if c.scopeMatches(g, &p.policy) {
				applied[p.id] = true
				g.policies = append(g.policies, &p.policy)
			}
		}
		g.typePolicies(pins[t.Name].InputSchema, wrong)
		g.policies = slices.DeleteFunc(g.policies, func(p *policy) bool { return c.neverHolds(g, p) })
		if len(g.policies) > maxRules {
			probs = append(probs, tooMany(t.Name, len(g.policies)))
		}
		g.early = earlyOf(g.policies)
		g.fields = fieldsOf(g.policies)
		c.tools[t.Name] = g
	}
	probs = append(probs, wrong.problems(all)...)
	own, bad := c.propertiesOf(a, func(tool string) resolved.RecordType { return argTypes(pins[tool].InputSchema) })
	c.own = own
	probs = append(probs, bad...)
	return c, append(probs, unapplied(all, applied)...)
}

// fieldsOf are the fields of the context that policies read.
func fieldsOf(ps policyList) []string {
	var out []string
	for _, name := range contextFields {
		if slices.ContainsFunc(ps, func(p *policy) bool { return slices.Contains(p.uses.fields, name) }) {
			out = append(out, name)
		}
	}
	return out
}

// earlyOf are the built-in policies of phase and permission.
func earlyOf(ps policyList) policyList {
	return slices.DeleteFunc(slices.Clone(ps), func(p *policy) bool {
		return !strings.HasPrefix(p.id, builtInPrefix) || checkRank(p.check) > checkRank(CheckPermission)
	})
}

// newToolGuard is a tool's guard without its policies.
func newToolGuard(t blueprint.Tool, schema map[string]any) *toolGuard {
	g := &toolGuard{
		tool:     t,
		resource: types.NewEntityUID(toolType, types.String(t.Name)),
		action:   actionOf(t.Intent),
		trusted:  !safe(t.Labels.ReadsOutside),
		schema:   schemaAt(schema, schema),
		roles:    rolesOf(t, schema),
		names:    namingsOf(schema),
		texts:    textArgs(schema),
		asks:     asksFor(t),
		reads:    rankPublic,
	}
	if safe(t.Labels.ReadsPrivate) {
		// Private data is never public, whatever zone the tool names.
		g.reads = max(dataRank(t.Zone), rankInternal)
	}
	return g
}
