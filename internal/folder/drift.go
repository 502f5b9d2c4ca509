package folder

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// The kinds of drift.
const (
	DriftContent    = "content"    // the newest version is not what the folder says
	DriftServing    = "serving"    // what serves in an environment is not what the folder says
	DriftTools      = "tools"      // a tool is not what a serving version has pinned
	DriftPipeline   = "pipeline"   // a pipeline is not what the folder says
	DriftUndeclared = "undeclared" // it serves and is not in the folder
)

// Drift is one difference between a folder and what a server has.
type Drift struct {
	Kind        string `json:"kind"`
	Name        string `json:"name"` // of the agent or pipeline
	Environment string `json:"environment,omitempty"`
	Have        string `json:"have,omitempty"` // what is there
	Want        string `json:"want,omitempty"` // what the folder says
	Message     string `json:"message"`
	Fix         string `json:"fix,omitempty"`
}

// Compare finds the drift of a plan's things, of declared agents that the server
// would not register (why, by name), of what serves in the environments of each
// agent, by its name, and of the tools of what serves; sorted by name, kind and
// environment.
func Compare(plan Plan, agents []Agent, refused map[string]string, environments map[string][]string, tools []resource.AgentDrift) []Drift {
	out := []Drift{}
	for name, why := range refused {
		out = append(out, Drift{Kind: DriftContent, Name: name, Message: "the server would not register it: " + why, Fix: "mend the blueprint, or the tools that it needs"})
	}
	for _, i := range plan.Items {
		switch {
		case i.Action == Retire:
			out = append(out, Drift{Kind: DriftUndeclared, Name: i.Name, Have: i.Latest, Message: "it is not in the folder" + inPlaces(i.Serves),
				Fix: "add it to the folder, or retire it with `aureus apply --prune`"})
		case i.Kind == blueprint.KindPipeline && i.Action == Create:
			out = append(out, Drift{Kind: DriftPipeline, Name: i.Name, Message: "the server has no such pipeline", Fix: "aureus apply"})
		case i.Kind == blueprint.KindPipeline && i.Action == Change:
			out = append(out, Drift{Kind: DriftPipeline, Name: i.Name, Message: "the server's pipeline is not what the folder says", Fix: "aureus apply"})
		}
	}
	for _, a := range agents {
		out = append(out, content(a)...)
		for _, e := range environments[a.Name] {
			out = append(out, serves(a, e)...)
		}
	}
	for _, a := range tools {
		for _, t := range a.Tools {
			name := t.Server
			if t.Tool != "" {
				name += "/" + t.Tool
			}
			out = append(out, Drift{Kind: DriftTools, Name: a.Agent, Environment: strings.Join(t.Environments, " "), Have: t.Kind, Want: t.Version,
				Message: name + ": " + t.Message, Fix: "look at the change, and apply the folder again to pin it"})
		}
	}
	slices.SortStableFunc(out, func(a, b Drift) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Environment, b.Environment))
	})
	return out
}

func inPlaces(environments []string) string {
	if len(environments) == 0 {
		return ""
	}
	return " and serves in " + strings.Join(environments, ", ")
}

func content(a Agent) []Drift {
	p := a.Plan
	d := Drift{Kind: DriftContent, Name: a.Name, Have: p.Latest, Want: p.Version, Fix: "aureus apply"}
	switch {
	case p.Version != "" && p.Version == p.Latest:
		return nil
	case p.Latest == "":
		d.Message = "it was never registered"
	case p.SameBlueprint:
		return nil // its tools are the drift
	case p.Version == "":
		d.Message = "the newest version is not what the folder says"
	default:
		d.Message, d.Fix = p.Latest+" was pushed later, and not from the folder", "put it into the folder, or release "+p.Version+" again"
	}
	return []Drift{d}
}

func serves(a Agent, environment string) []Drift {
	d := Drift{Kind: DriftServing, Name: a.Name, Environment: environment, Want: a.Plan.Version,
		Fix: fmt.Sprintf("aureus apply --release %s, or put what serves into the folder", environment)}
	i := slices.IndexFunc(a.Plan.Serving, func(s resource.ServingPlan) bool { return s.Environment == environment })
	if i < 0 || a.Plan.Serving[i].Digest == "" {
		d.Message = "nothing of it serves"
		if i >= 0 && a.Plan.Serving[i].Release != "" {
			return nil
		}
		return []Drift{d}
	}
	s := a.Plan.Serving[i]
	d.Have = s.Version
	switch {
	case s.Same, s.Release != "", s.SameBlueprint && !s.Stopped && a.Plan.Version == "": // its tools are the drift
		return nil
	case s.Stopped:
		d.Message = "it is stopped"
	default:
		d.Message = s.Version + " serves, which is not what the folder says"
	}
	return []Drift{d}
}
