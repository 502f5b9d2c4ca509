package crv

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// agent compares what the agent says of itself.
func (d *differ) agent(old, now *blueprint.Agent) {
	a, b := old.Spec, now.Spec
	if b.RiskTier.Rank() > a.RiskTier.Rank() {
		d.changed("tier", "riskTier", string(a.RiskTier), string(b.RiskTier), blueprint.MaxTier(blueprint.TierHigh, b.RiskTier), true)
	} else {
		d.changed("tier", "riskTier", string(a.RiskTier), string(b.RiskTier), blueprint.TierMedium, false)
	}
	if b.Zone.Rank() > a.Zone.Rank() {
		d.changed("zone", "zone", string(a.Zone), string(b.Zone), blueprint.TierHigh, true)
	} else {
		d.changed("zone", "zone", string(a.Zone), string(b.Zone), blueprint.TierMedium, false)
	}
	d.changed("metadata", "metadata.name", old.Metadata.Name, now.Metadata.Name, blueprint.TierMedium, false)
	d.changed("metadata", "metadata.owner", old.Metadata.Owner, now.Metadata.Owner, blueprint.TierMedium, false)
	d.changed("metadata", "metadata.description", old.Metadata.Description, now.Metadata.Description, blueprint.TierLow, false)
	d.digests("metadata", "metadata.labels", old.Metadata.Labels, now.Metadata.Labels, blueprint.TierLow)
}

// behaviour compares what makes the agent act otherwise with the same tools.
func (d *differ) behaviour(old, now *blueprint.Agent) {
	a, b := old.Spec, now.Spec
	ma, mb := a.Model.Resolved(), b.Model.Resolved()
	d.changed("model", "model.name", ma.Name, mb.Name, blueprint.TierMedium, false)
	d.changed("model", "model.provider", ma.Provider, mb.Provider, blueprint.TierMedium, false)
	d.changed("model", "model.timeout", ma.Timeout.String(), mb.Timeout.String(), blueprint.TierLow, false)
	ma.Name, ma.Provider, ma.Timeout = mb.Name, mb.Provider, mb.Timeout
	d.digests("model", "model.parameters", ma, mb, blueprint.TierMedium)
	d.digests("instructions", "instructions", a.Instructions, b.Instructions, blueprint.TierMedium)
	d.changed("instructions", "goal", a.Goal, b.Goal, blueprint.TierMedium, false)
	d.schema("input", a.Input, b.Input)
	d.schema("output", a.Output, b.Output)
	d.gates(a.CRV, b.CRV)
	d.digests("evaluation", "success", a.Success, b.Success, blueprint.TierMedium)
	d.digests("evaluation", "evaluation", a.Evaluation.Resolved(), b.Evaluation.Resolved(), blueprint.TierLow)
	d.commandGraders(a.Evaluation, b.Evaluation)
	d.digests("release", "release", a.Release.Canary.Resolved(), b.Release.Canary.Resolved(), blueprint.TierMedium)
	d.digests("release", "release.acceptBreaking", a.Release.AcceptBreaking, b.Release.AcceptBreaking, blueprint.TierHigh)
	d.properties(a.Properties, b.Properties)
	d.digests("monitor", "monitor", a.Monitor, b.Monitor, blueprint.TierLow)
}

// commandGraders shows programs that graders run and did not run before: they
// run where the evaluation does.
func (d *differ) commandGraders(old, now blueprint.Evaluation) {
	before := graderCommands(old)
	for _, c := range graderCommands(now) {
		if !slices.Contains(before, c) {
			d.add("evaluation", "added", "evaluation.commands", "", c, blueprint.TierHigh, true)
		}
	}
}

