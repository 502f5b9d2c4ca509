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

func newApprovals(e *env) *cobra.Command {
	var f client.ApprovalFilter
	var all bool
	cmd := &cobra.Command{Use: "approvals", Short: "List what waits for a person's answer", Args: cobra.NoArgs}
	cmd.AddCommand(newApprovalShow(e), newApprovalWithdraw(e))
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&f.Agent, "agent", "", "only of this agent")
	cmd.Flags().BoolVar(&all, "all", false, "also the answered ones")
	limit := limitFlag(cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		if !all {
			f.State = resource.ApprovalPending
		}
		l, err := c.Approvals(ctx, f, client.Page{Limit: *limit})
		if err == nil {
			err = listed(ctx, r, c, f.Agent, l)
		}
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "APPROVAL WHAT TIER QUORUM STATE UNTIL", func(row func(...any)) {
				for _, a := range l.Items {
					row(a.ID, a.Title, a.Tier, a.Quorum, a.State, when(a.ExpiresAt))
				}
			})
		})
	})
	return cmd
}

func newAnswer(e *env, approve bool) *cobra.Command {
	var reason, inNameOf string
	var wait bool
	var scope scopeFlags
	use, about := "approve", "Say yes to exactly what an approval request shows"
	if !approve {
		use, about = "deny", "Say no to an approval request"
	}
	cmd := &cobra.Command{
		Use:   use + " APPROVAL|RELEASE|VERSION --reason TEXT",
		Short: about,
		Long: about + `.

What is asked is printed first: the delta and the evidence of a release, or the
exact arguments of a tool call. The answer is bound to the digest of what was
shown; if that changed meanwhile, it is refused. Needs the role approver; who made
or asked for a change cannot answer. A release or a version names its one pending
request. Who may not answer alone answers in the name of the one person that delegated
it; --in-name-of says whose when there are several.` + scopeAbout(approve),
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	_ = cmd.MarkFlagRequired("reason") // the flag is there
	cmd.Flags().StringVar(&inNameOf, "in-name-of", "", "answer as the delegate of this person, when several delegated it; aureus delegation list says who")
	if approve {
		cmd.Flags().BoolVar(&wait, "wait", false, "then follow the release until it ends; exit status and -o json as of release wait")
		scope.add(cmd)
	}
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		allow, err := scope.read()
		if err != nil {
			return err
		}
		id, err := pendingApproval(ctx, c, args[0])
		if err != nil {
			return err
		}
		view, err := c.ViewApproval(ctx, id)
		if err != nil {
			return err
		}
		if r.output == "text" {
			printView(e.stdout, view)
			if view.Release != nil {
				if err := printInstructions(ctx, e.stdout, c, view.Release.Agent, view.Release.Delta); err != nil {
					return err
				}
			}
		}
		a, err := c.Decide(ctx, id, resource.DecideRequest{Token: view.Token, Approve: approve, Reason: reason, For: inNameOf, Scope: allow})
		if err != nil {
			return err
		}
		follow := wait && view.Release != nil && a.State != resource.ApprovalPending
		if !follow || r.output == "text" { // of what is followed, the release is the one document
			if err := r.print(a, func(w io.Writer) { printAnswered(w, a, approve, allow) }); err != nil {
				return err
			}
		}
		if a.State == resource.ApprovalPending {
			return fault.New(fault.Waiting, "%s", stillNeeded(a))
		}
		if follow {
			rel, err := c.Release(ctx, view.Release.ID)
			if err != nil {
				return err
			}
			return finishRelease(ctx, r, c, rel, true)
		}
		return nil
	})
	return cmd
}

// pendingApproval is the id of the request that what names: its own id, or the
// release or version that waits for it.
func pendingApproval(ctx context.Context, c *client.Client, what string) (string, error) {
	if strings.HasPrefix(what, "apr_") {
		return what, nil
	}
	agent, _, _ := strings.Cut(what, "@")
	f := client.ReleaseFilter{States: []resource.ReleaseState{resource.ReleaseAwaiting}}
	if !strings.HasPrefix(what, "rel_") {
		f.Agent = agent
	}
	l, err := c.Releases(ctx, f, client.Page{Limit: 1000})
	if err != nil {
		return "", err
	}
	var found []resource.Release
	for _, r := range l.Items {
		if r.ID == what || what == agent || fmt.Sprintf("%s@v%d", r.Agent, r.Version) == what {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return "", fault.New(fault.NotFound, "no release of %s waits for an approval; `aureus approvals` lists what does", what)
	case 1:
		return found[0].Approval, nil
	}
	return "", fault.New(fault.Invalid, "%d releases of %s wait for an approval; name one: `aureus approvals` lists them", len(found), what)
}
