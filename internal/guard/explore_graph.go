package guard

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Graph is an automaton to draw: what a run can have become, and the calls that
// move it there.
type Graph struct {
	States []GraphState `json:"states"` // in the order in which a run reaches them
	Edges  []GraphEdge  `json:"edges"`
	// Collapsed says that states of one phase are drawn as one.
	Collapsed bool `json:"collapsed"`
}

// GraphState is one node.
type GraphState struct {
	ID    string `json:"id"`
	Phase string `json:"phase"`
	// Tainted and Confidentiality are not set in a collapsed graph.
	Tainted         bool           `json:"tainted"`
	Confidentiality blueprint.Zone `json:"confidentiality,omitempty"`
	Initial         bool           `json:"initial"`
	Final           bool           `json:"final"` // the run may end here
	// Denied are the tools of which no call runs here, not even with a human.
	Denied []string `json:"denied"`
}

// GraphEdge is calls of some tools that move a run, or leave it where it is.
type GraphEdge struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Decision is approved when some call of the tools runs without a human, pending
	// when every one asks.
	Decision resource.DecisionState `json:"decision"`
	Tools    []string               `json:"tools"` // sorted
}

// StateID is the id of the node in which a run with state s is, so that the path
// of a run can be drawn over the graph.
func (g Graph) StateID(s resource.GuardState) string {
	if g.Collapsed {
		return s.Phase
	}
	return strings.Join([]string{s.Phase, integrityName(s.Tainted), zoneName(rankOf(s))}, "/")
}

func integrityName(tainted bool) string {
	if tainted {
		return "tainted"
	}
	return "clean"
}

// Graph is the automaton of fresh runs. With more than most nodes, 0 for no
// bound, the states of a phase are drawn as one.
func (a *Automaton) Graph(most int) Graph {
	g := a.graph(false)
	if most > 0 && len(g.States) > most {
		g = a.graph(true)
	}
	return g
}

func (a *Automaton) graph(collapsed bool) Graph {
	g := Graph{Collapsed: collapsed, States: []GraphState{}, Edges: []GraphEdge{}}
	ids := make([]string, len(a.fresh.nodes))
	at := map[string]int{}
	for i, n := range a.fresh.nodes {
		live := resource.GuardState{Phase: a.x.phaseName(n.state), Tainted: n.state.tainted, Confidentiality: zoneName(int64(n.state.confidentiality))}
		ids[i] = g.StateID(live)
		if j, ok := at[ids[i]]; ok {
			g.States[j].Denied = both(g.States[j].Denied, a.denied(n.state))
			continue
		}
		s := GraphState{ID: ids[i], Phase: live.Phase, Initial: n.pred < 0, Final: len(a.c.final) == 0 || a.c.final[live.Phase], Denied: a.denied(n.state)}
		if !collapsed {
			s.Tainted, s.Confidentiality = live.Tainted, blueprint.Zone(live.Confidentiality)
		}
		at[s.ID] = len(g.States)
		g.States = append(g.States, s)
	}
	g.Edges = a.graphEdges(ids)
	return g
}

// denied are the tools of which no call runs in a state.
func (a *Automaton) denied(st absState) []string {
	out := []string{}
	for i, sp := range a.x.spaces {
		if auto, human := a.x.outlook(i, st).runs(nil, i); !auto && !human {
			out = append(out, sp.g.tool.Name)
		}
	}
	return out
}

// both is what is in two sorted lists.
func both(a, b []string) []string {
	return slices.DeleteFunc(a, func(s string) bool { _, ok := slices.BinarySearch(b, s); return !ok })
}

// graphEdges merges the moves between two nodes. What some state of a node lets
// run by itself is approved, also when another one of it asks.
func (a *Automaton) graphEdges(ids []string) []GraphEdge {
	type between struct{ from, to, tool string }
	auto := map[between]bool{}
	for _, e := range a.fresh.edges {
		k := between{ids[e.from], ids[e.to], a.x.spaces[e.space].g.tool.Name}
		auto[k] = auto[k] || e.auto
	}
	type line struct {
		from, to string
		decision resource.DecisionState
	}
	lines := map[line][]string{}
	for k, runs := range auto {
		l := line{k.from, k.to, resource.DecisionPending}
		if runs {
			l.decision = resource.DecisionApproved
		}
		lines[l] = append(lines[l], k.tool)
	}
	out := make([]GraphEdge, 0, len(lines))
	for l, tools := range lines {
		slices.Sort(tools)
		out = append(out, GraphEdge{From: l.from, To: l.to, Decision: l.decision, Tools: tools})
	}
	slices.SortFunc(out, func(p, q GraphEdge) int {
		return cmp.Or(cmp.Compare(p.From, q.From), cmp.Compare(p.To, q.To), cmp.Compare(p.Decision, q.Decision))
	})
	return out
}
