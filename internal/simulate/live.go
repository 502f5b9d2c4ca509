package simulate

import (
	"context"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Servers starts the real servers of a version for one scenario, in processes
// and a folder that nothing else uses. stop ends the processes and removes the
// folder. A server that does not come up is fault.Upstream or
// fault.Unavailable. It is safe for concurrent use.
type Servers interface {
	Start(ctx context.Context, m *resource.Manifest, digest string) (tools agentrun.Tools, stop func(), err error)
}

// startLive starts the servers of the case's live fixtures.
func (v *Version) startLive(ctx context.Context, c Case, servers Servers) (agentrun.Tools, func(), error) {
	var names []string
	for _, f := range c.fixtures {
		if f.live {
			names = append(names, f.tool)
		}
	}
	if len(names) == 0 {
		return nil, func() {}, nil
	}
	if servers == nil {
		return nil, nil, fault.New(fault.Invalid, "scenario %q asks real servers, and this simulation has none; run it with `aureus simulate`", c.Scenario.Name)
	}
	return servers.Start(ctx, only(v.manifest, names), v.digest)
}

// only is m with the tools of these names and their servers.
func only(m *resource.Manifest, names []string) *resource.Manifest {
	out := *m
	spec := &out.Blueprint.Spec
	spec.Tools = slices.DeleteFunc(slices.Clone(spec.Tools), func(t blueprint.Tool) bool { return !slices.Contains(names, t.Name) })
	used := func(server string) bool {
		return slices.ContainsFunc(spec.Tools, func(t blueprint.Tool) bool { return t.Server == server })
	}
	spec.Servers = slices.DeleteFunc(slices.Clone(spec.Servers), func(s blueprint.Server) bool { return !used(s.Name) })
	out.Adapters = slices.DeleteFunc(slices.Clone(out.Adapters), func(a resource.Adapter) bool { return !used(a.Server) })
	return &out
}
