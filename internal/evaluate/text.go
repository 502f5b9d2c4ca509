package evaluate

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Text writes the report for a person: one line a case, the figures, why cases
// failed, and the comparison.
func (r Report) Text(w io.Writer) error {
	verdict := "passed"
	if !r.Passed {
		verdict = "FAILED"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Evaluation of %s, %d cases x %d repeats: %s\n", r.Agent, len(r.Cases), r.Repeats, verdict)
	if r.Message != "" {
		fmt.Fprintf(&b, "%s\n", r.Message)
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "\n\tSUITE\tCASE\tPASSED\n")
	for _, c := range r.Cases {
		mark := "ok"
		if c.Passes < len(c.Runs) {
			mark = "FAIL"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d/%d\n", mark, c.Suite, c.Name, c.Passes, len(c.Runs))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range r.Cases {
		for i, run := range c.Runs {
			if !run.Passed {
				fmt.Fprintf(&b, "\n%s / %s, repeat %d\n  %s\n", c.Suite, c.Name, i+1, strings.ReplaceAll(run.Message, "\n", "\n  "))
				break // the first one; the others are in the JSON report
			}
		}
	}
	fmt.Fprint(&b, "\n")
	for j, p := range r.PassK {
		fmt.Fprintf(&b, "pass^%d %.3f  ", j+1, p)
	}
	fmt.Fprintf(&b, "p50 %.0f ms  p95 %.0f ms  cost %s\n", r.P50Ms, r.P95Ms, USD(r.CostUSD))
	if len(r.AtK) > 1 {
		for j, p := range r.AtK {
			fmt.Fprintf(&b, "pass@%d %.3f  ", j+1, p)
		}
		fmt.Fprintln(&b)
	}
	if s := r.Stopped; s != nil && s.Message != r.Message {
		fmt.Fprintln(&b, s.Message)
	}
	if r.Compare != nil {
		r.compareText(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// compareText writes the comparison: the verdict, then each case that flipped.
func (r Report) compareText(b *strings.Builder) {
	c := r.Compare
	fmt.Fprintf(b, "\nAgainst %s\n%s\n", r.Baseline, c.Message)
	fmt.Fprintf(b, "Runs passed: %.1f %% -> %.1f %%, p = %.3f\n", 100*c.BaselinePassRate, 100*c.CandidatePassRate, c.PValue)
	if s := c.Score; s != nil {
		fmt.Fprintf(b, "Score: %.3f -> %.3f (%+.3f, %+.3f to %+.3f)\n", s.Baseline, s.Candidate, s.Difference, s.Low, s.High)
	}
	for _, f := range c.Flips {
		word := "broken"
		if f.Fixed {
			word = "fixed"
		}
		fmt.Fprintf(b, "  %s %s, %d -> %d repeats", word, f.Case, f.Baseline, f.Candidate)
		for _, why := range []string{strings.Join(f.Graders, ", "), f.Call, f.Why} {
			if why != "" {
				fmt.Fprintf(b, "; %s", why)
			}
		}
		fmt.Fprintln(b)
	}
}
