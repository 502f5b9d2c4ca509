package control

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// The contracts that a version was made for. A change of meaning gets a new name.
const (
	EngineContract = "aureus-run/v1"
	GuardContract  = "aureus-guard/v1"
)

// Manifest puts together the content of a version and its digest. Pure.
func Manifest(a *blueprint.Agent, adapters []resource.Adapter) (*resource.Manifest, string, error) {
	adapters = slices.Clone(adapters)
	slices.SortFunc(adapters, func(x, y resource.Adapter) int { return cmp.Compare(x.Server, y.Server) })
	m := &resource.Manifest{
		APIVersion: blueprint.APIVersion,
		Kind:       resource.KindVersion,
		Blueprint:  *a,
		Adapters:   adapters,
		Policies:   resource.PolicyConfig{BuiltIn: guard.BuiltInDigest(), Digest: guard.PolicyDigest(a)},
		Runtime:    resource.Runtime{Engine: EngineContract, Guard: GuardContract},
	}
	if m.Adapters == nil {
		m.Adapters = []resource.Adapter{}
	}
	digest, err := blueprint.Digest(m)
	return m, digest, err
}
