package crv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// vocabulary refuses words that are not in the fixed vocabularies. Parse does
// that with better places; this holds for blueprints that were made in code.
func (c *checker) vocabulary() {
	s := &c.a.Spec
	c.known("spec.riskTier", "tier/unknown", string(s.RiskTier), words(blueprint.Tiers()))
	c.known("spec.zone", "zone/unknown", string(s.Zone), words(blueprint.Zones()))
	for i, t := range s.Tools {
		p := fmt.Sprintf("spec.tools[%d]", i)
		c.known(p+".riskTier", "tier/unknown", string(t.RiskTier), words(blueprint.Tiers()))
		c.known(p+".zone", "zone/unknown", string(t.Zone), words(blueprint.Zones()))
		c.known(p+".intent", "intent/unknown", string(t.Intent), words(blueprint.Intents()))
	}
	for i, perm := range s.Permissions {
		p := fmt.Sprintf("spec.permissions[%d]", i)
		c.known(p+".zone", "zone/unknown", string(perm.Zone), words(blueprint.Zones()))
		for j, in := range perm.Intents {
			c.known(fmt.Sprintf("%s.intents[%d]", p, j), "intent/unknown", string(in), words(blueprint.Intents()))
		}
	}
}

func words[T ~string](all []T) []string {
	return names(all, func(v T) string { return string(v) })
}

func (c *checker) known(path, rule, got string, known []string) {
	if !slices.Contains(known, got) {
		c.fail(rule, resource.OutOfScope, path, fmt.Sprintf("%q is not known here and is denied", got), "write one of "+strings.Join(known, ", "))
	}
}

func (c *checker) model() {
	m := c.a.Spec.Model
	if strings.TrimSpace(m.Name) == "" {
		c.fail("model/no-name", resource.MissingData, "spec.model.name", "the blueprint names no model", "name the model as its endpoint does")
	}
	if m.Temperature != nil && *m.Temperature > 0 && m.Seed == nil {
		c.warn("model/unseeded", resource.NonDeterminism, "spec.model.temperature",
			"the model samples with a temperature and has no seed, so two runs of a case can differ",
			"set spec.model.seed, or temperature 0, if the endpoint supports it")
	}
}

func (c *checker) serverNames() {
	s := &c.a.Spec
	c.unique("server/duplicate", "spec.servers", "server", names(s.Servers, func(v blueprint.Server) string { return v.Name }))
	used := map[string]bool{}
	for _, t := range s.Tools {
		used[t.Server] = true
	}
	for i, v := range s.Servers {
		p := fmt.Sprintf("spec.servers[%d]", i)
		if (v.Stdio == nil) == (v.HTTP == nil) {
			c.fail("server/transport", resource.ConflictData, p, fmt.Sprintf("the server %q must be reached in exactly one way", v.Name), "set either stdio or http")
		}
		if v.Stdio != nil {
			c.sandbox(p+".stdio.sandbox", v.Name, v.Stdio.Sandbox)
		}
		if !used[v.Name] {
			c.warn("server/unused", resource.OutOfScope, p, fmt.Sprintf("no tool uses the server %q", v.Name), "remove the server, or add its tools")
		}
	}
}

// sandbox checks what can be said of a sandbox without the machine that it runs on.
func (c *checker) sandbox(p, server string, s blueprint.Sandbox) {
	if !s.On() {
		c.warn("server/no-sandbox", resource.PolicyViolation, p+".mode",
			fmt.Sprintf("the server %q runs without a sandbox", server), "remove mode: none unless the server cannot work inside one")
	}
	for field, list := range map[string][]string{"read": s.Read, "write": s.Write} {
		for i, name := range list {
			if blueprint.TooWide(name) {
				c.fail("server/sandbox-path", resource.PolicyViolation, fmt.Sprintf("%s.%s[%d]", p, field, i),
					fmt.Sprintf("the sandbox of the server %q may not show %s: /, /proc, /sys and /dev are the machine itself", server, name), "name the folders that it needs")
			}
		}
	}
}

func (c *checker) toolRules() {
	s := &c.a.Spec
	c.unique("tool/duplicate", "spec.tools", "tool", names(s.Tools, func(t blueprint.Tool) string { return t.Name }))
	for i, t := range s.Tools {
		p := fmt.Sprintf("spec.tools[%d]", i)
		if !c.servers[t.Server] {
			c.fail("server/unknown", resource.MissingData, p+".server", fmt.Sprintf("the tool %q is on the server %q, which spec.servers does not have", t.Name, t.Server), "add the server, or correct the name")
		}
		c.toolTier(p, t)
		if t.Zone.Rank() > s.Zone.Rank() {
			c.fail("zone/above-agent", resource.PolicyViolation, p+".zone",
				fmt.Sprintf("the tool %q works in the zone %s, above the agent's %s", t.Name, t.Zone, s.Zone),
				"raise spec.zone, which needs review, or remove the tool")
		}
		if t.Spends != "" && s.Budgets.Spend == 0 {
			c.warn("tool/no-spend-budget", resource.PolicyViolation, p+".spends",
				fmt.Sprintf("the tool %q spends, and budgets.spend is 0: every call of it that spends is refused", t.Name), "set spec.budgets.spend")
		}
		if t.Retries != nil && *t.Retries > 0 && t.Intent != blueprint.IntentRead {
			c.warn("tool/retries-ignored", resource.OutOfScope, p+".retries",
				fmt.Sprintf("calls of %q are not retried, because its intent is %s", t.Name, t.Intent), "remove retries")
		}
	}
}

