package simulate

import (
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// neutral is what a tool that changes something answers when the run holds no
// good answer of it.
var neutral = map[string]any{"status": "ok"}

// parametersOf names the parameters of the tools: those of their pinned schemas
// and those that the calls used.
func parametersOf(m *resource.Manifest, calls []resource.ToolStep) map[string][]string {
	sets := map[string]map[string]bool{}
	add := func(tool, param string) {
		if sets[tool] == nil {
			sets[tool] = map[string]bool{}
		}
		sets[tool][param] = true
	}
	for _, c := range calls {
		for p := range c.Args {
			add(c.Tool, p)
		}
	}
	if m != nil {
		for _, t := range m.Blueprint.Spec.Tools {
			for p := range pinnedProperties(m, t) {
				add(t.Name, p)
			}
		}
	}
	out := make(map[string][]string, len(sets))
	for tool, set := range sets {
		out[tool] = slices.Sorted(maps.Keys(set))
	}
	return out
}

func pinnedProperties(m *resource.Manifest, t blueprint.Tool) map[string]any {
	pin := pinOf(m, t)
	if pin == nil {
		return nil
	}
	props, _ := pin.InputSchema["properties"].(map[string]any)
	return props
}

func pinOf(m *resource.Manifest, t blueprint.Tool) *resource.ToolPin {
	name := t.Upstream
	if name == "" {
		name = t.Name
	}
	for _, a := range m.Adapters {
		for i := range a.Tools {
			if a.Server == t.Server && a.Tools[i].Name == name {
				return &a.Tools[i]
			}
		}
	}
	return nil
}

// approvals are the tools that the simulated human approves, sorted: those that a
// human approved in the run, those that change something and were called in it,
// and those that a scenario of the version approves; without those that a human
// refused.
func approvals(m *resource.Manifest, run resource.Run, calls []resource.ToolStep, approved []string) []string {
	all := slices.Clone(approved)
	if m != nil {
		for _, t := range m.Blueprint.Spec.Tools {
			called := slices.ContainsFunc(calls, func(c resource.ToolStep) bool { return c.Tool == t.Name })
			if called && t.Intent != blueprint.IntentRead || !called && scenarioApproves(m, t.Name) {
				all = append(all, t.Name)
			}
		}
	}
	all = slices.DeleteFunc(all, func(tool string) bool { return refusedByHuman(run, tool) })
	slices.Sort(all)
	return slices.Compact(all)
}

func scenarioApproves(m *resource.Manifest, tool string) bool {
	for _, suite := range m.Blueprint.Spec.Evaluation.Suites {
		for _, sc := range suite.Scenarios {
			if slices.Contains(sc.Approve, tool) {
				return true
			}
		}
	}
	return false
}

// refusedByHuman reports whether a human said no to a call of the tool and to none
// yes.
func refusedByHuman(run resource.Run, tool string) bool {
	refused := false
	for _, s := range run.Steps {
		if s.Tool == nil || s.Tool.Tool != tool {
			continue
		}
		d := s.Tool.Decision
		if d.State == resource.DecisionApproved {
			return false
		}
		refused = refused || d.Check == guard.CheckApproval
	}
	return refused
}

// fallbacks answer calls that the run did not make, of the tools that change
// something.
func fallbacks(m *resource.Manifest, calls []resource.ToolStep) []blueprint.Fixture {
	var names []string
	if m != nil {
		for _, t := range m.Blueprint.Spec.Tools {
			if t.Intent != blueprint.IntentRead {
				names = append(names, t.Name)
			}
		}
	} else {
		for _, c := range calls {
			if c.IsError && !slices.Contains(names, c.Tool) {
				names = append(names, c.Tool)
			}
		}
	}
	out := make([]blueprint.Fixture, len(names))
	for i, n := range names {
		out[i] = blueprint.Fixture{Tool: n, Result: writtenAnswer(m, n)}
		for _, c := range calls {
			if c.Tool == n && !c.IsError {
				out[i].Result = fixtureResult(c.Result)
			}
		}
	}
	return out
}

// writtenAnswer is the first good answer of a tool in the version's scenarios.
func writtenAnswer(m *resource.Manifest, tool string) any {
	if m != nil {
		for _, suite := range m.Blueprint.Spec.Evaluation.Suites {
			list, _ := suite.Expand() // what cannot be expanded has no answers
			for _, sc := range list {
				for _, f := range sc.Fixtures {
					if f.Tool == tool && f.Error == "" && f.Result != nil {
						return f.Result
					}
				}
			}
		}
	}
	return neutral
}
