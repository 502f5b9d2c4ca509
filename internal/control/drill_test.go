package control_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// drillsIn are two environments without people; the first has a canary and more.
func (w *world) drillsIn(more string) {
	w.Helper()
	w.pipeline("  environments: [{name: staging, approvals: [{count: 0}]" + more + "}, {name: production, rollout: {strategy: all-at-once}, approvals: [{count: 0}]}]\n")
}

// drilled waits until a drill has ended.
func (w *world) drilled(id string) (d resource.Drill) {
	w.Helper()
	w.eventually("the end of drill "+id, func() bool {
		var err error
		d, err = w.Drill(w.Context(), viewer, id)
		w.must(err)
		return d.State != resource.DrillRunning
	})
	return d
}

func (w *world) drill() resource.Drill {
	w.Helper()
	d, err := w.StartDrill(w.Context(), operator, desk, control.DrillRequest{})
	w.must(err)
	return d
}

// TestDrill: a version that is bad on purpose is detected, rolled back and signed
// for, and nobody but the drill meets it.
func TestDrill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drillsIn("")
	good := w.push(lean(t, blueprint.TierMedium))
	w.promote(good, "staging")
	for range 2 {
		_, err := w.StartDrill(t.Context(), operator, desk, control.DrillRequest{Environment: control.Production})
		w.wants(err, fault.Blocked, "StartDrill() in the last environment")
		if w.serving(control.Production).Stable == "" {
			w.promote(good, control.Production)
		}
	}
	_, err := w.StartDrill(t.Context(), operator, "nobody", control.DrillRequest{})
	w.wants(err, fault.NotFound, "StartDrill() of an agent that is not there")

	before := w.serving("staging")
	d := w.drill()
	if d.State != resource.DrillRunning || d.Good != good.Digest || d.Version != 2 {
		t.Errorf("StartDrill() = %+v, want v2 beside %s, running", d, good.Name)
	}
	_, err = w.StartDrill(t.Context(), operator, desk, control.DrillRequest{})
	w.wants(err, fault.Conflict, "StartDrill() beside a drill")
	_, err = w.MoveRelease(t.Context(), operator, d.ID, "promote", "why not")
	w.wants(err, fault.Conflict, "promote of a drill")
	for range 20 {
		w.served(1)
	}
	d = w.drilled(d.ID)
	if d.State != resource.DrillPassed || d.FailedRuns == 0 || d.RecoveryMs <= 0 || d.RecoveryMs > d.Within || d.Runs < d.FailedRuns {
		t.Fatalf("Drill() = %+v, want it passed", d)
	}
	if !(d.StartedAt <= d.FirstFailedAt && d.FirstFailedAt <= d.DecidedAt && d.DecidedAt <= d.GoodAt && d.GoodAt <= d.VerifiedAt) {
		t.Errorf("Drill() = %+v, want its moments in order", d)
	}
	t.Logf("recovered in %d ms after %d failed runs of %d", d.RecoveryMs, d.FailedRuns, d.Runs)
	w.drillLeftNothing(d, before)
	w.drillSigned(good, d)

	// The seeded version is none that people may release, and none that is newest.
	v, err := w.Version(t.Context(), viewer, desk)
	w.must(err)
	if v.Number != 1 {
		t.Errorf("Version(%s) = v%d, want v1", desk, v.Number)
	}
	_, err = w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: desk + "@v2", Environment: "staging"})
	w.wants(err, fault.Blocked, "StartRelease() of a drill's version")
	next := lean(t, blueprint.TierMedium)
	next.Metadata.Description = "another"
	if v := w.push(next); v.Number != 3 {
		t.Errorf("Push() = v%d after a drill, want v3", v.Number)
	}
	keys, err := w.DORA(t.Context(), viewer, control.FiguresQuery{Agent: desk, Environment: "staging"})
	w.must(err)
	for _, k := range keys {
		if k.Failed != 0 {
			t.Errorf("DORA() = %+v, want no failure by a drill", k)
		}
	}
	figures, err := w.Figures(t.Context(), viewer, control.FiguresQuery{Agent: desk, Environment: "staging"})
	w.must(err)
	for _, f := range figures {
		if f.Digest == d.Digest || f.Rollbacks != 0 {
			t.Errorf("Figures() = %+v, want nothing of a drill", f)
		}
	}
}

