package control

import (
	"context"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// resolve finds the version that ref names: agent (its latest), agent@v3,
// agent@sha256:..., or sha256:... alone.
func resolve(r Reader, ref string) (resource.Version, error) {
	agent, at, has := strings.Cut(ref, "@")
	switch {
	case strings.HasPrefix(ref, "sha256:"):
		return named(r.VersionByDigest("", ref))(ref)
	case !has:
		return named(r.LatestVersion(agent))(ref)
	case strings.HasPrefix(at, "sha256:"):
		return named(r.VersionByDigest(agent, at))(ref)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(at, "v"))
	if err != nil || !strings.HasPrefix(at, "v") || n < 1 {
		return resource.Version{}, fault.New(fault.Invalid,
			"%q is not a version; write agent, agent@v3 or agent@sha256:...", ref)
	}
	return named(r.VersionByNumber(agent, n))(ref)
}

// named says which reference was not found.
func named(v resource.Version, err error) func(ref string) (resource.Version, error) {
	return func(ref string) (resource.Version, error) {
		if fault.Is(err, fault.NotFound) {
			return v, fault.New(fault.NotFound, "there is no version %q; `aureus versions AGENT` lists what is registered", ref)
		}
		return v, err
	}
}

// Version resolves a reference: agent (latest), agent@v3, agent@sha256:..., sha256:.... Viewer.
func (c *Control) Version(ctx context.Context, p Principal, ref string) (v resource.Version, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return v, err
	}
	err = c.view(ctx, func(r Reader) (err error) { v, err = resolve(r, ref); return err })
	return v, err
}

// Versions lists an agent's versions, newest first, without manifests. Viewer.
func (c *Control) Versions(ctx context.Context, p Principal, agent string, page Page) (vs []resource.Version, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { vs, err = r.Versions(agent, page); return err })
	return vs, err
}

// Diff is the capability delta from one version to another. Viewer.
func (c *Control) Diff(ctx context.Context, p Principal, from, to string) (d resource.Delta, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return d, err
	}
	err = c.view(ctx, func(r Reader) error {
		a, err := resolve(r, from)
		if err != nil {
			return err
		}
		b, err := resolve(r, to)
		if err != nil {
			return err
		}
		if a.Agent != b.Agent {
			return fault.New(fault.Invalid, "%s and %s are versions of different agents; compare two of one agent", a.Name, b.Name)
		}
		d = crv.Delta(a.Manifest, b.Manifest, a.Digest, b.Digest)
		return nil
	})
	return d, err
}

// Agents lists agents by name. Viewer.
func (c *Control) Agents(ctx context.Context, p Principal) (out []AgentSummary, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) error {
		names, err := r.Agents()
		if err != nil {
			return err
		}
		for _, n := range names {
			s, err := summary(r, n)
			if err != nil {
				return err
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// Agent is one agent. Viewer.
func (c *Control) Agent(ctx context.Context, p Principal, name string) (s AgentSummary, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return s, err
	}
	err = c.view(ctx, func(r Reader) (err error) { s, err = summary(r, name); return err })
	return s, err
}

func summary(r Reader, name string) (s AgentSummary, err error) {
	if s.Latest, err = r.LatestVersion(name); err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.New(fault.NotFound, "there is no agent %q; `aureus agents` lists those that are registered", name)
		}
		return s, err
	}
	meta := s.Latest.Manifest.Blueprint.Metadata
	s.Name, s.Owner, s.Description = name, meta.Owner, meta.Description
	s.Latest.Manifest = nil
	if s.Deployments, err = r.Deployments(name); err != nil {
		return s, err
	}
	if s.Releases, err = r.Releases(ReleaseFilter{Agent: name, States: movingStates}, Page{}); err != nil {
		return s, err
	}
	for _, state := range []string{incidentOpen, incidentMitigated} {
		list, err := r.Incidents(IncidentFilter{Agent: name, State: state}, Page{Limit: 1000})
		if err != nil {
			return s, err
		}
		s.Incidents += len(list)
	}
	return s, nil
}
