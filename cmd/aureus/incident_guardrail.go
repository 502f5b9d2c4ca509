package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newIncidentGuardrail(e *env) *cobra.Command {
	var req resource.GuardrailRequest
	var scenario string
	cmd := &cobra.Command{
		Use:   "guardrail INCIDENT --version VERSION (--scenario NAME | --kind scenario|policy|crv --name NAME)",
		Short: "Prove what would have caught the bad version",
		Long: `Prove that something of a version would have caught the bad version, for each group
of the incident's failing runs that stands out, or for those of --group.

A scenario has to have the input of a recorded bad run of the group, to fail on the
bad version by the same cause, and to pass on the version that holds it; for further
groups scenarios of the version that were made of their runs are taken by themselves
(aureus incident regress makes one of each). A policy (by its id) or a CRV gate (by
its name) has to stop all recorded bad runs of the groups in a back-test. Either has
to let the newest successful runs of what serves pass.

With the root cause recorded the incident is resolved and the quarantine ends;
every later release of the agent replays the guardrail. Exit status 3 when the
proof does not hold.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	fl := cmd.Flags()
	fl.StringVar(&req.Version, "version", "", "version that holds it")
	fl.StringVar(&scenario, "scenario", "", "name of a scenario; short for --kind scenario --name NAME")
	fl.StringVar(&req.Kind, "kind", resource.GuardrailScenario, "scenario, policy or crv")
	fl.StringVar(&req.Name, "name", "", "name of the scenario or of the CRV gate, or id of the policy")
	fl.StringSliceVar(&req.Groups, "group", nil, "groups of failing runs that it is for (default those that stand out)")
	fl.IntVar(&req.GoodRuns, "good-runs", 0, "how many good runs are replayed (default 200 of at most 1000, with a scenario 20 of at most 200)")
	fl.Float64Var(&req.MinPass, "min-pass", 1, "share of the good runs that has to pass, 0.9 to 1")
	_ = cmd.MarkFlagRequired("version") // the flag is there
	cmd.MarkFlagsMutuallyExclusive("scenario", "name")
	cmd.MarkFlagsOneRequired("scenario", "name")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		if scenario != "" {
			if req.Kind != resource.GuardrailScenario {
				return fault.New(fault.Invalid, "--scenario names a scenario and --kind says %s; write --name NAME for it", req.Kind)
			}
			req.Name = scenario
		}
		if req.MinPass == 0 { // which the server takes for no word
			return fault.New(fault.Invalid, "--min-pass 0 is no share of good runs that has to pass; write 0.9 to 1")
		}
		in, err := c.ProveGuardrail(ctx, args[0], req)
		if err != nil {
			return err
		}
		return r.print(in, func(w io.Writer) { printIncident(w, in) })
	})
	return cmd
}

// regression is a scenario that was made of a group.
type regression struct {
	Group    string `json:"group"`
	Title    string `json:"title"`
	Run      string `json:"run"`
	Scenario string `json:"scenario"`
	Added    bool   `json:"added"` // false: the file had it
}

func newIncidentRegress(e *env) *cobra.Command {
	var into string
	var everyGroup bool
	cmd := &cobra.Command{
		Use:   "regress INCIDENT --into SUITE",
		Short: "Make a regression scenario of each group of failing runs",
		Long: `Make a regression scenario of the example run of each group of failing runs that
stands out, and add those that are not there yet to a suite file. The rest of the
file stays as it is, comments too. Name the file in the blueprint with
evaluation.suites[].file, push the mended version, and prove one with aureus
incident guardrail.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&into, "into", "", "suite file to add to, made when it is not there")
	cmd.Flags().BoolVar(&everyGroup, "all", false, "also of the groups that fail as often beside the version")
	_ = cmd.MarkFlagRequired("into") // the flag is there
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		rep, err := c.IncidentReport(ctx, args[0])
		if err != nil {
			return err
		}
		made := []regression{}
		for _, g := range rep.Groups {
			if !g.StandsOut && !everyGroup {
				continue
			}
			sc, err := c.Scenario(ctx, g.Example)
			if err != nil {
				return err
			}
			sc.Description = g.Title
			added, err := addScenario(into, sc)
			if err != nil {
				return err
			}
			made = append(made, regression{Group: g.ID, Title: g.Title, Run: g.Example, Scenario: sc.Name, Added: added})
		}
		if len(made) == 0 {
			return fault.New(fault.NotFound, "no group of failing runs of %s stands out; --all takes every one", args[0])
		}
		return r.print(made, func(w io.Writer) {
			for _, m := range made {
				what := "added to"
				if !m.Added {
					what = "is in"
				}
				say(w, "%q %s %s: %s\n", m.Scenario, what, into, m.Title)
			}
		})
	})
	return cmd
}

func newIncidentPostmortem(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "postmortem INCIDENT [-o FILE.md]",
		Short: "Write the postmortem of an incident as Markdown",
		Long: `Write the postmortem of an incident as Markdown: what happened, what it did, why,
what would have caught it, and the digests with which all of it can be checked. -o
FILE.md writes it to a file, which is replaced when it is there.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flag("output").Usage = "text, json, or a file that ends in .md"
	r.other = func(file string) bool { return strings.HasSuffix(file, ".md") }
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file := ""
		if strings.HasSuffix(r.output, ".md") {
			file, r.output = r.output, "text"
		}
		return r.with(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := c.Postmortem(ctx, args[0])
			if err != nil {
				return err
			}
			if file == "" {
				return r.print(p, func(w io.Writer) { fmt.Fprint(w, p.Markdown) })
			}
			if err := writeFileSync(file, []byte(p.Markdown)); err != nil {
				return err
			}
			say(e.stdout, "%s written\n", file)
			return nil
		})(cmd, args)
	}
	return cmd
}
