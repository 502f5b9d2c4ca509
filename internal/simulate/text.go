package simulate

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/aureus-agents/aureus/resource"
)

// Text writes the report for a person: one line a scenario, what each would have
// done to the world, and why it failed.
func (r Report) Text(w io.Writer) error {
	b := bufio.NewWriter(w)
	verdict := "passed"
	if !r.Passed {
		verdict = "FAILED"
	}
	fmt.Fprintf(b, "Simulation of %s (%s), seed %d: %s\n\n", r.Agent, shortDigest(r.Digest), r.Seed, verdict)
	if len(r.Scenarios) == 0 {
		fmt.Fprintln(b, r.Message)
		return b.Flush()
	}
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tSUITE\tSCENARIO\tOUTCOME\tEFFECTS")
	for _, s := range r.Scenarios {
		mark := "ok"
		if !s.Passed {
			mark = "FAIL"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", mark, s.Suite, s.Name, s.Outcome, effectsText(s.Effects))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range r.Scenarios {
		if s.Passed && len(s.Effects) == 0 && len(s.Injected) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s / %s\n", s.Suite, s.Name)
		if !s.Passed {
			fmt.Fprintf(b, "  %s\n", strings.ReplaceAll(s.Message, "\n", "\n  "))
		}
		for _, i := range s.Injected {
			fmt.Fprintf(b, "  fault: %s\n", i)
		}
		for i, e := range s.Effects {
			fmt.Fprintf(b, "  %d. %s\n", i+1, strings.ReplaceAll(e.String(), "\n", "\n     "))
		}
	}
	return b.Flush()
}

// String is a fault as a person reads it.
func (i Injected) String() string {
	text := i.Kind
	if i.Pattern != "" {
		text += " " + i.Pattern
	}
	if i.Call == 0 {
		return text + " in the description of " + i.Tool
	}
	return fmt.Sprintf("%s in call %d (%s)", text, i.Call, i.Tool)
}

// String is an effect as a person reads it: the call, what became of it and why,
// and below it what it changed.
func (e Effect) String() string {
	args, err := readable(e.Args)
	if err != nil {
		args = "(arguments without a JSON form)"
	}
	text := fmt.Sprintf("%s %s\n%s", e.Tool, args, e.Outcome())
	for _, c := range e.State {
		text += "\n" + c.String()
	}
	return text
}

// Outcome says what became of the call and why.
func (e Effect) Outcome() string {
	text := e.Verdict
	if e.Decision.Reason != "" {
		text += ": " + e.Decision.Reason
	}
	if len(e.Labels) > 0 {
		text += " [" + strings.Join(e.Labels, ", ") + "]"
	}
	if e.Times > 1 {
		text += fmt.Sprintf(" (%d times)", e.Times)
	}
	for _, f := range e.Faults {
		text += " (" + f + ")"
	}
	for _, c := range e.CRV {
		if c.Verdict != resource.Pass {
			text += fmt.Sprintf("\n%s %s: %s", c.Verdict, c.Gate, c.Message)
		}
	}
	return text
}

// String is a change as a person reads it.
func (c Change) String() string {
	return fmt.Sprintf("%s: %s -> %s", orText(c.Path, "state"), valueText(c.Before), valueText(c.After))
}

func valueText(v any) string {
	if v == nil {
		return "(nothing)"
	}
	s, err := readable(v)
	if err != nil {
		return "(a value without a JSON form)"
	}
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

func effectsText(effects []Effect) string {
	if len(effects) == 0 {
		return "none"
	}
	parts := make([]string, len(effects))
	for i, e := range effects {
		parts[i] = e.Tool
		if !e.Happened {
			parts[i] += " (stopped)"
		}
	}
	return strings.Join(parts, ", ")
}

func shortDigest(d string) string {
	d = strings.TrimPrefix(d, "sha256:")
	return d[:min(12, len(d))]
}