// drillLeftNothing: what serves is as it was, nobody was called, no effect was
// made, the incident is closed, and the version is in quarantine.
func (w *world) drillLeftNothing(d resource.Drill, before resource.Deployment) {
	w.Helper()
	after := w.serving("staging")
	before.Revision, before.UpdatedAt, after.Revision, after.UpdatedAt = 0, 0, 0, 0
	if before != after {
		w.Errorf("Deployment() after the drill = %+v, want %+v", after, before)
	}
	for _, kind := range []string{"drill.missed", "drill.not_run", "release.rolling_back", "release.rolled_back"} {
		if n := w.notices.count(kind); n != 0 {
			w.Errorf("%d notices %s of a drill that passed, want none", n, kind)
		}
	}
	in, err := w.Incident(w.Context(), viewer, d.Incident)
	w.must(err)
	if !in.Drill || in.State != "resolved" || in.RCA == nil || in.RCA.Cause != "drill" || in.FirstFailedRun == "" {
		w.Errorf("Incident() = %+v, want it resolved as a drill", in)
	}
	v, err := w.Version(w.Context(), viewer, d.Digest)
	w.must(err)
	if v.Quarantine == nil || !v.Drill {
		w.Errorf("Version() = %+v, want it in quarantine, a drill's", v)
	}
	runs, err := w.Runs(w.Context(), viewer, control.RunFilter{Release: d.ID}, control.Page{Limit: 1000})
	w.must(err)
	for _, run := range runs {
		if run.Mode != resource.RunDrill || run.Principal != resource.System {
			w.Errorf("run %s of the drill is %s by %s, want the drill's own", run.ID, run.Mode, run.Principal.Name)
		}
	}
	if int64(len(runs)) < d.Runs {
		w.Errorf("%d runs are kept of the drill's %d", len(runs), d.Runs)
	}
	rep, err := w.Verdict(w.Context(), viewer, d.ID)
	w.must(err)
	if !rep.Agrees {
		w.Errorf("Verdict() = %s, want it to be recomputed", rep.Problem)
	}
}

// drillSigned: the evidence is about the good version, verifies, and says what
// the drill says.
func (w *world) drillSigned(good resource.Version, d resource.Drill) {
	w.Helper()
	list, err := w.Evidence(w.Context(), viewer, good.Name)
	w.must(err)
	found := 0
	for _, e := range list {
		if e.Kind != resource.EvidenceDrill {
			continue
		}
		found++
		var said resource.Drill
		w.must(json.Unmarshal(e.Report, &said))
		said.Evidence = d.Evidence
		if !e.Verified || e.Verdict != resource.Pass || e.Release != d.ID || said != d {
			w.Errorf("evidence = %s %s %+v, want a verified pass that says %+v", e.Verdict, e.Problem, said, d)
		}
	}
	if found != 1 {
		w.Errorf("%d pieces of drill evidence, want 1", found)
	}
	w.sql("UPDATE evidence SET doc = json_set(doc, '$.verdict', 'warn') WHERE kind = 'drill'")
	list, err = w.Evidence(w.Context(), viewer, good.Name)
	w.must(err)
	for _, e := range list {
		if e.Kind == resource.EvidenceDrill && e.Verified {
			w.Error("evidence with another verdict than the signed one verifies")
		}
	}
}

