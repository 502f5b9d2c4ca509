package control_test

import (
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// TestAlerts: an alert is recorded and told once when it begins and once when it
// ends, also when its version leaves.
func TestAlerts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	tenth := 0.1
	a.Spec.Monitor.Alerts = []blueprint.Alert{{Name: "errors", Metric: "errorRate", Above: &tenth, MinRuns: 3}}
	w.promote(w.push(a), "staging")

	var fired, cleared int
	check := func(when string, wantFired, wantCleared int) {
		t.Helper()
		fired, cleared = fired+wantFired, cleared+wantCleared
		for range 2 { // the second look finds nothing new
			w.must(w.CheckAlerts(t.Context()))
		}
		es, err := w.EventsOf(t.Context(), viewer, "alert", "errors", control.Page{})
		w.must(err)
		got := map[string]int{}
		for _, e := range es {
			got[e.Event.Action]++
			if e.Event.Agent != desk || e.Event.Environment != "staging" || e.Event.Reason == "" || e.Event.Actor != resource.System {
				t.Errorf("%s: event %+v, want it about the desk in staging with a reason", when, e.Event)
			}
		}
		if got["alert.fired"] != fired || got["alert.cleared"] != cleared {
			t.Fatalf("%s: the ledger has %v, want %d fired and %d cleared", when, got, fired, cleared)
		}
		w.eventually(when+": notices", func() bool {
			return w.notices.count("alert.fired") == fired && w.notices.count("alert.cleared") == cleared
		})
	}
	failures := func() {
		for i := range 3 { // their accounts were closed
			if run := w.invoke("staging", "", refunddesk.OrderID(42+700*i)); !run.Outcome.Failed() {
				t.Fatalf("Invoke() = %s, want a failure", run.Outcome)
			}
		}
	}
	check("no runs", 0, 0)
	failures()
	check("three failures", 1, 0)
	w.advance(time.Hour)
	check("an hour without runs", 0, 1)
	failures()
	check("three more", 1, 0)
	_, err := w.Rollback(t.Context(), operator, desk, "staging", "test")
	w.must(err)
	check("the version is gone", 0, 1)
}
