package ci

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// marks are shown before a verdict.
var marks = map[Verdict]string{Pass: "✅", Warn: "⚠️", Skip: "➖", Wait: "⏳", Block: "❌", Fail: "💥"}

// maxRows bounds a table: a merge request's comment has a size limit.
const maxRows = 50

// Markdown is the summary for a merge request or a build's page, in GitHub's
// Markdown, which GitLab reads too.
func (r Result) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s Aureus: %s\n\n", marks[r.Verdict], r.Verdict)
	if r.Message != "" {
		fmt.Fprintf(&b, "%s\n\n", mdText(r.Message))
	}
	where := "checked without a server; nothing was registered"
	if r.Server != "" {
		where = "for " + mdCode(r.Environment) + " on " + mdCode(r.Server)
	}
	fmt.Fprintf(&b, "%s%s\n", buildLine(r.Build), where)
	for _, a := range r.Agents {
		a.markdown(&b)
	}
	return b.String()
}

func buildLine(build resource.Build) string {
	var words []string
	if build.BuildNumber != "" {
		words = append(words, "build "+mdCode(build.BuildNumber))
	}
	if build.GitSHA != "" {
		words = append(words, "commit "+mdCode(cut(build.GitSHA, 15)))
	}
	if build.Branch != "" {
		words = append(words, "branch "+mdCode(build.Branch))
	}
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, ", ") + "; "
}

func (a Agent) markdown(b *strings.Builder) {
	title := mdCode(a.Title())
	if a.URL != "" {
		title = "[" + title + "](" + a.URL + ")"
	}
	fmt.Fprintf(b, "\n### %s %s\n\n%s", marks[a.Verdict()], title, mdCode(a.File))
	if a.Digest != "" {
		fmt.Fprintf(b, " · %s", mdCode(a.Digest))
		if !a.Created {
			b.WriteString(" (was registered before)")
		}
	}
	b.WriteString("\n\n| step | verdict | |\n|---|---|---|\n")
	for _, s := range a.Steps {
		what := mdText(s.Message)
		if s.Reused {
			what += " (fresh evidence that was there)"
		}
		fmt.Fprintf(b, "| %s | %s %s | %s |\n", s.Name, marks[s.Verdict], s.Verdict, what)
	}
	a.mdFindings(b)
	a.mdDelta(b)
	a.mdEvaluation(b)
	a.mdRelease(b)
}

func (a Agent) mdFindings(b *strings.Builder) {
	if len(a.Findings) == 0 {
		return
	}
	b.WriteString("\n**Findings**\n\n| severity | where | what | to do |\n|---|---|---|---|\n")
	for _, f := range a.Findings[:min(len(a.Findings), maxRows)] {
		place := f.Path
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		fmt.Fprintf(b, "| %s | %s | %s (%s) | %s |\n", f.Severity, mdCode(place), mdText(f.Message), mdCode(f.Rule), mdText(f.Remediation))
	}
	more(b, len(a.Findings))
}

func more(b *strings.Builder, n int) {
	if n > maxRows {
		fmt.Fprintf(b, "\n%d more are left out here.\n", n-maxRows)
	}
}

func (a Agent) mdDelta(b *strings.Builder) {
	if a.Delta == nil {
		return
	}
	against := "nothing serves there; this is everything that it can do"
	if a.Baseline != "" {
		against = "against " + mdCode(a.Baseline) + ", which serves"
	}
	fmt.Fprintf(b, "\n**Capability delta** (%s): tier **%s**, %d changes.%s\n", against, a.Delta.Tier, len(a.Delta.Changes), asked(a.Asks))
	if len(a.Delta.Changes) == 0 {
		return
	}
	b.WriteString("\n| | what | tier | | from | to |\n|---|---|---|---|---|---|\n")
	for _, c := range a.Delta.Changes[:min(len(a.Delta.Changes), maxRows)] {
		var notes []string
		if c.Widens {
			notes = append(notes, "widens")
		}
		if c.Breaking {
			notes = append(notes, "breaking")
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", c.Op, mdCode(c.Path), c.Tier, strings.Join(notes, ", "), mdCode(cut(c.From, 80)), mdCode(cut(c.To, 80)))
	}
	more(b, len(a.Delta.Changes))
}

// asked says who has to approve.
func asked(asks []Ask) string {
	if len(asks) == 0 {
		return ""
	}
	var words []string
	for _, k := range asks {
		words = append(words, fmt.Sprintf("%s %s", mdCode(k.Environment), people(k.People)))
	}
	return " Has to be approved by: " + strings.Join(words, ", ") + "."
}

func people(n int) string {
	switch n {
	case 0:
		return "nobody"
	case 1:
		return "1 approver"
	}
	return fmt.Sprintf("%d approvers", n)
}

func (a Agent) mdEvaluation(b *strings.Builder) {
	e := a.Evaluation
	if e == nil {
		return
	}
	cost := "unpriced" // what a model without a price costs
	if e.CostUSD > 0 {
		cost = fmt.Sprintf("%.4f USD", e.CostUSD)
	}
	fmt.Fprintf(b, "\n**Evaluation**: %.1f %% of cases pass in every repeat, %d runs, %s, p95 %.0f ms.", 100*e.PassRate, e.Runs, cost, e.P95Ms)
	if e.Verdict == "" {
		b.WriteString(" Nothing to compare with.\n")
		return
	}
	fmt.Fprintf(b, " Against the baseline: **%s** (%.3f → %.3f, p = %.3f).\n", strings.ReplaceAll(e.Verdict, "_", " "), e.BaselinePassRate, e.CandidatePassRate, e.PValue)
	for _, l := range []struct {
		name  string
		cases []string
	}{{"Fixed", e.Fixed}, {"Broken", e.Broken}} {
		if len(l.cases) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n- %s:", l.name)
		for _, c := range slices.Sorted(slices.Values(l.cases))[:min(len(l.cases), maxRows)] {
			b.WriteString(" " + mdCode(c))
		}
		b.WriteString("\n")
	}
}

func (a Agent) mdRelease(b *strings.Builder) {
	r := a.Release
	if r == nil || r.ID == "" {
		return
	}
	name := mdCode(r.ID)
	if r.URL != "" {
		name = "[" + name + "](" + r.URL + ")"
	}
	fmt.Fprintf(b, "\n**Release** %s: %s. %s\n", name, r.State, mdText(r.Reason))
	if r.Approval != "" && r.State == resource.ReleaseAwaiting {
		fmt.Fprintf(b, "\nAn approver answers with %s.\n", mdCode("aureus approve "+r.Approval+" --reason TEXT"))
	}
}
