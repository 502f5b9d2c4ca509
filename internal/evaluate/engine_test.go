package evaluate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// memory keeps runs in memory, for at most room runs when room is not 0.
type memory struct {
	mu   sync.Mutex
	runs map[string]RunReport
	room int
}

var errNoRoom = errors.New("no room")

func (m *memory) Load(_ context.Context, key string) (RunReport, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.runs[key]
	return r, ok, nil
}

func (m *memory) Save(_ context.Context, key string, r RunReport) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.room > 0 && len(m.runs) >= m.room {
		return errNoRoom
	}
	if m.runs == nil {
		m.runs = map[string]RunReport{}
	}
	m.runs[key] = r
	return nil
}

// many is a suite of n cases that pass when the model echoes.
func many(n int) blueprint.Suite {
	s := blueprint.Suite{Name: "s"}
	for i := range n {
		s.Scenarios = append(s.Scenarios, say(fmt.Sprintf("c%03d", i), fmt.Sprint("in ", i), fmt.Sprint("in ", i)))
	}
	return s
}

// counting counts the calls of a model.
type counting struct {
	inner agentrun.Model
	calls atomic.Int64
}

func (c *counting) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	c.calls.Add(1)
	return c.inner.Complete(ctx, req)
}

// TestResume: an evaluation that was cut off goes on with what it kept, and its
// report is that of one that was not.
func TestResume(t *testing.T) {
	whole, err := Run(t.Context(), subject(echo, many(20)), nil, Options{Repeats: 2})
	if err != nil {
		t.Fatal(err)
	}
	kept, model := &memory{room: 13}, &counting{inner: echo}
	s := subject(model, many(20))
	if _, err := Run(t.Context(), s, nil, Options{Repeats: 2, Journal: kept, Concurrency: 1}); !errors.Is(err, errNoRoom) {
		t.Fatalf("Run that cannot keep a run = %v, want %v", err, errNoRoom)
	}
	kept.room = 0
	got, err := Run(t.Context(), s, nil, Options{Repeats: 2, Journal: kept})
	if err != nil {
		t.Fatal(err)
	}
	if calls := model.calls.Load(); calls != 41 || got.Kept != 13 { // the run that could not be kept is made again
		t.Errorf("Run asked the model %d times and kept %d runs, want 41 and 13", calls, got.Kept)
	}
	got.Kept = 0
	if d := cmp.Diff(timeless(whole), timeless(got), exported); d != "" {
		t.Errorf("a resumed report (-whole +resumed)\n%s", d)
	}
}

var exported = cmpopts.IgnoreUnexported(Report{})

// timeless is a report without measured times.
func timeless(r Report) Report {
	r.P50Ms, r.P95Ms = 0, 0
	if r.Compare != nil {
		r.Compare.Figures = nil
	}
	for i := range r.Cases {
		for j := range r.Cases[i].Runs {
			r.Cases[i].Runs[j].LatencyMs = 0
		}
	}
	return r
}

