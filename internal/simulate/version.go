package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// Version is a version that is ready to be simulated: its guard, CRV chain and
// success criteria compiled once, as they are live. Safe for concurrent use.
type Version struct {
	manifest *resource.Manifest
	digest   string
	guard    *guard.Compiled
	chain    *crv.Chain
	success  *crv.Criteria
	intents  map[string]blueprint.Intent
}

// Prepare compiles a version.
func Prepare(m *resource.Manifest, digest string) (*Version, error) {
	spec := &m.Blueprint.Spec
	v := &Version{manifest: m, digest: digest, intents: make(map[string]blueprint.Intent, len(spec.Tools))}
	for _, t := range spec.Tools {
		v.intents[t.Name] = t.Intent
	}
	var err error
	if v.guard, err = guard.Compile(m); err != nil {
		return nil, err
	}
	if v.chain, err = crv.Compile(spec.CRV, spec.Output); err != nil {
		return nil, err
	}
	if v.success, err = crv.CompileCriteria(spec.Success); err != nil {
		return nil, err
	}
	return v, nil
}

// Seed is the seed that a simulation asked for as seed uses: itself, or for 0
// the one of the blueprint's model.
func (v *Version) Seed(seed int64) int64 {
	if s := v.manifest.Blueprint.Spec.Model.Seed; seed == 0 && s != nil {
		return *s
	}
	return seed
}

// Case is one scenario of a suite, its graders and fixtures compiled.
type Case struct {
	Suite    string
	Scenario blueprint.Scenario

	expect   resource.Outcome
	graders  *Graders
	fixtures []fixture
}

// Cases compiles the scenarios of a blueprint's suites, in its order; with names,
// only of the suites of these names.
func Cases(a *blueprint.Agent, names []string) ([]Case, error) {
	suites := a.Spec.Evaluation.Suites
	if err := checkNames(suites, names); err != nil {
		return nil, err
	}
	var cases []Case
	var wrong []fault.Detail
	for i, s := range suites {
		if len(names) > 0 && !slices.Contains(names, s.Name) {
			continue
		}
		path := fmt.Sprintf("spec.evaluation.suites[%d]", i)
		if s.File != "" && len(s.Scenarios) == 0 {
			wrong = append(wrong, fault.Detail{Path: path + ".file",
				Message: fmt.Sprintf("The scenarios of %s were not read.", s.File),
				Fix:     "Give the blueprint as a file, with the scenario file beside it."})
		}
		for j, sc := range s.Scenarios {
			c, details := compileCase(s.Name, sc, fmt.Sprintf("%s.scenarios[%d]", path, j))
			cases, wrong = append(cases, c), append(wrong, details...)
		}
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "The scenarios of %s cannot be run: %s", a.Metadata.Name, wrong[0].Message).With(wrong...)
	}
	return cases, nil
}

func checkNames(suites []blueprint.Suite, names []string) error {
	var known []string
	for _, s := range suites {
		known = append(known, s.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return fault.New(fault.Invalid, "There is no suite named %q; the blueprint has: %s.", n, strings.Join(known, ", "))
		}
	}
	return nil
}

func compileCase(suite string, sc blueprint.Scenario, path string) (Case, []fault.Detail) {
	c := Case{Suite: suite, Scenario: sc, expect: resource.Outcome(sc.Expect.Outcome)}
	var wrong []fault.Detail
	switch c.expect {
	case "":
		c.expect = resource.OutcomeSuccess
	case resource.OutcomeSuccess, resource.OutcomeFailure, resource.OutcomeBlocked, resource.OutcomeDenied,
		resource.OutcomeEscalated, resource.OutcomeError:
	default:
		wrong = append(wrong, fault.Detail{Path: path + ".expect.outcome",
			Message: fmt.Sprintf("%q is not how a run can end.", c.expect),
			Fix:     "Write success, failure, blocked, denied, escalated or error."})
	}
	var err error
	if c.fixtures, err = compileFixtures(sc.Fixtures); err != nil {
		wrong = append(wrong, fault.Detail{Path: path, Message: err.Error(), Fix: "Write a value that JSON can hold."})
	}
	if c.graders, err = CompileGraders(sc.Expect.Graders); err != nil {
		for _, d := range details(err) {
			d.Path = path + ".expect." + d.Path
			wrong = append(wrong, d)
		}
	}
	return c, wrong
}

