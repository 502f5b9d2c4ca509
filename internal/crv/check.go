package crv

import (
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// CheckBlueprint judges a blueprint by itself: tiers against tools, permissions
// against tools, phases reachable and live, high-risk transitions approved,
// gates, graders, criteria and schemas compile. The findings come in the order
// of the blueprint. One of severity error means that it must not be released.
func CheckBlueprint(a *blueprint.Agent) []resource.Finding {
	c := &checker{a: a, tools: map[string]*blueprint.Tool{}, servers: map[string]bool{}}
	for i := range a.Spec.Tools {
		c.tools[a.Spec.Tools[i].Name] = &a.Spec.Tools[i]
	}
	for _, s := range a.Spec.Servers {
		c.servers[s.Name] = true
	}
	c.vocabulary()
	c.model()
	c.serverNames()
	c.toolRules()
	c.permissions()
	c.policyNames()
	c.schemas()
	c.workflow()
	c.gates()
	c.success()
	c.evaluation()
	c.alerts()
	return c.out
}

// checker collects findings about one blueprint.
type checker struct {
	a       *blueprint.Agent
	tools   map[string]*blueprint.Tool
	servers map[string]bool
	out     []resource.Finding
}

// fail adds a finding of severity error; fix says what to do here.
func (c *checker) fail(rule string, code resource.FailureCode, path, message, fix string) {
	c.out = append(c.out, resource.Finding{Rule: rule, Severity: severityError, Code: code, Path: path, Message: message, Remediation: fix})
}

func (c *checker) warn(rule string, code resource.FailureCode, path, message, fix string) {
	c.fail(rule, code, path, message, fix)
	c.out[len(c.out)-1].Severity = severityWarning
}

// unique reports names that are used twice in the list at path.
func (c *checker) unique(rule, path, what string, names []string) {
	first := map[string]int{}
	for i, n := range names {
		if at, dup := first[n]; dup {
			c.fail(rule, resource.ConflictData, fmt.Sprintf("%s[%d]", path, i),
				fmt.Sprintf("the %s %q is named twice; the first is %s[%d]", what, n, path, at), "give each "+what+" a name of its own")
			continue
		}
		first[n] = i
	}
}

// names returns the name of each item.
func names[T any](items []T, name func(T) string) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = name(it)
	}
	return out
}
