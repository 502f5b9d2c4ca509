package control

import (
	"context"
	"sync"

	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// Automaton is a version's guard, explored: the states that a run can be in, as
// far as policies look at them, and how calls move it from one to another.
type Automaton struct {
	Agent  string
	Number int
	Digest string
	Phases []string // of the workflow, in the blueprint's order; none without one
	guard.Graph
}

// maxGraph is how many states are told apart; a larger automaton is one of phases.
const maxGraph = 120

// maxExplored bounds the automata that are kept.
const maxExplored = 64

// explored keeps automata by version digest: a version never changes, and
// exploring a large one takes a second. It is safe for concurrent use.
type explored struct {
	mu    sync.Mutex
	known map[string]func() (guard.Graph, error)
	order []string // oldest first
}

// of is the graph of a version, explored once however many ask at a time.
func (e *explored) of(v resource.Version) (guard.Graph, error) {
	e.mu.Lock()
	once, ok := e.known[v.Digest]
	if !ok {
		once = sync.OnceValues(func() (guard.Graph, error) {
			g, err := guardOf(v)
			if err != nil {
				return guard.Graph{}, err
			}
			return g.Explore().Graph(maxGraph), nil
		})
		if e.known == nil {
			e.known = map[string]func() (guard.Graph, error){}
		}
		if len(e.order) == maxExplored {
			delete(e.known, e.order[0])
			e.order = e.order[1:]
		}
		e.known[v.Digest], e.order = once, append(e.order, v.Digest)
	}
	e.mu.Unlock()
	return once()
}

// Automaton explores the guard of a version: agent (latest), agent@v3,
// agent@sha256:.... fault.Verification when it was registered with other built-in
// policies than those that would decide now. Viewer.
func (c *Control) Automaton(ctx context.Context, p Principal, ref string) (Automaton, error) {
	v, err := c.Version(ctx, p, ref)
	if err != nil {
		return Automaton{}, err
	}
	a := Automaton{Agent: v.Agent, Number: v.Number, Digest: v.Digest}
	if a.Graph, err = c.explored.of(v); err != nil {
		return a, err
	}
	if w := v.Manifest.Blueprint.Spec.Workflow; w != nil {
		for _, ph := range w.Phases {
			a.Phases = append(a.Phases, ph.Name)
		}
	}
	return a, nil
}
