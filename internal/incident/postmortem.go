package incident

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/resource"
)

// Sheet is what a postmortem is made of.
type Sheet struct {
	Report  resource.IncidentReport
	Release resource.Release
	Version resource.Version
	Good    string // name of what was restored; "" is nothing
	// Evidence about the bad version in the release, in the order of time.
	Evidence []resource.Evidence
	At       resource.Millis // when it is written
}

// Postmortem writes an incident as Markdown: what happened, what it did, why, and
// with what digests it can be checked. What went well and what let it through are
// facts; opinions are the root cause analysis.
func Postmortem(s Sheet) string {
	var b strings.Builder
	in := s.Report.Incident
	fmt.Fprintf(&b, "# Postmortem: %s@v%d in %s, %s\n\n", in.Agent, in.Version, in.Environment, day(in.OpenedAt))
	if in.Drill {
		b.WriteString("**This was a drill**: the version was seeded to measure the recovery.\n\n")
	}
	fmt.Fprintf(&b, "%s\n\n", line(in.Summary))
	facts(&b, s)
	impact(&b, s.Report.Impact, in.Drill)
	groups(&b, s.Report)
	timeline(&b, s.Report.Lines)
	cause(&b, in)
	wentWell(&b, s)
	letThrough(&b, s)
	guardrail(&b, s.Report)
	verification(&b, s)
	return b.String()
}

func facts(b *strings.Builder, s Sheet) {
	in := s.Report.Incident
	b.WriteString("| | |\n|---|---|\n")
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "| %s | %s |\n", name, cell(value))
		}
	}
	row("Incident", "`"+in.ID+"`")
	row("State", in.State)
	row("Severity", cmp.Or(in.Severity, "not judged"))
	row("Assignee", cmp.Or(in.Assignee, "nobody"))
	row("Release", "`"+in.Release+"`, asked for by "+s.Release.CreatedBy.Name)
	row("Rolled back to", cmp.Or(s.Good, "nothing: serving stopped"))
	row("Opened", stamp(in.OpenedAt)+" by "+in.Cause)
	row("Good version verified", stamp(in.MitigatedAt))
	row("Resolved", stamp(in.ResolvedAt))
	row("Written", stamp(s.At))
	b.WriteString("\n")
}

func impact(b *strings.Builder, i resource.IncidentImpact, drill bool) {
	b.WriteString("## Impact\n\n")
	if drill {
		fmt.Fprintf(b, "- %d of the drill's %d runs of the version failed. No session of anybody met it.\n", i.Failed, i.Runs)
	} else {
		fmt.Fprintf(b, "- %d of %d live runs of the version failed, in %d of %d sessions.\n", i.Failed, i.Runs, i.FailedSessions, i.Sessions)
	}
	if i.Control.Runs > 0 {
		fmt.Fprintf(b, "- Beside it, %d of %d runs of the stable version failed in the same time: %.1f failed runs are the version's own.\n",
			i.Control.Failures, i.Control.Runs, i.ExcessFailed)
	} else {
		b.WriteString("- There was no control arm, so every failed run counts as the version's own.\n")
	}
	if i.FirstFailedAt > 0 {
		fmt.Fprintf(b, "- First failing run: `%s` at %s; last one ended at %s.\n", i.FirstFailedRun, stamp(i.FirstFailedAt), stamp(i.LastFailedAt))
	}
	if i.DecidedAt > 0 {
		fmt.Fprintf(b, "- From the first failing run to the decision: %s.\n", span2(i.DetectMs, i.FirstFailedAt > 0))
	}
	switch {
	case i.GoodAt > 0:
		fmt.Fprintf(b, "- From the decision to all traffic on a good version: %s; from the first failing run: %s.\n", duration(i.RestoreMs), span2(i.TotalMs, i.FirstFailedAt > 0))
	default:
		b.WriteString("- No good version serves yet.\n")
	}
	b.WriteString("\n")
}

func groups(b *strings.Builder, r resource.IncidentReport) {
	b.WriteString("## Failing runs by cause\n\n")
	if len(r.Groups) == 0 {
		b.WriteString("No failing run is kept.\n\n")
		return
	}
	if r.Grouped < r.Impact.Failed {
		fmt.Fprintf(b, "Of the newest %d of %d failing runs.\n\n", r.Grouped, r.Impact.Failed)
	}
	b.WriteString("| group | runs | control | stands out | first | last | example |\n|---|---|---|---|---|---|---|\n")
	for _, g := range r.Groups {
		fmt.Fprintf(b, "| %s | %d | %d | %s | %s | %s | `%s` |\n", cell(g.Title), g.Runs, g.Control, yes(g.StandsOut), stamp(g.FirstAt), stamp(g.LastAt), g.Example)
	}
	b.WriteString("\n")
}

func timeline(b *strings.Builder, lines []resource.IncidentLine) {
	b.WriteString("## Timeline\n\nTimes are UTC.\n\n| when | what | who | source |\n|---|---|---|---|\n")
	for _, l := range lines {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", stamp(l.At), cell(l.Text), cell(l.Actor.Name), source(l.Source))
	}
	b.WriteString("\n")
}

func source(s resource.LineSource) string {
	if s.Kind == "ledger" && s.Index != nil {
		return fmt.Sprintf("ledger %d", *s.Index)
	}
	return s.Kind + " `" + s.ID + "`"
}

func cause(b *strings.Builder, in resource.Incident) {
	b.WriteString("## Root cause\n\n")
	r := in.RCA
	if r == nil {
		b.WriteString("Not recorded yet.\n\n")
		return
	}
	fmt.Fprintf(b, "**What was wrong.** %s\n\n", line(r.Cause))
	if r.Category != "" {
		fmt.Fprintf(b, "**Category.** %s\n\n", r.Category)
	}
	if len(r.Factors) > 0 {
		b.WriteString("**What else contributed.**\n\n")
		for _, f := range r.Factors {
			fmt.Fprintf(b, "- %s\n", line(f))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "**How it was seen, and why not earlier.** %s\n\n**What will stop it.** %s", line(r.Detection), sentence(line(r.Prevention)))
	if r.Owner != "" {
		fmt.Fprintf(b, " %s sees to it", line(r.Owner))
		if r.Due > 0 {
			fmt.Fprintf(b, ", by %s", day(r.Due))
		}
		b.WriteString(".")
	}
	switch {
	case r.DoneAt > 0:
		fmt.Fprintf(b, " Reported done at %s: %s", stamp(r.DoneAt), line(r.Done))
	default:
		b.WriteString(" Not reported done yet.")
	}
	fmt.Fprintf(b, "\n\nRecorded by %s at %s.\n\n", line(r.Author.Name), stamp(r.At))
}

func day(t resource.Millis) string {
	if t == 0 {
		return ""
	}
	return time.UnixMilli(int64(t)).UTC().Format("2006-01-02")
}

func stamp(t resource.Millis) string {
	if t == 0 {
		return ""
	}
	return time.UnixMilli(int64(t)).UTC().Format("2006-01-02 15:04:05.000")
}

func duration(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }

func span2(ms int64, known bool) string {
	if !known {
		return "not known, no run failed"
	}
	return duration(ms)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// line is text that cannot break out of its line: what people and models wrote is
// no Markdown of ours.
func line(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "#", `\#`, "|", `\|`).Replace(s)
}

// cell is text in a table; it may hold code spans of ours.
func cell(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`).Replace(s)
}
