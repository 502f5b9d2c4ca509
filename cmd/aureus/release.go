package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newRelease(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "release", Short: "Start, watch and move releases",
		Long: "Start, watch and move releases. A version stands for its newest release.", Args: cobra.NoArgs}
	cmd.AddCommand(newReleaseStart(e), newReleaseList(e), newReleaseShow(e), newReleaseWait(e), newReleaseVerdict(e))
	for event, short := range map[string]string{
		"pause": "Hold a release; traffic stays as it is", "resume": "Go on with a paused release",
		"cancel": "Withdraw a release; a canary's traffic goes back at once", "promote": "Give a canary all traffic without its verdict",
		"rollback": "Roll a release back",
	} {
		cmd.AddCommand(newReleaseMove(e, event, short))
	}
	return cmd
}

// waitHelp says what waiting ends with.
const waitHelp = `Exit status: 0 promoted, 1 rolled back or cancelled, 3 rejected by a gate or an
approver, 4 waiting for approval, for the end of a freeze window, in preview, or
paused.`

func newReleaseStart(e *env) *cobra.Command {
	var req resource.ReleaseRequest
	var wait bool
	cmd := &cobra.Command{
		Use:   "start VERSION --env ENVIRONMENT",
		Short: "Start the release of a version into an environment",
		Long: `Start the release of a version into an environment. With --wait, follow it.
--hotfix goes without what the pipeline lets a hotfix skip, needs approvals of its
own, and is loud in the ledger.
` + waitHelp,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&req.Environment, "env", "", "environment of the agent's pipeline")
	cmd.Flags().BoolVar(&req.Hotfix, "hotfix", false, "go by the pipeline's hotfix path; needs --reason")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, for the record")
	cmd.Flags().BoolVar(&wait, "wait", false, "follow the release until it ends or waits for people")
	_ = cmd.MarkFlagRequired("env") // the flag is there
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		req.Version = args[0]
		rel, err := c.StartRelease(ctx, req)
		if err != nil {
			return err
		}
		return finishRelease(ctx, r, c, rel, wait)
	})
	return cmd
}

// releaseOf is the release that ref names: by its id, or the newest one of a
// version.
func releaseOf(ctx context.Context, c *client.Client, ref string) (resource.Release, error) {
	agent, _, isVersion := strings.Cut(ref, "@")
	if !isVersion {
		return c.Release(ctx, ref)
	}
	v, err := c.Version(ctx, ref)
	if err != nil {
		return resource.Release{}, err
	}
	for rel, err := range client.All(func(after string) (client.List[resource.Release], error) {
		return c.Releases(ctx, client.ReleaseFilter{Agent: agent}, client.Page{Limit: 1000, After: after})
	}) {
		if err != nil {
			return rel, err
		}
		if rel.Version == v.Number {
			return c.Release(ctx, rel.ID)
		}
	}
	return resource.Release{}, fault.New(fault.NotFound, "%s was never released; `aureus release start %s --env staging` begins", ref, ref)
}

func newReleaseWait(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "wait RELEASE|VERSION",
		Short: "Follow a release until it ends or waits for people",
		Long:  "Follow a release until it ends or waits for people.\n" + waitHelp,
		Args:  cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		rel, err := releaseOf(ctx, c, args[0])
		if err != nil {
			return err
		}
		return finishRelease(ctx, r, c, rel, true)
	})
	return cmd
}

// finishRelease follows rel when asked to, prints it, and says by the error how
// it stands.
func finishRelease(ctx context.Context, r *remote, c *client.Client, rel resource.Release, wait bool) (err error) {
	if wait {
		if rel, err = followRelease(ctx, r, c, rel); err != nil {
			return err
		}
	}
	if err := r.print(rel, func(w io.Writer) { printRelease(w, rel) }); err != nil || !wait {
		return err
	}
	return releaseEnd(rel)
}

// releaseEnd says by the error how a release stands that was followed.
func releaseEnd(rel resource.Release) error {
	switch rel.State {
	case resource.ReleasePromoted:
		return nil
	case resource.ReleaseRejected:
		return fault.New(fault.Blocked, "release %s was rejected: %s", rel.ID, rel.Reason)
	case resource.ReleaseAwaiting:
		return fault.New(fault.Waiting, "release %s waits for approval %s; an approver answers it with `aureus approve %s --reason TEXT`", rel.ID, rel.Approval, rel.Approval)
	case resource.ReleaseFrozen:
		return fault.New(fault.Waiting, "release %s is frozen until %s and goes on by itself", rel.ID, when(rel.FrozenUntil))
	case resource.ReleasePreview:
		return fault.New(fault.Waiting, "release %s can be tried by name; `aureus release promote %s --reason TEXT` gives it all traffic", rel.ID, rel.ID)
	case resource.ReleasePaused:
		return fault.New(fault.Waiting, "release %s is paused: %s", rel.ID, rel.Reason)
	}
	return fault.New(fault.Failed, "release %s ended %s: %s", rel.ID, rel.State, rel.Reason)
}

// waitingStates are where a release waits for people or for a time that can be far.
var waitingStates = []resource.ReleaseState{resource.ReleaseAwaiting, resource.ReleaseFrozen, resource.ReleasePreview, resource.ReleasePaused}

// followRelease returns when the release has ended or waits for people.
func followRelease(ctx context.Context, r *remote, c *client.Client, rel resource.Release) (resource.Release, error) {
	seen := resource.ReleaseState("")
	for {
		if rel.State != seen {
			seen = rel.State
			fmt.Fprintf(r.env.stderr, "%s %s\n", when(rel.UpdatedAt), stateLine(rel))
		}
		switch {
		case rel.State.Final(), slices.Contains(waitingStates, rel.State):
			return rel, nil
		}
		select {
		case <-ctx.Done():
			return rel, fault.New(fault.Failed, "stopped waiting; release %s goes on", rel.ID)
		case <-time.After(150 * time.Millisecond):
		}
		var err error
		if rel, err = c.Release(ctx, rel.ID); err != nil {
			return rel, err
		}
	}
}

