package control_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// refundLimit forbids refunds over an amount.
func refundLimit(amount float64) blueprint.Policy {
	return blueprint.Policy{ID: "refund-limit", Cedar: fmt.Sprintf(
		`@reason("refunds over the limit are for a person")
forbid (principal, action, resource == Tool::"issue_refund") when { context.args.amount.value.greaterThan(decimal("%.2f")) };`, amount)}
}

// answersWell is a CRV gate that takes no answer of a failed refund.
func answersWell() blueprint.CRVGate {
	return blueprint.CRVGate{Name: "answers-well", On: "output", Recovery: blueprint.RecoverEscalate,
		Validators: []blueprint.Validator{{Type: "expression", Expression: "value.status != 'failed'", Message: "the refund failed"}}}
}

// stray is a world in which a bad version was rolled back by hand: its refunds were
// more than limit, those of the good version less.
type stray struct {
	*world
	good, bad resource.Version
	blueprint *blueprint.Agent // of the good version
	incident  string
	failed    int
	limit     float64
}

// newStray lets a good version refund cheap orders and a bad one dear ones with
// paid shipping, three of which the shop refuses.
func newStray(t *testing.T) *stray {
	w := &stray{world: newWorld(t), blueprint: lean(t, blueprint.TierMedium)}
	w.good = w.push(w.blueprint)
	w.serve(w.good)
	dear, cheap := w.orders()
	for _, o := range cheap {
		if run := w.invoke(control.Production, "", o); run.Outcome != resource.OutcomeSuccess {
			t.Fatalf("Invoke() on the good version = %s (%s)", run.Outcome, run.Message)
		}
	}
	w.bad = w.push(withRegression(t, w.blueprint))
	w.promote(w.bad, "staging")
	w.promote(w.bad, control.Production)
	for _, o := range dear {
		if w.invoke(control.Production, "", o).Outcome.Failed() {
			w.failed++
		}
	}
	rel, err := w.Rollback(w.Context(), operator, desk, control.Production, "refunds fail")
	w.must(err)
	rel = w.until(rel.ID, resource.ReleaseRolledBack)
	w.incident = rel.Incident
	return w
}

// orders picks three dear orders with paid shipping and five cheap ones without.
func (w *stray) orders() (dear, cheap []string) {
	w.Helper()
	w.refunds("") // opens the shop
	w.limit = 60
	total := func(id string) (v float64) {
		w.must(w.shop.QueryRow("SELECT total_cents / 100.0 FROM orders WHERE id = $1", id).Scan(&v))
		return v
	}
	for n := 0; len(dear) < 3 || len(cheap) < 5; n++ {
		if id := order(n, true); len(dear) < 3 && total(id) > w.limit {
			dear = append(dear, id)
		}
		if id := plainOrder(n); len(cheap) < 5 && total(id) < w.limit {
			cheap = append(cheap, id)
		}
	}
	return dear, cheap
}

// TestGuardrailByPolicy proves a policy by back-test, and keeps later versions from
// dropping it.
func TestGuardrailByPolicy(t *testing.T) {
	t.Parallel()
	w := newStray(t)
	with := func(sentence string, change func(*blueprint.Agent)) resource.Version {
		a := variant(t, w.blueprint, sentence)
		change(a)
		return w.push(a)
	}
	limited := with("Refund the total.", func(a *blueprint.Agent) { a.Spec.Policies = append(a.Spec.Policies, refundLimit(w.limit)) })
	strict := with("Refund little.", func(a *blueprint.Agent) { a.Spec.Policies = append(a.Spec.Policies, refundLimit(0.01)) })
	loose := with("Refund much.", func(a *blueprint.Agent) { a.Spec.Policies = append(a.Spec.Policies, refundLimit(100_000)) })
	prove := func(v resource.Version, more ...func(*control.GuardrailRequest)) error {
		r := control.GuardrailRequest{Version: v.Name, Kind: resource.GuardrailPolicy, Name: "refund-limit"}
		for _, f := range more {
			f(&r)
		}
		_, err := w.ProveGuardrail(w.Context(), operator, w.incident, r)
		return err
	}
	w.wants(prove(w.good), fault.NotFound, "ProveGuardrail() with a version that lacks the policy")
	w.wants(prove(w.bad), fault.Invalid, "ProveGuardrail() with the bad version")
	w.wants(prove(limited, func(r *control.GuardrailRequest) { r.Groups = []string{"gffffffff"} }), fault.NotFound, "ProveGuardrail() with an unknown group")
	w.wants(prove(limited, func(r *control.GuardrailRequest) { r.GoodRuns = 1001 }), fault.Invalid, "ProveGuardrail() with too many runs")
	w.wants(prove(limited, func(r *control.GuardrailRequest) { r.Kind = "luck" }), fault.Invalid, "ProveGuardrail() of no kind")
	for what, v := range map[string]resource.Version{"good runs": strict, "gets through": loose} {
		err := prove(v)
		w.wants(err, fault.Blocked, "ProveGuardrail() with a policy that does not fit")
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("ProveGuardrail() of %s = %v, want a word about %q", v.Name, err, what)
		}
	}
	w.must(prove(limited))
	w.resolved(resource.GuardrailPolicy, limited)

	// The same policy under another name keeps the guardrail; without one it is lost.
	renamed := with("Refund the total, please.", func(a *blueprint.Agent) {
		p := refundLimit(w.limit)
		p.ID = "other-limit"
		a.Spec.Policies = append(a.Spec.Policies, p)
	})
	w.promote(renamed, "staging")
	rel := w.expect(w.release(with("Nothing else.", func(*blueprint.Agent) {}), "staging"), resource.ReleaseRejected)
	if g := gate(rel, resource.EvidenceGuardrail); g.Verdict != resource.Block || g.Evidence == "" {
		t.Errorf("guardrail gate of a version without the policy = %+v, want block with its evidence", g)
	}
}

