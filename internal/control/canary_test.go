package control_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// watched is a world with a canary that no number of runs ends.
func watched(t *testing.T, change func(*blueprint.Canary)) (*world, resource.Release) {
	w := newWorld(t)
	plan := func(a *blueprint.Agent) *blueprint.Agent {
		a.Spec.Release.Canary = blueprint.Canary{Steps: []blueprint.CanaryStep{{Weight: 50, Runs: 1000}}}
		change(&a.Spec.Release.Canary)
		return a
	}
	w.serve(w.push(plan(lean(t, blueprint.TierMedium))))
	v2 := w.push(plan(variant(t, lean(t, blueprint.TierMedium), "Be brief.")))
	w.promote(v2, "staging")
	return w, w.expect(w.release(v2, control.Production), resource.ReleaseCanary)
}

// outcomes are those of a canary, with its state; the verdict has to agree.
func (w *world) outcomes(id string) (resource.CanaryState, []resource.CanaryOutcome) {
	w.Helper()
	v, err := w.Verdict(w.Context(), viewer, id)
	w.must(err)
	if !v.Agrees {
		w.Errorf("Verdict() does not agree: %s", v.Problem)
	}
	return v.Stored, v.Outcomes
}

func TestCanaryCountsASessionOnce(t *testing.T) {
	t.Parallel()
	w, rel := watched(t, func(*blueprint.Canary) {})
	for i := range 12 {
		w.invoke(control.Production, fmt.Sprint("s", i%3), plainOrder(i))
	}
	s, outcomes := w.outcomes(rel.ID)
	if got := s.Canary.Sessions + s.Control.Sessions; got != 3 || len(outcomes) != 12 || int64(s.AtStep) != s.Canary.Sessions {
		t.Errorf("12 runs of 3 sessions: %d sessions in %d outcomes, %d at the step, want 3 in 12 and those of the canary", got, len(outcomes), s.AtStep)
	}
	v, err := w.Verdict(t.Context(), viewer, rel.ID)
	w.must(err)
	if len(v.Draws) != 3 || v.Stored.Settled != 3 || v.Draws[2].Run != outcomes[2].Run || v.Draws[2].Canary != outcomes[2].Canary {
		t.Errorf("draws = %+v with %d settled, want those of the first runs of three sessions", v.Draws, v.Stored.Settled)
	}
	for i, o := range outcomes {
		if o.Draw != int64(i%3+1) {
			t.Errorf("outcome %d is of draw %d, want %d", i+1, o.Draw, i%3+1)
		}
		if o.Session == "" || o.Outcome != resource.OutcomeSuccess || o.E[blueprint.StreamFailures] != 1 {
			t.Errorf("outcome %+v, want one of a session, a success, with its values", o)
		}
	}
}

// A run that has not ended counts as failed, once; a session that its end belongs
// to is not counted again.
func TestCanaryCountsMissingRuns(t *testing.T) {
	t.Parallel()
	w, rel := watched(t, func(c *blueprint.Canary) { c.OutcomeTimeout = blueprint.Duration(10 * time.Minute) })
	var wg sync.WaitGroup
	w.holdModel(func() {
		for i := range 3 {
			wg.Go(func() { w.invoke(control.Production, "", plainOrder(i)) })
		}
		w.eventually("three runs", func() bool {
			runs, err := w.Runs(t.Context(), viewer, control.RunFilter{Release: rel.ID}, control.Page{})
			w.must(err)
			return len(runs) == 3
		})
		w.advance(9 * time.Minute)
		if _, outcomes := w.outcomes(rel.ID); len(outcomes) != 0 {
			t.Errorf("%d outcomes before the timeout, want none", len(outcomes))
		}
		w.advance(3 * time.Minute)
		w.eventually("the missing runs", func() bool { s, _ := w.outcomes(rel.ID); return s.Canary.Failures+s.Control.Failures == 3 })
	})
	wg.Wait()
	s, outcomes := w.outcomes(rel.ID)
	if len(outcomes) != 3 || s.Canary.Failed+s.Control.Failed != 3 {
		t.Errorf("%d outcomes, %d failed sessions after the late ends, want 3 and 3", len(outcomes), s.Canary.Failed+s.Control.Failed)
	}
	for _, o := range outcomes {
		if !o.Missing || !o.Failed || o.LatencyMs != 600_000 {
			t.Errorf("outcome %+v, want a missing one", o)
		}
	}
}

// The limits of latency and cost are those of the runs before the canary; the
// evaluation counts where the blueprint says so; the traffic is in the plan.
func TestCanaryBeginsWithWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	a.Spec.Release.Canary = blueprint.Canary{UseEvaluation: true, HarmBudget: &blueprint.HarmBudget{ExcessFailures: 30}}
	v1 := w.push(a)
	w.serve(v1)
	w.ran(v1, 55)
	v2 := w.push(variant(t, a, "Be brief."))
	w.promote(v2, "staging")
	rel := w.expect(w.release(v2, control.Production), resource.ReleaseCanary)
	if tr := rel.Plan.Traffic; tr == nil || tr.Runs != 55 || rel.Plan.Fit == nil || len(rel.Plan.Steps) == 0 {
		t.Errorf("plan = %+v, want the traffic of 55 runs and computed steps", rel.Plan)
	}
	for _, st := range rel.Canary.Streams {
		if st.Off != "" || (st.LimitRuns >= 50) != (st.Name == blueprint.StreamLatency || st.Name == blueprint.StreamCost) {
			t.Errorf("stream %+v, want it on, with a limit where one is needed", st)
		}
	}
	if e := rel.Canary.Evaluation; e == nil || e.Cases == 0 || e.Failed != 0 || rel.Canary.EAbs != e.E || e.E <= 1 {
		t.Errorf("evaluation = %+v with E %v, want its cases to count", e, rel.Canary.EAbs)
	}
	w.outcomes(rel.ID)
}

