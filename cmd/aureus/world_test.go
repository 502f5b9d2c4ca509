package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/generate"
	"github.com/aureus-agents/aureus/resource"
)

// world is a server with its model, its shop and its people, each a process or a
// token of its own, in a folder of the test's.
type world struct {
	t      *testing.T
	dir    string
	binary string // the program
	env    []string
	server *child
	url    atomic.Value // string: where the server is, "" while it is not
	tokens map[string]string
}

// newWorld starts a world with the example's scripted model.
func newWorld(t *testing.T, binary string) *world {
	t.Helper()
	model, m, err := startChild(t.TempDir(), childEnv(), modelAt, binary, "example", "model", "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.kill)
	return newWorldWith(t, binary, m[1])
}

// newWorldWith starts a world with the model server at an address.
func newWorldWith(t *testing.T, binary, model string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), binary: binary, tokens: map[string]string{}}
	w.url.Store("")
	w.env = childEnv("AUREUS_MODEL_URL="+model, "AUREUS_MODEL_NAME="+refunddesk.ModelName)
	shop, err := refunddesk.OpenShop(t.Context(), w.shopFile())
	if err == nil {
		err = shop.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	admin := w.start()
	w.tokens["admin"] = admin
	for _, p := range demoPrincipals {
		made, err := w.as("admin").CreateToken(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		w.tokens[p.Name] = made.Secret
	}
	return w
}

func (w *world) shopFile() string { return filepath.Join(w.dir, demoShopFolder, "shop.db") }

// start starts the server on the world's data folder; it returns the admin token
// of a first start.
func (w *world) start(flags ...string) (admin string) {
	w.t.Helper()
	args := append([]string{w.binary, "serve", "--data", "data", "--listen", "127.0.0.1:0"}, flags...)
	c, m, err := startChild(w.dir, w.env, servesAt, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.server = c
	w.t.Cleanup(c.kill)
	w.url.Store(m[2])
	return m[1]
}

// kill ends the server as a power cut does.
func (w *world) kill() {
	w.url.Store("")
	w.server.kill()
	if log := w.server.errors(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic:") {
		w.t.Errorf("the server had a defect:\n%s", log)
	}
}

// stop asks the server to end; it must do so with status 0.
func (w *world) stop() {
	w.t.Helper()
	status, err := w.server.stop()
	w.url.Store("")
	if err != nil || status != 0 {
		w.t.Errorf("the server ended with %d, %v; want 0\n%s", status, err, w.server.errors())
	}
}

// as is a client with the token of a principal, of the server as it is now.
func (w *world) as(name string) *client.Client {
	w.t.Helper()
	c, err := client.New(w.url.Load().(string), w.tokens[name], nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// agent is the template's agent with a canary that decides after few runs.
func (w *world) agent() *blueprint.Agent {
	w.t.Helper()
	a, _, err := generate.FromTemplate("support-desk", map[string]string{"name": demoAgent, "owner": "customer-care",
		"model": refunddesk.ModelName, "server": demoShopCommand, "writes": demoShopFolder, "refundTier": "medium"}, time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	a.Spec.Release.Canary = blueprint.Canary{Beta: 0.1, MaxFailureRate: 0.4,
		Steps: []blueprint.CanaryStep{{Weight: 25, Runs: 4}, {Weight: 50, Runs: 4}}}
	return a
}

// variant is the agent with one more sentence in its instructions.
func (w *world) variant(sentence string) *blueprint.Agent {
	a := w.agent()
	a.Spec.Instructions = strings.TrimRight(a.Spec.Instructions, "\n") + "\n" + sentence + "\n"
	return a
}

func (w *world) push(a *blueprint.Agent) resource.Version {
	w.t.Helper()
	res, err := w.as("author").Push(w.t.Context(), resource.PushRequest{Blueprint: a})
	if err != nil {
		w.t.Fatalf("push: %v", err)
	}
	return res.Version
}

// release takes a version into an environment until it is in one of the states.
func (w *world) release(v resource.Version, environment string, until ...resource.ReleaseState) resource.Release {
	w.t.Helper()
	rel, err := w.as("author").StartRelease(w.t.Context(), resource.ReleaseRequest{Version: v.Name, Environment: environment, Reason: "test"})
	if err != nil {
		w.t.Fatalf("release %s into %s: %v", v.Name, environment, err)
	}
	return w.follow(rel.ID, until...)
}

// follow watches a release, gives the approval that it waits for, and returns
// when it is in one of the states or final.
func (w *world) follow(id string, until ...resource.ReleaseState) (rel resource.Release) {
	w.t.Helper()
	eventually(w.t, "release "+id+" moves on", func(ctx context.Context) (done bool, err error) {
		if rel, err = w.as("author").Release(ctx, id); err != nil {
			return false, err
		}
		for _, s := range until {
			if rel.State == s {
				return true, nil
			}
		}
		if rel.State == resource.ReleaseAwaiting {
			return false, w.approve(ctx, rel.Approval)
		}
		return rel.State.Final(), nil
	})
	return rel
}

func (w *world) approve(ctx context.Context, id string) error {
	view, err := w.as("approver").ViewApproval(ctx, id)
	if err != nil || view.Approval.State != resource.ApprovalPending {
		return err
	}
	_, err = w.as("approver").Decide(ctx, id, resource.DecideRequest{Token: view.Token, Approve: true, Reason: "read"})
	return err
}

// eventually calls f until it says that it is done; an error of it ends the test.
func eventually(t *testing.T, what string, f func(context.Context) (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*startLimit)
	defer cancel()
	for {
		done, err := f(ctx)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if done {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not in %s", what, 2*startLimit)
		case <-time.After(20 * time.Millisecond): // between looks; the deadline decides
		}
	}
}

// refundable is order number n of those that were shipped for money, have
// arrived, and belong to an open account: a good version refunds each, and one
// that adds the shipping is refused each time.
func refundable(n int) string {
	for i := 0; ; i++ {
		if i%20 < 13 || i%7 == 6 || i%100 == 42 {
			continue
		}
		if n == 0 {
			return refunddesk.OrderID(i)
		}
		n--
	}
}

var runOfCall = regexp.MustCompile(`^(run_[0-9a-f]+)-\d+$`)

// effects counts the rows of a table of the shop by run.
func (w *world) effects(table string) map[string]int {
	w.t.Helper()
	return w.effectsIn(w.shopFile(), table)
}

func (w *world) effectsIn(shop, table string) map[string]int {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+shop+"?mode=ro")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(w.t.Context(), "SELECT call_id FROM "+table)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	n := map[string]int{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			w.t.Fatal(err)
		}
		m := runOfCall.FindStringSubmatch(id)
		if m == nil {
			w.t.Fatalf("%s has the call %q, which is no run's", table, id)
		}
		n[m[1]]++
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func touch(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
