package incident

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// wentWell lists what the records show to have worked.
func wentWell(b *strings.Builder, s Sheet) {
	var out []string
	i, in := s.Report.Impact, s.Report.Incident
	if in.Cause == "canary" {
		out = append(out, "The canary saw it by itself; nobody had to.")
	}
	if w := lastWeight(s.Report.Lines, s.Release); w > 0 && w < 100 && !in.Drill {
		out = append(out, fmt.Sprintf("At most %d %% of new sessions got the version.", w))
	}
	if i.GoodAt > 0 {
		out = append(out, fmt.Sprintf("All traffic was on %s %s after the decision.", s.Good, duration(i.RestoreMs)))
	}
	if in.MitigatedAt > 0 {
		out = append(out, fmt.Sprintf("The restored version passed its checks %s after the incident was opened.", duration(int64(in.MitigatedAt-in.OpenedAt))))
	}
	for _, l := range s.Report.Lines {
		if l.Kind == kindNotice && strings.HasPrefix(l.Text, "People were told of release.roll") {
			out = append(out, fmt.Sprintf("People were told at %s.", stamp(l.At)))
			break
		}
	}
	list(b, "What went well", out, "The records show nothing.")
}

// lastWeight is the highest share that the version had before the rollback.
func lastWeight(lines []resource.IncidentLine, rel resource.Release) int {
	if rel.Step >= len(rel.Plan.Steps) || rel.Step < 0 {
		return 0
	}
	for _, l := range lines {
		if l.Kind == kindTraffic && strings.Contains(l.Text, "was promoted") {
			return 100
		}
	}
	return rel.Plan.Steps[rel.Step].Weight
}

// letThrough lists what passed without noticing.
func letThrough(b *strings.Builder, s Sheet) {
	var out []string
	for _, e := range s.Evidence {
		if e.Subject != s.Report.Incident.Digest {
			continue // about what was restored
		}
		switch e.Kind {
		case resource.EvidenceValidation, resource.EvidenceSimulation, resource.EvidenceEvaluation, resource.EvidencePolicy, resource.EvidenceSmoke, resource.EvidenceGuardrail:
			if e.Verdict == resource.Pass || e.Verdict == resource.Warn {
				out = append(out, fmt.Sprintf("The %s gate passed it (evidence `%s`).", e.Kind, e.ID))
			}
		case resource.EvidenceApproval:
			out = append(out, fmt.Sprintf("People approved it (evidence `%s`).", e.ID))
		}
	}
	list(b, "What let it through", out, "No gate had passed it.")
}

func list(b *strings.Builder, title string, items []string, none string) {
	fmt.Fprintf(b, "## %s\n\n", title)
	if len(items) == 0 {
		fmt.Fprintf(b, "%s\n\n", none)
		return
	}
	for _, s := range items {
		fmt.Fprintf(b, "- %s\n", s)
	}
	b.WriteString("\n")
}

// guardrail says what would have caught it, and how that was proven.
func guardrail(b *strings.Builder, r resource.IncidentReport) {
	b.WriteString("## Guardrail\n\n")
	g := r.Incident.Guardrail
	if r.Incident.Drill {
		b.WriteString("None is needed: the version was bad on purpose. It stays in quarantine for ever.\n\n")
		return
	}
	if g == nil {
		b.WriteString("None is proven yet. The version is in quarantine until one is.\n\n")
		return
	}
	fmt.Fprintf(b, "The %s `%s` of version `%s`, proven at %s (evidence `%s`). Every later release of the agent replays it.\n\n",
		g.Kind, strings.ReplaceAll(g.Name, "`", "'"), g.Version, stamp(g.At), g.Evidence)
	p := r.Proof
	if p == nil {
		b.WriteString("The scenario fails on the bad version and passes on the one that holds it.\n\n")
		return
	}
	fmt.Fprintf(b, "%s\n\n", line(p.Message))
	fmt.Fprintf(b, "| bad run | digest | stopped | why |\n|---|---|---|---|\n")
	for _, x := range p.Stop {
		fmt.Fprintf(b, "| `%s` | `%s` | %s | %s |\n", x.Run, x.Digest, yes(x.Stopped), cell(x.Why))
	}
	stopped := 0
	for _, x := range p.Pass {
		if x.Stopped {
			stopped++
		}
	}
	fmt.Fprintf(b, "\n%d of %d good runs pass; at least %.1f %% had to.\n\n", len(p.Pass)-stopped, len(p.Pass), 100*p.MinPass)
}

// verification lists what the postmortem can be checked with.
func verification(b *strings.Builder, s Sheet) {
	in := s.Report.Incident
	b.WriteString("## Verify it\n\n| what | digest |\n|---|---|\n")
	fmt.Fprintf(b, "| bad version %s@v%d | `%s` |\n", in.Agent, in.Version, in.Digest)
	if in.RolledBackTo != "" {
		fmt.Fprintf(b, "| restored version %s | `%s` |\n", s.Good, in.RolledBackTo)
	}
	for _, e := range s.Evidence {
		fmt.Fprintf(b, "| %s evidence `%s`: %s | `%s` |\n", e.Kind, e.ID, e.Verdict, e.Digest)
	}
	b.WriteString("\n`aureus evidence " + in.Agent + "@v" + fmt.Sprint(in.Version) + "` verifies the signatures, `aureus release verdict " + in.Release +
		"` recomputes the canary's verdict, and `aureus audit verify` proves the ledger entries that the timeline names.\n")
}
