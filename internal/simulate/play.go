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
	"github.com/aureus-agents/aureus/resource"
)

// PlayOptions of one run of a case.
type PlayOptions struct {
	Seed int64
	Mode resource.RunMode
	// Measured puts wall-clock time into the run's latency. Without it time is
	// simulated and the same on every machine.
	Measured bool
	// Servers starts the real servers of live fixtures; nil refuses such a case.
	Servers Servers
	// Faults go wrong besides those of the case.
	Faults []blueprint.Fault
	// Helpers are what judges, custom graders and simulated users need.
	Helpers Helpers
}

// Played is a case after one run.
type Played struct {
	Run    resource.Run
	Report ScenarioReport
	// Latency of the run on its clock.
	Latency time.Duration
	// Outage is why the model did not answer, nil when it did: a run that failed
	// because of it says nothing about the version.
	Outage error
	// Missing are the calls that nothing answered, for people.
	Missing []string

	graded graded
	said   []exchange
}

// Play runs a case once. A run that does not pass is not an error.
func (v *Version) Play(ctx context.Context, model agentrun.Model, c Case, o PlayOptions) (Played, error) {
	clk := newClock(o.Measured)
	tls, err := v.newTools(c, o, clk)
	if err != nil {
		return Played{}, err
	}
	live, stop, err := v.startLive(ctx, c, o.Servers)
	if err != nil {
		return Played{}, err
	}
	defer stop()
	tls.live = live
	start := tls.snapshot()
	asked := &seededModel{inner: model, seed: o.Seed, clock: clk}
	runner := agentrun.Runner{
		Model:   asked,
		Tools:   tls,
		Journal: discard{},
		Now:     clk.Now,
		Logger:  slog.New(slog.DiscardHandler),
	}
	approve := c.Scenario.Approve
	talk := startConversation(c, v.graded(resource.Run{}, model, o))
	run, err := runner.Run(ctx, agentrun.Spec{
		Run:      v.newRun(c, o, clk.Now()),
		Manifest: v.poisoned(tls),
		Guard:    v.guard,
		Chain:    v.chain,
		Inputs:   v.inputs,
		Success:  v.success,
		Approve:  func(tool string, _ map[string]any) bool { return slices.Contains(approve, tool) },
		Reply:    talk.reply(),
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Played{}, err
	}
	latency := clk.elapsed() // of the run, without its graders
	x := v.graded(run, model, o)
	x.steps = talk.text(len(talk.exchanges()))
	report, outage := v.judge(ctx, c, x, tls, talk)
	report.World = changes(start, tls.snapshot())
	if asked.outage != nil {
		outage = asked.outage
	}
	return Played{Run: run, Report: report, Latency: latency, Outage: outage, Missing: tls.missing, graded: x, said: talk.exchanges()}, ctx.Err()
}

// graded is a run with what its graders may use.
func (v *Version) graded(run resource.Run, model agentrun.Model, o PlayOptions) graded {
	return graded{run: run, helpers: o.Helpers, own: model, spec: v.manifest.Blueprint.Spec.Model, seed: o.Seed}
}

// newTools are the tools of one run of a case.
func (v *Version) newTools(c Case, o PlayOptions, clk *clock) (*tools, error) {
	faults := slices.Concat(c.faults, o.Faults)
	t := &tools{clock: clk, fixtures: c.fixtures, used: make([]int, len(c.fixtures)), made: map[string]*reached{},
		injector: &injector{faults: faults, seen: make([]int, len(faults)), targets: v.targets(),
			random: seeded(o.Seed, "faults", c.Suite, c.Scenario.Name)}}
	if c.recording != nil {
		t.playback = &playback{recording: c.recording, given: map[string]int{}}
	}
	if c.stateful == nil {
		return t, nil
	}
	var err error
	t.world, err = c.stateful.start(clk, seeded(o.Seed, "world", c.Suite, c.Scenario.Name))
	return t, err
}

// poisoned is the version as the model sees it: hostile text of the category
// tool-description stands in the description of its tool, which no call brings.
func (v *Version) poisoned(t *tools) *resource.Manifest {
	m := v.manifest
	for _, f := range t.injector.faults {
		if f.Category != toolDescription || !t.injector.drawn(f) {
			continue
		}
		p := pick(toolDescription, t.injector.random)
		text := p.text(t.injector.targets[t.injector.random.IntN(len(t.injector.targets))])
		out := *m
		out.Blueprint.Spec.Tools = slices.Clone(m.Blueprint.Spec.Tools)
		for i := range out.Blueprint.Spec.Tools {
			tool := &out.Blueprint.Spec.Tools[i]
			if f.Tool != "" && f.Tool != tool.Name {
				continue
			}
			tool.Description = strings.TrimSpace(described(m, *tool) + "\n\n" + text)
			t.injected = append(t.injected, Injected{Tool: tool.Name, Kind: f.Kind, Pattern: p.ID})
			break
		}
		m = &out
	}
	return m
}

// described is what the model reads about a tool.
func described(m *resource.Manifest, t blueprint.Tool) string {
	if pin := pinOf(m, t); pin != nil && t.Description == "" {
		return pin.Description
	}
	return t.Description
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
func (v *Version) judge(ctx context.Context, c Case, x graded, tls *tools, talk *conversation) (ScenarioReport, error) {
	run := x.run
	grades, outage := c.graders.grade(ctx, x)
	turns, defects, turnsOutage := talk.grade(ctx)
	grades = append(grades, turns...)
	if turnsOutage != nil {
		outage = turnsOutage
	}
	r := ScenarioReport{
		Suite:    c.Suite,
		Name:     c.Scenario.Name,
		Outcome:  run.Outcome,
		Output:   run.Output,
		Effects:  v.effects(run, tls),
		Grades:   grades,
		Injected: tls.injected,
	}
	why := slices.Concat(tls.defects, defects)
	for _, e := range r.Effects {
		if e.Intent == blueprint.IntentRead {
			why = append(why, fmt.Sprintf("%s is declared to read, and changed the state; correct its intent or the scenario", e.Tool))
		}
	}
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
	return r, outage
}

// discard is the journal of runs that have no effect to be durable before.
type discard struct{}

var _ agentrun.Journal = discard{}

// Record implements agentrun.Journal.
func (discard) Record(context.Context, agentrun.Checkpoint) error { return nil }
