package guard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"github.com/aureus-agents/aureus/blueprint"
)

// Property is a statement about every run that a version's guard can let happen.
type Property struct {
	ID       string
	Sentence string
	BuiltIn  bool
	// Info says that it is reported and does not fail.
	Info bool

	// broken reports whether a call that may run breaks it.
	broken func(g *toolGuard, f *facts, s summary) bool
	// rule is the condition of a blueprint's own property, as a forbid; need are the
	// arguments that it reads, by the tools that it is about.
	rule *policy
	need map[string]resolved.RecordType
	// humans who make a call that meets the condition right; 0 is none.
	humans int
	path   string
}

// The built-in properties that are not about single calls.
const (
	PropertyEnds = "every-phase-can-end"
	PropertyDead = "no-dead-rule"
)

// foreign are the classes of values that come from a stranger or from nowhere.
func foreign(k class) bool { return k == classOutside || k == classUnknown }

// theirs are the classes of values that go back to the user or to a place that
// outsiders do not write into; a call without a value has nothing else.
func theirs(k class) bool { return k < classSelected }

func outward(g *toolGuard) bool { return safe(g.tool.Labels.ActsOutside) }
func acts(g *toolGuard) bool    { return outward(g) || safe(g.tool.Labels.ActsInside) }
func lookup(g *toolGuard) bool  { return g.tool.Intent == blueprint.IntentRead }

// builtInProperties hold or fail for every blueprint. Their ids are in
// blueprint.BuiltInProperties.
func builtInProperties(c *Compiled) []*Property {
	alone := func(id, sentence string, broken func(g *toolGuard, f *facts) bool) *Property {
		return &Property{ID: id, Sentence: sentence, BuiltIn: true, broken: func(g *toolGuard, f *facts, s summary) bool { return s.auto && broken(g, f) }}
	}
	list := []*Property{
		alone("no-outside-effect-from-outside", "Once a run has read text from outside, no effect outside runs without a human on a target that such a text or nobody named.",
			func(g *toolGuard, f *facts) bool { return outward(g) && f.tainted && foreign(f.target) }),
		alone("no-unasked-effect", "Once a run has read text from outside, no effect runs without a human that the run's user did not ask for.",
			func(g *toolGuard, f *facts) bool { return acts(g) && f.tainted && !f.asked }),
		alone("no-private-to-outside", "Once a run has read private data and text from outside, nothing goes outside without a human unless the user asked for it and named or picked where it goes; a lookup carries nothing but what the user or a trusted place said.",
			func(g *toolGuard, f *facts) bool {
				if !outward(g) || !f.tainted || f.confidentiality == rankPublic {
					return false
				}
				if lookup(g) {
					return !theirs(f.target) || !theirs(f.content)
				}
				return !f.asked || f.target > classSelected
			}),
		{ID: "no-critical-without-quorum", BuiltIn: true, Sentence: "No call of a critical tool runs without two humans, and none of a high one without a human.",
			broken: func(g *toolGuard, _ *facts, s summary) bool {
				switch g.tool.RiskTier {
				case blueprint.TierCritical:
					return s.auto || s.ask && s.quorum < 2
				case blueprint.TierHigh:
					return s.auto
				}
				return false
			}},
		alone("zone-ceiling", "Data of a zone leaves without a human only through a tool of that zone or a higher one, and no tool of a zone above the agent's runs.",
			func(g *toolGuard, f *facts) bool {
				return outward(g) && f.confidentiality > dataRank(g.tool.Zone) || c.zone < dataRank(g.tool.Zone)
			}),
		{ID: PropertyEnds, BuiltIn: true, Sentence: "From every state that a run can reach it can still reach a final phase."},
		{ID: PropertyDead, BuiltIn: true, Sentence: "Every policy of the blueprint decides in some run, and every tool can be called in some run."},
		alone("no-outside-value-outside", "Once a run has read text from outside, no value at all of an effect outside, its content included, comes from such a text or from nowhere without a human.",
			func(g *toolGuard, f *facts) bool {
				return outward(g) && f.tainted && (foreign(f.target) || foreign(f.content) || foreign(f.spending))
			}),
	}
	list[len(list)-1].Info = true
	return list
}

// allProperties are the built-in properties and the blueprint's own.
func (c *Compiled) allProperties() []*Property { return append(builtInProperties(c), c.own...) }

