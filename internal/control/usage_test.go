package control_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/resource"
)

// another is a control plane of its own over the same database, as a second
// process has one: nothing is shared but what is stored.
func (w *world) another() *control.Control { return w.over(w.db) }

// over is a control plane over a store.
func (w *world) over(store control.Store) *control.Control {
	w.Helper()
	models, err := model.New(model.Config{Providers: map[string]model.Provider{
		model.DefaultProvider: {URL: w.models.URL + "/v1"}}, BaseDelay: time.Millisecond})
	w.must(err)
	c, err := control.New(control.Config{Store: store, Key: w.key, Adapters: w.tools, Models: models, Notifiers: map[string]control.Notifier{"webhook": w.notices},
		Now: w.clock.Now, Elapsed: w.clock.Elapsed, NewID: newID})
	w.must(err)
	return c
}

// TestBudgetsAreTakenOnce: control planes that decide at the same time never give
// out more than there is of a budget, and all of it.
func TestBudgetsAreTakenOnce(t *testing.T) {
	t.Parallel()
	const limit, each = 17, 6
	tests := []struct {
		name   string
		set    func(b *blueprint.Budgets)
		tool   string
		args   map[string]any
		policy string
		same   bool // all in one session
	}{
		{"calls of a day", func(b *blueprint.Budgets) { b.Day.ToolCalls = limit }, "lookup_order", nil, "builtin/budget-day-tool-calls", false},
		{"calls of a session", func(b *blueprint.Budgets) { b.Session.ToolCalls = limit }, "lookup_order", nil, "builtin/budget-session-tool-calls", true},
		{"calls of a minute", func(b *blueprint.Budgets) { b.CallsPerMinute = limit }, "lookup_order", nil, "builtin/rate", false},
		{"spending of a day", func(b *blueprint.Budgets) { b.Day.Spend = limit * 3 }, "issue_refund", map[string]any{"amount": 3.0}, "builtin/budget-day-spend", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := lean(t, blueprint.TierMedium)
			w.promote(w.push(a), "staging")
			b := variant(t, a, "Be brief.")
			tt.set(&b.Spec.Budgets)
			w.promote(w.push(b), "staging")
			order := plainOrder(0)
			said := "I want 3 euros back for order " + order + "."
			var sessions []*control.Session
			looked := 0
			for i := range 4 {
				name := fmt.Sprintf("s%d", i)
				if tt.same {
					name = "s"
				}
				c := w.Control
				if i > 0 {
					c = w.another()
				}
				sessions = append(sessions, w.session(c, name, said, order))
				looked++
			}
			if tt.tool == "issue_refund" {
				looked = 0 // they spent nothing
			}
			approved, denied := w.race(sessions, each, tt.tool, order, tt.args, tt.policy)
			if approved != limit-looked || denied != 4*each-approved {
				t.Errorf("%d approved and %d denied, want %d and %d", approved, denied, limit-looked, 4*each-limit+looked)
			}
			for _, s := range sessions {
				_, err := s.End(t.Context())
				w.must(err)
			}
		})
	}
}

// race makes calls in all sessions at once and counts what became of them. A
// denial has to be by the policy.
func (w *world) race(sessions []*control.Session, each int, tool, order string, more map[string]any, policy string) (approved, denied int) {
	var yes, no atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for _, s := range sessions {
		for range each {
			wg.Go(func() {
				<-start
				args := map[string]any{"order_id": order}
				for k, v := range more {
					args[k] = v
				}
				switch a := w.call(s, tool, args); {
				case a.Decision.State == resource.DecisionApproved:
					yes.Add(1)
				case strings.HasPrefix(a.Text, "The call was not made: the session has ended denied"):
					no.Add(1) // three refusals in a row
				case slices.Contains(a.Decision.Policies, policy):
					no.Add(1)
				default:
					w.Errorf("call = %s by %v: %s", a.Decision.State, a.Decision.Policies, a.Text)
				}
			})
		}
	}
	close(start)
	wg.Wait()
	return int(yes.Load()), int(no.Load())
}

// TestTokensOfADay: what the models of an agent's runs used is counted, and no
// further model call begins when it is over.
func TestTokensOfADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	a.Spec.Budgets.Day.Tokens = 1
	w.promote(w.push(a), "staging")
	first := w.invoke("staging", "", plainOrder(0))
	if first.Outcome == resource.OutcomeSuccess || first.Stats.ModelCalls != 1 {
		t.Errorf("the first run ended %s (%s) after %d model calls, want it stopped after 1", first.Outcome, first.Message, first.Stats.ModelCalls)
	}
	second := w.another()
	run, err := second.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Input: refundOf(plainOrder(1))})
	w.must(err)
	if run.Stats.ModelCalls != 0 || !strings.Contains(run.Message, "day.tokens") {
		t.Errorf("the second run ended %s (%s) after %d model calls, want none", run.Outcome, run.Message, run.Stats.ModelCalls)
	}
	w.advance(24 * time.Hour)
	if run := w.invoke("staging", "", plainOrder(2)); run.Stats.ModelCalls == 0 {
		t.Errorf("on the next day: %s (%s), want a model call", run.Outcome, run.Message)
	}
}
