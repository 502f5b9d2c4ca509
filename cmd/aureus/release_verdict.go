package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/attest"
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
the recorded verdict is another one. -o json prints {"release","plan","stored",
"recomputed","agrees","problem","outcomes":[...]}.

--export FILE writes everything that the verdict follows from: plan, frozen
limits, every outcome with its values, and the signed evidence. --recompute
works from such an export alone, of a release or in a FILE, which needs no
server: it replays the outcomes, checks what was recorded after each, verifies
the evidence's signature (with --key, or the key in the export), and that it is
about these outcomes. Who made the export chose the key in it: give --key to
prove something. Without evidence the status is 5 when --key is given, or when
the release is decided.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&export, "export", "", "write everything that the verdict follows from to this file")
	cmd.Flags().BoolVar(&recompute, "recompute", false, "recompute here, from an export alone")
	cmd.Flags().StringVar(&key, "key", "", "file with the server's public key, for --recompute")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := os.Stat(args[0]); recompute && err == nil {
			x, err := readExport(args[0])
			if err != nil {
				return err
			}
			return recomputeExport(r, x, key)
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

func readExport(file string) (x resource.CanaryExport, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return x, fault.Wrap(err, fault.NotFound, "%s cannot be read", file)
	}
	if err := json.Unmarshal(data, &x); err != nil || x.Format != resource.CanaryExportFormat {
		return x, fault.New(fault.Invalid, "%s is no export of a canary; `aureus release verdict RELEASE --export FILE` writes one", file)
	}
	return x, nil
}

// recomputeExport says what an export leads to.
func recomputeExport(r *remote, x resource.CanaryExport, keyFile string) error {
	v := resource.CanaryVerdict{Release: x.Release, Plan: x.Plan, Stored: x.Stored, Outcomes: x.Outcomes, Draws: x.Draws}
	v.Recomputed, v.Problem = canary.Verify(x.Plan, x.Stored, x.Draws, x.Outcomes)
	key := []byte(x.Key)
	if keyFile != "" {
		var err error
		if key, err = os.ReadFile(keyFile); err != nil {
			return fault.Wrap(err, fault.NotFound, "the key cannot be read from %s", keyFile)
		}
	}
	switch {
	case v.Problem != "":
	case len(x.Evidence) > 0:
		v.Problem = signedOtherwise(x, key)
	case keyFile != "":
		v.Problem = "the export holds no signed evidence to check with the key"
	case isDecided(x):
		v.Problem = fmt.Sprintf("the release is %s and the export holds no signed evidence of it; if it was decided a moment ago, export it again", x.State)
	}
	v.Agrees = v.Problem == ""
	if err := sayVerdict(r, v); err != nil {
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

// signedOtherwise says how an export differs from what was signed, "" for not at all.
func signedOtherwise(x resource.CanaryExport, key []byte) string {
	st, err := attest.Verify(x.Evidence, key)
	if err != nil {
		return err.Error()
	}
	var signed struct {
		Plan           resource.CanaryPlan  `json:"plan"`
		State          resource.CanaryState `json:"state"`
		OutcomesDigest string               `json:"outcomesDigest"`
		DrawsDigest    string               `json:"drawsDigest"`
	}
	if err := json.Unmarshal(st.Predicate, &signed); err != nil {
		return "the signed evidence cannot be read"
	}
	for _, part := range []struct {
		name          string
		have, against any
	}{{"plan", x.Plan, signed.Plan}, {"state", x.Stored, signed.State}} {
		a, errA := blueprint.Digest(part.have)
		b, errB := blueprint.Digest(part.against)
		if errA != nil || errB != nil || a != b {
			return "the " + part.name + " is not the signed one"
		}
	}
	for _, part := range []struct {
		name   string
		have   any
		signed string
	}{{"outcomes", x.Outcomes, signed.OutcomesDigest}, {"draws", x.Draws, signed.DrawsDigest}} {
		if digest, err := blueprint.Digest(part.have); err != nil || digest != part.signed {
			return "the " + part.name + " are not the signed ones"
		}
	}
	switch {
	case st.SubjectDigest != x.Digest:
		return "the signed evidence is about another version"
	}
	return ""
}

// sayVerdict prints a verdict; fault.Verification when it does not follow.
func sayVerdict(r *remote, v resource.CanaryVerdict) error {
	if err := r.print(v, func(w io.Writer) { printVerdict(w, v) }); err != nil || v.Agrees {
		return err
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
