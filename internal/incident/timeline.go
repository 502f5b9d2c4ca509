package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// Facts are the records that a timeline is made from. What is not there makes no
// line.
type Facts struct {
	Incident resource.Incident
	Release  resource.Release
	Version  resource.Version // the bad one
	// Good and Baseline are names (agent@v2) of what was restored and of what served
	// when the release began; "" is nothing.
	Good, Baseline string
	// Entries are the ledger's about the release, its approvals, its evidence, the
	// version, the incident, alerts of the version and notices; in any order, and one
	// may be in it twice.
	Entries []resource.LedgerEntry
	// First is the first failing run, Deciding the run whose outcome decided the
	// rollback, with Outcome as the canary saw it. nil: there is none, or it is gone.
	First, Deciding *resource.Run
	Outcome         *resource.CanaryOutcome
}

// The kinds of lines.
const (
	kindPush     = "push"         // the version was registered
	kindChange   = "change"       // what the release changed
	kindRelease  = "release"      // it went from one state to the next
	kindEvidence = "gate"         // evidence was made for a gate
	kindApproval = "approval"     // people were asked, or answered
	kindTraffic  = "traffic"      // a share of the traffic moved
	kindRun      = "run"          // a run failed
	kindVerdict  = "verdict"      // what decided the rollback
	kindVerify   = "verification" // the restored version was checked
	kindNotice   = "notice"       // somebody was told, or could not be
	kindIncident = "incident"     // follow-up
)

// Timeline is what happened, in the order of time; of two lines of one moment, the
// one that the ledger has first comes first. Each line says what it is made from.
func Timeline(f Facts) []resource.IncidentLine {
	lines := []resource.IncidentLine{f.change()}
	seen := map[string]bool{}
	for _, e := range f.Entries {
		if seen[e.Event.ID] {
			continue
		}
		seen[e.Event.ID] = true
		if l, ok := f.ofEvent(e); ok {
			lines = append(lines, l)
		}
	}
	lines = append(lines, f.runs()...)
	if l, ok := f.restored(); ok {
		lines = append(lines, l)
	}
	for _, n := range f.Incident.Notes {
		if f.inLedger(n) {
			continue
		}
		lines = append(lines, resource.IncidentLine{At: n.At, Kind: kindIncident, Actor: n.Actor, Text: sentence(n.Text),
			Source: resource.LineSource{Kind: "incident", ID: f.Incident.ID}})
	}
	slices.SortStableFunc(lines, func(a, b resource.IncidentLine) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(order(a), order(b)), cmp.Compare(index(a), index(b)))
	})
	return lines
}

// inLedger reports whether an entry about the incident says the same as a note.
func (f Facts) inLedger(n resource.IncidentNote) bool {
	return slices.ContainsFunc(f.Entries, func(e resource.LedgerEntry) bool {
		return e.Event.SubjectKind == "incident" && e.Event.Time == n.At && e.Event.Reason == n.Text
	})
}

// order ranks the lines of one moment: what went out, then the run that ended, then
// what was decided about it.
func order(l resource.IncidentLine) int {
	switch l.Kind {
	case kindChange, kindRun:
		return 0
	case kindVerdict:
		return 1
	}
	return 2
}

func index(l resource.IncidentLine) int64 {
	if l.Source.Index == nil {
		return 1 << 62
	}
	return *l.Source.Index
}

// change says what the release brought.
func (f Facts) change() resource.IncidentLine {
	r := f.Release
	text := fmt.Sprintf("%s asked for %s@v%d in %s.", r.CreatedBy.Name, r.Agent, r.Version, r.Environment)
	if f.Baseline != "" {
		text += " Changed since " + f.Baseline + ": " + changes(r.Delta) + "."
	} else {
		text += " Nothing served there before."
	}
	return resource.IncidentLine{At: r.CreatedAt, Kind: kindChange, Actor: r.CreatedBy, Text: text,
		Source: resource.LineSource{Kind: "release", ID: r.ID, Digest: r.Digest}}
}

// maxChanges bounds the changes that one line names.
const maxChanges = 6

func changes(d resource.Delta) string {
	if len(d.Changes) == 0 {
		return "nothing"
	}
	sorted := slices.Clone(d.Changes)
	slices.SortStableFunc(sorted, func(a, b resource.Change) int {
		return cmp.Or(-cmp.Compare(a.Tier.Rank(), b.Tier.Rank()), cmp.Compare(a.Path, b.Path))
	})
	var names []string
	for _, c := range sorted[:min(len(sorted), maxChanges)] {
		names = append(names, c.Op+" "+c.Path)
	}
	if n := len(sorted) - maxChanges; n > 0 {
		names = append(names, fmt.Sprintf("and %d more", n))
	}
	return fmt.Sprintf("%s (tier %s)", strings.Join(names, ", "), d.Tier)
}

// runs are the first failing run, and the one that decided.
func (f Facts) runs() (lines []resource.IncidentLine) {
	line := func(run resource.Run, kind, text string) {
		lines = append(lines, resource.IncidentLine{At: run.EndedAt, Kind: kind, Actor: resource.System, Text: text,
			Source: resource.LineSource{Kind: "run", ID: run.ID, Digest: run.Digest}})
	}
	if r := f.First; r != nil {
		line(*r, kindRun, fmt.Sprintf("The first run of %s@v%d failed. %s.", r.Agent, r.Version, upper(Title(bare(*r)))))
	}
	if r, o := f.Deciding, f.Outcome; r != nil && o != nil {
		text := fmt.Sprintf("Run %s %s: outcome %d of the canary decided", r.ID, verb(o.Failed), o.Seq)
		if o.EHarm > 0 && f.Release.Plan.Alpha > 0 {
			text += fmt.Sprintf(", with E = %s over a threshold of %s", number(o.EHarm), number(1/f.Release.Plan.Alpha))
		}
		line(*r, kindVerdict, text+".")
	}
	return lines
}

// bare is the cause of a run without words of payloads.
func bare(run resource.Run) resource.FailureGroup {
	g := CauseOf(run)
	g.Pattern = ""
	return g
}

func verb(failed bool) string {
	if failed {
		return "failed"
	}
	return "ended"
}

// restored says when the good version had the traffic.
func (f Facts) restored() (resource.IncidentLine, bool) {
	r := f.Release
	if f.Good == "" || r.GoodAt == 0 {
		return resource.IncidentLine{}, false
	}
	text := fmt.Sprintf("All traffic went to %s", f.Good)
	if r.DecidedAt > 0 && r.DecidedAt <= r.GoodAt {
		text += fmt.Sprintf(", %d ms after the decision", r.GoodAt-r.DecidedAt)
	}
	return resource.IncidentLine{At: r.GoodAt, Kind: kindTraffic, Actor: resource.System, Text: text + ".",
		Source: resource.LineSource{Kind: "release", ID: r.ID, Digest: r.RolledBackTo}}, true
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 5, 64) }

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// sentence ends s with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") {
		return s
	}
	return s + "."
}
