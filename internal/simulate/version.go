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
