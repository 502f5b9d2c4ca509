package crv

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// CheckPins holds what a blueprint says of its tools against what their servers
// say: the arguments that it names exist, and no tool is called more harmless
// than its server calls it. A server's hints are its word, so what differs from
// them warns, except a destructive tool of the lowest tier.
func CheckPins(m *resource.Manifest) []resource.Finding {
	c := &checker{a: &m.Blueprint}
	all := pins(m)
	for i := range m.Blueprint.Spec.Tools {
		t := m.Blueprint.Spec.Tools[i].Resolved()
		pin, ok := all[t.Server+"\x00"+t.Upstream]
		if !ok {
			continue
		}
		p := fmt.Sprintf("spec.tools[%d]", i)
		c.namedArguments(p, t, pin)
		c.hints(p, t, pin)
	}
	return c.out
}

func (c *checker) namedArguments(p string, t blueprint.Tool, pin resource.ToolPin) {
	props, _ := pin.InputSchema["properties"].(map[string]any)
	if _, open := pin.InputSchema["additionalProperties"].(map[string]any); open || len(props) == 0 {
		return // a schema that names nothing says nothing
	}
	unknown := func(path, name string) {
		if _, ok := props[name]; !ok {
			c.fail("tool/unknown-argument", resource.OutOfScope, path, fmt.Sprintf("the tool %s has no argument %q", t.Name, name),
				fmt.Sprintf("name one of its arguments: %s", strings.Join(slices.Sorted(maps.Keys(props)), ", ")))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Arguments)) {
		unknown(p+".arguments."+name, name)
	}
	if t.Spends != "" {
		unknown(p+".spends", t.Spends)
	}
}

func (c *checker) hints(p string, t blueprint.Tool, pin resource.ToolPin) {
	hint := func(name string) (value, said bool) { value, said = pin.Annotations[name].(bool); return value, said }
	readOnly, saysReadOnly := hint("readOnlyHint")
	destructive, _ := hint("destructiveHint")
	destructive = destructive && !readOnly // the hint has no meaning for a tool that changes nothing
	switch {
	case destructive && t.RiskTier == blueprint.TierLow:
		c.fail("tier/destructive-tool", resource.OutOfScope, p+".riskTier",
			fmt.Sprintf("the server says that %s may destroy something; it has the tier of a tool that only reads", t.Name),
			"give it the tier high, or medium when what it does can be taken back")
	case destructive && t.RiskTier == blueprint.TierMedium && t.Intent != blueprint.IntentRead:
		c.warn("tier/destructive-tool", resource.OutOfScope, p+".riskTier",
			fmt.Sprintf("the server says that %s may destroy something; at tier medium no human is asked", t.Name),
			"give it the tier high unless what it does can be taken back")
	}
	if saysReadOnly && !readOnly && t.Intent == blueprint.IntentRead {
		c.warn("tool/intent-not-read", resource.OutOfScope, p+".intent",
			fmt.Sprintf("the server says that %s changes something; the blueprint says that it reads", t.Name),
			"give it the intent write, delete, execute or admin, or check that it really only reads")
	}
	if open, said := hint("openWorldHint"); said && open && !readOnly && t.Labels.ActsOutside != nil && !*t.Labels.ActsOutside {
		c.warn("tool/label-not-outside", resource.OutOfScope, p+".labels.actsOutside",
			fmt.Sprintf("the server says that %s deals with the world outside; its label says that it does not act there", t.Name),
			"set labels.actsOutside to true, or check that what it changes stays inside")
	}
}
