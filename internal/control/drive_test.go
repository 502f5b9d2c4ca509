package control_test

import (
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The people of these tests.
var (
	author    = person("ada", resource.RoleDeveloper)
	colleague = person("bo", resource.RoleDeveloper)
	approver  = person("eve", resource.RoleApprover)
	approver2 = person("finn", resource.RoleApprover)
	operator  = person("olga", resource.RoleOperator)
	auditor   = person("kim", resource.RoleAuditor)
	viewer    = person("vera", resource.RoleViewer)
	app       = control.Principal{Actor: resource.Actor{Name: "shop-app", Kind: "service"}, Roles: []resource.Role{resource.RoleViewer}}
)

func person(name string, roles ...resource.Role) control.Principal {
	return control.Principal{Actor: resource.Actor{Name: name, Kind: "human"}, Roles: roles}
}

// push registers a version.
func (w *world) push(a *blueprint.Agent) resource.Version {
	w.Helper()
	r, err := w.Push(w.Context(), author, control.PushRequest{Blueprint: a})
	w.must(err)
	return r.Version
}

// begin starts a release.
func (w *world) begin(v resource.Version, env string) resource.Release {
	w.Helper()
	rel, err := w.StartRelease(w.Context(), author, control.ReleaseRequest{Version: v.Name, Environment: env, Reason: "test"})
	w.must(err)
	return rel
}

// until waits until the release is in one of the states, or has ended.
func (w *world) until(id string, states ...resource.ReleaseState) (rel resource.Release) {
	w.Helper()
	w.eventually("release "+id+" in "+string(states[0]), func() bool {
		var err error
		rel, err = w.Release(w.Context(), viewer, id)
		w.must(err)
		return slices.Contains(states, rel.State) || rel.State.Final()
	})
	return rel
}

// expect fails the test unless the release is in the state.
func (w *world) expect(rel resource.Release, want resource.ReleaseState) resource.Release {
	w.Helper()
	if rel.State != want {
		w.Fatalf("release of v%d in %s is %s (%s), want %s", rel.Version, rel.Environment, rel.State, rel.Reason, want)
	}
	return rel
}

// approve answers a request with yes.
func (w *world) approve(p control.Principal, id string) resource.Approval {
	w.Helper()
	a, err := w.answer(p, id, true)
	w.must(err)
	return a
}

func (w *world) answer(p control.Principal, id string, yes bool) (resource.Approval, error) {
	view, err := w.ViewApproval(w.Context(), p, id)
	if err != nil {
		return view.Approval, err
	}
	return w.Decide(w.Context(), p, id, control.DecideRequest{Token: view.Token, Approve: yes, Reason: "read"})
}

// release takes a version into an environment, with its approvals, as far as it
// gets without traffic: its end, or canary.
func (w *world) release(v resource.Version, env string) resource.Release {
	w.Helper()
	return w.follow(w.begin(v, env).ID)
}

func (w *world) follow(id string) resource.Release {
	w.Helper()
	rel := w.until(id, resource.ReleaseAwaiting, resource.ReleaseCanary)
	if rel.State == resource.ReleaseAwaiting {
		for _, p := range []control.Principal{approver, approver2} {
			if w.approve(p, rel.Approval).State != resource.ApprovalPending {
				break
			}
		}
		rel = w.until(id, resource.ReleaseCanary)
	}
	return rel
}

// promote takes a version through an environment to all of its traffic, by hand
// where there is a canary.
func (w *world) promote(v resource.Version, env string) resource.Release {
	w.Helper()
	rel := w.release(v, env)
	if rel.State == resource.ReleaseCanary {
		rel = w.move(rel, "promote")
	}
	return w.expect(rel, resource.ReleasePromoted)
}

// serve takes a version through every environment.
func (w *world) serve(v resource.Version) resource.Release {
	w.Helper()
	w.promote(v, "staging")
	return w.promote(v, control.Production)
}

func (w *world) move(rel resource.Release, event string) resource.Release {
	w.Helper()
	rel, err := w.MoveRelease(w.Context(), operator, rel.ID, event, "test")
	w.must(err)
	return rel
}

// invoke makes a run on live traffic.
func (w *world) invoke(env, session, order string) resource.Run {
	w.Helper()
	run, err := w.Invoke(w.Context(), app, desk, control.InvokeRequest{Environment: env, Session: session, Input: refundOf(order)})
	w.must(err)
	return run
}

// traffic invokes with one order after another until done.
func (w *world) traffic(order func(n int) string, done func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !done() {
				_, err := w.Invoke(ctx, app, desk, control.InvokeRequest{Input: refundOf(order(int(next.Add(1))))})
				if err != nil {
					w.Errorf("Invoke() = %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// trafficUntil lets customers come until the release has left its canary.
func (w *world) trafficUntil(id string, order func(n int) string) resource.Release {
	w.Helper()
	w.traffic(order, func() bool {
		rel, err := w.Release(w.Context(), viewer, id)
		return err != nil || rel.State != resource.ReleaseCanary
	})
	return w.until(id, resource.ReleasePromoted)
}

// serving is what serves.
func (w *world) serving(env string) (d resource.Deployment) {
	w.Helper()
	w.must(w.db.View(w.Context(), func(r control.Reader) (err error) {
		if d, err = r.Deployment(desk, env); fault.Is(err, fault.NotFound) {
			err = nil
		}
		return err
	}))
	return d
}

// refunds counts what the shop paid back for an order, or for all with "".
func (w *world) refunds(order string) (n int) {
	w.Helper()
	if w.shop == nil {
		var err error
		w.shop, err = sql.Open("sqlite", "file:"+filepath.Join(w.dir, "shop", "shop.db")+"?_pragma=busy_timeout(5000)")
		w.must(err)
	}
	w.must(w.shop.QueryRow(`SELECT count(*) FROM refunds WHERE $1 = '' OR order_id = $1`, order).Scan(&n))
	return n
}

// wants fails the test unless err has the code.
func (w *world) wants(err error, want fault.Code, what string) {
	w.Helper()
	if !fault.Is(err, want) {
		w.Errorf("%s = %v, want %s", what, err, want)
	}
}

// holdModel runs f while the model does not answer, so that no check ends.
func (w *world) holdModel(f func()) {
	gate := make(chan struct{})
	w.models.hold(func(r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	})
	f()
	w.models.hold(nil)
	close(gate)
}