func printRelease(w io.Writer, r resource.Release) {
	fmt.Fprintf(w, "%s  %s@v%d into %s: %s%s\n", r.ID, r.Agent, r.Version, r.Environment, r.State, marks(r))
	if r.Reason != "" {
		fmt.Fprintf(w, "  %s\n", r.Reason)
	}
	fmt.Fprintf(w, "  tier %s, approval %s, incident %s\n", r.Tier, dash(r.Approval), dash(r.Incident))
	if len(r.Gates) > 0 {
		table(w, "GATE VERDICT CODE EVIDENCE MESSAGE", func(row func(...any)) {
			for _, g := range r.Gates {
				row(g.Name, g.Verdict, dash(string(g.Code)), short(g.Evidence), g.Message)
			}
		})
	}
	if s := r.Shadow; s != nil {
		fmt.Fprintf(w, "shadow: %s; of %d copied runs the candidate alone failed %d, what serves alone %d, both %d; %d differ, %d could not be compared\n",
			s.Verdict, s.Runs, s.OnlyCopy, s.OnlyLive, s.Both, s.Differs, s.Skipped)
	}
	if c := r.Canary; c != nil {
		fmt.Fprintf(w, "canary: %d of %d runs failed, beside it %d of %d; E = %.3g, threshold %.0f\n",
			c.Canary.Failures, c.Canary.Runs, c.Control.Failures, c.Control.Runs, c.EHarm, 1/r.Plan.Alpha)
		printStreams(w, r.Plan, *c)
	}
}

// marks say what kind of release it is when it is no ordinary one: on the emergency
// path, or a drill.
func marks(r resource.Release) string {
	switch {
	case r.Drill:
		return " (drill)"
	case r.Stage.Hotfix != nil:
		return " (HOTFIX)"
	}
	return ""
}

func newReleaseList(e *env) *cobra.Command {
	var f client.ReleaseFilter
	cmd := &cobra.Command{Use: "list", Short: "List releases, newest first", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&f.Agent, "agent", "", "only of this agent")
	cmd.Flags().StringVar(&f.Environment, "env", "", "only into this environment")
	limit := limitFlag(cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		l, err := c.Releases(ctx, f, client.Page{Limit: *limit})
		if err == nil {
			err = listed(ctx, r, c, f.Agent, l)
		}
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "RELEASE VERSION ENVIRONMENT STATE TIER AT REASON", func(row func(...any)) {
				for _, x := range l.Items {
					row(x.ID, fmt.Sprintf("%s@v%d", x.Agent, x.Version), x.Environment, string(x.State)+marks(x), x.Tier, when(x.UpdatedAt), oneLine(x.Reason))
				}
			})
		})
	})
	return cmd
}

func newReleaseShow(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "show RELEASE|VERSION", Short: "Show a release with its gates and history", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		rel, err := releaseOf(ctx, c, args[0])
		if err != nil {
			return err
		}
		pairs, err := shadowPairs(ctx, c, rel)
		if err != nil {
			return err
		}
		progress, err := evaluationProgress(ctx, c, rel)
		if err != nil {
			return err
		}
		return r.print(rel, func(w io.Writer) {
			printRelease(w, rel)
			printEvaluationProgress(w, progress)
			printPairs(w, pairs)
			if rel.Canary == nil && rel.Baseline != "" && len(rel.Plan.Steps) > 0 && !rel.State.Final() {
				printForecast(w, canary.Forecast(rel.Plan))
			}
			table(w, "AT EVENT FROM TO BY REASON", func(row func(...any)) {
				for _, h := range rel.History {
					row(when(h.At), h.Event, h.From, h.To, h.Actor.Name, oneLine(h.Reason))
				}
			})
		})
	})
	return cmd
}

func newReleaseMove(e *env, event, about string) *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: event + " RELEASE|VERSION --reason TEXT", Short: about, Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	_ = cmd.MarkFlagRequired("reason") // the flag is there
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		rel, err := releaseOf(ctx, c, args[0])
		if err != nil {
			return err
		}
		if rel, err = c.MoveRelease(ctx, rel.ID, event, reason); err != nil {
			return err
		}
		return r.print(rel, func(w io.Writer) { printRelease(w, rel) })
	})
	return cmd
}

func newRollback(e *env) *cobra.Command {
	var environment, reason string
	var wait bool
	cmd := &cobra.Command{
		Use:   "rollback AGENT --reason TEXT",
		Short: "Take an environment back to its last verified snapshot",
		Long: `Take an environment back to its last verified snapshot; a version in canary
or soaking there is taken back first. The version goes into quarantine and an
incident is opened. With --wait, until the restored version is verified again.
Exit status 1 when nothing is left to serve: there was no verified version to
restore, or it failed its checks.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&environment, "env", "production", "environment")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the restored version is verified")
	_ = cmd.MarkFlagRequired("reason") // the flag is there
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		rel, err := c.Rollback(ctx, args[0], environment, reason)
		if err != nil {
			return err
		}
		if wait {
			if rel, err = followRelease(ctx, r, c, rel); err != nil {
				return err
			}
		}
		if err := r.print(rel, func(w io.Writer) { printRelease(w, rel) }); err != nil {
			return err
		}
		if wait || rel.RolledBackTo == "" {
			return rollbackEnd(rel, wait)
		}
		return nil
	})
	return cmd
}
