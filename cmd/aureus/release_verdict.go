package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newReleaseVerdict(e *env) *cobra.Command {
	var export, key string
	var recompute bool
	cmd := &cobra.Command{
		Use:   "verdict RELEASE|VERSION|FILE",
		Short: "Recompute a canary's verdict from its outcomes",
		Long: `Recompute a canary's verdict from every outcome that it saw. Exit status 5 when
the recorded verdict is another one, and 1 when not all of it can be recomputed:
of a canary from before the draws of sessions were kept. -o json prints
{"release","plan","stored","recomputed","agrees","problem","unverified",
"outcomes":[...],"draws":[...]}.

--export FILE writes everything that the verdict follows from: plan, frozen
limits, every outcome with its values, and the signed evidence. --recompute
works from such an export alone, of a release or in a FILE, which needs no
server: it replays the outcomes, checks what was recorded after each, verifies
the evidence's signature (with --key, or the key in the export), and that it is
about this release and these outcomes. Who made the export chose the key in it:
to prove something give --key, the server's public key in PEM, which
aureus audit key -o json | jq -r .pem prints. Without evidence the status is 5
when --key is given, or when the release is decided.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&export, "export", "", "write everything that the verdict follows from to this file")
	cmd.Flags().BoolVar(&recompute, "recompute", false, "recompute here, from an export alone")
	cmd.Flags().StringVar(&key, "key", "", "the server's public key in PEM, or a file that holds it, for --recompute")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := os.Stat(args[0]); recompute && err == nil {
			x, err := readExport(args[0])
			if err != nil {
				return err
			}
			return recomputeExport(r, x, key)
		} else if recompute && namesFile(args[0]) {
			return fault.Wrap(err, fault.Invalid, "%s cannot be read; name an export, or the release to ask the server for", args[0])
		}
		return r.with(func(ctx context.Context, c *client.Client, args []string) error {
			rel, err := releaseOf(ctx, c, args[0])
			if err != nil {
				return err
			}
			v, err := c.Verdict(ctx, rel.ID)
			if err != nil {
				return err
			}
			if v.RecordLeftOut {
				if v, err = recomputeHere(ctx, c, v); err != nil {
					return err
				}
			}
			if !recompute && export == "" {
				return sayVerdict(r, v)
			}
			x, err := exportOf(ctx, c, rel, v)
			if err == nil && export != "" {
				err = writeExport(export, x)
			}
			if err != nil {
				return err
			}
			return recomputeExport(r, x, key)
		})(cmd, args)
	}
	return cmd
}

// namesFile reports whether an argument can be no release and no version.
func namesFile(arg string) bool { return filepath.Ext(arg) != "" || filepath.Base(arg) != arg }

// recomputeHere recomputes a verdict whose record is too long for one answer.
func recomputeHere(ctx context.Context, c *client.Client, v resource.CanaryVerdict) (resource.CanaryVerdict, error) {
	record, err := c.CanaryRecord(ctx, v.Release)
	if err != nil {
		return v, err
	}
	v.RecordLeftOut, v.Outcomes, v.Draws = false, record.Outcomes, record.Draws
	return verified(v, ""), nil
}

// verified is v with its recomputation. otherwise says what is wrong besides.
func verified(v resource.CanaryVerdict, otherwise string) resource.CanaryVerdict {
	v.Recomputed, v.Problem = canary.Verify(v.Plan, v.Stored, v.Draws, v.Outcomes)
	v.Problem, v.Unverified = cmp.Or(v.Problem, otherwise), canary.Unverified(v.Stored, v.Draws, v.Outcomes)
	v.Agrees = v.Problem == "" && v.Unverified == ""
	return v
}

// exportOf gathers a release's export.
func exportOf(ctx context.Context, c *client.Client, rel resource.Release, v resource.CanaryVerdict) (resource.CanaryExport, error) {
	x := resource.CanaryExport{Format: resource.CanaryExportFormat, Release: rel.ID, Agent: rel.Agent, Version: rel.Version, Digest: rel.Digest,
		Environment: rel.Environment, State: rel.State, Plan: v.Plan, Stored: v.Stored, Outcomes: v.Outcomes, Draws: v.Draws}
	list, err := c.Evidence(ctx, fmt.Sprintf("%s@v%d", rel.Agent, rel.Version))
	if err != nil {
		return x, err
	}
	for _, ev := range list.Items {
		if ev.Kind == resource.EvidenceCanary && ev.Release == rel.ID {
			x.Evidence = ev.Bundle
		}
	}
	keys, err := c.Keys(ctx)
	x.Key = keys.PEM
	return x, err
}

func writeExport(file string, x resource.CanaryExport) error {
	data, err := json.MarshalIndent(x, "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(data, '\n'), 0o644)
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the export cannot be written to %s", file)
	}
	return nil
}

// recomputeExport says what an export leads to.
func recomputeExport(r *remote, x resource.CanaryExport, keyFile string) error {
	v := resource.CanaryVerdict{Release: x.Release, Plan: x.Plan, Stored: x.Stored, Outcomes: x.Outcomes, Draws: x.Draws}
	key, otherwise := []byte(x.Key), ""
	if keyFile != "" {
		var err error
		if key, err = evidenceKey(keyFile); err != nil {
			return err
		}
	}
	switch {
	case len(x.Evidence) > 0:
		otherwise = signedOtherwise(x, key)
	case keyFile != "":
		otherwise = "the export holds no signed evidence to check with the key"
	case isDecided(x):
		otherwise = fmt.Sprintf("the release is %s and the export holds no signed evidence of it; if it was decided a moment ago, export it again", x.State)
	}
	if err := sayVerdict(r, verified(v, otherwise)); err != nil {
		return err
	}
	if r.output == "text" && len(x.Evidence) == 0 {
		fmt.Fprintln(r.env.stdout, "not signed yet: the release has not been decided")
	} else if r.output == "text" {
		fmt.Fprintln(r.env.stdout, "the signed evidence is about these outcomes")
	}
	return nil
}

// isDecided reports whether a canary's verdict was signed, or is about to be. A
// cancelled canary has none.
func isDecided(x resource.CanaryExport) bool {
	switch x.State {
	case resource.ReleaseCanary, resource.ReleasePaused, resource.ReleaseCancelled:
		return x.Stored.Verdict == canary.Rollback
	}
	return true
}

// sayVerdict prints a verdict; fault.Verification when it does not follow, and
// fault.Failed when that cannot be known.
func sayVerdict(r *remote, v resource.CanaryVerdict) error {
	if err := r.print(v, func(w io.Writer) { printVerdict(w, v) }); err != nil || v.Agrees {
		return err
	}
	if v.Problem == "" {
		return fault.New(fault.Failed, "the verdict of %s cannot be recomputed whole: %s", v.Release, v.Unverified)
	}
	return fault.New(fault.Verification, "the recorded verdict of %s does not follow from its outcomes: %s", v.Release, v.Problem)
}

func printVerdict(w io.Writer, v resource.CanaryVerdict) {
	s := v.Recomputed
	fmt.Fprintf(w, "%s over %d outcomes: canary %d of %d runs failed, control %d of %d\n", s.Verdict, len(v.Outcomes),
		s.Canary.Failures, s.Canary.Runs, s.Control.Failures, s.Control.Runs)
	printStreams(w, v.Plan, s)
	fmt.Fprintf(w, "E safe %.4g, E absolute %.4g (either promotes at %.0f)\n", s.ESafe, s.EAbs, canary.Bound(v.Plan.Beta))
	if n := unsettled(s); n > 0 {
		fmt.Fprintf(w, "%d of %d drawn sessions are not settled: those under way count at their worst\n", n, canary.Known(s))
	}
	if e := s.Evaluation; e != nil {
		fmt.Fprintf(w, "E absolute began at %.4g: %d of %d cases of the evaluation failed\n", e.E, e.Failed, e.Cases)
	}
}

// unsettled is how many draws of a canary are not settled.
func unsettled(s resource.CanaryState) int64 { return canary.Known(s) - s.Settled }

// printStreams is a line for each stream of a canary.
func printStreams(w io.Writer, p resource.CanaryPlan, s resource.CanaryState) {
	table(w, "STREAM CANARY CONTROL E ROLLS-BACK-AT LIMIT", func(row func(...any)) {
		for _, st := range s.Streams {
			if st.Off != "" {
				row(st.Name, "-", "-", "-", "-", "off: "+st.Off)
				continue
			}
			limit := "-"
			switch st.Name {
			case blueprint.StreamLatency:
				limit = fmt.Sprintf("%d ms, of %d runs", st.Limit, st.LimitRuns)
			case blueprint.StreamCost:
				limit = fmt.Sprintf("%s, of %d runs", usd(resource.MicroUSD(st.Limit)), st.LimitRuns)
			}
			row(st.Name, fmt.Sprintf("%d of %d", st.Canary, s.Canary.Sessions), fmt.Sprintf("%d of %d", st.Control, s.Control.Sessions),
				fmt.Sprintf("%.4g", st.E), fmt.Sprintf("%.0f", canary.Bound(p.Alpha*st.Share)), limit)
		}
	})
}