// TestGuardrailByGate proves a CRV gate by back-test.
func TestGuardrailByGate(t *testing.T) {
	t.Parallel()
	w := newStray(t)
	a := variant(t, w.blueprint, "Refund the total.")
	a.Spec.CRV = append(a.Spec.CRV, answersWell())
	gated := w.push(a)
	b := variant(t, w.blueprint, "Refund the total, or not.")
	warns := answersWell()
	no := false
	warns.BlockOnFailure = &no
	b.Spec.CRV = append(b.Spec.CRV, warns)
	warning := w.push(b)
	prove := func(v resource.Version) error {
		_, err := w.ProveGuardrail(w.Context(), operator, w.incident, control.GuardrailRequest{Version: v.Name, Kind: resource.GuardrailCRV, Name: "answers-well"})
		return err
	}
	w.wants(prove(warning), fault.Blocked, "ProveGuardrail() with a gate that only warns")
	w.must(prove(gated))
	w.resolved(resource.GuardrailCRV, gated)
	w.promote(gated, "staging")
	rel := w.expect(w.release(w.push(variant(t, w.blueprint, "Nothing else.")), "staging"), resource.ReleaseRejected)
	if g := gate(rel, resource.EvidenceGuardrail); g.Verdict != resource.Block {
		t.Errorf("guardrail gate of a version without the CRV gate = %+v, want block", g)
	}
}

// resolved records the cause and checks what the proof and the report say.
func (w *stray) resolved(kind string, holder resource.Version) {
	w.Helper()
	rca := resource.RCA{Cause: "shipping twice", Category: "instructions", Factors: []string{"no scenario had shipping"}, Detection: "a customer called",
		Prevention: "a limit", Owner: "ada", Due: 1}
	in, err := w.RecordRCA(w.Context(), operator, w.incident, rca)
	w.must(err)
	if in.State != "resolved" || in.Guardrail == nil || in.Guardrail.Kind != kind || in.Guardrail.Version != holder.Digest {
		w.Fatalf("incident = %s with %+v, want it resolved by a %s of %s", in.State, in.Guardrail, kind, holder.Name)
	}
	rep, err := w.IncidentReport(w.Context(), operator, w.incident)
	w.must(err)
	if p := rep.Proof; p == nil || !p.Passed || len(p.Stop) != w.failed || len(p.Pass) != 5 || p.Stop[0].Digest == "" {
		w.Errorf("IncidentReport().Proof = %+v, want %d bad runs stopped and 5 good ones passing", p, w.failed)
	}
	list, err := w.Evidence(w.Context(), viewer, w.bad.Name)
	w.must(err)
	found := false
	for _, e := range list {
		if e.ID == in.Guardrail.Evidence {
			found = e.Verified && e.Kind == resource.EvidenceGuardrail
		}
	}
	if !found {
		w.Error("the proof's evidence is not there or does not verify")
	}
	text, err := w.Postmortem(w.Context(), operator, w.incident)
	w.must(err)
	for _, want := range []string{"# Postmortem: desk@v2 in production", "3 of 3 live runs of the version failed", "shipping twice", in.Guardrail.Evidence, w.bad.Digest} {
		if !strings.Contains(text, want) {
			w.Errorf("Postmortem() lacks %q:\n%s", want, text)
		}
	}
}

