package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newAgents(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "agents", Short: "List agents and what serves where", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		l, err := c.Agents(ctx)
		if err != nil {
			return err
		}
		serving := map[string]string{}
		for _, a := range l.Items {
			if serving[a.Name], err = servingNames(ctx, c, a); err != nil {
				return err
			}
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "AGENT OWNER LATEST SERVING MOVING INCIDENTS", func(row func(...any)) {
				for _, a := range l.Items {
					row(a.Name, a.Owner, a.Latest.Name, dash(serving[a.Name]), len(a.Releases), a.Incidents)
				}
			})
		})
	})
	return cmd
}

// servingNames says what of an agent serves where, by the names of its versions.
func servingNames(ctx context.Context, c *client.Client, a resource.AgentSummary) (string, error) {
	var out []string
	for _, d := range a.Deployments {
		name := "-"
		if d.Stable != "" {
			v, err := c.Version(ctx, a.Name+"@"+d.Stable)
			if err != nil {
				return "", err
			}
			name = fmt.Sprintf("v%d", v.Number)
		}
		out = append(out, d.Environment+":"+name)
	}
	return strings.Join(out, " "), nil
}

func newVersions(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "versions AGENT", Short: "List an agent's versions", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	limit := limitFlag(cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		l, err := c.Versions(ctx, args[0], client.Page{Limit: *limit})
		if err == nil {
			err = listed(ctx, r, c, args[0], l)
		}
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "VERSION DIGEST TIER BY AT QUARANTINE", func(row func(...any)) {
				for _, v := range l.Items {
					q := "-"
					switch {
					case v.Drill:
						q = "a drill's"
					case v.Quarantine != nil:
						q = v.Quarantine.Incident
					}
					row(v.Name, short(v.Digest), v.Tier, v.CreatedBy.Name, when(v.CreatedAt), q)
				}
			})
		})
	})
	return cmd
}

func newVersion(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "version VERSION", Short: "Show a version with its manifest, as JSON",
		Long: "Show a version with its manifest, as JSON. `aureus --version` prints the program's own.", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		v, err := c.Version(ctx, args[0])
		if err != nil {
			return err
		}
		return writeJSON(e.stdout, v)
	})
	return cmd
}

func newDiff(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff FROM TO",
		Short: "Show the capability delta of two versions",
		Long: `Show what an agent can do in version TO that it could not in FROM, and the other
way round. The delta, not its author, sets the approval tier.
-o json prints {"from","to","tier","changes":[{"kind","op","path","from","to",
"widens","breaking","tier"}]}.`,
		Args: cobra.ExactArgs(2),
	}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		d, err := c.Diff(ctx, args[0], args[1])
		if err != nil {
			return err
		}
		if err := r.print(d, func(w io.Writer) { printDelta(w, d) }); err != nil || r.output != "text" {
			return err
		}
		agent, _, _ := strings.Cut(args[1], "@")
		return printInstructions(ctx, e.stdout, c, agent, d)
	})
	return cmd
}

func printDelta(w io.Writer, d resource.Delta) {
	table(w, "OP PATH TIER NOTE FROM TO", func(row func(...any)) {
		for _, ch := range d.Changes {
			note := ""
			if ch.Widens {
				note += "widens "
			}
			if ch.Breaking {
				note += "breaking"
			}
			row(ch.Op, ch.Path, ch.Tier, note, oneLine(ch.From), oneLine(ch.To))
		}
	})
	say(w, "approval tier: %s\n", d.Tier)
}

func newEvidence(e *env) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "evidence VERSION",
		Short: "List and verify the signed evidence about a version",
		Long: `List the evidence about a version, each piece verified: its signature, that it is
about this digest, and that it says what is recorded. --out DIR writes the
Sigstore bundles, the public key and the version's canonical manifest, which is
what the bundles are about. Exit status 5 when a piece does not verify.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.AddCommand(newEvidenceAdd(e))
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&out, "out", "", "folder to write the bundles to")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		l, err := c.Evidence(ctx, args[0])
		if err != nil {
			return err
		}
		if out != "" {
			if err := exportEvidence(ctx, c, args[0], out, l.Items); err != nil {
				return err
			}
		}
		if err := r.print(l.Items, func(w io.Writer) { printEvidence(w, l.Items) }); err != nil {
			return err
		}
		for _, ev := range l.Items {
			if !ev.Verified {
				return fault.New(fault.Verification, "%s evidence %s does not verify: %s", ev.Kind, ev.ID, ev.Problem)
			}
		}
		return nil
	})
	return cmd
}

func printEvidence(w io.Writer, list []resource.VerifiedEvidence) {
	table(w, "KIND VERDICT VERIFIED ENVIRONMENT RELEASE AT BY DIGEST", func(row func(...any)) {
		for _, ev := range list {
			ok := "yes"
			if !ev.Verified {
				ok = "NO"
			}
			row(ev.Kind, ev.Verdict, ok, dash(ev.Environment), dash(ev.Release), when(ev.CreatedAt), ev.CreatedBy.Name, short(ev.Digest))
		}
	})
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func writeInto(dir, name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s cannot be written", name)
	}
	return nil
}