// TestKeysHoldWhatRunsDependOn: a kept run is not taken for one of another
// version, case, grader, seed or model.
func TestKeysHoldWhatRunsDependOn(t *testing.T) {
	base := func() (Subject, Options) {
		suite := many(3)
		sc := &suite.Scenarios[0]
		sc.Expect.Graders = append(sc.Expect.Graders, blueprint.Grader{Type: "judge", Rubric: "It is an echo.", Model: &blueprint.Model{Name: "judge"}})
		suite.Scenarios[1].User = &blueprint.SimulatedUser{Goal: "An echo.", Model: &blueprint.Model{Name: "user"}}
		o := Options{Seed: 1, Served: func(_ context.Context, m blueprint.Model) (string, error) { return m.Name + "-1", nil }}
		o.Helpers.Models = func(blueprint.Model) (agentrun.Model, error) { return echo, nil }
		return subject(echo, suite), o
	}
	serves := func(o *Options, name string) {
		o.Served = func(_ context.Context, m blueprint.Model) (string, error) {
			if m.Name == name {
				return name + "-2", nil
			}
			return m.Name + "-1", nil
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*Subject, *Options)
		kept   int
	}{
		{"nothing", func(*Subject, *Options) {}, 3},
		{"concurrency", func(_ *Subject, o *Options) { o.Concurrency = 1 }, 3},
		{"one more repeat", func(_ *Subject, o *Options) { o.Repeats = 2 }, 3},
		{"version", func(s *Subject, _ *Options) { s.Digest = "sha256:d" }, 0},
		{"seed", func(_ *Subject, o *Options) { o.Seed = 2 }, 0},
		{"model", func(s *Subject, _ *Options) { s.ModelVersion = "ruled-2" }, 0},
		{"the model of a judge", func(_ *Subject, o *Options) { serves(o, "judge") }, 2},
		{"the model of a simulated user", func(_ *Subject, o *Options) { serves(o, "user") }, 2},
		{"another model", func(_ *Subject, o *Options) { serves(o, "other") }, 3},
		{"a grader", func(s *Subject, _ *Options) {
			s.Manifest.Blueprint.Spec.Evaluation.Suites[0].Scenarios[1].Expect.Graders[0].Value = "other"
		}, 2},
		{"an input", func(s *Subject, _ *Options) {
			s.Manifest.Blueprint.Spec.Evaluation.Suites[0].Scenarios[0].Input = "other"
		}, 2},
		{"the suite", func(s *Subject, _ *Options) { s.Manifest.Blueprint.Spec.Evaluation.Suites[0].Name = "other" }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cache := &memory{}
			s, o := base()
			o.Cache = cache
			if _, err := Run(t.Context(), s, nil, o); err != nil {
				t.Fatal(err)
			}
			s, o = base()
			o.Cache = cache
			tt.change(&s, &o)
			if r, err := Run(t.Context(), s, nil, o); err != nil || r.Kept != tt.kept {
				t.Errorf("Run after a change of %s took %d runs from the cache, %v; want %d", tt.name, r.Kept, err, tt.kept)
			}
		})
	}
}

// TestStopEarly: the report is that of the cases up to the clear answer, in any
// concurrency, and the runs after it are saved.
func TestStopEarly(t *testing.T) {
	var first Report
	for i, concurrency := range []int{1, 16} {
		model := &counting{inner: echo}
		s := subject(model, many(400))
		s.Manifest.Blueprint.Spec.Evaluation.PassRate = ptr(0.9)
		base := subject(model)
		base.Digest = "sha256:b"
		got, err := Run(t.Context(), s, &base, Options{StopEarly: true, Concurrency: concurrency, Margin: ptr(0.1)})
		if err != nil {
			t.Fatal(err)
		}
		if got.Stopped == nil || got.Stopped.Reason != StoppedEarly || got.Stopped.Measured > 100 || len(got.Cases) != got.Stopped.Measured ||
			got.Compare.Verdict != NoWorse || !got.Compare.Sequential || !got.Passed {
			t.Fatalf("Run = %+v, %+v, passed %v; want no worse after few cases", got.Stopped, got.Compare, got.Passed)
		}
		if calls := model.calls.Load(); calls > int64(2*(got.Stopped.Measured+ahead(concurrency))) {
			t.Errorf("Run of %d cases asked the models %d times", got.Stopped.Measured, calls)
		}
		if i == 0 {
			first = timeless(got)
		} else if d := cmp.Diff(first, timeless(got), exported); d != "" {
			t.Errorf("the report of %d runs at once (-1 +%d)\n%s", concurrency, concurrency, d)
		}
	}
	for i := 1; i < len(first.Cases); i++ {
		if first.Cases[i-1].Name > first.Cases[i].Name {
			t.Fatalf("cases %s and %s are not in the blueprint's order", first.Cases[i-1].Name, first.Cases[i].Name)
		}
	}
	if first.Cases[len(first.Cases)-1].Name < "c200" {
		t.Errorf("the last case is %s; want the order drawn", first.Cases[len(first.Cases)-1].Name)
	}
}

// TestStopEarlyWhenWorse: what loses is clear before its pass rate is, and does not
// pass.
func TestStopEarlyWhenWorse(t *testing.T) {
	suite := many(400)
	s, base := subject(ruled(func(agentrun.ModelRequest) string { return "no" }), suite), subject(echo)
	s.Manifest.Blueprint.Spec.Evaluation.PassRate, base.Digest = ptr(0.1), "sha256:b"
	r, err := Run(t.Context(), s, &base, Options{StopEarly: true, Concurrency: 1})
	if err != nil || r.Passed || r.Compare.Verdict != Worse || len(r.Cases) > 100 {
		t.Fatalf("Run = %+v after %d cases, %v; want worse after few cases", r.Stopped, len(r.Cases), err)
	}
	if d, why := r.Decide(); d != DecideBlock || !strings.HasPrefix(why, "Worse: ") {
		t.Errorf("Decide = %s, %q; want it blocked as worse", d, why)
	}
}

