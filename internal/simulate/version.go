package simulate

import (
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// Version is a version that is ready to be simulated: its guard, CRV chain and
// success criteria compiled once, as they are live. Safe for concurrent use.
type Version struct {
	manifest *resource.Manifest
	digest   string
	guard    *guard.Compiled
	chain    *crv.Chain
	inputs   map[string]*crv.CompiledSchema
	success  *crv.Criteria
	tools    map[string]blueprint.Tool
}

// Prepare compiles a version.
func Prepare(m *resource.Manifest, digest string) (*Version, error) {
	spec := &m.Blueprint.Spec
	v := &Version{manifest: m, digest: digest, tools: make(map[string]blueprint.Tool, len(spec.Tools))}
	for _, t := range spec.Tools {
		v.tools[t.Name] = t
	}
	var err error
	if v.guard, err = guard.Compile(m); err != nil {
		return nil, err
	}
	v.inputs = crv.CompileInputs(m)
	if v.chain, err = crv.Compile(spec.CRV, spec.Output); err != nil {
		return nil, err
	}
	if v.success, err = crv.CompileCriteria(spec.Success); err != nil {
		return nil, err
	}
	return v, nil
}

// Seed is the seed that a simulation asked for as seed uses: itself, or for 0
// the one of the blueprint's model.
func (v *Version) Seed(seed int64) int64 {
	if s := v.manifest.Blueprint.Spec.Model.Seed; seed == 0 && s != nil {
		return *s
	}
	return seed
}