// TestDrillMissed: a drill that nothing detects ends by itself, its version is
// off, and people hear of it.
func TestDrillMissed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drillsIn(", drill: {start: 2026-01-05T04:00, runs: 3, within: 1m}")
	good := w.push(lean(t, blueprint.TierMedium))
	w.promote(good, "staging")
	before := w.serving("staging")
	d := w.drilled(w.drill().ID) // three runs convince no canary
	if d.State != resource.DrillMissed || d.Runs < 3 {
		t.Errorf("Drill() = %+v, want it missed", d)
	}
	in, err := w.Incident(t.Context(), viewer, d.Incident)
	w.must(err)
	if in.State != "mitigated" || !in.Drill {
		t.Errorf("Incident() = %+v, want it open for people", in)
	}
	w.eventually("the notice", func() bool { return w.notices.count("drill.missed") == 1 })
	if after := w.serving("staging"); after.Stable != before.Stable || after.Candidate != "" || after.Drill || after.Paused {
		t.Errorf("Deployment() = %+v, want only what served", after)
	}
	list, err := w.Evidence(t.Context(), viewer, good.Name)
	w.must(err)
	if e := list[0]; e.Kind != resource.EvidenceDrill || e.Verdict != resource.Block || !e.Verified {
		t.Errorf("newest evidence = %s %s, want a drill that blocks", e.Kind, e.Verdict)
	}
	// Its cause is all that people have to find.
	in, err = w.RecordRCA(t.Context(), operator, in.ID, resource.RCA{Cause: "three runs are too few", Detection: "by the drill", Prevention: "more runs"})
	w.must(err)
	v, err := w.Version(t.Context(), viewer, d.Digest)
	w.must(err)
	if in.State != "resolved" || v.Quarantine == nil {
		t.Errorf("after the analysis: incident %s, quarantine %v, want resolved and still in quarantine", in.State, v.Quarantine)
	}

	// The drill's time ends. One that made no run, because the model answers nothing,
	// had nothing that could be detected.
	w.holdModel(func() {
		stuck := w.drill()
		w.until(stuck.ID, resource.ReleaseCanary)
		w.advance(time.Hour)
		if got := w.drilled(stuck.ID); got.State != resource.DrillCancelled || got.Incident != "" || got.Why != "no run of the drill ended" {
			t.Errorf("Drill() without a run = %+v, want it cancelled", got)
		}
		w.eventually("the notice", func() bool { return w.notices.count("drill.not_run") == 1 })
		stuck = w.drill()
		w.until(stuck.ID, resource.ReleaseCanary)
		w.changed(stuck.ID, func(r *resource.Release) { r.Canary.Canary.Runs = 1 })
		w.advance(time.Hour)
		rel := w.until(stuck.ID, resource.ReleaseRollingBack)
		if rel.State != resource.ReleaseRollingBack || !strings.Contains(rel.Reason, "not detected in time") || w.serving("staging").Candidate != "" {
			t.Errorf("release = %s (%s), want it rolled back because it was not detected", rel.State, rel.Reason)
		}
	})
}

// TestDrillMakesWay: whatever people want of the environment goes before a drill,
// also one that a restart cut off.
func TestDrillMakesWay(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	w.workers = true
	w.restart()
	w.drillsIn("")
	good := w.push(lean(t, blueprint.TierMedium))
	w.promote(good, "staging")
	next := lean(t, blueprint.TierMedium)
	next.Metadata.Description = "another"
	v := w.push(next)

	w.workers = false
	w.restart()
	d := w.drill()
	rel := w.begin(v, "staging")
	if got := w.drilled(d.ID); got.State != resource.DrillCancelled || rel.State != resource.ReleaseChecking {
		t.Errorf("drill %s and release %s (%s), want cancelled and checking", got.State, rel.State, rel.Reason)
	}
	_, err := w.StartDrill(t.Context(), operator, desk, control.DrillRequest{})
	w.wants(err, fault.Conflict, "StartDrill() beside a release")
	w.move(rel, "cancel")

	// A stop in the middle of a drill, before its jobs and while its runs are under
	// way: it goes on after the next start.
	d = w.drill()
	w.workers = true
	w.holdModel(func() {
		w.restart()
		w.until(d.ID, resource.ReleaseCanary)
		w.restart()
	})
	if got := w.drilled(d.ID); got.State != resource.DrillPassed {
		t.Errorf("drill after a restart = %+v, want it passed", got)
	}
	if list, err := w.Drills(t.Context(), viewer, desk, control.Page{}); err != nil || len(list) != 2 || list[0].ID != d.ID {
		t.Errorf("Drills() = %+v, %v, want two, newest first", list, err)
	}

	// A rollback of what serves is not one of the drill beside it.
	w.promote(v, "staging")
	var rel2 resource.Release
	w.holdModel(func() {
		d = w.drill()
		w.until(d.ID, resource.ReleaseCanary)
		rel2, err = w.Rollback(t.Context(), operator, desk, "staging", "it is bad")
		w.must(err)
	})
	if got := w.drilled(d.ID); got.State != resource.DrillCancelled || rel2.Digest != v.Digest || rel2.RolledBackTo != good.Digest {
		t.Errorf("drill %s and rollback of v%d to %s, want the drill cancelled and %s rolled back", got.State, rel2.Version, rel2.RolledBackTo, v.Name)
	}
	w.until(rel2.ID, resource.ReleaseRolledBack)
	w.holdModel(func() {
		d = w.drill()
		w.until(d.ID, resource.ReleaseCanary)
		_, err = w.Retire(t.Context(), operator, desk, "enough")
		w.must(err)
	})
	if got := w.drilled(d.ID); got.State != resource.DrillCancelled || got.Evidence != "" || got.Incident != "" {
		t.Errorf("drill after the agent was retired = %+v, want it cancelled", got)
	}
	if n := w.notices.count("drill.not_run") + w.notices.count("drill.missed"); n != 0 {
		t.Errorf("%d notices of drills that made way, want none", n)
	}
	_, err = w.StartDrill(t.Context(), operator, desk, control.DrillRequest{})
	w.wants(err, fault.Conflict, "StartDrill() of a retired agent")
}

