package main

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

// asRecorded names the opponent that is no guard.
const asRecorded = "recorded"

// opponent is the set that candidate is held against.
func (f backtestFlags) opponent(ctx context.Context, e *env, r *remote, candidate string) (set, error) {
	none := set{name: "as recorded"}
	switch {
	case f.against == asRecorded:
		return none, nil
	case f.against != "":
		return policySet(ctx, e, r, f.against, nil)
	case e.getenv("AUREUS_TOKEN") == "":
		return none, nil
	}
	agent := f.agent
	if agent == "" {
		name, err := agentOf(e, candidate)
		if err != nil {
			return none, err
		}
		agent = name
	}
	c, err := r.client()
	if err != nil {
		return none, err
	}
	s, err := servingSet(ctx, c, agent, f.env)
	if fault.Is(err, fault.NotFound) {
		return none, nil
	}
	return s, err
}

// agentOf is the agent's name in a reference or a file.
func agentOf(e *env, ref string) (string, error) {
	if !isFile(ref) {
		agent, _, _ := strings.Cut(ref, "@")
		return agent, nil
	}
	if ref == "-" {
		return "", fault.New(fault.Invalid, "name the other guard with --against when the blueprint comes from stdin")
	}
	a, _, err := readBlueprint(e, ref)
	if err != nil {
		return "", err
	}
	return a.Metadata.Name, nil
}

// numbered is what names a version; anything else behind an @ is an environment.
var numbered = regexp.MustCompile(`^(v[0-9]+|sha256:.*)$`)

// policySet compiles a blueprint file, AGENT@VERSION, or what serves as
// AGENT@ENVIRONMENT. A file's tools are taken as the known version pinned them.
func policySet(ctx context.Context, e *env, r *remote, ref string, known *resource.Manifest) (set, error) {
	if isFile(ref) {
		return fileSet(e, ref, known)
	}
	c, err := r.client()
	if err != nil {
		return set{}, err
	}
	if agent, at, ok := strings.Cut(ref, "@"); ok && !numbered.MatchString(at) {
		return servingSet(ctx, c, agent, at)
	}
	return versionSet(ctx, c, ref, ref)
}

func fileSet(e *env, file string, known *resource.Manifest) (set, error) {
	a, src, err := readBlueprint(e, file)
	if err != nil {
		return set{}, err
	}
	if r := control.Validate(a, src); !r.Passed {
		return set{}, notValid(fault.Blocked, file, r)
	}
	m := &resource.Manifest{Blueprint: *a}
	if known != nil {
		m.Adapters = known.Adapters
	}
	g, err := guard.Compile(m)
	if err != nil {
		return set{}, err
	}
	return set{name: file, guard: g, manifest: m}, nil
}

// servingSet is what serves new sessions of an agent in an environment;
// fault.NotFound when nothing does.
func servingSet(ctx context.Context, c *client.Client, agent, env string) (set, error) {
	list, err := c.Deployments(ctx, agent)
	if err != nil {
		return set{}, remoteFault(err)
	}
	for _, d := range list.Items {
		if d.Environment == env && d.Stable != "" {
			return versionSet(ctx, c, d.Stable, agent+"@"+env)
		}
	}
	return set{}, fault.New(fault.NotFound, "no version of %s serves in %s; `aureus agents` shows what serves where", agent, env)
}

func versionSet(ctx context.Context, c *client.Client, ref, name string) (set, error) {
	v, err := c.Version(ctx, ref)
	if err != nil {
		return set{}, remoteFault(err)
	}
	if v.Manifest == nil {
		return set{}, fault.New(fault.Upstream, "the server gave no content of %s", ref)
	}
	g, err := guard.Compile(v.Manifest)
	if err != nil {
		return set{}, err
	}
	return set{name: name, guard: g, manifest: v.Manifest}, nil
}

// remoteFault gives a server's problem its code here.
func remoteFault(err error) error {
	if f, ok := asFault(err); ok {
		return f
	}
	return err
}

// eachRun reads the runs, one at a time.
func (f backtestFlags) eachRun(ctx context.Context, e *env, r *remote, do func(recorded.Run) error) error {
	if f.runs != "" {
		in, err := openInput(e, f.runs)
		if err != nil {
			return err
		}
		defer in.Close()
		return recorded.Each(f.format, in, do)
	}
	c, err := r.client()
	if err != nil {
		return err
	}
	from := resource.Millis(time.Now().Add(-time.Duration(f.since)).UnixMilli())
	filter := client.RunFilter{Agent: f.agent, Environment: f.env, Mode: resource.RunMode(f.mode)}
	if filter.Mode == resource.RunRecorded {
		filter.Environment = "" // they ran in none of ours
	}
	n := 0
	for short, err := range client.All(func(after string) (client.List[resource.Run], error) {
		return c.Runs(ctx, filter, client.Page{Limit: 1000, After: after})
	}) {
		if err != nil {
			return err
		}
		if short.StartedAt != 0 && short.StartedAt < from {
			break // newest first
		}
		run, err := c.Run(ctx, short.ID)
		if err != nil {
			return err
		}
		if err := do(recorded.Run{Run: run}); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return fault.New(fault.NotFound, "%s has no %s run in %s in the last %s", f.agent, f.mode, f.env, &f.since)
	}
	return nil
}
