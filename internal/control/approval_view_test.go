package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// stages puts a pipeline for the desk whose staging has the rules.
func (w *world) stages(rules ...blueprint.ApprovalRule) {
	w.Helper()
	_, err := w.PutPipeline(w.Context(), admin, blueprint.Pipeline{APIVersion: "aureus/v1", Kind: blueprint.KindPipeline,
		Metadata: blueprint.PipelineMetadata{Name: "desk", Owner: "tests"},
		Spec: blueprint.PipelineSpec{Agents: []string{desk}, Environments: []blueprint.Stage{
			{Name: "staging", Approvals: rules}, {Name: control.Production}}}}, 0)
	w.must(err)
}

// TestApprovalView: who is asked sees all that the answer is bound to, and the
// digest covers it.
func TestApprovalView(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stages(blueprint.ApprovalRule{Count: 1, Tiers: []blueprint.Tier{blueprint.TierHigh}},
		blueprint.ApprovalRule{Count: 2, Changes: []string{"instructions"}, Remind: blueprint.Duration(time.Hour), Expires: blueprint.Duration(9 * time.Hour)},
		blueprint.ApprovalRule{Count: 3, Tiers: []blueprint.Tier{blueprint.TierCritical}})
	w.member("eve", approvers)
	w.member("finn", approvers)
	first := w.push(lean(t, blueprint.TierHigh))
	w.promote(first, "staging")
	second := w.push(variant(t, lean(t, blueprint.TierHigh), "Be brief."))
	rel := w.expect(w.until(w.begin(second, "staging").ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	v, err := w.ViewApproval(t.Context(), approver, rel.Approval)
	w.must(err)
	if v.Token == "" || v.Problem != "" {
		t.Fatalf("ViewApproval() = token %q, problem %q, want a token", v.Token, v.Problem)
	}
	if len(v.Rules) != 1 || v.Rules[0].Rule.Count != 2 || !slices.Equal(v.Rules[0].Able, []string{"eve", "finn"}) {
		t.Errorf("rules = %+v, want the one for instructions with eve and finn", v.Rules)
	}
	if p := v.Previous; p == nil || p.Version != first.Name || !p.Verified || p.Release == "" {
		t.Errorf("previous = %+v, want %s, verified", p, first.Name)
	}
	if e := v.Evaluation; e == nil || e.Baseline != first.Digest || e.Verdict == "" || e.Evidence == "" {
		t.Errorf("evaluation = %+v, want the difference to %s", e, first.Name)
	}
	if v.Release == nil || len(v.Release.Gates) == 0 || len(v.Release.Delta.Changes) == 0 || len(v.Evidence) < 4 {
		t.Errorf("view = %+v, want gates, delta and evidence", v)
	}
	shown, err := w.ShowApproval(t.Context(), approver, rel.Approval)
	w.must(err)
	v.Token = ""
	if diff := cmp.Diff(v, shown); diff != "" {
		t.Errorf("ShowApproval() (-view +show):\n%s", diff)
	}
	w.advance(time.Hour + time.Second)
	w.eventually("a reminder", func() bool { return w.notices.count("approval.reminder") == 1 })
	for name, change := range map[string]func(*resource.Release){
		"delta":    func(r *resource.Release) { r.Delta.Changes[0].To = "nothing to see" },
		"gates":    func(r *resource.Release) { r.Gates[0].Message = "waived" },
		"hotfix":   func(r *resource.Release) { r.Stage.Hotfix = &blueprint.Hotfix{Skip: []string{"order"}} },
		"rules":    func(r *resource.Release) { r.Stage.Stage.Approvals = nil },
		"plan":     func(r *resource.Release) { r.Plan.Alpha = 0.5 },
		"baseline": func(r *resource.Release) { r.Baseline = "" },
	} {
		w.changed(rel.ID, change)
		v, err := w.ViewApproval(t.Context(), approver, rel.Approval)
		if err != nil || v.Token != "" || !strings.Contains(v.Problem, "changed since") {
			t.Errorf("after a change of the %s: token %q, problem %q, %v; want it refused", name, v.Token, v.Problem, err)
		}
		w.changed(rel.ID, func(r *resource.Release) { *r = rel })
	}
}

// changed changes a stored release behind the control plane's back.
func (w *world) changed(id string, change func(*resource.Release)) {
	w.Helper()
	w.must(w.db.Update(w.Context(), func(tx control.Tx) error {
		r, err := tx.Release(id)
		if err != nil {
			return err
		}
		revision := r.Revision
		change(&r)
		r.Revision = revision + 1
		return tx.PutRelease(r)
	}))
}

// TestApprovalOfTampered: nobody is asked about a version that is not what was
// signed, and nobody can say yes to one.
func TestApprovalOfTampered(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	token := a.view(approver).Token
	a.tamper()
	v := a.view(approver)
	if v.Token != "" || len(v.Names) != 0 || !strings.Contains(v.Problem, "its content has digest") {
		t.Errorf("ViewApproval() of a tampered version = token %q, problem %q, want it refused", v.Token, v.Problem)
	}
	a.unchanged("a yes to a tampered version", func() {
		_, err := a.decide(approver, token)
		a.wants(err, fault.Verification, "Decide()")
	})

	w := newWorld(t)
	ver := w.push(lean(t, blueprint.TierHigh))
	(&asked{world: w}).tamper()
	rel := w.expect(w.until(w.begin(ver, "staging").ID, resource.ReleaseRejected), resource.ReleaseRejected)
	if rel.Approval != "" || !strings.Contains(rel.Reason, "signature") {
		t.Errorf("release = %q with request %q, want it rejected by its signature before people are asked", rel.Reason, rel.Approval)
	}
}

// tamper changes the stored content of every version.
func (a *asked) tamper() {
	a.Helper()
	if n := a.sql(`UPDATE versions SET manifest = replace(manifest, 'refund', 'refnud')`); n == 0 {
		a.Fatal("no version was changed")
	}
}
