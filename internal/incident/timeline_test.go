package incident

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// story is the facts of a canary that was rolled back.
func story() Facts {
	ada, eve := resource.Actor{Name: "ada", Kind: "human"}, resource.Actor{Name: "eve", Kind: "human"}
	entry := func(index int64, at resource.Millis, by resource.Actor, action, kind, id, reason string, attrs map[string]string) resource.LedgerEntry {
		return resource.LedgerEntry{Index: index, Event: resource.Event{ID: "evt_" + action, Time: at, Actor: by, Action: action, SubjectKind: kind, SubjectID: id, Reason: reason, Attrs: attrs}}
	}
	run := failed("run_1", "refund", "a refund of 5 is more than 4", 300)
	run.Version, run.Digest = 3, "sha256:bad"
	in := resource.Incident{ID: "inc_1", Agent: "desk", Environment: "production", Release: "rel_1", Digest: "sha256:bad", Version: 3, Cause: "canary",
		RolledBackTo: "sha256:good", OpenedAt: 400, MitigatedAt: 450,
		RCA:   &resource.RCA{Cause: "shipping twice", Detection: "d", Prevention: "p", Author: ada, At: 600},
		Notes: []resource.IncidentNote{{At: 500, Actor: ada, Text: "customers were told"}, {At: 460, Actor: resource.System, Text: "Watched for 10m."}}}
	rel := resource.Release{ID: "rel_1", Agent: "desk", Version: 3, Environment: "production", Digest: "sha256:bad", CreatedAt: 100, CreatedBy: ada,
		RolledBackTo: "sha256:good", DecidedAt: 400, GoodAt: 400, Plan: resource.CanaryPlan{Alpha: .001},
		Delta: resource.Delta{Tier: "medium", Changes: []resource.Change{{Op: "changed", Path: "instructions", Tier: "medium"}, {Op: "added", Path: "tools.voucher", Tier: "high"}}}}
	return Facts{Incident: in, Release: rel, Version: resource.Version{Name: "desk@v3"}, Good: "desk@v2", Baseline: "desk@v2", First: &run, Deciding: &run,
		Outcome: &resource.CanaryOutcome{Seq: 7, Failed: true, EHarm: 1043.2},
		Entries: []resource.LedgerEntry{
			entry(-1, 700, ada, "incident.resolved", "incident", "inc_1", "", nil),
			entry(9, 600, ada, "incident.rca_recorded", "incident", "inc_1", "", nil),
			entry(8, 460, resource.System, "incident.watched", "incident", "inc_1", "Watched for 10m.", nil),
			entry(6, 400, resource.System, "release.rolling_back", "release", "rel_1", "the canary's verdict", nil),
			entry(7, 410, resource.System, "notice.failed", "notice", "rel_1", "the webhook answered 500", map[string]string{"kind": "release.rolling_back", "to": "webhook"}),
			entry(5, 200, resource.System, "release.canary", "release", "rel_1", "", map[string]string{"weight": "10", "step": "0"}),
			entry(4, 150, eve, "approval.given", "approval", "apr_1", "read", nil),
			entry(4, 150, eve, "approval.given", "approval", "apr_1", "read", nil),
			entry(3, 120, resource.System, "evidence.recorded", "evidence", "evd_1", "", map[string]string{"kind": "simulation", "verdict": "pass", "bundle": "sha256:e"}),
			entry(1, 50, ada, "version.registered", "version", "desk@v3", "", map[string]string{"gitSha": "4be1f02"}),
			entry(2, 110, ada, "waiver.something_new", "waiver", "w", "why", nil),
		}}
}

func TestTimeline(t *testing.T) {
	var got []string
	for _, l := range Timeline(story()) {
		src := l.Source.Kind + " " + l.Source.ID
		if l.Source.Index != nil {
			src = "ledger " + strings.Repeat("i", int(*l.Source.Index))
		}
		got = append(got, strings.Join([]string{l.Kind, l.Text, src}, " | "))
	}
	want := []string{
		"push | desk@v3 was pushed (commit 4be1f02). | ledger i",
		"change | ada asked for desk@v3 in production. Changed since desk@v2: added tools.voucher, changed instructions (tier medium). | release rel_1",
		"incident | waiver.something new: why. | ledger ii",
		"gate | Evidence of kind simulation was signed: pass. | ledger iii",
		"approval | eve approved: read. | ledger iiii",
		"traffic | 10 % of new sessions go to desk@v3. | ledger iiiii",
		"run | The first run of desk@v3 failed. Failure: refund reported an error. | run run_1",
		"verdict | Run run_1 failed: outcome 7 of the canary decided, with E = 1043.2 over a threshold of 1000. | run run_1",
		"verdict | The rollback began: the canary's verdict. | ledger iiiiii",
		"traffic | All traffic went to desk@v2, 0 ms after the decision. | release rel_1",
		"notice | People could not be told of release.rolling_back by webhook at once: the webhook answered 500. | ledger iiiiiii",
		"incident | Watched for 10m. | ledger iiiiiiii",
		"incident | customers were told. | incident inc_1",
		"incident | The root cause was recorded: shipping twice. | ledger iiiiiiiii",
		"incident | The incident was resolved. The quarantine ended; every release of the agent replays the guardrail from now on. | ledger evt_incident.resolved",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Timeline() differs (-want +got):\n%s", diff)
	}
}

