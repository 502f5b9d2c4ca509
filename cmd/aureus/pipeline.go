package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

func newPipeline(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "pipeline", Short: "Say how versions go out: environments, gates, approvals, rollouts",
		Long: `Say how versions go out: the environments in their order and, for each, gates,
approvals, rollout, soak, freeze windows. An agent uses the pipeline that names
it, else the one that names its owner, else the one named default, which is built
in until another one of that name is put.`, Args: cobra.NoArgs}
	cmd.AddCommand(newPipelineValidate(e), newPipelinePut(e), newPipelineList(e), newPipelineShow(e), newPipelineDelete(e))
	return cmd
}

func newPipelineValidate(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE",
		Short: "Check a pipeline offline: form, gates, approvals, freeze windows, weights",
		Long: `Check a pipeline offline: its form, gates that exist, approval rules, recurrence
rules and time zones, rollouts, the hotfix path. FILE - is stdin. Exit status 0
when it can be put, 2 when it cannot.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := readPipeline(e, args[0])
			if err != nil {
				return err
			}
			say(e.stdout, "%s can be put: %s\n", p.Metadata.Name, strings.Join(pipeline.Names(resource.Pipeline{Spec: *p}), ", "))
			return nil
		},
	}
}

// readPipeline reads and checks a pipeline's file. What is wrong comes with its
// places.
func readPipeline(e *env, file string) (*blueprint.Pipeline, error) {
	data, err := readText(e, file)
	if err != nil {
		return nil, err
	}
	p, src, err := blueprint.ParsePipelineSource(file, data, blueprint.Options{})
	if err != nil {
		return nil, err
	}
	problems := pipeline.Check(p)
	if len(problems) == 0 {
		return p, nil
	}
	for i, d := range problems {
		at := src.Position(d.Path)
		problems[i].File, problems[i].Line, problems[i].Column = at.File, at.Line, at.Column
	}
	return nil, fault.New(fault.Invalid, "%s cannot be used: %d problem(s)", file, len(problems)).With(problems...)
}

// readText reads a file, or stdin for -, within the limit of a blueprint.
func readText(e *env, file string) ([]byte, error) {
	if file == "-" {
		return blueprint.Read(e.stdin, "stdin")
	}
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(fault.Invalid, "there is no file %s", file)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s cannot be opened", file)
	}
	defer func() { _ = f.Close() }()
	return blueprint.Read(f, file)
}

func newPipelinePut(e *env) *cobra.Command {
	var revision int64
	cmd := &cobra.Command{
		Use:   "put FILE",
		Short: "Put a pipeline, or a new revision of one",
		Long: `Put a pipeline, or a new revision of one. Releases under way keep the stage that
they began with. The same content again changes nothing.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().Int64Var(&revision, "revision", 0, "the revision that this one changes, as pipeline show has it: refuse when somebody changed it meanwhile (default: whatever is there)")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		p, err := readPipeline(e, args[0])
		if err != nil {
			return err
		}
		out, err := c.PutPipeline(ctx, *p, revision)
		if err != nil {
			return err
		}
		return r.print(out, func(w io.Writer) {
			say(w, "%s is at revision %d (%s)\n", out.Name, out.Revision, short(out.Digest))
		})
	})
	return cmd
}

func newPipelineList(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List pipelines", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		l, err := c.Pipelines(ctx)
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "PIPELINE REVISION ENVIRONMENTS AGENTS OWNERS BY", func(row func(...any)) {
				for _, p := range l.Items {
					row(p.Name, p.Revision, strings.Join(pipeline.Names(p), ","), dash(strings.Join(p.Spec.Spec.Agents, ",")),
						dash(strings.Join(p.Spec.Spec.Owners, ",")), p.UpdatedBy.Name)
				}
			})
		})
	})
	return cmd
}

func newPipelineShow(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a pipeline with its defaults filled in",
		Long: `Show a pipeline, each environment with its defaults filled in. -o json prints the
stored record; its field "pipeline" is what ` + "`aureus pipeline put`" + ` takes.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		p, err := c.Pipeline(ctx, args[0])
		if err != nil {
			return err
		}
		return r.print(p, func(w io.Writer) { printPipeline(w, p) })
	})
	return cmd
}

func newPipelineDelete(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a pipeline that nothing needs",
		Long: `Delete a pipeline. Its agents go by the default one from then on. Refused while a
release goes by it, or while something serves in an environment that no other
pipeline has.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	_ = cmd.Flags().MarkHidden("output") // nothing comes back
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		if err := c.DeletePipeline(ctx, args[0]); err != nil {
			return err
		}
		if r.output == "text" {
			say(e.stdout, "pipeline %s is deleted\n", args[0])
		}
		return nil
	})
	return cmd
}
