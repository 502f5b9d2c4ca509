package evaluate

import (
	"fmt"
	"io"
	"strings"
)

// The most that a comment on a merge request lists.
const (
	maxListed = 20
	maxWhy    = 300
)

// Markdown writes the report for a merge request: the decision, the difference
// with its interval, the cases that flipped and why, cost and time, and where the
// evidence is. evidence is a link or a name; "" is none. What comes from cases,
// models and tools is shown as text and makes no Markdown.
func (r Report) Markdown(w io.Writer, evidence string) error {
	v := r.View(evidence)
	var b strings.Builder
	fmt.Fprintf(&b, "### Evaluation of %s: **%s**\n\n", inline(r.Agent), v.Verdict())
	if v.Why != "" {
		fmt.Fprintf(&b, "%s\n\n", prose(v.Why))
	}
	v.table(&b)
	if c := r.Compare; c != nil {
		fmt.Fprintf(&b, "\n**Against the baseline: %s.** Difference %s points (%.0f %% interval %s to %s), margin %s; McNemar p = %.3f over %d cases.\n",
			v.Against(), points(c.Difference), 100*c.Confidence, points(c.Low), points(c.High), points(-c.Margin), c.PValue, c.Cases)
	}
	v.flipped(&b)
	v.failed(&b)
	v.footer(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// table is the figures, of both versions when there are two.
func (v View) table(b *strings.Builder) {
	r := v.Report
	cases := fmt.Sprintf("%d of %d", v.Whole, len(r.Cases))
	score, passK := fmt.Sprintf("%.3f", r.Score), "-"
	if n := len(r.PassK); n > 0 {
		passK = fmt.Sprintf("%.3f", r.PassK[n-1])
	}
	c := r.Compare
	if c == nil {
		fmt.Fprint(b, "| | |\n|---|---|\n")
		fmt.Fprintf(b, "| cases that pass every repeat | %s |\n| mean score | %s |\n| pass^%d | %s |\n| cost | %s |\n| p50 / p95 | %.0f / %.0f ms |\n",
			cases, score, r.Repeats, passK, USD(r.CostUSD), r.P50Ms, r.P95Ms)
		return
	}
	fmt.Fprint(b, "| | baseline | candidate |\n|---|---|---|\n")
	fmt.Fprintf(b, "| runs that pass | %s | %s |\n", percent(c.BaselinePassRate), percent(c.CandidatePassRate))
	fmt.Fprintf(b, "| cases that pass every repeat | | %s |\n| pass^%d | | %s |\n", cases, r.Repeats, passK)
	if s := c.Score; s != nil {
		fmt.Fprintf(b, "| mean score | %.3f | %.3f (%+.3f, %+.3f to %+.3f) |\n", s.Baseline, s.Candidate, s.Difference, s.Low, s.High)
	}
	if f := c.Figures; f != nil {
		fmt.Fprintf(b, "| cost | %s | %s |\n", USD(f.BaselineCostUSD), USD(f.CandidateCostUSD))
		fmt.Fprintf(b, "| p50 / p95 | %.0f / %.0f ms | %.0f / %.0f ms |\n", f.BaselineP50Ms, f.BaselineP95Ms, f.CandidateP50Ms, f.CandidateP95Ms)
	}
}

// flipped are the cases that one version passes and the other does not.
func (v View) flipped(b *strings.Builder) {
	if v.Compare == nil || len(v.Compare.Flips) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%d broken, %d fixed:\n\n", v.Broken, v.Fixed)
	n := 0
	for _, fixed := range []bool{false, true} {
		for _, f := range v.Compare.Flips {
			if f.Fixed != fixed {
				continue
			}
			if n++; n > maxListed {
				continue
			}
			mark := "broken"
			if f.Fixed {
				mark = "fixed"
			}
			fmt.Fprintf(b, "- %s %s", mark, inline(f.Case))
			if f.Why != "" {
				fmt.Fprintf(b, ": %s", prose(f.Why))
			}
			if f.Call != "" {
				fmt.Fprintf(b, " (%s)", prose(f.Call))
			}
			fmt.Fprint(b, "\n")
		}
	}
	more(b, n)
}

// failed are the cases that fail and that the baseline failed as well, or all
// without a baseline.
func (v View) failed(b *strings.Builder) {
	n := 0
	for _, c := range v.Lines {
		if c.Whole || c.Flip != nil {
			continue
		}
		if n++; n == 1 {
			word := "Failing"
			if v.Compare != nil {
				word = "Failing in both"
			}
			fmt.Fprintf(b, "\n%s:\n\n", word)
		}
		if n > maxListed {
			continue
		}
		fmt.Fprintf(b, "- %s %d/%d", inline(c.Suite+"/"+c.Name), c.Passes, len(c.Runs))
		if run := c.First(); run != nil && run.Message != "" {
			fmt.Fprintf(b, ": %s", prose(run.Message))
		}
		fmt.Fprint(b, "\n")
	}
	more(b, n)
}

func more(b *strings.Builder, n int) {
	if n > maxListed {
		fmt.Fprintf(b, "- and %d more\n", n-maxListed)
	}
}

// footer says what the figures rest on.
func (v View) footer(b *strings.Builder) {
	r := v.Report
	parts := []string{fmt.Sprintf("version %s", inline(short(r.Digest)))}
	if r.Baseline != "" {
		parts = append(parts, "baseline "+inline(short(r.Baseline)))
	}
	parts = append(parts, fmt.Sprintf("%d runs, seed %d", r.Runs, r.Seed))
	if s := r.Stopped; s != nil {
		parts = append(parts, fmt.Sprintf("stopped (%s) after %d of %d cases", s.Reason, s.Measured, s.Planned))
	}
	if basis := r.Basis; basis != nil {
		for _, d := range basis.DataSets {
			parts = append(parts, fmt.Sprintf("data set %s %s", inline(d.Name), inline(short(d.Digest))))
		}
		for i, j := range basis.Judges {
			if i == 3 {
				parts = append(parts, fmt.Sprintf("%d more judges", len(basis.Judges)-i))
				break
			}
			parts = append(parts, "judge "+prose(j.String()))
		}
	}
	switch {
	case strings.HasPrefix(v.Evidence, "https://") || strings.HasPrefix(v.Evidence, "http://"):
		parts = append(parts, "[signed evidence]("+strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(v.Evidence)+")")
	case v.Evidence != "":
		parts = append(parts, "signed evidence "+inline(v.Evidence))
	}
	fmt.Fprintf(b, "\n%s\n", strings.Join(parts, " · "))
}

// inline is a text as code in one line.
func inline(s string) string {
	s = strings.NewReplacer("`", "'", "\n", " ", "\r", " ", "|", "\\|").Replace(s)
	return "`" + s + "`"
}

// prose is a text in one line that makes no Markdown, HTML, mention or link.
func prose(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxWhy {
		s = strings.ToValidUTF8(s[:maxWhy], "") + "..."
	}
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`,
		"!", `\!`, "@", "@\u200b", "://", ":\u200b//", "~", `\~`, "&", "&amp;").Replace(s)
}