// PlayOptions of one run of a case.
type PlayOptions struct {
	Seed int64
	Mode resource.RunMode
	// Measured puts wall-clock time into the run's latency. Without it time is
	// simulated and the same on every machine.
	Measured bool
}

// Played is a case after one run.
type Played struct {
	Run    resource.Run
	Report ScenarioReport
	// Latency of the run on its clock.
	Latency time.Duration
}

// Play runs a case once. A run that does not pass is not an error.
func (v *Version) Play(ctx context.Context, model agentrun.Model, c Case, o PlayOptions) (Played, error) {
	clk := newClock(o.Measured)
	tls := newTools(c.fixtures, clk)
	runner := agentrun.Runner{
		Model:   seededModel{inner: model, seed: o.Seed, clock: clk},
		Tools:   tls,
		Journal: discard{},
		Now:     clk.Now,
		Logger:  slog.New(slog.DiscardHandler),
	}
	approve := c.Scenario.Approve
	run, err := runner.Run(ctx, agentrun.Spec{
		Run:      v.newRun(c, o, clk.Now()),
		Manifest: v.manifest,
		Guard:    v.guard,
		Chain:    v.chain,
		Success:  v.success,
		Approve:  func(tool string, _ map[string]any) bool { return slices.Contains(approve, tool) },
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Played{}, err
	}
	return Played{Run: run, Report: v.judge(c, run, tls), Latency: clk.elapsed()}, nil
}

func (v *Version) newRun(c Case, o PlayOptions, now time.Time) resource.Run {
	return resource.Run{
		ID:        runID(v.digest, c.Suite, c.Scenario.Name, o.Seed),
		Agent:     v.manifest.Blueprint.Metadata.Name,
		Digest:    v.digest,
		Mode:      o.Mode,
		Principal: resource.Actor{Name: "simulation", Kind: "service"},
		Scenario:  c.Scenario.Name,
		Input:     c.Scenario.Input,
		StartedAt: resource.Millis(now.UnixMilli()),
	}
}

// runID names a simulated run by what it depends on.
func runID(digest, suite, scenario string, seed int64) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d", digest, suite, scenario, seed))
	return "sim_" + hex.EncodeToString(h[:10])
}

// judge compares a run with what its scenario expects.
func (v *Version) judge(c Case, run resource.Run, tls *tools) ScenarioReport {
	r := ScenarioReport{
		Suite:   c.Suite,
		Name:    c.Scenario.Name,
		Outcome: run.Outcome,
		Output:  run.Output,
		Effects: v.effects(run, tls.reached),
		Grades:  c.graders.Grade(run),
	}
	var why []string
	if run.Outcome != c.expect {
		text := fmt.Sprintf("outcome is %s, expected %s", run.Outcome, c.expect)
		if run.Message != "" {
			text += ": " + run.Message
		}
		why = append(why, text)
	}
	for _, m := range tls.missing {
		why = append(why, fmt.Sprintf("no fixture answers %s; add one to the scenario", m))
	}
	for _, g := range r.Grades {
		if !g.Passed {
			why = append(why, fmt.Sprintf("%s: %s", g.Name, g.Message))
		}
	}
	r.Passed, r.Message = len(why) == 0, strings.Join(why, "\n")
	return r
}

// discard is the journal of runs that have no effect to be durable before.
type discard struct{}

var _ agentrun.Journal = discard{}

// Record implements agentrun.Journal.
func (discard) Record(context.Context, agentrun.Checkpoint) error { return nil }
