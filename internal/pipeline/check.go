package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// The gates that always run.
const (
	GateQuarantine = "quarantine"
	GateOrder      = "order"
	GateValidation = "validation"
	GatePolicy     = "policy"
	GateSimulation = "simulation"
	GateEvaluation = "evaluation"
	GateGuardrail  = "guardrail"
	GateSignature  = "signature"
	GateSmoke      = "smoke"
)

// BuiltInGates are the names of the gates that always run, in their order.
func BuiltInGates() []string {
	return []string{GateQuarantine, GateOrder, GateValidation, GatePolicy, GateSimulation, GateEvaluation, GateGuardrail, GateSignature, GateSmoke}
}

// reserved are names of gates that are not asked for: the machine reads them.
var reserved = []string{"approval", "baseline", "tools", "work", "canary", "shadow", "promotion", "rollback", "version", "drill"}

// NeverWaived are the gates that no waiver lets a release pass.
func NeverWaived() []string { return []string{GateSignature, GateOrder, GateQuarantine} }

// checker collects what is wrong with a pipeline.
type checker struct{ out []fault.Detail }

func (c *checker) add(path, message, fix string) {
	c.out = append(c.out, fault.Detail{Path: path, Message: message, Fix: fix})
}

// Check says what is wrong with a pipeline beyond its form: what its fields mean
// together. Paths are as in its file.
func Check(p *blueprint.Pipeline) []fault.Detail {
	c := &checker{}
	if p.Metadata.Name != DefaultName && len(p.Spec.Agents)+len(p.Spec.Owners) == 0 {
		c.add("spec.agents", "no agent uses this pipeline", "name agents or owners, or call it default")
	}
	seen := map[string]int{}
	for i, s := range p.Spec.Environments {
		at := fmt.Sprintf("spec.environments[%d]", i)
		if first, dup := seen[s.Name]; dup {
			c.add(at+".name", fmt.Sprintf("the environment %q is written twice; the first is spec.environments[%d]", s.Name, first), "keep one of the two")
		}
		seen[s.Name] = i
		if i == 0 && s.Auto {
			c.add(at+".auto", "the first environment has none before it that could start its releases", "remove auto here")
		}
		c.stage(at, s)
		c.drill(at+".drill", s, i == len(p.Spec.Environments)-1)
	}
	if h := p.Spec.Hotfix; h != nil {
		c.approvals("spec.hotfix.approvals", h.Approvals)
		if t := uncovered(h.Approvals); t != "" {
			c.add("spec.hotfix.approvals", fmt.Sprintf("a hotfix of tier %s needs nobody's yes", t), "add a rule without tiers and changes, and with a count of 1 or more")
		}
	}
	return c.out
}

func (c *checker) stage(at string, s blueprint.Stage) {
	c.gates(at+".before", s.Before, s, false)
	c.gates(at+".after", s.After, s, true)
	if len(s.After) > 0 && s.Soak == 0 {
		c.add(at+".after", "gates after traffic are read while the version soaks, and it does not", "add soak: a duration like 2h")
	}
	c.approvals(at+".approvals", s.Approvals)
	c.rollout(at+".rollout", s.Rollout)
	for i, w := range s.Freeze {
		p := fmt.Sprintf("%s.freeze[%d]", at, i)
		if w.Duration <= 0 {
			c.add(p+".duration", "a window that lasts no time freezes nothing", "write how long it is open, like 62h")
		}
		c.schedule(p, w.Schedule)
	}
}

// drill: a version that is bad on purpose is never released where most people are
// served.
func (c *checker) drill(at string, s blueprint.Stage, last bool) {
	if s.Drill == nil {
		return
	}
	if last {
		c.add(at, fmt.Sprintf("%s is the last environment, and no drill runs there", s.Name), "move it to an environment before")
	}
	c.schedule(at, s.Drill.Schedule)
}

func (c *checker) schedule(at string, s blueprint.Schedule) {
	t, field, err := read(s)
	if err != nil {
		message, fix := said(err)
		c.add(at+"."+field, message, fix)
		return
	}
	if _, ok := t.next(t.start.Add(-time.Second)); !ok {
		c.add(at+".rrule", fmt.Sprintf("%q never comes from %s on", s.RRule, s.Start), "write a rule that recurs, like FREQ=WEEKLY;BYDAY=FR")
	}
}

