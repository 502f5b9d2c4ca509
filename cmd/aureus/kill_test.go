package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

const (
	kills    = 10
	killSeed = 20260612
)

// TestKill ends the server with SIGKILL at random moments of canaries on live
// traffic and starts it again on the same data folder. Each canary ends as it
// would have, no effect is applied twice, and nothing that was answered is lost.
func TestKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shipped(t))
	rng := rand.New(rand.NewPCG(killSeed, 0))
	stable := w.push(w.agent())
	for _, env := range []string{"staging", "production"} {
		if rel := w.release(stable, env); rel.State != resource.ReleasePromoted {
			t.Fatalf("the first version ended %s in %s: %s", rel.State, env, rel.Reason)
		}
	}
	traffic := w.customers(3)
	for i := range kills {
		if i%2 == 0 {
			stable = w.killCanary(rng, traffic, i, stable, w.variant(fmt.Sprintf("This is change %d.", i)), resource.ReleasePromoted)
		} else {
			w.killCanary(rng, traffic, i, stable, w.variant(fmt.Sprintf("This is change %d. Refund the shipping on top.", i)), resource.ReleaseRolledBack)
		}
		if t.Failed() {
			t.Logf("server's log:\n%s", w.server.errors())
			return
		}
	}
	traffic.stop()
	if len(traffic.refused) > 0 {
		t.Errorf("%d invocations were refused, the first: %v", len(traffic.refused), traffic.refused[0])
	}
	t.Logf("%d invocations answered, %d cut off by a kill", len(traffic.answered), traffic.broken)
	w.checkRuns(traffic)
	w.checkLedger()
	w.stop()
}

// checkRuns holds what was answered and what the shop did against the record.
func (w *world) checkRuns(c *customers) {
	t := w.t
	t.Helper()
	eventually(t, "interrupted runs end", func(ctx context.Context) (bool, error) {
		l, err := w.as("author").Runs(ctx, client.RunFilter{Mode: resource.RunLive, Outcomes: []resource.Outcome{resource.OutcomeRunning}}, client.Page{Limit: 1})
		return len(l.Items) == 0, err
	})
	recorded, sessions := map[string]resource.Run{}, map[string]string{}
	for run, err := range client.All(func(after string) (client.List[resource.Run], error) {
		return w.as("author").Runs(t.Context(), client.RunFilter{Mode: resource.RunLive, Environment: "production"}, client.Page{Limit: 1000, After: after})
	}) {
		if err != nil {
			t.Fatal(err)
		}
		recorded[run.ID] = run
		if other, twice := sessions[run.Session]; twice {
			t.Errorf("runs %s and %s are of one request", other, run.ID)
		}
		sessions[run.Session] = run.ID
	}
	for id, outcome := range c.answered {
		if got, ok := recorded[id]; !ok || got.Outcome != outcome {
			t.Errorf("run %s was answered %s and is recorded as %q", id, outcome, got.Outcome)
		}
	}
	for table, tool := range map[string]string{"refunds": "issue_refund", "mails": "send_email"} {
		done := w.effects(table)
		for id, n := range done {
			if _, ok := recorded[id]; !ok || n != 1 {
				t.Errorf("%s: run %s (recorded: %v) did it %d times, want once", table, id, ok, n)
			}
		}
		for id, run := range recorded {
			if run.Outcome == resource.OutcomeSuccess && done[id] != 1 && !w.interrupted(id, tool) {
				t.Errorf("%s: run %s succeeded and did it %d times, want once", table, id, done[id])
			}
		}
	}
	t.Logf("%d runs, each effect once", len(recorded))
}

// interrupted reports whether a kill cut off the run's call of a tool. Such a
// call is not made again: the model was told that its fate is not known.
func (w *world) interrupted(run, tool string) bool {
	w.t.Helper()
	r, err := w.as("author").Run(w.t.Context(), run)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range r.Steps {
		if s.Tool != nil && s.Tool.Tool == tool && s.Tool.IsError && strings.Contains(s.Tool.Result, "It is not known whether it took effect") {
			w.t.Logf("run %s: its call of %s was interrupted, and not repeated", run, tool)
			return true
		}
	}
	return false
}