// TestIncidentReport checks what is put together for an incident that nobody wrote
// anything about.
func TestIncidentReport(t *testing.T) {
	t.Parallel()
	w := newStray(t)
	rep, err := w.IncidentReport(w.Context(), operator, w.incident)
	w.must(err)
	if i := rep.Impact; i.Runs != 3 || i.Failed != 3 || i.FailedSessions != 3 || i.FirstFailedRun == "" || i.GoodAt == 0 || i.TotalMs < i.RestoreMs {
		t.Errorf("IncidentReport().Impact = %+v, want 3 failed runs and their times", i)
	}
	if len(rep.Groups) != 1 || rep.Groups[0].Tool != "issue_refund" || rep.Groups[0].Runs != 3 || !rep.Groups[0].StandsOut {
		t.Errorf("IncidentReport().Groups = %+v, want one of issue_refund", rep.Groups)
	}
	if !strings.Contains(rep.Groups[0].Title, "is more than") {
		t.Errorf("title = %q, want what the shop said", rep.Groups[0].Title)
	}
	kinds := map[string]int{}
	last := resource.Millis(0)
	for _, l := range rep.Lines {
		kinds[l.Kind]++
		if l.At < last || l.Source.ID == "" {
			t.Errorf("line %+v comes before its time, or has no source", l)
		}
		last = l.At
	}
	for _, want := range []string{"push", "change", "release", "gate", "traffic", "run", "verdict", "verification", "incident", "notice"} {
		if kinds[want] == 0 {
			t.Errorf("IncidentReport() has no line of kind %s: %+v", want, kinds)
		}
	}
	hidden, err := w.IncidentReport(w.Context(), viewer, w.incident)
	w.must(err)
	if hidden.Groups[0].Pattern != "" || strings.Contains(hidden.Groups[0].Title, "more than") {
		t.Errorf("a viewer reads %q", hidden.Groups[0].Title)
	}

	rows, err := w.DORA(w.Context(), viewer, control.FiguresQuery{Agent: desk, Environment: control.Production})
	w.must(err)
	if len(rows) != 1 || rows[0].Deployments != 2 || rows[0].Failed != 1 || rows[0].ChangeFailureRate != .5 || rows[0].RestoreFirst.Count != 1 || rows[0].LeadTime.Count != 2 {
		t.Errorf("DORA() = %+v, want 2 deployments of which 1 failed", rows)
	}
}

// TestIncidentFollowUp sets who takes care of an incident and reports what was done.
func TestIncidentFollowUp(t *testing.T) {
	t.Parallel()
	w := newStray(t)
	text := func(s string) *string { return &s }
	_, err := w.TriageIncident(w.Context(), operator, w.incident, resource.TriageRequest{Severity: text("sev9")})
	w.wants(err, fault.Invalid, "TriageIncident() with no severity")
	_, err = w.TriageIncident(w.Context(), operator, w.incident, resource.TriageRequest{})
	w.wants(err, fault.Invalid, "TriageIncident() with nothing")
	_, err = w.FollowUp(w.Context(), operator, w.incident, "done")
	w.wants(err, fault.Conflict, "FollowUp() without a root cause")
	in, err := w.TriageIncident(w.Context(), operator, w.incident, resource.TriageRequest{Severity: text("sev2"), Assignee: text("olga"), Note: "customers were told"})
	w.must(err)
	if in.Severity != "sev2" || in.Assignee != "olga" || len(in.Notes) != 1 {
		t.Errorf("TriageIncident() = %+v", in)
	}
	_, err = w.RecordRCA(w.Context(), operator, w.incident, resource.RCA{Cause: "c", Detection: "d", Prevention: "p", Category: "luck"})
	w.wants(err, fault.Invalid, "RecordRCA() with no category")
	_, err = w.RecordRCA(w.Context(), operator, w.incident, resource.RCA{Cause: "c", Detection: "d", Prevention: "p", Due: 5})
	w.wants(err, fault.Invalid, "RecordRCA() with a due date and no owner")
	_, err = w.RecordRCA(w.Context(), operator, w.incident, resource.RCA{Cause: "c", Detection: "d", Prevention: "p", Owner: "ada", Due: 5})
	w.must(err)
	count := func(f control.IncidentFilter) int {
		list, err := w.Incidents(w.Context(), viewer, f, control.Page{})
		w.must(err)
		return len(list)
	}
	overdue := control.IncidentFilter{Severity: "sev2", Assignee: "olga", Environment: control.Production, DueBefore: 6}
	if n := count(overdue); n != 1 {
		t.Errorf("Incidents() that are overdue = %d, want 1", n)
	}
	_, err = w.FollowUp(w.Context(), operator, w.incident, "the limit is in")
	w.must(err)
	if n := count(overdue); n != 0 {
		t.Errorf("Incidents() that are overdue after it was done = %d, want 0", n)
	}
}

