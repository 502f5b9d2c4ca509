package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
)

// judged is how the command ends: an agent that does not pass is blocked, one that
// a person has to judge waits, and one whose model did not answer was not measured.
func judged(r evaluate.Report) error {
	if s := r.Stopped; s != nil && s.Reason == evaluate.StoppedOutage {
		return fault.Wrap(r.Outage(), fault.Unavailable, "the agent could not be measured")
	}
	switch d, why := r.Decide(); d {
	case evaluate.DecidePass:
		return nil
	case evaluate.DecideAsk:
		return fault.New(fault.Waiting, "a person has to decide: %s", why)
	default:
		return fault.New(fault.Blocked, "the agent does not pass its evaluation: %s", why)
	}
}

// progress is a progress bar when w is a terminal, and nothing otherwise.
func progress(w io.Writer) func(evaluate.Progress) {
	file, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if st, err := file.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(p evaluate.Progress) {
		if bar == nil {
			bar = progressbar.NewOptions(p.Total, progressbar.OptionSetWriter(file), progressbar.OptionShowCount(),
				progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())
		}
		bar.Describe(describe(p))
		_ = bar.Set(p.Done) // a bar that cannot be drawn is no reason to stop
	}
}

// describe is what stands beside the bar.
func describe(p evaluate.Progress) string {
	text := fmt.Sprintf("runs, %d failed", p.Failed)
	if p.Kept > 0 {
		text += fmt.Sprintf(", %d kept", p.Kept)
	}
	if p.CostUSD > 0 {
		text += fmt.Sprintf(", %.4f USD", p.CostUSD)
	}
	if p.Left > 0 && p.Done < p.Total {
		text += ", " + p.Left.Round(time.Second).String() + " left"
	}
	return text
}

func printEvaluation(w io.Writer, r evaluate.Report) {
	table(w, "CASE PASSES OF WHY", func(row func(...any)) {
		for _, c := range r.Cases {
			why := ""
			for _, run := range c.Runs {
				if !run.Passed && why == "" {
					why = oneLine(run.Message)
				}
			}
			row(c.Suite+"/"+c.Name, c.Passes, len(c.Runs), why)
		}
	})
	printRates(w, fmt.Sprintf("pass^1..%d:", len(r.PassK)), r.PassK)
	say(w, "   cost %s   p50 %.0f ms   p95 %.0f ms\n", evaluate.USD(r.CostUSD), r.P50Ms, r.P95Ms)
	if len(r.AtK) > 1 {
		printRates(w, fmt.Sprintf("pass@1..%d:", len(r.AtK)), r.AtK)
		fmt.Fprintln(w)
	}
	if r.Kept > 0 {
		say(w, "%d runs were made before\n", r.Kept)
	}
	if s := r.Stopped; s != nil {
		say(w, "%s\n", s.Message)
	}
	if r.Compare != nil {
		printComparison(w, *r.Compare)
	}
}

func printRates(w io.Writer, name string, values []float64) {
	fmt.Fprint(w, name)
	for _, v := range values {
		say(w, " %.3f", v)
	}
}

func printComparison(w io.Writer, c evaluate.Comparison) {
	say(w, "against the baseline: %s\n", c.Message)
	say(w, "runs passed %.3f -> %.3f   p = %.3f", c.BaselinePassRate, c.CandidatePassRate, c.PValue)
	if s := c.Score; s != nil {
		say(w, "   score %.3f -> %.3f (%+.3f to %+.3f)", s.Baseline, s.Candidate, s.Low, s.High)
	}
	fmt.Fprintln(w)
	if len(c.Flips) == 0 {
		return
	}
	table(w, "FLIPPED CASE BEFORE NOW GRADERS FIRST-DIFFERENT-CALL WHY", func(row func(...any)) {
		for _, f := range c.Flips {
			word := "broken"
			if f.Fixed {
				word = "fixed"
			}
			row(word, f.Case, f.Baseline, f.Candidate, dash(strings.Join(f.Graders, ",")), dash(f.Call), oneLine(f.Why))
		}
	})
}