// TestStopEarlyAlone: without a baseline the pass rate alone has to be clear.
func TestStopEarlyAlone(t *testing.T) {
	s := subject(echo, many(400))
	s.Manifest.Blueprint.Spec.Evaluation.PassRate = ptr(0.9)
	r, err := Run(t.Context(), s, nil, Options{StopEarly: true, Concurrency: 1})
	if err != nil || !r.Passed || r.Stopped == nil || len(r.Cases) != 67 {
		t.Errorf("Run = %+v after %d cases, %v; want it passed after 67", r.Stopped, len(r.Cases), err)
	}
}

func TestStopEarlyWhenOutOfReach(t *testing.T) {
	wrong := ruled(func(agentrun.ModelRequest) string { return "no" })
	s := subject(wrong, many(50))
	s.Manifest.Blueprint.Spec.Evaluation.PassRate = ptr(0.9)
	s.Manifest.Blueprint.Spec.Evaluation.StopEarly = true
	r, err := Run(t.Context(), s, nil, Options{Concurrency: 1})
	if err != nil || r.Passed || r.Stopped == nil || r.Stopped.Measured != 6 || !strings.Contains(r.Stopped.Message, "out of reach") {
		t.Errorf("Run = %+v, %v; want stopped after the sixth failure of the five that may be", r.Stopped, err)
	}
}

func TestBudget(t *testing.T) {
	s := subject(echo, many(50)) // a run costs 0.001 USD
	r, err := Run(t.Context(), s, nil, Options{Concurrency: 1, Budget: &blueprint.EvaluationBudget{CostUSD: 0.0095}})
	if err != nil || r.Passed || r.Stopped == nil || r.Stopped.Reason != StoppedBudget || r.Stopped.Measured != 10 || len(r.Cases) != 10 {
		t.Errorf("Run with a budget of 0.0095 USD = %+v, %v; want stopped after 10 cases", r.Stopped, err)
	}
	if !strings.Contains(r.Message, "budget of 0.0095 USD was used up after 10 of 50 cases") {
		t.Errorf("Run says %q", r.Message)
	}
	slow := waiting{}
	r, err = Run(t.Context(), subject(slow, many(3)), nil, Options{Budget: &blueprint.EvaluationBudget{Duration: blueprint.Duration(20 * time.Millisecond)}})
	if err != nil || r.Stopped == nil || r.Stopped.Reason != StoppedBudget || !strings.Contains(r.Message, "budget of 20ms") {
		t.Errorf("Run with a budget of 20ms = %+v, %v; want stopped", r.Stopped, err)
	}
	if d, _ := r.Decide(); d != DecideBlock {
		t.Errorf("Decide of a stopped evaluation = %s, want %s", d, DecideBlock)
	}
}

// waiting is a model that never answers.
type waiting struct{}

func (waiting) Complete(ctx context.Context, _ agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	<-ctx.Done()
	return agentrun.ModelResponse{}, ctx.Err()
}

// down is a model whose endpoint does not answer the first n times.
type down struct {
	n     int64
	asked atomic.Int64
}

func (d *down) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	if d.asked.Add(1) <= d.n {
		return agentrun.ModelResponse{}, fault.New(fault.Upstream, "the model endpoint could not be reached")
	}
	return echo.Complete(ctx, req)
}

// TestOutage: a model that does not answer is no failure of the agent.
func TestOutage(t *testing.T) {
	var waited []time.Duration
	var mu sync.Mutex
	o := Options{Concurrency: 1, Wait: func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		waited = append(waited, d)
		return nil
	}}
	r, err := Run(t.Context(), subject(&down{n: 2}, many(3)), nil, o)
	if err != nil || !r.Passed || r.Outage() != nil {
		t.Errorf("Run with a model that is down for a moment = %+v, %v; want passed", r, err)
	}
	if d := cmp.Diff(outagePauses, waited); d != "" {
		t.Errorf("pauses (-want +got)\n%s", d)
	}
	r, err = Run(t.Context(), subject(&down{n: 1 << 40}, many(3)), nil, o)
	if err != nil || r.Passed || r.Stopped == nil || r.Stopped.Reason != StoppedOutage || len(r.Cases) != 0 || !fault.Is(r.Outage(), fault.Unavailable) {
		t.Errorf("Run with a dead model = %+v, %v; want an outage and no case", r, err)
	}
	if !strings.Contains(r.Message, "could not be measured") {
		t.Errorf("Run with a dead model says %q", r.Message)
	}
}