// TestGuardrailOfAStricterVersion lets a version go out that has people asked first
// for what the failing run was allowed to do: the scenario that guards against the
// old mistake carries what the run was allowed.
func TestGuardrailOfAStricterVersion(t *testing.T) {
	t.Parallel()
	w := newStray(t)
	rep, err := w.IncidentReport(w.Context(), operator, w.incident)
	w.must(err)
	lesson, err := w.ScenarioFromRun(w.Context(), author, rep.Groups[0].Example)
	w.must(err)
	fixed := w.push(mended(t, w.blueprint, lesson))
	_, err = w.ProveGuardrail(w.Context(), operator, w.incident, control.GuardrailRequest{Version: fixed.Name, Name: lesson.Name})
	w.must(err)
	_, err = w.RecordRCA(w.Context(), operator, w.incident, resource.RCA{Cause: "c", Detection: "d", Prevention: "p"})
	w.must(err)
	w.promote(fixed, "staging")
	stricter := w.push(lean(t, blueprint.TierHigh))

	// A model that does not answer when the guardrail is replayed is no failure of it.
	customer, err := json.Marshal(lesson.Input)
	w.must(err)
	id := regexp.MustCompile(`A-\d+`).Find(customer)
	var unanswered atomic.Int64
	w.models.hold(func(r *http.Request) {
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err != nil || bytes.Contains(body, id) {
			unanswered.Add(1)
			panic(http.ErrAbortHandler)
		}
	})
	rel := w.begin(stricter, "staging")
	w.eventually("the model to be asked", func() bool { return unanswered.Load() > 20 })
	w.models.hold(nil)
	rel = w.follow(rel.ID)
	if g := gate(rel, resource.EvidenceSimulation); g.Verdict != resource.Pass {
		t.Errorf("simulation gate of a version that asks people for refunds = %+v, want pass", g)
	}
	w.expect(rel, resource.ReleasePromoted)
}