// unreadable adds agents that are looked at before the desk, and of which something
// cannot be read.
func (w *world) unreadable() {
	w.Helper()
	for agent, spoil := range map[string]string{
		"at":     `UPDATE deployments SET doc = '{' WHERE agent = $1`,
		"bought": `UPDATE versions SET doc = '{' WHERE agent = $1`,
		"due":    `INSERT INTO meta (key, value) VALUES ('drills/' || $1 || '/staging', 'soon')`,
	} {
		for _, q := range []string{
			`INSERT INTO versions (agent, number, digest, doc, manifest) SELECT $1, number, digest, json_set(doc, '$.agent', $1), manifest FROM versions WHERE agent = 'desk'`,
			`INSERT INTO deployments (agent, environment, revision, doc) SELECT $1, environment, revision, json_set(doc, '$.agent', $1) FROM deployments WHERE agent = 'desk'`,
			spoil,
		} {
			if w.sql(q, agent) == 0 {
				w.Fatalf("no row of %s was changed by %s", agent, q)
			}
		}
	}
}

// TestDrillSchedule: a time that comes starts one drill, one that was missed too,
// and what does not run is in the ledger.
func TestDrillSchedule(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	w.workers = true
	w.restart()
	_, err := w.PutPipeline(t.Context(), operator, parsedPipeline(t, "desks", `  agents: [desk, due]
  environments:
    - {name: staging, approvals: [{count: 0}], drill: {start: 2026-01-05T04:00, rrule: FREQ=DAILY}}
    - {name: production}
`), 0)
	w.must(err)
	w.promote(w.push(lean(t, blueprint.TierMedium)), "staging")
	w.workers = false
	w.restart()
	count := func() int {
		list, err := w.Drills(t.Context(), viewer, desk, control.Page{})
		w.must(err)
		return len(list)
	}
	check := func(when string, want int) {
		t.Helper()
		w.must(w.CheckDrills(t.Context()))
		if got := count(); got != want {
			t.Errorf("%s: %d drills, want %d", when, got, want)
		}
	}
	check("at the first look", 0)
	check("at the second", 0)
	w.unreadable()
	w.advance(5 * 24 * time.Hour)
	check("after five days", 1)
	check("right after that", 1)
	w.advance(24 * time.Hour) // the drill has not ended: nobody does its jobs
	check("while a drill moves", 1)
	w.once("agent", desk, "drill.skipped")
	list, err := w.Drills(t.Context(), viewer, desk, control.Page{})
	w.must(err)
	if list[0].By != resource.System {
		t.Errorf("a scheduled drill is by %v, want the system", list[0].By)
	}
	_, err = w.MoveRelease(t.Context(), operator, list[0].ID, "cancel", "enough")
	w.must(err)
	w.advance(24 * time.Hour)
	check("a day later", 2)
}
