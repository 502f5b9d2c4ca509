package control

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Drift asks the servers of every version of an agent that serves for their tools
// and compares them with what the versions have pinned. The guard lets a changed
// tool be called no more, so drift is an outage that is about to happen, or has.
// It writes nothing. Developer or operator.
func (c *Control) Drift(ctx context.Context, p Principal, agent string) (resource.AgentDrift, error) {
	out := resource.AgentDrift{Agent: agent, Tools: []resource.ToolDrift{}}
	if err := need(p, resource.RoleDeveloper, resource.RoleOperator); err != nil {
		return out, err
	}
	versions, places := map[string]resource.Version{}, map[string][]string{}
	err := c.view(ctx, func(r Reader) error {
		s, err := summary(r, agent)
		if err != nil {
			return err
		}
		for _, d := range s.Deployments {
			for _, digest := range []string{d.Stable, d.Candidate} {
				if digest == "" || d.Stopped {
					continue
				}
				if versions[digest], err = r.VersionByDigest(agent, digest); err != nil {
					return err
				}
				places[digest] = append(places[digest], d.Environment)
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	for _, v := range slices.SortedFunc(maps.Values(versions), func(a, b resource.Version) int { return cmp.Compare(a.Number, b.Number) }) {
		found, err := c.toolDrift(ctx, v)
		if err != nil {
			return out, err
		}
		for _, d := range found {
			d.Environments, d.Version = places[v.Digest], v.Name
			out.Tools = append(out.Tools, d)
		}
	}
	return out, nil
}

// toolDrift compares each server of a version with its pins; one that does not
// answer, or lacks a tool, does not hide the others.
func (c *Control) toolDrift(ctx context.Context, v resource.Version) ([]resource.ToolDrift, error) {
	var out []resource.ToolDrift
	for _, s := range v.Manifest.Blueprint.Spec.Servers {
		one := v.Manifest.Blueprint
		one.Spec.Servers = []blueprint.Server{s}
		one.Spec.Tools = slices.DeleteFunc(slices.Clone(one.Spec.Tools), func(t blueprint.Tool) bool { return t.Server != s.Name })
		live, err := c.cfg.Adapters.Discover(ctx, &one)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			out = append(out, resource.ToolDrift{Server: s.Name, Kind: "unreachable", Message: sentenceOf(err)})
			continue
		}
		for _, a := range v.Manifest.Adapters {
			if a.Server == s.Name && len(live) == 1 {
				out = append(out, pinDrift(a, live[0])...)
			}
		}
	}
	return out, nil
}

// pinDrift compares a server's tools with the pinned ones, by name.
func pinDrift(pinned, live resource.Adapter) []resource.ToolDrift {
	now := map[string]resource.ToolPin{}
	for _, t := range live.Tools {
		now[t.Name] = t
	}
	var out []resource.ToolDrift
	for _, was := range pinned.Tools {
		is, ok := now[was.Name]
		if ok && is.Digest == was.Digest {
			continue
		}
		d := resource.ToolDrift{Server: pinned.Server, Tool: was.Name, Kind: "gone", Message: "the server does not offer it any more"}
		if ok {
			d.Kind, d.Message = changedPart(was, is)
		}
		out = append(out, d)
	}
	return out
}

// changedPart says what of a tool changed, the weightiest first.
func changedPart(was, is resource.ToolPin) (kind, message string) {
	for _, part := range []struct {
		kind, message string
		was, is       any
	}{
		{"input", "its input schema changed", was.InputSchema, is.InputSchema},
		{"output", "its output schema changed", was.OutputSchema, is.OutputSchema},
		{"annotations", "what it says of its effects changed", was.Annotations, is.Annotations},
	} {
		a, errA := blueprint.Digest(part.was)
		b, errB := blueprint.Digest(part.is)
		if errA != nil || errB != nil || a != b {
			return part.kind, part.message
		}
	}
	return "description", "its description changed, which the model reads"
}