// TestGuardrailByScenario: a scenario ends a quarantine only when the bad version
// fails it as a recorded run of each cause did, and good runs pass.
func TestGuardrailByScenario(t *testing.T) {
	t.Parallel()
	w := newStray(t)
	lesson := w.lesson()
	elsewhere, otherwise := lesson, lesson
	elsewhere.Name, elsewhere.Input = "elsewhere", refundOf(order(90, true))
	otherwise.Name, otherwise.Fixtures = "otherwise", nil
	for _, f := range lesson.Fixtures {
		if f.Error != "" {
			f.Error = "error: the shop is closed"
		}
		otherwise.Fixtures = append(otherwise.Fixtures, f)
	}
	cheap := mended(t, w.blueprint, lesson) // takes the lesson, and refunds nothing that costs little
	cheap.Spec.Policies = append(cheap.Spec.Policies, blueprint.Policy{ID: "no-small-change", Cedar: fmt.Sprintf(
		`forbid (principal, action, resource == Tool::"issue_refund") when { context.args.amount.value.lessThan(decimal("%.2f")) };`, w.limit)})
	strict := w.push(cheap)
	a := mended(t, w.blueprint, lesson)
	a.Spec.Evaluation.Suites = append(a.Spec.Evaluation.Suites, blueprint.Suite{Name: "others", Scenarios: []blueprint.Scenario{elsewhere, otherwise}})
	fixed := w.push(a)

	w.blocked("which is no recorded input", w.prove(fixed, "elsewhere"), "the input of no recorded bad run")
	w.blocked("that fails by another cause", w.prove(fixed, "otherwise"), "shows another mistake")
	w.blocked("of a version that stops good runs", w.prove(strict, lesson.Name), "only 0 of 5 good runs")
	for _, r := range []control.GuardrailRequest{{MinPass: .89}, {MinPass: 1.1}, {GoodRuns: 201}, {GoodRuns: -1}} {
		r.Version, r.Name = fixed.Name, lesson.Name
		_, err := w.ProveGuardrail(w.Context(), operator, w.incident, r)
		w.wants(err, fault.Invalid, "ProveGuardrail() beyond its bounds")
	}
	w.models.hold(func(*http.Request) { panic(http.ErrAbortHandler) })
	err := w.prove(fixed, lesson.Name)
	w.wants(err, fault.Unavailable, "ProveGuardrail() with a model that is down")
	w.models.hold(nil)
	in, err := w.Incident(w.Context(), viewer, w.incident)
	w.must(err)
	if in.Guardrail != nil {
		t.Fatalf("Incident() after proofs that do not hold = %+v, want no guardrail", in.Guardrail)
	}

	// A second cause needs a scenario of its own.
	second := w.secondCause(in.FailedRuns[0])
	w.blocked("of one cause of two", w.prove(fixed, lesson.Name), "has no scenario made of a run of group")
	a = mended(t, w.blueprint, lesson)
	other, err := w.ScenarioFromRun(w.Context(), author, second)
	w.must(err)
	a.Spec.Evaluation.Suites = append(a.Spec.Evaluation.Suites, blueprint.Suite{Name: "second", Scenarios: []blueprint.Scenario{other}})
	both := w.push(a)
	w.must(w.prove(both, lesson.Name))
	rep, err := w.IncidentReport(w.Context(), operator, w.incident)
	w.must(err)
	if p, g := rep.Proof, rep.Incident.Guardrail; p == nil || len(p.Scenarios) != 2 || len(p.Stop) != 2 || p.Stop[0].Group == p.Stop[1].Group || len(p.Pass) != 5 ||
		!slices.Equal(g.Scenarios, []string{lesson.Name, other.Name}) {
		t.Errorf("IncidentReport() = proof %+v of %+v, want two scenarios of two causes and five good runs", p, g)
	}
}

// lesson is the scenario of the incident's first cause.
func (w *stray) lesson() blueprint.Scenario {
	w.Helper()
	rep, err := w.IncidentReport(w.Context(), operator, w.incident)
	w.must(err)
	sc, err := w.ScenarioFromRun(w.Context(), author, rep.Groups[0].Example)
	w.must(err)
	return sc
}

func (w *stray) prove(v resource.Version, scenario string) error {
	w.Helper()
	_, err := w.ProveGuardrail(w.Context(), operator, w.incident, control.GuardrailRequest{Version: v.Name, Name: scenario})
	return err
}

func (w *stray) blocked(what string, err error, says string) {
	w.Helper()
	w.wants(err, fault.Blocked, "ProveGuardrail() by a scenario "+what)
	if err != nil && !strings.Contains(err.Error(), says) {
		w.Errorf("ProveGuardrail() by a scenario %s = %v, want a word about %q", what, err, says)
	}
}

// secondCause records a run that failed as another one did, but for what the shop
// said.
func (w *stray) secondCause(like string) string {
	w.Helper()
	run, err := w.Control.Run(w.Context(), operator, like)
	w.must(err)
	run.ID, run.Session = "run_second", "s-second"
	for i, s := range run.Steps {
		if s.Tool != nil && s.Tool.IsError {
			tool := *s.Tool
			tool.Result = "error: the shop is closed"
			run.Steps[i].Tool = &tool
		}
	}
	w.must(w.db.Update(w.Context(), func(tx control.Tx) error { return tx.InsertRun(run) }))
	return run.ID
}

