package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/fault"
)

func newAudit(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Read, export and verify the ledger", Args: cobra.NoArgs}
	cmd.AddCommand(newAuditTail(e), newAuditExport(e), newAuditKey(e), newAuditProof(e), newAuditVerify(e))
	return cmd
}

func newAuditTail(e *env) *cobra.Command {
	var n int
	var from int64
	cmd := &cobra.Command{Use: "tail", Short: "Show the newest ledger entries", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.Flags().IntVarP(&n, "lines", "n", 20, "how many entries, at most 1000")
	cmd.Flags().Int64Var(&from, "from", -1, "index of the first entry, from 0 (default: the last ones)")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		if from < 0 {
			from = int64(-n)
		}
		l, err := c.Entries(ctx, from, n)
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "INDEX TIME ACTOR ACTION SUBJECT DIGEST REASON", func(row func(...any)) {
				for _, x := range l.Items {
					ev := x.Event
					row(x.Index, when(ev.Time), ev.Actor.Name, ev.Action, ev.SubjectID, short(ev.Digest), oneLine(ev.Reason))
				}
			})
		})
	})
	return cmd
}

func newAuditExport(e *env) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the ledger's export, which verifies anywhere",
		Long: `Write the ledger as JSON lines: a header, every entry with its leaf hash, every
signed checkpoint. audit verify needs this and the public key, and nothing else.`,
		Args: cobra.NoArgs,
	}
	r := remoteFlags(e, cmd)
	_ = cmd.Flags().MarkHidden("output") // the export has one form
	cmd.Flags().StringVarP(&file, "file", "f", "-", "file to write, - for stdout")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) (err error) {
		out := e.document()
		if file != "-" {
			f, err := os.Create(file)
			if err != nil {
				return fault.Wrap(err, fault.Unavailable, "%s cannot be written", file)
			}
			defer func() {
				if cerr := f.Close(); err == nil {
					err = cerr
				}
			}()
			out = f
		}
		return c.Export(ctx, out)
	})
	return cmd
}

func newAuditKey(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Print the ledger's public verifier key",
		Long: `Print the ledger's public verifier key, to hand to who verifies. Get it once, over
a channel that you trust.`,
		Args: cobra.NoArgs,
	}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		k, err := c.Keys(ctx)
		if err != nil {
			return err
		}
		return r.print(k, func(w io.Writer) { fmt.Fprintln(w, k.VerifierKey) })
	})
	return cmd
}

func newAuditProof(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "proof INDEX", Short: "Prove that an entry is in the ledger", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		index, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || index < 0 {
			return fault.New(fault.Invalid, "%q is not the index of an entry", args[0])
		}
		c, err := r.client()
		if err != nil {
			return err
		}
		p, err := c.Proof(cmd.Context(), index)
		if err != nil {
			return err
		}
		if err := r.print(p, func(w io.Writer) {
			fmt.Fprintf(w, "%s\nleaf hash %s\n%d hashes to the root of %d entries\n%s", p.Leaf, p.LeafHash, len(p.Hashes), p.Size, p.Checkpoint)
		}); err != nil {
			return err
		}
		if !p.Verified {
			return fault.New(fault.Verification, "entry %d is not proven", index)
		}
		return nil
	}
	return cmd
}

func newAuditVerify(e *env) *cobra.Command {
	var key, output string
	cmd := &cobra.Command{
		Use:   "verify FILE --key KEY",
		Short: "Verify an export of the ledger, offline",
		Long: `Verify an export of the ledger with nothing but the public verifier key
(aureus audit key): every changed, missing, added or reordered entry is found.
--key is the key or a file that holds it. Exit status 5 when it does not verify.
-o json prints {"leaves","checkpoint","root","verified","problems":[{"index",
"line","kind","text"}]}.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r := &remote{env: e, output: output}
			vkey, err := verifierKey(key)
			if err != nil {
				return err
			}
			in, err := openInput(e, args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			rep, err := audit.Verify(in, vkey)
			if err != nil {
				return err
			}
			if err := r.print(rep, func(w io.Writer) { printAudit(w, rep) }); err != nil {
				return err
			}
			if !rep.Verified {
				return fault.New(fault.Verification, "the ledger does not verify")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the verifier key, or a file that holds it")
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	_ = cmd.MarkFlagRequired("key") // the flag is there
	return cmd
}

// verifierKey is the key itself, or what the file of that name holds.
func verifierKey(s string) (string, error) {
	if strings.Count(s, "+") >= 2 {
		return s, nil
	}
	data, err := os.ReadFile(s)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "--key is neither a verifier key nor a file that holds one")
	}
	return strings.TrimSpace(string(data)), nil
}

func printAudit(w io.Writer, r audit.Report) {
	for _, p := range r.Problems {
		fmt.Fprintf(w, "%s: %s\n", p.Kind, p.Text)
	}
	if r.Verified {
		fmt.Fprintf(w, "verified: %d entries, root %s\n", r.Leaves, r.Root)
	}
}
