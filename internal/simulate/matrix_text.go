package simulate

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Text writes the matrix for a person: one line a fault, then every run that did
// not end well.
func (m Matrix) Text(w io.Writer) error {
	b := bufio.NewWriter(w)
	verdict := "passed"
	if !m.Passed {
		verdict = "FAILED"
	}
	fmt.Fprintf(b, "Simulation of %s (%s) under faults, seed %d, %s: %s\n", m.Agent, shortDigest(m.Digest), m.Seed, m.Patterns, verdict)
	if m.Message != "" {
		fmt.Fprintln(b, m.Message)
	}
	fmt.Fprintln(b)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FAULT\tEXPECTED\tREFUSED\tWRONG\tHARM\tNOT HIT\tLET THROUGH")
	for _, row := range m.Rows() {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", row.Fault, row.Expected, row.Refused, row.Wrong, row.Harm, row.NotHit, row.Through)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range m.Cells {
		if c.Well {
			continue
		}
		fmt.Fprintf(b, "\n%s / %s under %s: %s\n", c.Suite, c.Scenario, c.Fault, c.Ended)
		if c.Message != "" {
			fmt.Fprintf(b, "  %s\n", strings.ReplaceAll(c.Message, "\n", "\n  "))
		}
		for _, i := range c.Injected {
			fmt.Fprintf(b, "  fault: %s\n", i)
		}
		for _, e := range c.Extra {
			fmt.Fprintf(b, "  not in the clean run: %s\n", strings.ReplaceAll(e.String(), "\n", "\n     "))
		}
	}
	return b.Flush()
}

// Row counts how the runs under one fault ended.
type Row struct {
	Fault                                           string
	Expected, Refused, Wrong, Harm, NotHit, Through int
}

// Rows sums the cells up by fault, in the order of the columns.
func (m Matrix) Rows() []Row {
	out := make([]Row, len(m.Faults))
	for i, f := range m.Faults {
		out[i].Fault = f
		for _, c := range m.Cells {
			if c.Fault == f {
				out[i].add(c)
			}
		}
	}
	return out
}

func (r *Row) add(c Cell) {
	switch c.Ended {
	case EndedExpected:
		r.Expected++
	case EndedRefused:
		r.Refused++
	case EndedWrong:
		r.Wrong++
	case EndedHarm:
		r.Harm++
	default:
		r.NotHit++
	}
	r.Through += len(c.Through)
}