// TestQuarantineOfTwoIncidents: a version that was rolled back in two places stays in
// quarantine until both incidents are resolved.
func TestQuarantineOfTwoIncidents(t *testing.T) {
	t.Parallel()
	w := newStray(t)
	rel, err := w.Rollback(w.Context(), operator, desk, "staging", "off staging as well")
	w.must(err)
	other := w.until(rel.ID, resource.ReleaseRolledBack).Incident
	lesson := w.lesson()
	fixed := w.push(mended(t, w.blueprint, lesson))
	quarantine := func() string {
		v, err := w.Version(w.Context(), viewer, w.bad.Name)
		w.must(err)
		if v.Quarantine == nil {
			return ""
		}
		return v.Quarantine.Incident
	}
	for _, id := range []string{w.incident, other} {
		if quarantine() == "" {
			t.Fatalf("%s is not in quarantine while incident %s is not resolved", w.bad.Name, id)
		}
		_, err = w.StartRelease(w.Context(), author, control.ReleaseRequest{Version: w.bad.Name, Environment: "staging"})
		w.wants(err, fault.Blocked, "StartRelease() of a version with an incident")
		_, err = w.ProveGuardrail(w.Context(), operator, id, control.GuardrailRequest{Version: fixed.Name, Name: lesson.Name})
		w.must(err)
		_, err = w.RecordRCA(w.Context(), operator, id, resource.RCA{Cause: "c", Detection: "d", Prevention: "p"})
		w.must(err)
	}
	if q := quarantine(); q != "" {
		t.Errorf("quarantine with both incidents resolved = %q, want none", q)
	}
	entries, err := w.EventsOf(w.Context(), viewer, "incident", w.incident, control.Page{})
	w.must(err)
	if !slices.ContainsFunc(entries, func(e resource.LedgerEntry) bool {
		return e.Event.Action == "incident.resolved" && strings.Contains(e.Event.Reason, other)
	}) {
		t.Errorf("the ledger does not say that incident %s keeps the quarantine", other)
	}
}

// TestNoticesAreRecorded keeps on record who was told, and the first time that
// people could not be.
func TestNoticesAreRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.notices.fail(fault.New(fault.Upstream, "the webhook of hooks.example.com answered 500"))
	v := w.push(lean(t, blueprint.TierMedium))
	rel := w.begin(v, "staging")
	told := func(action string) (n int) {
		w.must(w.db.View(w.Context(), func(r control.Reader) error {
			for _, id := range []string{rel.ID, rel.Approval} {
				entries, err := r.EventsOf("notice", id, control.Page{})
				if err != nil {
					return err
				}
				for _, e := range entries {
					if e.Event.Action == action && e.Event.Attrs["to"] == "webhook" {
						n++
					}
					if e.Event.Action == "notice.failed" && e.Event.Reason != "the webhook of hooks.example.com answered 500" {
						t.Errorf("notice.failed says %q", e.Event.Reason)
					}
				}
			}
			return nil
		}))
		return n
	}
	rel = w.until(rel.ID, resource.ReleaseAwaiting)
	w.eventually("a notice that failed", func() bool { return told("notice.failed") > 0 })
	w.eventually("another receiver's notice", func() bool { return w.other.count("approval.requested") > 0 })
	w.notices.fail(nil)
	w.eventually("a notice that was delivered", func() bool { return told("notice.delivered") > 0 })
	if n := w.other.count("approval.requested"); n != 1 {
		t.Errorf("another receiver was told %d times of the one request while the webhook failed", n)
	}
	if n := told("notice.failed"); n != 1 {
		t.Errorf("%d notices failed on record, want the first try of one", n)
	}
}

// TestIncidentCountsAll checks that the bound on the runs that an incident lists
// hides no failing run, and that runs of another mode, version or time do not count.
func TestIncidentCountsAll(t *testing.T) {
	t.Parallel()
	w := newStray(t)
	const more = 250
	in, err := w.Incident(w.Context(), viewer, w.incident)
	w.must(err)
	sample, err := w.Control.Run(w.Context(), operator, in.FailedRuns[0])
	w.must(err)
	w.must(w.db.Update(w.Context(), func(tx control.Tx) error {
		for i := range more + 3 {
			run := sample
			run.ID, run.Session, run.EndedAt = fmt.Sprintf("run_more_%04d", i), fmt.Sprint("s", i/2), sample.EndedAt+1
			switch i {
			case more:
				run.Mode = resource.RunSmoke
			case more + 1:
				run.Digest = w.good.Digest
			case more + 2:
				run.EndedAt, run.StartedAt = 1, 1 // before the release
			}
			if err := tx.InsertRun(run); err != nil {
				return err
			}
		}
		return nil
	}))
	rep, err := w.IncidentReport(w.Context(), operator, w.incident)
	w.must(err)
	if rep.Impact.Failed != more+3 || rep.Grouped != more+3 || rep.Impact.FailedSessions != more/2+3 || len(rep.Groups) != 1 || rep.Groups[0].Runs != more+3 {
		t.Errorf("IncidentReport() = %+v with %d grouped, want %d failed runs in one group", rep.Impact, rep.Grouped, more+3)
	}
}
