package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
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

// waitingStates are where a release waits for people or for a time that can be far.
var waitingStates = []resource.ReleaseState{resource.ReleaseAwaiting, resource.ReleaseFrozen, resource.ReleasePreview, resource.ReleasePaused}

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