// graderCommands are the programs of command graders, sorted.
func graderCommands(e blueprint.Evaluation) []string {
	var out []string
	add := func(gs []blueprint.Grader) {
		for _, g := range gs {
			if g.Type == "command" {
				out = append(out, strings.Join(g.Command, " "))
			}
		}
	}
	for _, s := range e.Suites {
		list, _ := s.Expand() // what cannot be expanded was not registered
		for _, sc := range list {
			add(sc.Expect.Graders)
			add(sc.Expect.Refusal)
			for _, t := range sc.Turns {
				add(t.Graders)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (d *differ) schema(side string, old, now *blueprint.IO) {
	if d.digests("schema", side+".schema", old, now, blueprint.TierMedium) {
		c := &d.out[len(d.out)-1]
		c.Breaking = slices.ContainsFunc(schemaMismatches(side, old, now), func(m mismatch) bool { return m.sure })
	}
}

// permits finds a Cedar policy that allows, outside of comments.
var (
	cedarComment = regexp.MustCompile(`//[^\n]*`)
	permits      = regexp.MustCompile(`\bpermit\s*\(`)
)

func (d *differ) policies(old, now *blueprint.Agent) {
	before, stood := map[string]string{}, map[string]string{}
	for _, p := range old.Spec.Policies {
		before[p.ID] = p.Cedar
		for _, b := range p.Replaces {
			stood[b] = p.ID
		}
	}
	for _, p := range now.Spec.Policies {
		for _, b := range p.Replaces {
			if stood[b] != p.ID {
				d.add("policy", "replaced", "policies.builtin/"+b, "builtin/"+b, p.ID, blueprint.TierHigh, true)
			}
		}
	}
	after := map[string]bool{}
	for _, p := range now.Spec.Policies {
		after[p.ID] = true
		was, had := before[p.ID]
		switch {
		case !had:
			tier, widens := blueprint.TierMedium, permits.MatchString(cedarComment.ReplaceAllString(p.Cedar, ""))
			if widens {
				tier = blueprint.TierHigh
			}
			d.add("policy", "added", "policies."+p.ID, "", digestOf(p.Cedar), tier, widens)
		case was != p.Cedar:
			d.add("policy", "changed", "policies."+p.ID, digestOf(was), digestOf(p.Cedar), blueprint.TierHigh, true)
		}
	}
	for _, p := range old.Spec.Policies {
		if !after[p.ID] {
			d.add("policy", "removed", "policies."+p.ID, digestOf(p.Cedar), "", blueprint.TierHigh, true)
		}
	}
}

// acceptedProperties shows what a version is released without, a first one too.
func (d *differ) acceptedProperties(old, now []blueprint.AcceptedProperty) {
	before, after := map[string]string{}, map[string]string{}
	for _, p := range old {
		before[p.Property] = p.Justification
	}
	for _, p := range now {
		after[p.Property] = p.Justification
		path := "release.acceptProperties." + p.Property
		if was, had := before[p.Property]; !had {
			d.add("release", "added", path, "", p.Justification, blueprint.TierHigh, true)
		} else {
			d.changed("release", path, was, p.Justification, blueprint.TierMedium, false)
		}
	}
	for _, p := range old {
		if _, still := after[p.Property]; !still {
			d.add("release", "removed", "release.acceptProperties."+p.Property, p.Justification, "", blueprint.TierLow, false)
		}
	}
}

// properties compares what the agent's guard is proved to have: less of it widens
// what a later version may do.
func (d *differ) properties(old, now []blueprint.Property) {
	after := map[string]blueprint.Property{}
	for _, p := range now {
		after[p.ID] = p
	}
	before := map[string]bool{}
	for _, p := range old {
		before[p.ID] = true
		is, has := after[p.ID]
		if !has {
			d.add("policy", "removed", "properties."+p.ID, digestOf(p), "", blueprint.TierHigh, true)
		} else {
			d.digests("policy", "properties."+p.ID, p, is, blueprint.TierHigh)
		}
	}
	for _, p := range now {
		if !before[p.ID] {
			d.add("policy", "added", "properties."+p.ID, "", digestOf(p), blueprint.TierMedium, false)
		}
	}
}

func (d *differ) policyConfig(from, to *resource.Manifest) {
	d.changed("policy", "policies.builtIn", from.Policies.BuiltIn, to.Policies.BuiltIn, blueprint.TierHigh, true)
	d.changed("runtime", "runtime.engine", from.Runtime.Engine, to.Runtime.Engine, blueprint.TierMedium, false)
	d.changed("runtime", "runtime.guard", from.Runtime.Guard, to.Runtime.Guard, blueprint.TierMedium, false)
}

func (d *differ) gates(old, now []blueprint.CRVGate) {
	before, after := map[string]blueprint.CRVGate{}, map[string]bool{}
	for _, g := range old {
		before[g.Name] = g
	}
	for _, g := range now {
		after[g.Name] = true
		was, had := before[g.Name]
		if !had {
			d.add("crv", "added", "crv."+g.Name, "", g.On, blueprint.TierMedium, false)
			continue
		}
		d.digests("crv", "crv."+g.Name, was.Resolved(), g.Resolved(), blueprint.TierHigh)
	}
	for _, g := range old {
		if !after[g.Name] {
			d.add("crv", "removed", "crv."+g.Name, g.On, "", blueprint.TierHigh, true)
		}
	}
}

// budgets compares budgets with their defaults; no limit is the highest.
func (d *differ) budgets(old, now blueprint.Budgets) {
	a, b := old.Resolved(), now.Resolved()
	unlimited := func(n int) float64 {
		if n == 0 {
			return 1e18
		}
		return float64(n)
	}
	for _, f := range []struct {
		name     string
		was, is  float64
		from, to string
	}{
		{"steps", float64(a.Steps), float64(b.Steps), num(float64(a.Steps)), num(float64(b.Steps))},
		{"toolCalls", float64(a.ToolCalls), float64(b.ToolCalls), num(float64(a.ToolCalls)), num(float64(b.ToolCalls))},
		{"tokens", float64(a.Tokens), float64(b.Tokens), num(float64(a.Tokens)), num(float64(b.Tokens))},
		{"costUSD", a.CostUSD, b.CostUSD, num(a.CostUSD), num(b.CostUSD)},
		{"spend", a.Spend, b.Spend, num(a.Spend), num(b.Spend)},
		{"duration", float64(a.Duration), float64(b.Duration), a.Duration.String(), b.Duration.String()},
		{"callsPerMinute", unlimited(a.CallsPerMinute), unlimited(b.CallsPerMinute), num(float64(a.CallsPerMinute)), num(float64(b.CallsPerMinute))},
	} {
		if f.is > f.was {
			d.add("budget", "changed", "budgets."+f.name, f.from, f.to, blueprint.TierHigh, true)
		} else if f.is < f.was {
			d.add("budget", "changed", "budgets."+f.name, f.from, f.to, blueprint.TierMedium, false)
		}
	}
}
