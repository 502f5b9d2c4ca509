package console

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// TestReleaseStands: the page of a release says why it is where it is, what moves it
// on, and what can be typed.
func TestReleaseStands(t *testing.T) {
	t.Parallel()
	c := newClient(t, "admin-token")
	for _, tt := range []struct {
		id   string
		want []string
	}{
		{"rel-checking", []string{"Evaluation in progress", "37 of 120 runs, 2 m 16 s left when it goes on like this", "Kept from before a restart",
			"What the canary will find", "1.4 runs a second, of which 2.0% fail", "A version that is no worse is promoted in"}},
		{"rel-frozen", []string{"A freeze window is open (of weekend)", "It goes on by itself", "in 38 h", "aureus pipeline show payments", "done by hand", "requested"}},
		{"rel-shadow", []string{"It gets copies of live runs", "63 of 200", "Copy alone failed", "run-copy-12", "outcome, calls", "not compared", "the copy read &lt;b&gt;what&lt;/b&gt;",
			"rejects at 100", "goes on at 20.00", "in force", "expired", "aureus release promote rel-shadow --reason TEXT"}},
		{"rel-preview", []string{"It can be tried by name and has no traffic", "in 1 h", "aureus invoke claims-intake --env production --release rel-preview --input JSON"}},
		{"rel-soaking", []string{"claims-intake@v5 has all traffic and is watched", "rolls it back at once (errors)", "in 40 min"}},
		{"rel-hotfix", []string{"<b>Hotfix</b>: it goes without order, canary, shadow, soak, freeze", "customers are charged twice", "No canary: all traffic at once after the smoke tests."}},
		{"rel-stopped", []string{"claims-intake serves nothing in staging", "Invokes are refused", "traffic stopped", "aureus incident show inc-07"}},
		{"rel-drill", []string{"<b>Drill</b>: the version was seeded"}},
		{"rel-29", []string{"Held in canary.", "aureus release resume rel-29 --reason TEXT"}},
		{"rel-27", []string{"refund-desk@v3 is quarantined"}},
		{"rel-24", []string{"It got no traffic."}},
	} {
		status, _, body := c.get("/releases/" + tt.id)
		if status != 200 {
			t.Errorf("GET /releases/%s = %d\n%s", tt.id, status, body)
		}
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("GET /releases/%s has no %q", tt.id, want)
			}
		}
	}
}

// TestEveryStateStands: no state but an end that asks nothing of anybody is left
// without words.
func TestEveryStateStands(t *testing.T) {
	t.Parallel()
	for _, s := range releaseStates {
		got := standingOf(resource.Release{ID: "rel-1", Agent: "a", Environment: "e", State: resource.ReleaseState(s)}, false)
		quiet := s == "promoted" || s == "cancelled"
		if (got.Why == "") != quiet || len(got.Commands) == 0 && !quiet {
			t.Errorf("standingOf(%s) = %+v", s, got)
		}
	}
}

// TestWaysOfStages: a release's way has the states that its stage asks for, less what
// a hotfix goes without.
func TestWaysOfStages(t *testing.T) {
	t.Parallel()
	f := newFixture()
	for _, tt := range []struct{ id, want string }{
		{"rel-shadow", "pending=done checking=done awaiting approval=done deploying=done smoke=done shadow=current canary=ahead soaking=ahead promoted=ahead"},
		{"rel-preview", "pending=done checking=done awaiting approval=skipped deploying=done smoke=done shadow=skipped preview=current soaking=ahead promoted=ahead"},
		{"rel-frozen", "pending=done checking=done awaiting approval=done frozen=current deploying=ahead smoke=ahead shadow=ahead canary=ahead soaking=ahead promoted=ahead"},
		{"rel-hotfix", "pending=done checking=done awaiting approval=current deploying=ahead smoke=ahead promoted=ahead"},
		{"rel-stopped", "pending=done checking=done awaiting approval=skipped deploying=done smoke=done shadow=skipped soaking=done rolling back=done traffic stopped=failed"},
	} {
		r, err := f.Release(t.Context(), principals["admin-token"], tt.id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range stepsOf(r) {
			got = append(got, s.Name+"="+s.Mark)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("stepsOf(%s) (-want +got):\n%s", tt.id, diff)
		}
	}
}

// TestForecastIsKept: a plan is simulated once, and one with nothing to compare with
// never.
func TestForecastIsKept(t *testing.T) {
	t.Parallel()
	var f forecasts
	plan := resource.CanaryPlan{Alpha: .001, Beta: .05, MaxFailureRate: .1, DeadlineMs: 60_000, Steps: []blueprint.CanaryStep{{Weight: 10, Runs: 20}}}
	if v, err := f.of(plan); v != nil || err != nil {
		t.Errorf("of(a first release) = %v, %v; want none", v, err)
	}
	plan.Traffic = &resource.CanaryTraffic{RunsPerSecond: 0.5, FailureRate: .02}
	first, err := f.of(plan)
	if err != nil || first == nil || !first.Slow || len(first.Rows) < 4 {
		t.Fatalf("of(30 runs in all) = %+v, %v; want a forecast that says that it is slow", first, err)
	}
	if again, _ := f.of(plan); again != first {
		t.Error("the same plan was simulated twice")
	}
}

func TestDriftPageAsksOnlyWhenOpened(t *testing.T) {
	t.Parallel()
	c := newClient(t, "admin-token")
	_, _, body := c.get("/agents/refund-desk/drift")
	for _, want := range []string{"lookup_order", "its description changed", "unreachable", "refund-desk@v2"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if _, _, body = c.get("/agents/invoice-reader/drift"); !strings.Contains(body, "no drift") {
		t.Errorf("the page of an agent without drift = %s", body)
	}
}

func TestApprovalsPageListsWaiversAndDelegations(t *testing.T) {
	t.Parallel()
	_, _, body := newClient(t, "viewer-token").get("/approvals")
	for _, want := range []string{"the old cases are wrong", "done by hand", "parental leave", "payments-leads"} {
		if !strings.Contains(body, want) {
			t.Errorf("GET /approvals has no %q", want)
		}
	}
	if strings.Contains(body, "the simulator is down") {
		t.Error("GET /approvals lists a waiver that has expired")
	}
}