// said is the sentence of a fault, and what it says to do.
func said(err error) (message, fix string) {
	text := err.Error()
	if i := strings.LastIndex(text, "; "); i >= 0 {
		return text[:i], text[i+2:]
	}
	return text, "correct it"
}

func (c *checker) gates(at string, gates []blueprint.GateRule, s blueprint.Stage, after bool) {
	seen := map[string]bool{}
	for i, g := range gates {
		p := fmt.Sprintf("%s[%d]", at, i)
		if seen[g.Name] {
			c.add(p+".name", fmt.Sprintf("the gate %q is written twice", g.Name), "keep one of the two")
		}
		seen[g.Name] = true
		c.gate(p, g, s, after)
	}
}

func (c *checker) gate(p string, g blueprint.GateRule, s blueprint.Stage, after bool) {
	builtIn := slices.Contains(BuiltInGates(), g.Name)
	switch {
	case g.External && g.Metric != "":
		c.add(p, "a gate reads either submitted evidence or a metric", "write external: true or metric:, not both")
	case (g.External || g.Metric != "") && (builtIn || slices.Contains(reserved, g.Name)):
		c.add(p+".name", fmt.Sprintf("%q is the name of a built-in gate", g.Name), "choose a name of its own")
	case g.Metric != "" && !after:
		c.add(p+".metric", "a version has no figures before it gets traffic", "move the gate to after, with a soak time")
	case g.Metric != "" && g.Above == nil:
		c.add(p+".above", "the metric has no bound", "add above: the value that it may not pass")
	case !g.External && g.Metric == "" && after:
		c.add(p, "a gate after traffic reads submitted evidence or a metric", "write external: true or metric:, or move it to before")
	case !g.External && g.Metric == "" && !builtIn:
		c.add(p+".name", fmt.Sprintf("%q is no built-in gate", g.Name),
			"write external: true when its verdict is submitted, or one of "+strings.Join(BuiltInGates(), ", "))
	}
	if g.Metric == "" && (g.Above != nil || g.Window != 0 || g.MinRuns != 0) {
		c.add(p, "above, window and minRuns belong to a metric", "add metric: or remove them")
	}
	if builtIn && g.MaxAge > s.Resolved(false).EvidenceMaxAge {
		c.add(p+".maxAge", "an entry of a built-in gate can only tighten it, and this is longer than evidenceMaxAge", "write a shorter maxAge, or raise evidenceMaxAge")
	}
	if g.Waivable != nil && *g.Waivable && slices.Contains(NeverWaived(), g.Name) {
		c.add(p+".waivable", fmt.Sprintf("the gate %q can never be waived", g.Name), "remove waivable")
	}
}

func (c *checker) approvals(at string, rules []blueprint.ApprovalRule) {
	for i, r := range rules {
		if r.Remind > 0 && r.Remind >= r.Resolved().Expires {
			c.add(fmt.Sprintf("%s[%d].remind", at, i), "the request expires before anybody is reminded", "write a shorter remind, or a longer expires")
		}
	}
}

func (c *checker) rollout(at string, r blueprint.Rollout) {
	if r.Canary != nil && r.Strategy != "" && r.Strategy != blueprint.StrategyCanary {
		c.add(at+".canary", fmt.Sprintf("the strategy %s has no canary plan", r.Strategy), "write strategy: canary, or remove the plan")
	}
	if r.Preview != 0 && r.Strategy != blueprint.StrategyBlueGreen {
		c.add(at+".preview", "only a blue-green rollout has a preview", "write strategy: blue-green, or remove it")
	}
	if r.Canary == nil {
		return
	}
	for i := 1; i < len(r.Canary.Steps); i++ {
		if r.Canary.Steps[i].Weight <= r.Canary.Steps[i-1].Weight {
			c.add(fmt.Sprintf("%s.canary.steps[%d].weight", at, i), "a step has no more traffic than the one before", "write growing weights")
		}
	}
}

// uncovered is a tier that no rule asks anybody for, "" when there is none.
func uncovered(rules []blueprint.ApprovalRule) blueprint.Tier {
	for _, t := range blueprint.Tiers() {
		if !slices.ContainsFunc(rules, func(r blueprint.ApprovalRule) bool {
			return r.Count > 0 && len(r.Changes) == 0 && fitsTier(r, t)
		}) {
			return t
		}
	}
	return ""
}
