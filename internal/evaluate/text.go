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
	fmt.Fprintf(&b, "p50 %.0f ms  p95 %.0f ms  cost $%.4f\n", r.P50Ms, r.P95Ms, r.CostUSD)
	if c := r.Compare; c != nil {
		fmt.Fprintf(&b, "Against %s: %s (%.1f %% -> %.1f %% of runs passed, %d fixed, %d broken, p = %.3f)\n", r.Baseline,
			strings.ReplaceAll(c.Verdict, "_", " "), 100*c.BaselinePassRate, 100*c.CandidatePassRate, len(c.Fixed), len(c.Broken), c.PValue)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
