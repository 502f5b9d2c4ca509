package storetest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func ended(id, digest string, outcome resource.Outcome, latency int64, at resource.Millis) resource.Run {
	r := run(id, outcome)
	r.Digest, r.LatencyMs, r.EndedAt = digest, latency, at
	if digest == "d2" {
		r.Version = 2
	}
	r.Stats = resource.RunStats{PromptTokens: 10, CompletionTokens: 5, Cost: 100}
	return r
}

func figures(s *suite, q control.FiguresQuery) []resource.Figures {
	s.t.Helper()
	return read(s, func(r control.Reader) ([]resource.Figures, error) { return r.Figures(q) })
}

// near reports whether a percentile is right within the 5 % that a histogram may be off.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > want*0.05 {
		t.Errorf("%s = %g, want %g within 5 %%", what, got, want)
	}
}

func testFigures(t *testing.T, s *suite) {
	s.update(func(tx control.Tx) error {
		for i := range 1000 {
			r := ended(fmt.Sprintf("u%d", i), "d1", resource.OutcomeSuccess, int64(i+1), resource.Millis(60_000+i*100))
			switch {
			case i%10 == 0:
				r.Outcome = resource.OutcomeFailure
			case i%10 == 1:
				r.Outcome, r.Stats.Escalations = resource.OutcomeEscalated, 1
			}
			if i%4 == 0 {
				r.Stats.Retries = 2
			}
			r.Stats.CRVFailures, r.Stats.Denials = 1, 2
			if err := tx.InsertRun(r); err != nil {
				return err
			}
		}
		other := ended("v1", "d2", resource.OutcomeSuccess, 77, 61_000)
		return tx.InsertRun(other)
	})
	got := figures(s, control.FiguresQuery{Agent: "a"})
	if len(got) != 2 {
		t.Fatalf("Figures() has %d rows, want 2", len(got))
	}
	f := got[0]
	near(t, "P50Ms", f.P50Ms, 500)
	near(t, "P95Ms", f.P95Ms, 950)
	near(t, "P99Ms", f.P99Ms, 990)
	near(t, "P50Ms of one run", got[1].P50Ms, 77)
	f.P50Ms, f.P95Ms, f.P99Ms = 0, 0, 0
	equal(t, "Figures", f, resource.Figures{Agent: "a", Environment: "production", Digest: "d1", Version: 1, Runs: 1000, Success: 800,
		Failed: 200, SuccessRate: .8, ErrorRate: .2, RetryRate: .25, Cost: 100_000, CostPerSuccess: 125, CRVFailures: 1000,
		Denials: 2000, Escalations: 100, EscalationRate: .1, Tokens: 15_000})
	equal(t, "version of the second", got[1].Version, 2)
	equal(t, "rows for a digest", len(figures(s, control.FiguresQuery{Digest: "d2"})), 1)
	equal(t, "rows for another agent", len(figures(s, control.FiguresQuery{Agent: "b"})), 0)
	equal(t, "rows for another environment", len(figures(s, control.FiguresQuery{Environment: "staging"})), 0)
	window := figures(s, control.FiguresQuery{Digest: "d1", From: 80_000, To: 100_000})
	equal(t, "runs in a window", window[0].Runs, int64(200))
	equal(t, "window", []resource.Millis{window[0].From, window[0].To}, []resource.Millis{80_000, 100_000})
	equal(t, "rows before the first run", len(figures(s, control.FiguresQuery{To: 60_000})), 0)
}

