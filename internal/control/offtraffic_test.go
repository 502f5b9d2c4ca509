package control_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// atWork is what a version does in an environment when it is taken off traffic.
type atWork struct {
	session  *control.Session  // behind the gateway
	waiting  resource.Run      // for people
	inFlight chan resource.Run // its model is about to answer for the first time
}

// work puts a version to work. Its run in flight goes on when free is called.
func (w *world) work(n int, environments ...string) (at map[string]atWork, free func()) {
	w.Helper()
	at = map[string]atWork{}
	for i, env := range environments {
		s, err := w.OpenSession(w.Context(), app, desk, control.InvokeRequest{Environment: env, Session: "gateway"})
		w.must(err)
		at[env] = atWork{s, w.invoke(env, "", plainOrder(n+i)), make(chan resource.Run, 1)}
	}
	gate, asked := make(chan struct{}), make(chan struct{}, 100)
	w.models.hold(func(*http.Request) { asked <- struct{}{}; <-gate })
	for i, env := range environments {
		go func() {
			run, err := w.Invoke(w.Context(), app, desk, control.InvokeRequest{Environment: env, Input: refundOf(plainOrder(n + 10 + i))})
			if err != nil {
				w.Errorf("Invoke() in %s = %v", env, err)
			}
			at[env].inFlight <- run
		}()
		<-asked
	}
	free = sync.OnceFunc(func() { w.models.hold(nil); close(gate) })
	w.Cleanup(free)
	return at, free
}

// lookup is a call of a session that nobody has to allow.
func (w *world) lookup(s *control.Session) agentrun.Answer {
	w.Helper()
	return w.call(s, "lookup_order", map[string]any{"order_id": plainOrder(1)})
}

// wasTakenOff fails the test unless a run was ended because its version is off traffic.
func (w *world) wasTakenOff(what string, run resource.Run) {
	w.Helper()
	if run.Code != resource.OffTraffic || !strings.Contains(run.Message, "taken off traffic") {
		w.Errorf("%s ended %s, %s (%s), want %s", what, run.Outcome, run.Code, run.Message, resource.OffTraffic)
	}
}

// TestOffTraffic: when a rollback has been decided, all traffic is on the good
// version, and what began on the bad one before makes no further call: a run in
// flight, a session of the gateway, a run that waits for people. Where sessions
// may finish they do, and where the version was not rolled back it serves. A
// retired agent does nothing at all, and no rollback brings it back.
func TestOffTraffic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(`  environments:
    - {name: staging, approvals: [{count: 0}]}
    - {name: eu, approvals: [{count: 0}], rollout: {strategy: all-at-once, sessions: finish}}
`)
	a := lean(t, blueprint.TierHigh)
	v1, v2 := w.push(a), w.push(variant(t, a, "Be brief."))
	for _, v := range []resource.Version{v1, v2} {
		w.promote(v, "staging")
		w.promote(v, "eu")
	}
	at, free := w.work(0, "staging", "eu")
	rel, err := w.Rollback(t.Context(), operator, desk, "staging", "test")
	w.must(err)
	// No job is done yet: the restored version is verified with the model that is held.
	if d := w.serving("staging"); rel.State != resource.ReleaseRollingBack || d.Stable != v1.Digest || d.Weight != 0 || d.Stopped {
		t.Errorf("in the deciding transaction: release %s, deployment %+v, want all traffic on v1", rel.State, d)
	}
	made := w.lookup(at["staging"].session)
	if made.Result != nil || !strings.Contains(made.Text, "taken off traffic") {
		t.Errorf("a call of the bad version's session = %+v, want it refused", made)
	}
	w.wasTakenOff("the session", w.ended(at["staging"].session.Run().ID))
	w.wasTakenOff("the waiting run", w.ended(at["staging"].waiting.ID))
	if a := w.approval(at["staging"].waiting.Approval); a.State != resource.ApprovalWithdrawn {
		t.Errorf("the request is %s, want withdrawn", a.State)
	}

	// It still serves in eu, then is rolled back there too, and may finish.
	there := func(when string) {
		t.Helper()
		if a := w.lookup(at["eu"].session); a.Result == nil {
			t.Errorf("%s: a call of the session in eu = %q, want it made", when, a.Text)
		}
	}
	there("while it serves")
	rel2, err := w.Rollback(t.Context(), operator, desk, "eu", "test")
	w.must(err)
	there("after the rollback")
	free()
	run := <-at["staging"].inFlight
	w.wasTakenOff("the run in flight", run)
	if run.Stats.ToolCalls != 0 || run.Version != 2 {
		t.Errorf("the run in flight, of v%d, made %d calls, want none of v2", run.Version, run.Stats.ToolCalls)
	}
	if run = <-at["eu"].inFlight; run.Outcome != resource.OutcomeWaiting || run.Version != 2 || run.Stats.ToolCalls != 1 {
		t.Errorf("the run in flight in eu is %s (%s) after %d calls, want it to go on until it waits", run.Outcome, run.Message, run.Stats.ToolCalls)
	}
	w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	w.expect(w.until(rel2.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	w.approve(approver, at["eu"].waiting.Approval)
	if done := w.ended(at["eu"].waiting.ID); done.Outcome != resource.OutcomeSuccess || w.refunds("") != 1 {
		t.Errorf("the waiting run in eu ended %s (%s) with %d refunds, want success with 1", done.Outcome, done.Message, w.refunds(""))
	}
	w.retired(at["eu"].session, run)
	for env, x := range at {
		if run, err := x.session.End(t.Context()); err != nil || run.Code != resource.OffTraffic {
			t.Errorf("End() of the session in %s = %s, %v, want %s", env, run.Code, err, resource.OffTraffic)
		}
	}
}

// retired takes the agent out of service under a session and a waiting run.
func (w *world) retired(s *control.Session, waits resource.Run) {
	w.Helper()
	_, err := w.Retire(w.Context(), operator, desk, "compromised")
	w.must(err)
	if a := w.lookup(s); a.Result != nil || !strings.Contains(a.Text, "compromised") {
		w.Errorf("a call of a retired agent's session = %+v, want it refused with the reason", a)
	}
	if view, err := w.ViewApproval(w.Context(), approver, waits.Approval); err == nil && view.Token != "" { // before the job
		_, _ = w.Decide(w.Context(), approver, waits.Approval, control.DecideRequest{Token: view.Token, Approve: true, Reason: "too late"})
	}
	w.wasTakenOff("the waiting run of a retired agent", w.ended(waits.ID))
	if n := w.refunds(""); n != 1 {
		w.Errorf("%d refunds, want no more than the 1 before", n)
	}
	for _, env := range []string{"staging", "eu"} {
		_, err := w.Rollback(w.Context(), operator, desk, env, "back to life")
		w.wants(err, fault.Conflict, "Rollback() of a retired agent in "+env)
		if d := w.serving(env); !d.Stopped || !d.Retired {
			w.Errorf("Deployment() in %s = %+v, want it retired", env, d)
		}
	}
}
