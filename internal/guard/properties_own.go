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
