package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// DefaultName is the name of the pipeline that serves every agent that no other
// one names.
const DefaultName = "default"

// BuiltIn is the pipeline named default as long as nobody has put another one:
// staging, then production with a canary, refusing a second release at once.
func BuiltIn() resource.Pipeline {
	p := blueprint.Pipeline{
		APIVersion: blueprint.APIVersion, Kind: blueprint.KindPipeline,
		Metadata: blueprint.PipelineMetadata{Name: DefaultName, Owner: "aureus", Description: "Staging, then production with a canary."},
		Spec: blueprint.PipelineSpec{
			Environments: []blueprint.Stage{
				{Name: "staging", Rollout: blueprint.Rollout{Strategy: blueprint.StrategyAllAtOnce}, Approvals: blueprint.DefaultApprovals(false)},
				{Name: "production", Rollout: blueprint.Rollout{Strategy: blueprint.StrategyCanary}, Approvals: blueprint.DefaultApprovals(true)},
			},
			Concurrency: blueprint.ConcurrencyRefuse,
		},
	}
	digest, err := blueprint.Digest(p.Spec)
	if err != nil {
		panic("pipeline: the built-in pipeline has no digest: " + err.Error()) // it is part of the program
	}
	return resource.Pipeline{Name: DefaultName, Digest: digest, Spec: p, BuiltIn: true, Revision: 1,
		UpdatedBy: resource.System}
}

// For picks the pipeline of an agent: one that names it, else one that names its
// owner, else the default one. all holds the stored pipelines.
func For(all []resource.Pipeline, agent, owner string) resource.Pipeline {
	byOwner, byDefault := -1, -1
	for i, p := range all {
		switch {
		case slices.Contains(p.Spec.Spec.Agents, agent):
			return p
		case byOwner < 0 && slices.Contains(p.Spec.Spec.Owners, owner):
			byOwner = i
		case p.Name == DefaultName:
			byDefault = i
		}
	}
	switch {
	case byOwner >= 0:
		return all[byOwner]
	case byDefault >= 0:
		return all[byDefault]
	}
	return BuiltIn()
}

// WithBuiltIn is all with the built-in pipeline when nobody put one of its name.
func WithBuiltIn(all []resource.Pipeline) []resource.Pipeline {
	if slices.ContainsFunc(all, func(p resource.Pipeline) bool { return p.Name == DefaultName }) {
		return all
	}
	return append([]resource.Pipeline{BuiltIn()}, all...)
}

// StageOf is the stage of p that a release into env goes through, with every
// default filled in. fault.Invalid when p has no such environment, or no way for
// the hotfix that is asked for.
func StageOf(p resource.Pipeline, env string, hotfix bool) (resource.ReleaseStage, error) {
	stages := p.Spec.Spec.Environments
	i := slices.IndexFunc(stages, func(s blueprint.Stage) bool { return s.Name == env })
	if i < 0 {
		return resource.ReleaseStage{}, fault.New(fault.Invalid, "there is no environment %q in the pipeline %s; its environments are %s", env, p.Name, strings.Join(Names(p), ", "))
	}
	rs := resource.ReleaseStage{Pipeline: p.Name, Digest: p.Digest, Stage: stages[i].Resolved(i == len(stages)-1)}
	if i > 0 {
		rs.After = stages[i-1].Name
	}
	if !hotfix {
		return rs, nil
	}
	if p.Spec.Spec.Hotfix == nil {
		return rs, fault.New(fault.Invalid, "the pipeline %s has no hotfix path; add spec.hotfix to it, or start an ordinary release", p.Name)
	}
	h := p.Spec.Spec.Hotfix.Resolved()
	rs.Hotfix = &h
	return rs, nil
}

// Next is the environment after env in p, "" when it is the last one.
func Next(p resource.Pipeline, env string) (blueprint.Stage, bool) {
	stages := p.Spec.Spec.Environments
	i := slices.IndexFunc(stages, func(s blueprint.Stage) bool { return s.Name == env })
	if i < 0 || i == len(stages)-1 {
		return blueprint.Stage{}, false
	}
	return stages[i+1], true
}

// Names are the environments of p in promotion order.
func Names(p resource.Pipeline) []string {
	var names []string
	for _, s := range p.Spec.Spec.Environments {
		names = append(names, s.Name)
	}
	return names
}

// Environments are those that any of the pipelines declares, in promotion order:
// by their latest place in any of them, then by name.
func Environments(all []resource.Pipeline) []resource.Environment {
	var out []resource.Environment
	for _, p := range all {
		for i, s := range p.Spec.Spec.Environments {
			at := slices.IndexFunc(out, func(e resource.Environment) bool { return e.Name == s.Name })
			if at < 0 {
				out = append(out, resource.Environment{Name: s.Name})
				at = len(out) - 1
			}
			out[at].Order = max(out[at].Order, i+1)
			out[at].Pipelines = append(out[at].Pipelines, p.Name)
		}
	}
	slices.SortFunc(out, func(a, b resource.Environment) int {
		if a.Order != b.Order {
			return a.Order - b.Order
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i := range out {
		slices.Sort(out[i].Pipelines)
	}
	return out
}

// Clash says which agent or owner two pipelines both name, "" when none.
func Clash(a, b blueprint.Pipeline) string {
	for _, n := range a.Spec.Agents {
		if slices.Contains(b.Spec.Agents, n) {
			return fmt.Sprintf("agent %q", n)
		}
	}
	for _, n := range a.Spec.Owners {
		if slices.Contains(b.Spec.Owners, n) {
			return fmt.Sprintf("owner %q", n)
		}
	}
	return ""
}