// checkLedger verifies an export of the whole ledger as an outsider does.
func (w *world) checkLedger() {
	t := w.t
	t.Helper()
	eventually(t, "every event is in the tree", func(ctx context.Context) (bool, error) {
		l, err := w.as("auditor").Ledger(ctx)
		return l.Pending == 0, err
	})
	keys, err := w.as("auditor").Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := w.as("auditor").Export(t.Context(), &buf); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.dir, "ledger.jsonl")
	if err := os.WriteFile(file, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := verifyFile(file, keys.VerifierKey)
	if err != nil || !r.Verified {
		t.Errorf("the ledger does not verify: %v %v", err, r.Problems)
	}
	t.Logf("%d ledger entries verified", r.Leaves)
}

// killCanary releases a version, kills the server in its canary, starts it again
// and expects the release to end as want. It returns the version.
func (w *world) killCanary(rng *rand.Rand, c *customers, i int, stable resource.Version, a *blueprint.Agent, want resource.ReleaseState) resource.Version {
	t := w.t
	t.Helper()
	v := w.push(a)
	if rel := w.release(v, "staging"); rel.State != resource.ReleasePromoted {
		t.Fatalf("%s ended %s in staging: %s", v.Name, rel.State, rel.Reason)
	}
	rel := w.release(v, "production", resource.ReleaseCanary)
	answers, pause := rng.IntN(24), time.Duration(rng.IntN(40))*time.Millisecond
	target := c.count.Load() + int64(answers)
	eventually(t, "traffic goes on", func(ctx context.Context) (bool, error) {
		return c.count.Load() >= target, nil
	})
	time.Sleep(pause) // the random moment
	w.kill()
	w.start()
	at, err := w.as("author").Release(t.Context(), rel.ID)
	if err != nil {
		t.Fatal(err)
	}
	rel = w.follow(rel.ID)
	t.Logf("kill %d (seed %d): %s, %d answers and %s into the canary; started again it is %s, and ends %s", i, killSeed, v.Name, answers, pause, at.State, rel.State)
	if rel.State != want {
		t.Errorf("%s ended %s (%s), want %s", v.Name, rel.State, rel.Reason, want)
		return v
	}
	w.checkServing(rel, stable, v)
	return v
}

// checkServing holds what serves after a release's end.
func (w *world) checkServing(rel resource.Release, stable, v resource.Version) {
	t := w.t
	t.Helper()
	serving := v
	if rel.State == resource.ReleaseRolledBack {
		serving = stable
		w.checkIncident(rel, v)
	}
	l, err := w.as("author").Deployments(t.Context(), demoAgent)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range l.Items {
		if d.Environment == "production" && (d.Stable != serving.Digest || d.Candidate != "" || d.Weight != 0 || d.Release != "" || d.Paused || d.Stopped) {
			t.Errorf("production = %+v, want only %s", d, serving.Name)
		}
	}
	snaps, err := w.as("author").Snapshots(t.Context(), demoAgent, "production")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range snaps.Items {
		if s.Digest == serving.Digest && s.Verified && s.RetiredAt == 0 {
			verdict, err := w.as("author").Verdict(t.Context(), rel.ID)
			if err != nil || !verdict.Agrees {
				t.Errorf("verdict of %s agrees = %v, %v; want it to follow from its outcomes", rel.ID, verdict.Agrees, err)
			}
			return
		}
	}
	t.Errorf("%s has no verified snapshot in production", serving.Name)
}

func (w *world) checkIncident(rel resource.Release, bad resource.Version) {
	t := w.t
	t.Helper()
	in, err := w.as("author").Incident(t.Context(), rel.Incident)
	if err != nil {
		t.Fatal(err)
	}
	if in.State == "resolved" || in.Digest != bad.Digest || in.Cause != "canary" {
		t.Errorf("incident = %+v, want one of %s that is not resolved", in, bad.Name)
	}
	v, err := w.as("author").Version(t.Context(), bad.Name)
	if err != nil || v.Quarantine == nil {
		t.Errorf("%s is not in quarantine (%v)", bad.Name, err)
	}
}
