package folder

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Pipeline is a declared pipeline.
type Pipeline struct {
	Declared
	Spec blueprint.Pipeline
}

// Pipelines says what applying does to pipelines: those that are declared, and
// those that the server has beside them and that retire picks. The built-in one is
// replaced by a declared one of its name and never retired.
func Pipelines(declared []Pipeline, have []resource.Pipeline, retire func(blueprint.PipelineMetadata) bool) ([]Item, error) {
	var out []Item
	names := map[string]bool{}
	for _, d := range declared {
		names[d.Name] = true
		i := Item{Kind: blueprint.KindPipeline, Name: d.Name, File: d.File, Action: Create}
		at := slices.IndexFunc(have, func(p resource.Pipeline) bool { return p.Name == d.Name && !p.BuiltIn })
		if at >= 0 {
			same, err := same(have[at].Spec, d.Spec)
			if err != nil {
				return nil, err
			}
			if i.Action = Change; same {
				i.Action = Keep
			}
		}
		out = append(out, i)
	}
	for _, p := range have {
		if !p.BuiltIn && !names[p.Name] && retire(p.Spec.Metadata) {
			out = append(out, Item{Kind: blueprint.KindPipeline, Name: p.Name, Action: Retire})
		}
	}
	return out, nil
}

// same reports whether two pipelines say the same, also of themselves.
func same(a, b blueprint.Pipeline) (bool, error) {
	x, err := blueprint.Digest(a)
	if err != nil {
		return false, err
	}
	y, err := blueprint.Digest(b)
	return x == y, err
}
