package crv

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// CheckRegression judges to against from, what serves now: breaking input or
// output changes, tools removed, tool schema drift, transitions removed; what
// the blueprint's release.acceptBreaking names only warns. The input must stay at least as permissive and the output at least as strict. A
// nil from has nothing to regress against.
func CheckRegression(from, to *resource.Manifest) []resource.Finding {
	if from == nil || to == nil {
		return nil
	}
	c := &checker{a: &to.Blueprint}
	old, now := &from.Blueprint.Spec, &to.Blueprint.Spec
	c.schemaChange("input", old.Input, now.Input)
	c.schemaChange("output", old.Output, now.Output)
	c.toolsRemoved(&from.Blueprint, &to.Blueprint)
	c.drift(from, to)
	c.transitionsRemoved(old.Workflow, now.Workflow)
	return accepted(c.out, now.Release.AcceptBreaking)
}

// accepted turns the findings of rules that the blueprint breaks on purpose into
// warnings.
func accepted(fs []resource.Finding, rules []string) []resource.Finding {
	for i := range fs {
		if slices.Contains(rules, fs[i].Rule) {
			fs[i].Severity = "warning"
			fs[i].Remediation = "accepted by release.acceptBreaking"
		}
	}
	return fs
}

// schemaChange reports what callers of the old version can run into.
func (c *checker) schemaChange(side string, old, now *blueprint.IO) {
	path := "spec." + side + ".schema"
	for _, m := range schemaMismatches(side, old, now) {
		at := path
		if m.path != "" {
			at += " (" + m.path + ")"
		}
		rule, fix := "schema/breaking-"+side, "keep what the old version agreed on, or move the callers first and stop the old version"
		if m.sure {
			c.fail(rule, resource.ConflictData, path, side+at[len(path):]+": "+m.say(side), fix)
			continue
		}
		c.warn("schema/unproven-"+side, resource.ConflictData, path, side+at[len(path):]+": "+m.say(side), "check by hand that callers of the old version go on working")
	}
}

// schemaMismatches compares two sides of an agent by the direction that matters:
// what was accepted must stay accepted, what is answered must stay as promised.
func schemaMismatches(side string, old, now *blueprint.IO) []mismatch {
	a, b := schemaOf(old), schemaOf(now)
	if side == "output" {
		a, b = b, a
	}
	return subset(a, b)
}

// schemaOf is the schema in JSON's shape; none allows everything.
func schemaOf(io *blueprint.IO) map[string]any {
	if io == nil {
		return map[string]any{}
	}
	shaped, err := jsonShape(io.Schema)
	m, ok := shaped.(map[string]any)
	if err != nil || !ok {
		return map[string]any{}
	}
	return m
}

// say is the mismatch as a sentence about the side that it is on.
func (m mismatch) say(side string) string {
	input := side == "input"
	pick := func(in, out string) string {
		if input {
			return in
		}
		return out
	}
	switch m.kind {
	case "required":
		return pick(fmt.Sprintf("the field %q is now required", m.what), fmt.Sprintf("the field %q is no longer always there", m.what))
	case "type":
		return pick("the type "+m.what+" is no longer accepted", "the value may now be of type "+m.what)
	case "enum":
		if m.what == "" {
			return pick("the values are now limited to a list", "the value is no longer limited to a list")
		}
		return pick("the value "+m.what+" is no longer accepted", "the value may now be "+m.what)
	case "bound":
		return pick("the bound "+m.what+" became tighter", "the bound "+m.what+" became looser")
	case "properties":
		return pick("it is no longer accepted", "it may now be there")
	case "open":
		return pick(fmt.Sprintf("the new field %q now has a schema, where any value was let through before", m.what), fmt.Sprintf("the field %q no longer has a schema", m.what))
	}
	return "the keyword " + m.what + " changed, and it cannot be shown that this is compatible"
}

func (c *checker) toolsRemoved(old, now *blueprint.Agent) {
	for _, t := range old.Spec.Tools {
		if now.Tool(t.Name) == nil {
			c.fail("tool/removed", resource.ConflictData, "spec.tools", fmt.Sprintf("the tool %q, which the serving version has, is gone; sessions that are under way can still call it", t.Name),
				"keep the tool, or release the removal once no session uses it")
		}
	}
}

// drift reports tools whose pinned contract differs from the serving version's.
func (c *checker) drift(from, to *resource.Manifest) {
	old := pins(from)
	for _, a := range to.Adapters {
		for _, p := range a.Tools {
			was, ok := old[a.Server+"\x00"+p.Name]
			if !ok || was.Digest == p.Digest {
				continue
			}
			path := fmt.Sprintf("adapters.%s.tools.%s", a.Server, p.Name)
			ms := subset(shapedMap(was.InputSchema), shapedMap(p.InputSchema))
			if i := slices.IndexFunc(ms, func(m mismatch) bool { return m.sure }); i >= 0 {
				c.fail("tool/schema-drift", resource.NonDeterminism, path,
					fmt.Sprintf("the server %q changed the input of %s: %s", a.Server, p.Name, ms[i].say("input")), "pin the server to the version that was tested, or test the new one and keep this change apart")
				continue
			}
			c.warn("tool/drift", resource.NonDeterminism, path, fmt.Sprintf("the server %q describes %s otherwise than the serving version's did", a.Server, p.Name), "read the difference before this is released")
		}
	}
}

func pins(m *resource.Manifest) map[string]resource.ToolPin {
	out := map[string]resource.ToolPin{}
	for _, a := range m.Adapters {
		for _, p := range a.Tools {
			out[a.Server+"\x00"+p.Name] = p
		}
	}
	return out
}

func shapedMap(m map[string]any) map[string]any {
	return schemaOf(&blueprint.IO{Schema: m})
}

// transitionsRemoved reports phases and transitions that a run that is under
// way may stand in.
func (c *checker) transitionsRemoved(old, now *blueprint.Workflow) {
	if old == nil || now == nil {
		return
	}
	phases := map[string]blueprint.Phase{}
	for _, p := range now.Phases {
		phases[p.Name] = p
	}
	for _, p := range old.Phases {
		q, ok := phases[p.Name]
		if !ok {
			c.fail("workflow/phase-removed", resource.ConflictData, "spec.workflow.phases", fmt.Sprintf("the phase %q, which the serving version has, is gone; runs that stand in it could not go on", p.Name), "keep the phase until no run stands in it")
			continue
		}
		for _, tr := range p.Transitions {
			if !slices.ContainsFunc(q.Transitions, func(t blueprint.Transition) bool { return t.On == tr.On && t.To == tr.To }) {
				c.fail("workflow/transition-removed", resource.ConflictData, "spec.workflow.phases", fmt.Sprintf("the transition from %q by %s to %q is gone; runs that stand in %q could not take it", p.Name, tr.On, tr.To, p.Name), "keep the transition until no run needs it")
			}
		}
	}
}
