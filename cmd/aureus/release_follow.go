package main

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

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

// followRelease returns when the release has ended or waits for people.
func followRelease(ctx context.Context, r *remote, c *client.Client, rel resource.Release) (resource.Release, error) {
	seen := resource.ReleaseState("")
	for {
		if rel.State != seen {
			seen = rel.State
			say(r.env.stderr, "%s %s\n", when(rel.UpdatedAt), stateLine(rel))
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
