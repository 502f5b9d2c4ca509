package storetest

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func run(id string, outcome resource.Outcome) resource.Run {
	return resource.Run{ID: id, Agent: "a", Digest: "d1", Version: 1, Environment: "production", Mode: resource.RunLive,
		Principal: actor, Input: map[string]any{"q": "hello"}, Outcome: outcome, StartedAt: 1000, Revision: 1}
}

func runIDs(list []resource.Run) []string {
	return ids(list, func(r resource.Run) string { return r.ID })
}

func testRuns(t *testing.T, s *suite) {
	one := run("u1", resource.OutcomeRunning)
	two := run("u2", resource.OutcomeFailure)
	two.Release, two.Session, two.Canary, two.Environment = "r1", "s1", true, "staging"
	three := run("u3", resource.OutcomeSuccess)
	three.Agent, three.Digest, three.Mode = "b", "d2", resource.RunSmoke
	s.update(func(tx control.Tx) error {
		for _, r := range []resource.Run{one, two, three} {
			if err := tx.InsertRun(r); err != nil {
				return err
			}
		}
		return nil
	})
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertRun(one) })
	absent(s, func(r control.Reader) (resource.Run, error) { return r.Run("u9") })
	for _, c := range []struct {
		name   string
		filter control.RunFilter
		want   []string
	}{
		{"all", control.RunFilter{}, []string{"u3", "u2", "u1"}},
		{"agent", control.RunFilter{Agent: "a"}, []string{"u2", "u1"}},
		{"environment", control.RunFilter{Environment: "staging"}, []string{"u2"}},
		{"digest", control.RunFilter{Digest: "d2"}, []string{"u3"}},
		{"release", control.RunFilter{Release: "r1"}, []string{"u2"}},
		{"session", control.RunFilter{Session: "s1"}, []string{"u2"}},
		{"mode", control.RunFilter{Mode: resource.RunSmoke}, []string{"u3"}},
		{"outcomes", control.RunFilter{Outcomes: []resource.Outcome{resource.OutcomeSuccess, resource.OutcomeRunning}}, []string{"u3", "u1"}},
		{"failed", control.RunFilter{FailedOnly: true}, []string{"u2"}},
	} {
		equal(t, "Runs "+c.name, runIDs(read(s, func(r control.Reader) ([]resource.Run, error) { return r.Runs(c.filter, control.Page{}) })), c.want)
	}
	done := one
	done.Outcome, done.Revision, done.EndedAt, done.Output = resource.OutcomeSuccess, 2, 1500, "hi"
	done.Steps = []resource.Step{{Index: 0, Kind: "model", Model: &resource.ModelStep{Model: "m", Content: "hi"}}}
	s.update(func(tx control.Tx) error { return tx.PutRun(done) })
	equal(t, "Run", read(s, func(r control.Reader) (resource.Run, error) { return r.Run("u1") }), done)
	light := done
	light.Input, light.Output, light.Steps = nil, nil, nil
	list := read(s, func(r control.Reader) ([]resource.Run, error) {
		return r.Runs(control.RunFilter{}, control.Page{After: "u2"})
	})
	equal(t, "listed run", list, []resource.Run{light})
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutRun(done) })
	done.ID = "u9"
	s.refused(fault.NotFound, func(tx control.Tx) error { return tx.PutRun(done) })
}

func testRunSteps(t *testing.T, s *suite) {
	one, two := run("u1", resource.OutcomeRunning), run("u2", resource.OutcomeRunning)
	step := func(i int, result string) resource.Step {
		return resource.Step{Index: i, Kind: "tool", Tool: &resource.ToolStep{Tool: "t", Result: result, Decision: resource.Decision{Policies: []string{}}}}
	}
	s.update(func(tx control.Tx) error {
		for _, r := range []resource.Run{one, two} {
			if err := tx.InsertRun(r); err != nil {
				return err
			}
		}
		for _, st := range []resource.Step{step(1, "b"), step(0, ""), step(10, "k")} {
			if err := tx.PutStep("u1", st); err != nil {
				return err
			}
		}
		return tx.PutStep("u2", step(0, "other"))
	})
	s.update(func(tx control.Tx) error { return tx.PutStep("u1", step(0, "a")) })
	one.Outcome, one.Revision, one.EndedAt = resource.OutcomeSuccess, 2, 1500
	s.update(func(tx control.Tx) error { return tx.PutRun(one) })
	one.Steps = []resource.Step{step(0, "a"), step(1, "b"), step(10, "k")}
	equal(t, "Run with steps of its own", read(s, func(r control.Reader) (resource.Run, error) { return r.Run("u1") }), one)
}

func testRunCheckpoints(t *testing.T, s *suite) {
	absent(s, func(r control.Reader) ([]byte, error) { return r.Checkpoint("u1") })
	for _, text := range []string{`{"a":1}`, `{"a":2}`} {
		s.update(func(tx control.Tx) error { return tx.PutCheckpoint("u1", []byte(text)) })
		equal(t, "Checkpoint", string(read(s, func(r control.Reader) ([]byte, error) { return r.Checkpoint("u1") })), text)
	}
	for range 2 {
		s.update(func(tx control.Tx) error { return tx.DeleteCheckpoint("u1") })
		absent(s, func(r control.Reader) ([]byte, error) { return r.Checkpoint("u1") })
	}
}

func testRecentCalls(t *testing.T, s *suite) {
	const base = 10_000_000
	for _, at := range []resource.Millis{base, base + 10, base + 10, base + 70_000} {
		s.update(func(tx control.Tx) error { return tx.CountCall("a", "production", at) })
	}
	s.update(func(tx control.Tx) error { return tx.CountCall("a", "staging", base) })
	for _, c := range []struct {
		since resource.Millis
		want  int
	}{{base, 4}, {base + 1, 3}, {base + 10_000, 1}, {base + 80_000, 0}} {
		got := read(s, func(r control.Reader) (int, error) { return r.RecentCalls("a", "production", c.since) })
		equal(t, fmt.Sprintf("RecentCalls(%d)", c.since), got, c.want)
	}
}

func testPaging(t *testing.T, s *suite) {
	const n = 250
	s.update(func(tx control.Tx) error {
		for i := range n {
			// Ids that sort differently from the order of insertion.
			if err := tx.InsertRun(run(fmt.Sprintf("u%03d", (i*97)%n), resource.OutcomeRunning)); err != nil {
				return err
			}
		}
		return nil
	})
	page := func(p control.Page) []string {
		return runIDs(read(s, func(r control.Reader) ([]resource.Run, error) { return r.Runs(control.RunFilter{Agent: "a"}, p) }))
	}
	equal(t, "default limit", len(page(control.Page{})), 100)
	equal(t, "no more than there are", len(page(control.Page{Limit: 100_000})), n)
	all := page(control.Page{Limit: 1000})
	var walked []string
	for after := ""; ; {
		p := page(control.Page{Limit: 60, After: after})
		if len(p) == 0 {
			break
		}
		walked, after = append(walked, p...), p[len(p)-1]
	}
	equal(t, "pages joined", walked, all)
	equal(t, "newest first", all[0], fmt.Sprintf("u%03d", ((n-1)*97)%n))
	equal(t, "after an unknown id", page(control.Page{After: "nobody"}), []string{})
}