// TestLimits: requests are spaced, and tokens are paid for.
func TestLimits(t *testing.T) {
	now := time.Unix(0, 0)
	var waited time.Duration
	o := Options{Concurrency: 1, Limits: &blueprint.EvaluationLimits{RequestsPerMinute: 60},
		Now: func() time.Time { return now },
		Wait: func(_ context.Context, d time.Duration) error {
			now, waited = now.Add(d), waited+d
			return nil
		}}
	if _, err := Run(t.Context(), subject(echo, many(10)), nil, o); err != nil || waited.Round(time.Millisecond) != 9*time.Second {
		t.Errorf("10 requests at 60 a minute waited %s, %v; want 9s", waited, err)
	}
	waited = 0
	o.Limits = &blueprint.EvaluationLimits{TokensPerMinute: 6000} // 100 a second, 500 at once
	if _, err := Run(t.Context(), subject(thirsty{echo}, many(11)), nil, o); err != nil || waited.Round(time.Millisecond) != 6*time.Second {
		t.Errorf("11 requests of 100 tokens at 6000 a minute waited %s, %v; want 6s", waited, err)
	}
}

// thirsty uses 100 tokens a completion.
type thirsty struct{ agentrun.Model }

func (m thirsty) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	r, err := m.Model.Complete(ctx, req)
	r.PromptTokens, r.CompletionTokens = 90, 10
	return r, err
}

func TestProgressTellsTheTimeLeft(t *testing.T) {
	now := time.Unix(0, 0)
	var last, half Progress
	o := Options{Concurrency: 1, Now: func() time.Time { now = now.Add(500 * time.Millisecond); return now }, Progress: func(p Progress) {
		last = p
		if p.Done == 5 {
			half = p
		}
	}}
	if _, err := Run(t.Context(), subject(echo, many(10)), nil, o); err != nil {
		t.Fatal(err)
	}
	want := Progress{Done: 10, Total: 10, Cases: 10, Planned: 10, CostUSD: 0.01, Elapsed: 5 * time.Second}
	if d := cmp.Diff(want, last, close9); d != "" {
		t.Errorf("the last Progress (-want +got)\n%s", d)
	}
	if half.Left != 2500*time.Millisecond {
		t.Errorf("Progress after 5 of 10 runs in %s = %s left, want 2.5s", half.Elapsed, half.Left)
	}
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name    string
		passed  bool
		verdict string
		unclear blueprint.UnclearAction
		want    Decision
	}{
		{"fails by itself", false, Better, "", DecideBlock},
		{"no baseline", true, "", "", DecidePass},
		{"better", true, Better, "", DecidePass},
		{"no worse", true, NoWorse, "", DecidePass},
		{"worse, whatever unclear does", true, Worse, blueprint.UnclearPass, DecideBlock},
		{"unclear of an old report", true, Unclear, "", DecideBlock},
		{"unclear", true, Unclear, blueprint.UnclearBlock, DecideBlock},
		{"unclear asks", true, Unclear, blueprint.UnclearAsk, DecideAsk},
		{"unclear passes", true, Unclear, blueprint.UnclearPass, DecidePass},
	} {
		r := Report{Passed: tt.passed}
		if tt.verdict != "" {
			r.Compare = &Comparison{Verdict: tt.verdict, OnUnclear: tt.unclear}
		}
		if got, _ := r.Decide(); got != tt.want {
			t.Errorf("Decide(%s) = %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestUselessAnswers: a model that answers, and whose answer is of no use, is a
// failure of the agent and no outage.
func TestUselessAnswers(t *testing.T) {
	r, err := Run(t.Context(), subject(cut{}, many(2)), nil, Options{})
	if err != nil || r.Passed || r.Stopped != nil || len(r.Cases) != 2 {
		t.Errorf("Run with answers that are cut off = %+v, %v; want two failed cases", r.Stopped, err)
	}
}

// cut is a model whose answers are cut off.
type cut struct{}

func (cut) Complete(context.Context, agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	return agentrun.ModelResponse{}, fault.New(fault.Failed, "the answer was cut off at its token limit")
}
