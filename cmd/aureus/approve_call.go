package main

import (
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newApprovalShow(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "show APPROVAL", Short: "Show what an approval request asks, without answering it",
		Long: `Show what an approval request asks. Of a tool call: its exact arguments, where
each comes from, which of them decide whom it affects, what the policies fear, what the
user said, the goal, and where the run stood. Arguments are shown to developers, operators
and approvers. Of a release: the rules with who has answered and who can, what changes
beside what serves, the gates and the evidence with their verdicts, the evaluation's
difference, and how it goes out.`,
		Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		v, err := c.ShowApproval(ctx, args[0])
		if err != nil {
			return err
		}
		return r.print(v, func(w io.Writer) { printView(w, v) })
	})
	return cmd
}

// printCall shows a tool call to who judges it. Everything in it may be a
// stranger's text, so it is printed as JSON.
func printCall(w io.Writer, a resource.Approval) {
	say(w, "  %s\n  %s with\n", a.Reason, a.Tool)
	_ = writeJSON(w, a.Args) // the writer is the terminal
	k := a.Call
	if k == nil {
		return
	}
	if len(k.Arguments) > 0 {
		table(w, "ARGUMENT IS VALUE FROM", func(row func(...any)) {
			for _, f := range k.Arguments {
				row(f.Name, f.Role, f.Class, strings.Join(originsIn(k.Origins, f.Name), ", "))
			}
		})
	}
	for _, f := range k.Fears {
		say(w, "  feared by %s: %s\n", f.Policy, f.Reason)
	}
	say(w, "  goal: %s\n  before: phase %s, outside text read: %s, highest zone read: %s, calls %d, spent %v\n",
		k.Goal, k.Before.Phase, yesNo(k.Before.Tainted), k.Before.Confidentiality, k.Before.ToolCalls, k.Before.Spent)
	if o := k.LastOutside; o != nil {
		say(w, "  last text from outside: a result of %s (call %s)\n", o.Tool, o.Call)
	}
	if n := len(a.Runs); n > 1 {
		say(w, "  %d runs wait for this: a yes makes the call %d times\n", n, n)
	}
	for _, run := range a.Runs {
		say(w, "  %s, invoked by %s, whose user said\n", run.Run, run.Principal)
		_ = writeJSON(w, run.Said) // the writer is the terminal
	}
}

// originsIn are the places that the values of an argument come from.
func originsIn(byPath map[string]string, name string) []string {
	var out []string
	for path, origin := range byPath {
		if rest, ok := strings.CutPrefix(path, name); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			out = append(out, origin)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// scopeFlags say what a yes to a call allows the run besides.
type scopeFlags struct {
	forRun bool
	free   []string
	max    map[string]string
	uses   int
	last   time.Duration
}

func scopeAbout(approve bool) string {
	if !approve {
		return ""
	}
	return `

With --for-run a yes to a tool call also allows further calls of the tool in the same
run. Every argument has to be as it is shown, but for those named with --free (any
value) and --max (a number from 0 to that), until --uses calls are made or --for is
over.`
}

func (f *scopeFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.forRun, "for-run", false, "allow further calls like this one in the run that asks")
	cmd.Flags().StringSliceVar(&f.free, "free", nil, "with --for-run: an argument that may have any value")
	cmd.Flags().StringToStringVar(&f.max, "max", nil, "with --for-run: a numeric argument and the most it may be, as amount=50")
	cmd.Flags().IntVar(&f.uses, "uses", 0, "with --for-run: how many further calls (default 10, at most 100)")
	cmd.Flags().DurationVar(&f.last, "for", 0, "with --for-run: for how long (default 1h, at most 24h)")
}

// read gives the scope, nil without --for-run.
func (f *scopeFlags) read() (*resource.Scope, error) {
	if !f.forRun {
		if len(f.free) > 0 || len(f.max) > 0 || f.uses != 0 || f.last != 0 {
			return nil, fault.New(fault.Invalid, "--free, --max, --uses and --for go with --for-run; add it, or leave them out")
		}
		return nil, nil
	}
	s := &resource.Scope{Free: f.free, Uses: f.uses, ForMs: f.last.Milliseconds()}
	for _, name := range slices.Sorted(maps.Keys(f.max)) {
		n, err := strconv.ParseFloat(f.max[name], 64)
		if err != nil {
			return nil, fault.New(fault.Invalid, "--max %s=%s: that is no number; write for example --max %s=50", name, f.max[name], name)
		}
		if s.Max == nil {
			s.Max = map[string]float64{}
		}
		s.Max[name] = n
	}
	return s, nil
}