// ran is n runs of a version in production that have ended.
func (w *world) ran(v resource.Version, n int) {
	w.Helper()
	now := resource.Millis(w.clock.Now().UnixMilli())
	w.must(w.db.Update(w.Context(), func(tx control.Tx) error {
		for range n {
			run := resource.Run{ID: newID("run"), Agent: v.Agent, Digest: v.Digest, Version: v.Number, Environment: control.Production,
				Mode: resource.RunLive, Outcome: resource.OutcomeRunning, StartedAt: now - 1000, Revision: 1}
			if err := tx.InsertRun(run); err != nil {
				return err
			}
			run.Outcome, run.EndedAt, run.LatencyMs, run.Revision = resource.OutcomeSuccess, now, 800, 2
			if err := tx.PutRun(run); err != nil {
				return err
			}
		}
		return nil
	}))
}

// The draw of a run that a loss of power ended is known, and no arm's outcome.
func TestCanaryKeepsTheDrawOfALostRun(t *testing.T) {
	t.Parallel()
	w, rel := watched(t, func(*blueprint.Canary) {})
	dir := w.diesAt(1)
	go func() { // the answer never comes; the error belongs to nobody
		_, _ = w.Invoke(t.Context(), app, desk, control.InvokeRequest{Input: refundOf(plainOrder(1))})
	}()
	s := w.survivor(dir(), true)
	runs, err := s.Runs(t.Context(), viewer, control.RunFilter{Release: rel.ID}, control.Page{})
	s.must(err)
	if len(runs) == 1 {
		s.ended(runs[0].ID)
	}
	v, err := s.Verdict(t.Context(), viewer, rel.ID)
	s.must(err)
	if len(v.Draws) != 1 || len(v.Outcomes) != 1 || !v.Outcomes[0].Interrupted || !v.Agrees {
		t.Fatalf("Verdict() = %d draws, outcomes %+v, %q, want one draw and that its run was interrupted", len(v.Draws), v.Outcomes, v.Problem)
	}
	if st := v.Stored; st.Settled != 1 || st.Canary.Runs+st.Control.Runs != 0 || st.EHarm > 1 || v.Draws[0].Canary && st.EAbs >= 1 {
		t.Errorf("state = %+v, want a settled draw at its worst, and no run counted", st)
	}
}

// An evaluation helps a version through that its traffic alone would not promote:
// against a rate of one half, traffic alone needs six good sessions.
func TestCanaryPromotesWithItsEvaluation(t *testing.T) {
	t.Parallel()
	for _, uses := range []bool{true, false} {
		w, rel := watched(t, func(c *blueprint.Canary) {
			c.Steps, c.MaxFailureRate, c.UseEvaluation = []blueprint.CanaryStep{{Weight: 50, Runs: 1}}, 0.5, uses
		})
		for i := 0; rel.State == resource.ReleaseCanary && rel.Canary.Canary.Sessions < 5; i++ {
			w.invoke(control.Production, "", plainOrder(i))
			var err error
			rel, err = w.Release(t.Context(), viewer, rel.ID)
			w.must(err)
		}
		if uses && rel.Canary.Evaluation.Cases < 1 {
			t.Fatalf("evaluation = %+v, want cases", rel.Canary.Evaluation)
		}
		if promoted := rel.State == resource.ReleasePromoted; promoted != uses {
			t.Errorf("with the evaluation %v: %s after %d sessions of the candidate, want it promoted before six with it alone", uses, rel.State, rel.Canary.Canary.Sessions)
		}
		w.outcomes(rel.ID)
	}
}

// A release whose harm budget no steps keep waits for a person, where the pipeline
// asks nobody, unless its author would rather have it start.
func TestUnmetHarmBudgetAsks(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]resource.ReleaseState{"": resource.ReleaseAwaiting, ", whenUnmet: start": resource.ReleaseCanary} {
		w := newWorld(t)
		w.pipeline("  environments: [{name: staging, approvals: [{count: 0}], rollout: {strategy: canary, canary: {harmBudget: {excessFailures: 1" + more + "}}}}]\n")
		a := lean(t, blueprint.TierMedium)
		w.promote(w.push(a), "staging") // nothing serves: there is no canary to keep a budget
		rel := w.begin(w.push(variant(t, a, "Be brief.")), "staging")
		rel = w.expect(w.until(rel.ID, resource.ReleaseAwaiting, resource.ReleaseCanary), want)
		if rel.Plan.Fit == nil || rel.Plan.Fit.Met || rel.Stage.Change != nil {
			t.Errorf("fit = %+v, change = %+v, want one that does not keep the budget and no change", rel.Plan.Fit, rel.Stage.Change)
		}
	}
}