func testFiguresOnce(t *testing.T, s *suite) {
	live := run("u1", resource.OutcomeRunning)
	s.update(func(tx control.Tx) error { return tx.InsertRun(live) })
	equal(t, "rows while it runs", len(figures(s, control.FiguresQuery{})), 0)
	for _, outcome := range []resource.Outcome{resource.OutcomeWaiting, resource.OutcomeSuccess, resource.OutcomeSuccess} {
		live.Revision++
		live.Outcome, live.EndedAt = outcome, 2000
		s.update(func(tx control.Tx) error { return tx.PutRun(live) })
	}
	for i, mode := range []resource.RunMode{resource.RunRecorded, resource.RunSimulation, resource.RunEvaluation, resource.RunSmoke} {
		r := ended(fmt.Sprintf("m%d", i), "d1", resource.OutcomeSuccess, 5, 3000)
		r.Mode = mode
		s.update(func(tx control.Tx) error { return tx.InsertRun(r) })
	}
	equal(t, "runs that count", figures(s, control.FiguresQuery{})[0].Runs, int64(1))
	// A failed update takes its figures back.
	s.refused(fault.Blocked, func(tx control.Tx) error {
		if err := tx.InsertRun(ended("u2", "d1", resource.OutcomeSuccess, 5, 3000)); err != nil {
			return err
		}
		return fault.New(fault.Blocked, "no")
	})
	equal(t, "runs after a failed update", figures(s, control.FiguresQuery{})[0].Runs, int64(1))
}

func testSeries(t *testing.T, s *suite) {
	s.update(func(tx control.Tx) error {
		for i, at := range []resource.Millis{60_000, 61_000, 120_000, 185_000} {
			outcome := resource.OutcomeSuccess
			if i == 1 {
				outcome = resource.OutcomeError
			}
			digest := []string{"d1", "d2"}[i%2]
			if err := tx.InsertRun(ended(fmt.Sprintf("u%d", i), digest, outcome, 40, at)); err != nil {
				return err
			}
		}
		return nil
	})
	points := read(s, func(r control.Reader) ([]resource.FiguresPoint, error) {
		return r.Series(control.FiguresQuery{Agent: "a", Environment: "production"}, 60_000)
	})
	type point struct {
		At           resource.Millis
		Runs, Failed int64
	}
	var got []point
	for _, p := range points {
		got = append(got, point{p.At, p.Figures.Runs, p.Figures.Failed})
	}
	equal(t, "Series", got, []point{{60_000, 2, 1}, {120_000, 1, 0}, {180_000, 1, 0}})
	near(t, "P50Ms of a bucket", points[0].Figures.P50Ms, 40)
	if !slices.IsSortedFunc(points, func(a, b resource.FiguresPoint) int { return int(a.At - b.At) }) {
		t.Errorf("Series() is not sorted by time")
	}
	err := s.store.View(t.Context(), func(r control.Reader) error {
		_, err := r.Series(control.FiguresQuery{}, 0)
		return err
	})
	equal(t, "Series of width 0", fault.CodeOf(err), fault.Invalid)
}

func testRollbacks(t *testing.T, s *suite) {
	s.update(func(tx control.Tx) error {
		for i, r := range []resource.Release{
			release("r1", "a", "production", "d1", resource.ReleaseRolledBack),
			release("r2", "a", "production", "d1", resource.ReleaseRolledBack),
			release("r3", "a", "production", "d1", resource.ReleasePromoted),
			release("r4", "a", "production", "d2", resource.ReleaseRolledBack),
			release("r5", "a", "production", "d1", resource.ReleaseRolledBack),
		} {
			r.Drill = r.ID == "r5" // nobody needed that one
			r.DecidedAt = 60_000
			r.UpdatedAt = r.DecidedAt + resource.Millis(100*(i+1))
			if err := tx.InsertRelease(r); err != nil {
				return err
			}
		}
		return tx.InsertRun(ended("u1", "d1", resource.OutcomeSuccess, 5, 60_500))
	})
	f := figures(s, control.FiguresQuery{Agent: "a"})
	equal(t, "Rollbacks and MTTR", []int64{f[0].Rollbacks, f[0].MTTRMs}, []int64{2, 150})
	points := read(s, func(r control.Reader) ([]resource.FiguresPoint, error) {
		return r.Series(control.FiguresQuery{Digest: "d1"}, 10_000)
	})
	equal(t, "Rollbacks of a bucket", points[0].Figures.Rollbacks, int64(2))
	drills := read(s, func(r control.Reader) ([]resource.Release, error) {
		return r.Releases(control.ReleaseFilter{Agent: "a", Drill: true}, control.Page{})
	})
	if len(drills) != 1 || drills[0].ID != "r5" {
		t.Errorf("Releases of drills = %+v, want r5", drills)
	}
}
