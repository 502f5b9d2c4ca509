package guard

import (
	"slices"

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
		alone("no-outside-effect-from-outside", "Once a run has read text from outside, no effect outside runs without a human on a target that such a text or nobody named, or with an amount that such a text named.",
			func(g *toolGuard, f *facts) bool {
				return outward(g) && f.tainted && (foreign(f.target) || f.spending == classOutside)
			}),
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
