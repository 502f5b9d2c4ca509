package guard

import (
	"fmt"
	"slices"

	cedar "github.com/cedar-policy/cedar-go"

	"github.com/aureus-agents/aureus/resource"
)

// verdict is a judgement before it is written as a decision.
type verdict struct {
	state    resource.DecisionState
	check    string
	policies []string
	reason   string
	code     resource.FailureCode
	quorum   int
	fears    []resource.Fear
	approval string
	allowed  int  // place of the allowance that is used, -1 for none
	mixes    bool // the call writes words inside that may be a stranger's
}

func reject(check string, code resource.FailureCode, format string, args ...any) verdict {
	return verdict{state: resource.DecisionRejected, check: check, code: code, reason: fmt.Sprintf(format, args...), allowed: -1}
}

// weigh turns Cedar's answer into a verdict. An error in any policy is a
// rejection: Cedar alone would skip a forbid that errors.
func (g *toolGuard) weigh(diag cedar.Diagnostic, call Call, digest string) verdict {
	if len(diag.Errors) > 0 {
		v := reject(CheckPolicy, resource.PolicyViolation, "policy %s could not be evaluated", diag.Errors[0].PolicyID)
		for _, e := range diag.Errors {
			v.policies = append(v.policies, string(e.PolicyID))
		}
		return v
	}
	var plain, ask, permit []*policy
	for _, r := range diag.Reasons {
		p := g.policies.get(r.PolicyID)
		switch {
		case p == nil:
			return reject(CheckPolicy, resource.PolicyViolation, "policy %s decided and is not known", r.PolicyID)
		case p.cedar.Effect() == cedar.Permit:
			permit = append(permit, p)
		case p.ask:
			ask = append(ask, p)
		default:
			plain = append(plain, p)
		}
	}
	switch {
	case len(plain) > 0:
		return forbidden(plain, ask)
	case len(ask) > 0:
		return asked(ask, call, digest)
	case len(permit) > 0:
		return verdict{state: resource.DecisionApproved, check: CheckPolicy, policies: ids(permit), reason: "permitted and nothing forbids it", allowed: -1}
	}
	return reject(CheckPermission, resource.OutOfScope, "no policy permits it")
}

// forbidden is the verdict of plain forbids; asks are recorded beside them.
func forbidden(plain, ask []*policy) verdict {
	p := first(plain)
	v := reject(p.check, resource.PolicyViolation, "%s", p.because())
	if checkRank(p.check) <= checkRank(CheckPermission) {
		v.code = resource.OutOfScope
	}
	v.policies = append(ids(plain), ids(ask)...)
	return v
}

// asked is the verdict when only asks stand against the call: it waits for
// people, unless they approved exactly it.
func asked(ask []*policy, call Call, digest string) verdict {
	p := first(ask)
	v := verdict{state: resource.DecisionPending, check: p.check, policies: ids(ask), reason: p.because(), allowed: -1}
	if digest != "" && call.ApprovedDigest == digest && shown(ask, call.Shown) {
		v.state, v.check, v.approval = resource.DecisionApproved, CheckApproval, call.Approval
		v.reason = "a human approved exactly these arguments"
		return v
	}
	for _, q := range ask {
		v.quorum = max(v.quorum, q.quorum)
		v.fears = append(v.fears, resource.Fear{Policy: q.id, Reason: q.because(), Quorum: q.quorum})
	}
	return v
}

// shown reports whether people knew of each policy that asks.
func shown(ask []*policy, list []string) bool {
	return list == nil || !slices.ContainsFunc(ask, func(p *policy) bool { return !slices.Contains(list, p.id) })
}

// people is what becomes of a verdict that hands the call to them: they may have
// allowed calls like it for this run, or cannot be asked.
func (s State) people(v verdict, call Call) verdict {
	if v.state != resource.DecisionPending {
		return v
	}
	if i := s.allowed(call, v.fears); i >= 0 {
		return verdict{state: resource.DecisionApproved, check: CheckApproval, policies: v.policies, allowed: i,
			approval: s.Allow[i].Approval, reason: "a human allowed calls like this one for this run"}
	}
	if call.NoAsk != "" {
		no := reject(CheckApproval, resource.PolicyViolation, "%s: %s", v.reason, call.NoAsk)
		no.policies = v.policies
		return no
	}
	return v
}

// first is the policy of the earliest check; policies come sorted by id.
func first(ps []*policy) *policy {
	return slices.MinFunc(ps, func(a, b *policy) int { return checkRank(a.check) - checkRank(b.check) })
}

func (p *policy) because() string {
	if p.reason != "" {
		return p.reason
	}
	return "policy " + p.id + " forbids it"
}

func ids(ps []*policy) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.id
	}
	return out
}

// fill writes the verdict as a decision with sentences for people.
func (v verdict) fill(d *resource.Decision, call Call) {
	d.State, d.Check, d.Code, d.Quorum, d.Fears = v.state, v.check, v.code, v.quorum, v.fears
	if v.policies != nil {
		slices.Sort(v.policies)
		d.Policies = v.policies
	}
	switch v.state {
	case resource.DecisionApproved:
		d.Reason = call.Tool + " may run: " + v.reason + "."
		d.Approval, d.Allowance = v.approval, v.allowed >= 0
	case resource.DecisionPending:
		d.Reason = call.Tool + " needs a human: " + v.reason + "."
		d.Remediation = "An approver has to allow exactly these arguments."
	default:
		d.Reason = call.Tool + " is denied: " + v.reason + "."
		d.Remediation = remedies[v.check]
	}
}

var remedies = map[string]string{
	CheckTool:       "Call a tool that the blueprint names.",
	CheckPhase:      "Call a tool of the current phase; the workflow says which tool moves it.",
	CheckPermission: "Add a permission that covers the tool, its intent and its zone to the blueprint, and release it.",
	CheckPolicy:     "Change the arguments so that the policy allows them, or hand over to a person.",
	CheckTier:       "Give the tool one of the risk tiers low, medium, high or critical.",
	CheckBudget:     "End the run, or raise the budget in the blueprint and release it.",
	CheckApproval:   "Go on without this call, or try again when people have answered what waits.",
}