// check notes which properties a call that may run breaks.
func (x *explorer) check(i int, st *absState, cc *callClass, s summary, o *outlook) {
	sp, bit := x.spaces[i], uint8(1)<<asIndex(cc.asked)
	f := x.factsOf(st, cc)
	for k, p := range x.props {
		if o.broken[k]&bit == 0 && x.breaks(i, p, sp, st, cc, &f, s) {
			o.broken[k] |= bit
		}
	}
}

// breaks reports whether a call that may run breaks p.
func (x *explorer) breaks(i int, p *Property, sp *space, st *absState, cc *callClass, f *facts, s summary) bool {
	if p.broken != nil {
		return p.broken(sp.g, f, s)
	}
	if p.rule == nil || !p.unless(s) {
		return false
	}
	at := slices.Index(x.about[i], p)
	return at >= 0 && x.rule(sp, sp.own+at, st, cc)&triHolds != 0
}

// unless reports whether too few humans stand before a call.
func (p *Property) unless(s summary) bool {
	switch p.humans {
	case 0:
		return s.auto || s.ask
	case 1:
		return s.auto
	}
	return s.auto || s.ask && s.quorum < p.humans
}

// propertiesOf compiles a blueprint's own properties. A condition is typed in
// each tool that it is about, like a policy.
func (c *Compiled) propertiesOf(a *blueprint.Agent, full func(tool string) resolved.RecordType) ([]*Property, []located) {
	var out []*Property
	var probs []located
	seen := map[string]bool{}
	for i, src := range a.Spec.Properties {
		path := fmt.Sprintf("spec.properties[%d]", i)
		at := source{path: path + ".never"}
		at.id = src.ID
		if seen[src.ID] || slices.Contains(blueprint.BuiltInProperties(), src.ID) {
			probs = append(probs, located{path: path + ".id", problem: problem{rule: "property/id", id: src.ID, text: "another property has this id", fix: "give each property its own id"}})
			continue
		}
		seen[src.ID] = true
		rule, prob := propertyRule(src)
		if prob != nil {
			probs = append(probs, located{path: at.path, problem: *prob})
			continue
		}
		p := &Property{ID: src.ID, Sentence: src.Description, rule: rule, humans: humansOf(src.Unless), need: map[string]resolved.RecordType{}, path: path}
		if p.Sentence == "" {
			p.Sentence = "Never: " + strings.Join(strings.Fields(src.Never), " ")
		}
		at.policy = *rule
		probs = append(probs, c.typeProperty(p, a, src, at, full)...)
		out = append(out, p)
	}
	return out, probs
}

// typeProperty types p in the tools that it is about.
func (c *Compiled) typeProperty(p *Property, a *blueprint.Agent, src blueprint.Property, at source, full func(string) resolved.RecordType) []located {
	probs := nameProblems(a, []source{at})
	names := src.Tools
	if len(names) == 0 {
		for name, g := range c.tools {
			if len(at.uses.tools) == 0 || slices.Contains(at.uses.tools, g.tool.Name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
	}
	wrong := mistyped{}
	for i, name := range names {
		g := c.tools[name]
		if g == nil {
			probs = append(probs, located{path: fmt.Sprintf("%s.tools[%d]", p.path, i), problem: problem{rule: "property/unknown-tool", id: p.ID, text: fmt.Sprintf("%q is not a tool of this blueprint", name), fix: "use a name from spec.tools"}})
			continue
		}
		need, err := g.typeOne(p.rule, full(name))
		if err != nil {
			wrong[p.ID] = append(wrong[p.ID], mistake{tool: name, text: err.Error()})
			continue
		}
		p.need[name] = need
	}
	for _, w := range wrong.problems([]source{at}) {
		w.rule = "property/type"
		probs = append(probs, w)
	}
	return probs
}

// propertyRule parses a property's condition as a forbid. It begins on the first
// line of the text, so that lines stay the text's own.
func propertyRule(src blueprint.Property) (*policy, *problem) {
	list, err := cedar.NewPolicyListFromBytes(src.ID, []byte("forbid (principal, action, resource) when { "+src.Never+"\n};"))
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("it is not one condition")
	}
	if err != nil {
		p := syntaxProblem(src.ID, err)
		p.rule = "property/syntax"
		return nil, &p
	}
	rule, probs := annotate(src.ID, list[0])
	if len(probs) > 0 {
		return nil, &probs[0]
	}
	rule.text = src.Never
	return &rule, nil
}

// humansOf reads "human" and "quorum N".
func humansOf(unless string) int {
	if unless == "human" {
		return 1
	}
	n, _ := strconv.Atoi(strings.TrimPrefix(unless, "quorum ")) // 0 for "": nobody makes it right
	return n
}
