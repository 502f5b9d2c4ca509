package control_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestIgnoredChecksAreInTheLedger: a failed check that the blueprint justifies is
// recorded with the digest of the justification, never its text.
func TestIgnoredChecksAreInTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	a.Spec.CRV = append(a.Spec.CRV, blueprint.CRVGate{Name: "house-rule", On: "args:issue_refund", Recovery: blueprint.RecoverIgnore,
		Justification: "refunds are small here", Validators: []blueprint.Validator{{Type: "expression", Expression: "args.amount < 0.0"}}})
	w.promote(w.push(a), "staging")
	run := w.invoke("staging", "", plainOrder(0))
	if run.Outcome != resource.OutcomeSuccess {
		t.Fatalf("Invoke() = %s (%s), want success", run.Outcome, run.Message)
	}
	events, err := w.EventsOf(context.Background(), auditor, "run", run.ID, control.Page{Limit: 100})
	w.must(err)
	why, err := blueprint.Digest("refunds are small here")
	w.must(err)
	found := 0
	for _, e := range events {
		if e.Event.Action == "crv.ignored" {
			found++
			if at := e.Event.Attrs; at["gate"] != "house-rule" || at["on"] != "args:issue_refund" || at["justification"] != why {
				t.Errorf("event = %v, want gate, place and the justification's digest", at)
			}
		}
	}
	if found != 1 {
		t.Errorf("the ledger holds %d ignored checks, want 1", found)
	}
}

// TestSimulateWithoutAModel: an endpoint that is down says nothing about the
// version, and leaves no evidence.
func TestSimulateWithoutAModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	w.models.hold(func(*http.Request) { panic(http.ErrAbortHandler) })
	_, err := w.Simulate(context.Background(), author, control.CheckRequest{Version: v.Name})
	w.wants(err, fault.Unavailable, "Simulate() with a model that is down")
	if n := w.sqlCount("SELECT count(*) FROM evidence WHERE kind = 'simulation'"); n != 0 {
		t.Errorf("Simulate() with a model that is down left %d evidence, want none", n)
	}
	w.models.hold(nil)
	if res, err := w.Simulate(context.Background(), author, control.CheckRequest{Version: v.Name}); err != nil || !res.Passed {
		t.Errorf("Simulate() = passed %v, %v, want passed", res.Passed, err)
	}
}

func TestValidateCompilesScenarios(t *testing.T) {
	a := lean(t, blueprint.TierMedium)
	a.Spec.Evaluation.Suites[0].Scenarios[0].Starlark = "def lookup_ordre(args, state, ctx):\n  return 1"
	r := control.Validate(a, nil)
	if r.Passed || len(r.Findings) == 0 || r.Findings[len(r.Findings)-1].Rule != "eval/scenario" ||
		r.Findings[len(r.Findings)-1].Path != "spec.evaluation.suites[0].scenarios[0].starlark" {
		t.Errorf("Validate() = %+v, want the scenario's Starlark found wrong", r)
	}
}
