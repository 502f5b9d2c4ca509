package main

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newWaiver(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "waiver", Short: "Let a version pass a gate for a while", Long: `Let releases of one version pass one gate of an environment for a while. A waiver
holds once somebody else has approved it, and says so in the gate. Signature,
order and quarantine can never be waived.`, Args: cobra.NoArgs}
	cmd.AddCommand(newWaiverRequest(e), newWaiverList(e), newWaiverRevoke(e))
	return cmd
}

func newWaiverRequest(e *env) *cobra.Command {
	var req resource.WaiverRequest
	var ttl time.Duration
	cmd := &cobra.Command{
		Use:   "request VERSION --env ENVIRONMENT --gate GATE --reason TEXT",
		Short: "Ask for a waiver; somebody else approves it",
		Args:  cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&req.Environment, "env", "", "environment")
	cmd.Flags().StringVar(&req.Gate, "gate", "", "gate")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, for the record")
	cmd.Flags().DurationVar(&ttl, "ttl", 24*time.Hour, "how long it holds, at most 720h")
	for _, name := range []string{"env", "gate", "reason"} {
		_ = cmd.MarkFlagRequired(name) // the flag is there
	}
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		req.Version, req.TTLSeconds = args[0], int64(ttl.Seconds())
		w, err := c.RequestWaiver(ctx, req)
		if err != nil {
			return err
		}
		return r.print(w, func(out io.Writer) {
			say(out, "%s: %s\n  an approver answers it with `aureus approve %s --reason TEXT`\n", w.ID, w.State, w.Approval)
		})
	})
	return cmd
}

func newWaiverList(e *env) *cobra.Command {
	var f client.WaiverFilter
	cmd := &cobra.Command{Use: "list", Short: "List waivers, newest first", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&f.Agent, "agent", "", "only of this agent")
	cmd.Flags().StringVar(&f.State, "state", "", "only in this state: requested, approved, denied or revoked")
	limit := limitFlag(cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		l, err := c.Waivers(ctx, f, client.Page{Limit: *limit})
		if err == nil {
			err = listed(ctx, r, c, f.Agent, l)
		}
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "WAIVER AGENT VERSION ENVIRONMENT GATE STATE UNTIL BY REASON", func(row func(...any)) {
				for _, x := range l.Items {
					row(x.ID, x.Agent, short(x.Digest), x.Environment, x.Gate, x.State, when(x.ExpiresAt), x.CreatedBy.Name, oneLine(x.Reason))
				}
			})
		})
	})
	return cmd
}

func newWaiverRevoke(e *env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "revoke WAIVER --reason TEXT", Short: "End a waiver: no gate passes by it any more", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	_ = cmd.MarkFlagRequired("reason") // the flag is there
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		w, err := c.RevokeWaiver(ctx, args[0], reason)
		if err != nil {
			return err
		}
		return r.print(w, func(out io.Writer) { say(out, "%s: %s\n", w.ID, w.State) })
	})
	return cmd
}

func newEvidenceAdd(e *env) *cobra.Command {
	var req resource.ExternalEvidenceRequest
	var verdict, report string
	cmd := &cobra.Command{
		Use:   "add VERSION --kind GATE --verdict pass|block --report FILE",
		Short: "Submit somebody else's verdict on a version; the server signs it",
		Long: `Submit somebody else's verdict on a version (a penetration test, a legal review).
The server signs it as evidence about the version's digest, and the external gate
of that name reads it. --report is a file that people can read later: JSON, or
text; - is stdin.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&req.Kind, "kind", "", "the gate's name")
	cmd.Flags().StringVar(&verdict, "verdict", "", "pass or block")
	cmd.Flags().StringVar(&report, "report", "", "file with what was found")
	cmd.Flags().StringVar(&req.Environment, "env", "", "only for releases into this environment (default: every one)")
	for _, name := range []string{"kind", "verdict", "report"} {
		_ = cmd.MarkFlagRequired(name) // the flag is there
	}
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		data, err := readText(e, report)
		if err != nil {
			return err
		}
		if len(data) == 0 {
			return fault.New(fault.Invalid, "%s is empty; write down what was found", report)
		}
		req.Verdict = resource.Verdict(verdict)
		if err := json.Unmarshal(data, &req.Report); err != nil {
			req.Report = string(data)
		}
		ev, err := c.AddEvidence(ctx, args[0], req)
		if err != nil {
			return err
		}
		return r.print(ev, func(w io.Writer) { say(w, "%s: %s %s (%s)\n", ev.ID, ev.Kind, ev.Verdict, short(ev.Digest)) })
	})
	return cmd
}
