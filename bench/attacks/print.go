package attacks

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Interval is the 95 % Wilson score interval of k of n, in percent (E. B. Wilson,
// JASA 22, 1927).
func Interval(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 100
	}
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	mid, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return 100 * max(0, (mid-half)/(1+z*z/m)), 100 * min(1, (mid+half)/(1+z*z/m))
}

func share(k, n int) string {
	low, high := Interval(k, n)
	return fmt.Sprintf("%d of %d\t%.1f %% (%.1f-%.1f)", k, n, 100*float64(k)/float64(max(n, 1)), low, high)
}

// Print writes the frontier as a table and what remains under the built-in set.
func Print(w io.Writer, all []Measured) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "SETTING\tATTACKS STOPPED\t(95 %)\tBENIGN ALONE\t(95 %)\tASKED\tBLOCKED\tGENERATED HELD\tWHAT")
	for _, m := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d of %d\t%s\n", m.Name, share(m.Stopped, m.Attacks), share(m.Finished, m.Benign), m.BenignAsked, m.BenignDenied, m.Held, m.Generated, m.What)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, m := range all {
		if m.Name == BuiltIn {
			list(w, "attacks that get through", m.Through)
			list(w, "benign tasks that do not finish alone", m.Remaining)
		}
	}
	return nil
}

func list(w io.Writer, title string, runs []Left) {
	fmt.Fprintf(w, "\n%s: %d\n", title, len(runs))
	for _, l := range runs {
		fmt.Fprintf(w, "  %s (%s)\n", l.Run, strings.ReplaceAll(l.Outcome, "_", " "))
		for _, r := range l.Reasons {
			fmt.Fprintf(w, "    %s\n", r)
		}
	}
}
