package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/folder"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// driftOptions is what `aureus drift` is told.
type driftOptions struct {
	files, environments []string
	scope               scopeOfFolder
	retry               time.Duration
	noTools             bool
}

func newDrift(e *env) *cobra.Command {
	var o driftOptions
	cmd := &cobra.Command{
		Use:   "drift -f DIR",
		Short: "Compare what a server has and serves with a folder of blueprints",
		Long: `Compare what the server has and serves with what a folder says, and the tools that
serving versions have pinned with what their servers offer now. It changes nothing.
Drift of kind content: the newest version is not the folder's; serving: something
else serves in an environment, or nothing; tools: a tool changed, is gone, or its
server does not answer; undeclared, with --owner, --selector or --all: an agent
serves that is not in the folder; pipeline: it is another, or is missing. A release
on its way is no drift. Policies and suites of the folder that no blueprint names are
told on stderr.
Exit status 0 when there is none, 7 when there is.
-o json prints [{"kind","name","environment","have","want","message","fix"}].`,
		Args: cobra.NoArgs,
	}
	r := remoteFlags(e, cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&o.files, "filename", "f", nil, "folder or file; can be given several times")
	f.StringArrayVar(&o.environments, "env", nil, "only in this environment; can be given several times (default: in all)")
	f.BoolVar(&o.noTools, "no-tools", false, "do not ask the tools' servers")
	f.DurationVar(&o.retry, "retry", 30*time.Second, "how long to try again while no server answers")
	o.scope.flags(cmd)
	_ = cmd.MarkFlagRequired("filename") // the flag is there
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return drift(cmd.Context(), e, r, o) }
	return cmd
}

func drift(ctx context.Context, e *env, r *remote, o driftOptions) error {
	c, err := r.client()
	if err != nil {
		return err
	}
	run := &folderRun{ciRun: &ciRun{e: e, o: ciOptions{retry: o.retry}, c: c, base: r.server}, scope: o.scope}
	if err := run.read(o.files); err != nil {
		return err
	}
	unused, err := run.unused(o.files)
	if err != nil {
		return err
	}
	run.tellUnused(unused)
	found, err := run.drift(ctx, o)
	if err != nil {
		return err
	}
	if err := r.print(found, func(w io.Writer) { printDrift(w, found) }); err != nil {
		return err
	}
	if len(found) > 0 {
		return exitError{fault.New(fault.Conflict, "%d differences between the folder and the server", len(found)), fault.ExitDiffers}
	}
	return nil
}

func (r *folderRun) drift(ctx context.Context, o driftOptions) ([]folder.Drift, error) {
	agents, refused, err := r.plans(ctx)
	if err != nil {
		return nil, err
	}
	var others []resource.AgentSummary
	if r.scope.given() {
		if others, err = r.undeclared(ctx); err != nil {
			return nil, err
		}
	}
	pls, err := r.serverPipelines(ctx)
	if err != nil {
		return nil, err
	}
	environments, err := environmentsOf(pls, agents, o.environments)
	if err != nil {
		return nil, err
	}
	pipelines, err := r.planPipelines(ctx, r.scope.given())
	if err != nil {
		return nil, err
	}
	tools, err := r.toolsOf(ctx, agents, refused, o.noTools)
	if err != nil {
		return nil, err
	}
	return folder.Compare(folder.Make(pipelines, agents, "", others), agents, refusals(refused), environments, tools), nil
}

// refusals says why the server would not register agents, by name.
func refusals(refused map[string]*client.Error) map[string]string {
	out := map[string]string{}
	for name, e := range refused {
		out[name] = e.Detail
	}
	return out
}

// toolsOf is the drift of the tools of every declared agent that is registered.
func (r *folderRun) toolsOf(ctx context.Context, agents []folder.Agent, refused map[string]*client.Error, none bool) ([]resource.AgentDrift, error) {
	if none {
		return nil, nil
	}
	names := slices.Collect(maps.Keys(refused))
	for _, a := range agents {
		if a.Plan.Latest != "" {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	var out []resource.AgentDrift
	for _, name := range names {
		d, err := retry(ctx, r.ciRun, func() (resource.AgentDrift, error) { return r.c.Drift(ctx, name) })
		if e, ok := errors.AsType[*client.Error](err); ok && e.Code == client.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// environmentsOf are the environments of each agent's pipeline, of those that were
// asked for.
func environmentsOf(pls []resource.Pipeline, agents []folder.Agent, asked []string) (map[string][]string, error) {
	var all []string
	for _, e := range pipeline.Environments(pls) {
		all = append(all, e.Name)
	}
	for _, name := range asked {
		if !slices.Contains(all, name) {
			return nil, fault.New(fault.Invalid, "there is no environment %q; the environments are %v", name, all)
		}
	}
	out := map[string][]string{}
	for _, a := range agents {
		for _, name := range pipeline.Names(pipeline.For(pls, a.Name, a.Owner)) {
			if len(asked) == 0 || slices.Contains(asked, name) {
				out[a.Name] = append(out[a.Name], name)
			}
		}
	}
	return out, nil
}

func printDrift(w io.Writer, found []folder.Drift) {
	if len(found) == 0 {
		fmt.Fprintln(w, "no drift")
		return
	}
	table(w, "DRIFT NAME ENVIRONMENT HAVE WANT WHAT", func(row func(...any)) {
		for _, d := range found {
			row(d.Kind, d.Name, dash(d.Environment), dash(d.Have), dash(d.Want), cut(ci.Plain(d.Message), 160))
		}
	})
}
