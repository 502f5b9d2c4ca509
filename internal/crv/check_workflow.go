package crv

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// workflow judges the phases: names, tools, reachability, liveness, approvals.
func (c *checker) workflow() {
	w := c.a.Spec.Workflow
	if w == nil {
		return
	}
	const at = "spec.workflow"
	c.unique("workflow/duplicate-phase", at+".phases", "phase", names(w.Phases, func(p blueprint.Phase) string { return p.Name }))
	index := map[string]int{}
	for i, p := range w.Phases {
		if _, dup := index[p.Name]; !dup {
			index[p.Name] = i
		}
	}
	if _, ok := index[w.Initial]; !ok {
		c.fail("workflow/unknown-phase", resource.MissingData, at+".initial", fmt.Sprintf("the run starts in the phase %q, which there is not", w.Initial), "name one of the phases")
	}
	for i, p := range w.Phases {
		c.phase(fmt.Sprintf("%s.phases[%d]", at, i), p, index)
	}
	c.reach(w, index)
	c.toolsInNoPhase(w)
}

func (c *checker) phase(at string, p blueprint.Phase, index map[string]int) {
	for j, name := range p.Tools {
		t := c.tools[name]
		if t == nil {
			c.fail("workflow/unknown-tool", resource.MissingData, fmt.Sprintf("%s.tools[%d]", at, j), fmt.Sprintf("there is no tool %q", name), "correct the name, or remove it")
			continue
		}
		if len(p.Intents) > 0 && !slices.Contains(p.Intents, t.Intent) {
			c.warn("workflow/intent-excludes-tool", resource.ConflictData, fmt.Sprintf("%s.tools[%d]", at, j),
				fmt.Sprintf("the phase %q allows the tool %q but not its intent %s, so it cannot be called there", p.Name, name, t.Intent), "add the intent, or remove the tool from the phase")
		}
	}
	on := map[string]int{}
	for j, tr := range p.Transitions {
		ta := fmt.Sprintf("%s.transitions[%d]", at, j)
		if first, dup := on[tr.On]; dup {
			c.fail("workflow/ambiguous-transition", resource.ConflictData, ta+".on", fmt.Sprintf("the tool %q has two transitions in the phase %q; the first is transitions[%d]", tr.On, p.Name, first), "keep one")
		} else {
			on[tr.On] = j
		}
		c.transition(ta, p, tr, index)
	}
}

func (c *checker) transition(at string, p blueprint.Phase, tr blueprint.Transition, index map[string]int) {
	if _, ok := index[tr.To]; !ok {
		c.fail("workflow/unknown-phase", resource.MissingData, at+".to", fmt.Sprintf("the transition leads to the phase %q, which there is not", tr.To), "name one of the phases")
	}
	t := c.tools[tr.On]
	switch {
	case t == nil:
		c.fail("workflow/unknown-tool", resource.MissingData, at+".on", fmt.Sprintf("there is no tool %q", tr.On), "correct the name, or remove the transition")
	case !slices.Contains(p.Tools, tr.On):
		c.fail("workflow/tool-not-in-phase", resource.ConflictData, at+".on", fmt.Sprintf("the tool %q cannot be called in the phase %q, so this transition never happens", tr.On, p.Name), "add the tool to the phase's tools")
	case t.RiskTier.Rank() >= blueprint.TierHigh.Rank() && !tr.Approval:
		c.fail("workflow/high-risk-no-approval", resource.PolicyViolation, at,
			fmt.Sprintf("the %s tool %q moves the run from %q to %q without an approval", t.RiskTier, tr.On, p.Name, tr.To), "write approval: true")
	}
}

// reach reports phases that no run gets to, and phases that a run cannot get
// out of to a final one.
func (c *checker) reach(w *blueprint.Workflow, index map[string]int) {
	start, ok := index[w.Initial]
	if !ok {
		return
	}
	n := len(w.Phases)
	next, prev := make([][]int, n), make([][]int, n)
	for i, p := range w.Phases {
		for _, tr := range p.Transitions {
			if to, ok := index[tr.To]; ok && slices.Contains(p.Tools, tr.On) {
				next[i] = append(next[i], to)
				prev[to] = append(prev[to], i)
			}
		}
	}
	var finals []int
	for i, p := range w.Phases {
		if p.Final {
			finals = append(finals, i)
		}
	}
	reachable, live := flood(next, []int{start}), flood(prev, finals)
	for i, p := range w.Phases {
		at := fmt.Sprintf("spec.workflow.phases[%d]", i)
		if !reachable[i] {
			c.fail("workflow/unreachable", resource.OutOfScope, at, fmt.Sprintf("no run reaches the phase %q", p.Name), "add a transition to it, or remove it")
			continue
		}
		if !live[i] {
			c.fail("workflow/dead-end", resource.OutOfScope, at, fmt.Sprintf("from the phase %q no final phase can be reached", p.Name), "add a transition towards a final phase, or write final: true")
		}
	}
}

// flood returns what can be reached from the given nodes along edges.
func flood(edges [][]int, from []int) []bool {
	seen := make([]bool, len(edges))
	queue := slices.Clone(from)
	for _, i := range from {
		seen[i] = true
	}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, j := range edges[i] {
			if !seen[j] {
				seen[j] = true
				queue = append(queue, j)
			}
		}
	}
	return seen
}

func (c *checker) toolsInNoPhase(w *blueprint.Workflow) {
	used := map[string]bool{}
	for _, p := range w.Phases {
		for _, t := range p.Tools {
			used[t] = true
		}
	}
	for i, t := range c.a.Spec.Tools {
		if !used[t.Name] {
			c.warn("workflow/tool-in-no-phase", resource.OutOfScope, fmt.Sprintf("spec.tools[%d]", i), fmt.Sprintf("no phase lets the tool %q be called", t.Name), "add it to a phase, or remove the tool")
		}
	}
}