// TestPostmortem checks what the document says, and that what people and tools
// wrote cannot change its form.
func TestPostmortem(t *testing.T) {
	f := story()
	f.Incident.RCA.Cause = "# not a heading\n| not | a row | <script>"
	f.Incident.RCA.Factors = []string{"*many*"}
	g := &Grouper{}
	g.Add(failed("run_1", "refund", "over | the limit\n# of all", 300))
	impact := ImpactOf(f.Release, Tally{Runs: 40, Failed: 12, Sessions: 30, FailedSessions: 10, FirstFailedRun: "run_1", FirstFailedAt: 300, LastFailedAt: 400}, Tally{Runs: 400, Failed: 10}, 400)
	s := Sheet{Release: f.Release, Version: f.Version, Good: "desk@v2", At: 800,
		Report:   resource.IncidentReport{Incident: f.Incident, Impact: impact, Lines: Timeline(f), Groups: g.Groups(40, 400), Grouped: 1},
		Evidence: []resource.Evidence{{ID: "evd_1", Subject: "sha256:bad", Kind: resource.EvidenceSimulation, Verdict: resource.Pass, Digest: "sha256:e"}}}
	got := Postmortem(s)
	for _, want := range []string{
		"# Postmortem: desk@v3 in production, 1970-01-01\n", "12 of 40 live runs of the version failed, in 10 of 30 sessions.",
		"10 of 400 runs of the stable version failed in the same time: 11.0 failed runs are the version's own.",
		"From the first failing run to the decision: 100ms.", "Of the newest 1 of 12 failing runs.",
		`\# not a heading \| not \| a row \| &lt;script&gt;`, `- \*many\*`, `over \| the limit # of all`,
		"The simulation gate passed it (evidence `evd_1`).", "| simulation evidence `evd_1`: pass | `sha256:e` |", "| ledger 6 |",
		"None is proven yet.", "The canary saw it by itself",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("Postmortem() lacks %q", want)
		}
	}
	if strings.Contains(got, "\n# not") || strings.Contains(got, "<script") {
		t.Error("Postmortem() lets text change its form")
	}
	if t.Failed() {
		t.Log(got)
	}
}

// TestPostmortemOfDrill: nobody met its version, and nothing has to be proven.
func TestPostmortemOfDrill(t *testing.T) {
	f := story()
	f.Incident.Drill, f.Release.Drill = true, true
	f.Release.Plan.Steps = []blueprint.CanaryStep{{Weight: 10}}
	impact := ImpactOf(f.Release, Tally{Runs: 40, Failed: 12, Sessions: 40, FailedSessions: 12, FirstFailedRun: "run_1", FirstFailedAt: 300, LastFailedAt: 400}, Tally{Runs: 400}, 400)
	got := Postmortem(Sheet{Release: f.Release, Version: f.Version, Good: "desk@v2", At: 800,
		Report: resource.IncidentReport{Incident: f.Incident, Impact: impact, Lines: Timeline(f)}})
	for _, want := range []string{"**This was a drill**", "12 of the drill's 40 runs of the version failed.", "None is needed: the version was bad on purpose.",
		"The version stays in quarantine: it was bad on purpose."} {
		if !strings.Contains(got, want) {
			t.Errorf("Postmortem() of a drill lacks %q", want)
		}
	}
	for _, not := range []string{"live runs", "new sessions got", "None is proven", "replays"} {
		if strings.Contains(got, not) {
			t.Errorf("Postmortem() of a drill says %q", not)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestImpactOf(t *testing.T) {
	rel := resource.Release{DecidedAt: 1000}
	none := ImpactOf(rel, Tally{Runs: 5}, Tally{}, 0)
	if none.ExcessFailed != 0 || none.DetectMs != 0 || none.RestoreMs != 0 {
		t.Errorf("ImpactOf() without failures and nothing good = %+v", none)
	}
	alone := ImpactOf(rel, Tally{Runs: 5, Failed: 2, FirstFailedAt: 400}, Tally{}, 1250)
	if alone.ExcessFailed != 2 || alone.DetectMs != 600 || alone.RestoreMs != 250 || alone.TotalMs != 850 {
		t.Errorf("ImpactOf() without a control arm = %+v, want 2 failed, 600 + 250 ms", alone)
	}
}
