package folder

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Action is what applying does to one thing.
type Action string

// The actions.
const (
	Create Action = "create" // it is not there
	Change Action = "change" // what is there is another
	Keep   Action = "keep"   // it is there
	Retire Action = "retire" // it is not in the folder: an agent stops serving, a pipeline is deleted
)

// Declared is one thing of a folder.
type Declared struct {
	Kind, Name string
	File       string
	Line       int
}

// Item is what applying does to one thing.
type Item struct {
	Kind   string `json:"kind"` // Agent or Pipeline
	Name   string `json:"name"`
	File   string `json:"file,omitempty"`
	Action Action `json:"action"`
	// Of an agent: the version with the declared content ("" is not registered), the
	// newest one, and the delta from the newest one.
	Version string          `json:"version,omitempty"`
	Latest  string          `json:"latest,omitempty"`
	Digest  string          `json:"digest,omitempty"`
	Delta   *resource.Delta `json:"delta,omitempty"`
	Notes   []string        `json:"notes,omitempty"`
	// Release is the environment that a release is started into, "" for none.
	Release string `json:"release,omitempty"`
	// Serves are the environments that a retired agent serves in.
	Serves []string `json:"serves,omitempty"`
}

// Tier is the tier of the approval that the change will ask for.
func (i Item) Tier() blueprint.Tier {
	if i.Delta == nil {
		return ""
	}
	return i.Delta.Tier
}

// Plan is what applying a folder does, in the order in which it is done.
type Plan struct {
	Items   []Item `json:"items"`
	Create  int    `json:"create"`
	Change  int    `json:"change"`
	Keep    int    `json:"keep"`
	Retire  int    `json:"retire"`
	Release int    `json:"release"`
}

// Changes reports whether applying would do anything.
func (p Plan) Changes() bool { return p.Create+p.Change+p.Retire+p.Release > 0 }

// Agent is a declared agent with what the server says of it.
type Agent struct {
	Declared
	Owner string
	Plan  resource.PushPlan
}

// Make puts a plan together: pipelines come before agents, and what is retired
// comes last. release is an environment, "" starts no release; others are agents
// that are not in the folder and are to be retired.
func Make(pipelines []Item, agents []Agent, release string, others []resource.AgentSummary) Plan {
	var p Plan
	p.Items = append(p.Items, sorted(pipelines)...)
	var items, gone []Item
	for _, a := range agents {
		items = append(items, agentItem(a, release))
	}
	for _, o := range others {
		if serves := serving(o); len(serves) > 0 {
			gone = append(gone, Item{Kind: blueprint.KindAgent, Name: o.Name, Action: Retire, Latest: o.Latest.Name, Serves: serves})
		}
	}
	p.Items = append(append(p.Items, sorted(items)...), sorted(gone)...)
	// A pipeline that is deleted may be that of an agent that is retired before.
	slices.SortStableFunc(p.Items, func(a, b Item) int { return cmp.Compare(late(a), late(b)) })
	for _, i := range p.Items {
		switch i.Action {
		case Create:
			p.Create++
		case Change:
			p.Change++
		case Keep:
			p.Keep++
		case Retire:
			p.Retire++
		}
		if i.Release != "" {
			p.Release++
		}
	}
	return p
}

// late is when an item's turn comes: what is declared, then agents that go, then
// pipelines that go.
func late(i Item) int {
	switch {
	case i.Action != Retire:
		return 0
	case i.Kind == blueprint.KindAgent:
		return 1
	}
	return 2
}

func sorted(items []Item) []Item {
	return slices.SortedFunc(slices.Values(items), func(a, b Item) int { return cmp.Compare(a.Name, b.Name) })
}

func agentItem(a Agent, release string) Item {
	p := a.Plan
	i := Item{Kind: a.Kind, Name: a.Name, File: a.File, Version: p.Version, Latest: p.Latest, Digest: p.Digest, Delta: &p.Delta}
	switch {
	case p.Version != "":
		i.Action, i.Delta = Keep, nil
		if p.Version != p.Latest {
			i.Notes = append(i.Notes, p.Latest+" is newer and is not what the folder says")
		}
	case p.Latest == "":
		i.Action = Create
	default:
		i.Action = Change
		if p.SameBlueprint {
			i.Notes = append(i.Notes, "the blueprint is that of "+p.Latest+"; what its servers offer, or a built-in policy, has changed")
		}
	}
	if release != "" && !servesIn(p, release) {
		i.Release = release
	}
	return i
}

// servesIn reports whether the declared content serves in an environment, or is on
// its way there.
func servesIn(p resource.PushPlan, environment string) bool {
	return slices.ContainsFunc(p.Serving, func(s resource.ServingPlan) bool {
		return s.Environment == environment && (s.Same || s.Release != "")
	})
}

// serving are the environments that an agent serves in.
func serving(a resource.AgentSummary) []string {
	var out []string
	for _, d := range a.Deployments {
		if (d.Stable != "" || d.Candidate != "") && !d.Stopped {
			out = append(out, d.Environment)
		}
	}
	slices.Sort(out)
	return out
}