// toolTier holds a tool's tier against the agent's and against what the tool
// says of itself.
func (c *checker) toolTier(p string, t blueprint.Tool) {
	agent := c.a.Spec.RiskTier
	switch {
	case agent == blueprint.TierLow && t.RiskTier.Rank() >= blueprint.TierHigh.Rank():
		c.fail("tier/low-agent-high-tool", resource.PolicyViolation, p+".riskTier",
			fmt.Sprintf("the agent is of tier low and the tool %q of tier %s", t.Name, t.RiskTier),
			"raise spec.riskTier, which needs review, or remove the tool")
	case t.RiskTier.Rank() > agent.Rank():
		c.fail("tier/tool-above-agent", resource.PolicyViolation, p+".riskTier",
			fmt.Sprintf("the tool %q is of tier %s, above the agent's %s", t.Name, t.RiskTier, agent),
			"raise spec.riskTier, which needs review, or remove the tool")
	}
	if t.RiskTier != blueprint.TierLow {
		return
	}
	if t.Intent != blueprint.IntentRead {
		c.fail("tier/low-tool-not-read", resource.PolicyViolation, p+".riskTier",
			fmt.Sprintf("the tool %q is of tier low, which is read-only, and its intent is %s", t.Name, t.Intent),
			"write riskTier: medium or higher, or intent: read")
	}
	if isTrue(t.Labels.ActsOutside) || isTrue(t.Labels.ActsInside) {
		c.fail("tier/low-tool-acts", resource.PolicyViolation, p+".labels",
			fmt.Sprintf("the tool %q is of tier low, which is read-only, and its labels say that it acts", t.Name),
			"write riskTier: medium or higher, or correct the labels")
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

func (c *checker) permissions() {
	s := &c.a.Spec
	granted := map[string]bool{}
	for i, perm := range s.Permissions {
		p := fmt.Sprintf("spec.permissions[%d]", i)
		for j, name := range perm.Tools {
			if name == "*" {
				for _, t := range s.Tools {
					granted[t.Name] = granted[t.Name] || grants(perm, t)
				}
				continue
			}
			t := c.tools[name]
			if t == nil {
				c.fail("permission/unknown-tool", resource.MissingData, fmt.Sprintf("%s.tools[%d]", p, j), fmt.Sprintf("there is no tool %q", name), "correct the name, or remove it")
				continue
			}
			granted[name] = granted[name] || grants(perm, *t)
		}
		if perm.Zone.Rank() > s.Zone.Rank() {
			c.fail("zone/permission-above-agent", resource.PolicyViolation, p+".zone", fmt.Sprintf("the permission reaches the zone %s, above the agent's %s", perm.Zone, s.Zone), "lower the zone of the permission")
		}
	}
	for i, t := range s.Tools {
		if !granted[t.Name] {
			c.fail("permission/none-for-tool", resource.PolicyViolation, fmt.Sprintf("spec.tools[%d]", i),
				fmt.Sprintf("no permission allows the tool %q with intent %s in the zone %s, so every call of it is denied", t.Name, t.Intent, t.Zone),
				"add it to spec.permissions, or remove the tool")
		}
	}
}

// grants reports whether perm lets t be called.
func grants(perm blueprint.Permission, t blueprint.Tool) bool {
	return slices.Contains(perm.Intents, t.Intent) && perm.Zone.Rank() >= t.Zone.Rank()
}

func (c *checker) policyNames() {
	c.unique("policy/duplicate", "spec.policies", "policy", names(c.a.Spec.Policies, func(p blueprint.Policy) string { return p.ID }))
	for i, p := range c.a.Spec.Policies {
		if strings.TrimSpace(p.Cedar) == "" {
			c.fail("policy/empty", resource.MissingData, fmt.Sprintf("spec.policies[%d]", i), fmt.Sprintf("the policy %q has no text", p.ID), "write cedar:, or file: and read the blueprint with its folder")
		}
	}
}

func (c *checker) alerts() {
	c.unique("monitor/duplicate", "spec.monitor.alerts", "alert", names(c.a.Spec.Monitor.Alerts, func(a blueprint.Alert) string { return a.Name }))
}
