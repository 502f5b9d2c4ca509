package guard

import (
	cedar "github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"github.com/aureus-agents/aureus/resource"
)

// tri is what is known of a policy in an abstract call: which of these can be.
type tri uint8

const (
	triHolds tri = 1 << iota
	triNot
	triFails // an error while it is evaluated, which denies
	triOpen  = triHolds | triNot | triFails
)

// ruleKey is the part of an abstract call that a rule reads.
type ruleKey struct {
	rule, phase               int16
	tainted, asked            bool
	confidentiality           int8
	target, content, spending int8
	args                      uint64
}

// key projects an abstract call to what rule i reads.
func (sp *space) key(i int, st *absState, cc *callClass) ruleKey {
	r := &sp.rules[i]
	k := ruleKey{rule: int16(i)}
	for _, f := range r.reads.fields {
		switch f {
		case "phase":
			k.phase = st.phase
		case "tainted":
			k.tainted = st.tainted
		case "confidentiality":
			k.confidentiality = st.confidentiality
		case "asked":
			k.asked = cc.asked
		case "target":
			k.target = int8(cc.target)
		case "content":
			k.content = int8(cc.content)
		case "spending":
			k.spending = int8(cc.spending)
		}
	}
	if len(r.reads.args) > 0 {
		for j, t := range sp.args {
			if _, ok := r.reads.args[t.name]; ok {
				k.args |= 31 << (5 * j) & cc.argsKey
			}
		}
	}
	return k
}

// factsOf are the facts of an abstract call.
func (x *explorer) factsOf(st *absState, cc *callClass) facts {
	return facts{
		phase: x.phases[st.phase], tainted: st.tainted, confidentiality: int64(st.confidentiality), asked: cc.asked,
		target: cc.target, content: cc.content, spending: cc.spending,
		left: openLeft, spend: openSpend, args: cc.record, origins: cc.origins,
	}
}

// rule judges rule i of a space by partial evaluation of the compiled policy.
func (x *explorer) rule(sp *space, i int, st *absState, cc *callClass) tri {
	r := &sp.rules[i]
	if r.reads.whole || r.reads.sets {
		return triOpen
	}
	key := sp.key(i, st, cc)
	if t, ok := sp.memo[key]; ok {
		return t
	}
	f := x.factsOf(st, cc)
	env := eval.Env{Entities: x.c.entities, Principal: x.c.agent, Action: sp.g.action, Resource: sp.g.resource, Context: f.context(r.uses.fields)}
	t := partly(env, (*xast.Policy)(r.cedar.AST()))
	sp.memo[key] = t
	return t
}

// partly evaluates a policy whose context has variables. Its conditions are
// looked at one by one, in order: an open one before a false one may fail.
func partly(env eval.Env, p *xast.Policy) tri {
	head := *p
	head.Conditions = nil
	if _, keep := eval.PartialPolicy(env, &head); !keep {
		return triNot
	}
	open := false
	for _, cond := range p.Conditions {
		head.Conditions = []xast.ConditionType{cond}
		rest, keep := eval.PartialPolicy(env, &head)
		switch {
		case !keep && open:
			return triNot | triFails
		case !keep:
			return triNot
		case len(rest.Conditions) == 0:
			continue
		}
		if _, failed := eval.ToPartialError(rest.Conditions[0].Body); failed {
			if open {
				return triNot | triFails
			}
			return triFails
		}
		open = true
	}
	if open {
		return triOpen
	}
	return triHolds
}

// mask is a set of rules of one space.
type mask [4]uint64

func (m *mask) add(i int)     { m[i/64] |= 1 << (i % 64) }
func (m mask) has(i int) bool { return m[i/64]&(1<<(i%64)) != 0 }

// maxRules is how many policies can hold for one tool: as many as a mask has bits.
const maxRules = 256

type maskPair struct{ sure, open mask }

// summary is what can be decided about an abstract call.
type summary struct {
	auto   bool // it may run without a human
	ask    bool // a human may be asked, and it runs when they say yes
	reject bool
	quorum int // the fewest humans that a yes takes
	rules  maskPair
}

// judge decides an abstract call with the code that decides live ones: each
// policy is evaluated, and weigh turns each answer that Cedar can give into a
// verdict.
func (x *explorer) judge(sp *space, st *absState, cc *callClass) summary {
	m, ok := x.hold(sp, sp.byState, maskPair{}, st, cc)
	return x.judgeIn(sp, m, ok, st, cc)
}

// judgeIn is judge when the policies that only read the state have been judged.
func (x *explorer) judgeIn(sp *space, inState maskPair, ok bool, st *absState, cc *callClass) summary {
	m := inState
	if ok {
		m, ok = x.hold(sp, sp.byCall, inState, st, cc)
	}
	if !ok {
		return summary{reject: true}
	}
	s, known := sp.sums[m]
	if !known {
		s = sp.sum(m)
		s.rules = m
		sp.sums[m] = s
	}
	return s
}

// hold adds to m which of some policies hold; false when one fails, which denies
// whatever the others say.
func (x *explorer) hold(sp *space, rules []int, m maskPair, st *absState, cc *callClass) (maskPair, bool) {
	for _, i := range rules {
		switch t := x.rule(sp, i, st, cc); {
		case t == triFails:
			return m, false
		case t == triHolds:
			m.sure.add(i)
		case t != triNot:
			m.open.add(i)
		}
	}
	return m, true
}

// sum weighs the answers that Cedar can give when the policies in sure hold and
// each of those in open may. One answer for each different outcome is enough: no
// open policy holds, one open ask holds, one open forbid holds.
func (sp *space) sum(m maskPair) summary {
	var s summary
	permit := -1
	for i, r := range sp.rules[:sp.own] {
		if m.open.has(i) && r.cedar.Effect() == cedar.Permit {
			permit = i
		}
	}
	s.add(sp.weigh(m.sure, -1))
	if permit >= 0 {
		s.add(sp.weigh(m.sure, permit))
	}
	for i, r := range sp.rules[:sp.own] {
		if m.open.has(i) {
			s.reject = true // by the policy, or by an error in it
			if r.ask {
				s.add(sp.weigh(m.sure, i))
			}
		}
	}
	return s
}

// weigh makes Cedar's answer, when the policies in sure and the one at extra
// hold, a verdict.
func (sp *space) weigh(sure mask, extra int) verdict {
	var forbids, permits []cedar.DiagnosticReason
	for i, r := range sp.rules[:sp.own] {
		if !sure.has(i) && i != extra {
			continue
		}
		reason := cedar.DiagnosticReason{PolicyID: cedar.PolicyID(r.id)}
		if r.cedar.Effect() == cedar.Forbid {
			forbids = append(forbids, reason)
		} else {
			permits = append(permits, reason)
		}
	}
	diag := cedar.Diagnostic{Reasons: permits}
	if len(forbids) > 0 {
		diag.Reasons = forbids
	}
	return sp.g.weigh(diag, Call{}, "")
}

func (s *summary) add(v verdict) {
	switch v.state {
	case resource.DecisionApproved:
		s.auto = true
	case resource.DecisionPending:
		if !s.ask || v.quorum < s.quorum {
			s.quorum = v.quorum
		}
		s.ask = true
	default:
		s.reject = true
	}
}
