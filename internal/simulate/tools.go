package simulate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
)

// tools answers the calls of one run: from fixtures, stateful tools or a
// recording, in this order, through what the faults leave of it. Nothing that it
// is asked to do reaches the world, but for live fixtures.
type tools struct {
	clock    *clock
	world    *world    // nil: no stateful tools
	playback *playback // nil: no recording
	live     agentrun.Tools
	injector *injector

	mu       sync.Mutex
	fixtures []fixture
	used     []int
	made     map[string]*reached // by call id
	injected []Injected
	missing  []string // calls that nothing answers, for people
	defects  []string // what is wrong with the scenario itself, for people
}

var _ agentrun.Tools = (*tools)(nil)

// reached is what became of one call that reached the tools.
type reached struct {
	nth     int // which call of the run, from 1
	times   int // how often it took effect; 0 is never
	by      string
	faults  []string
	changes []Change
}

// source is what answers one call.
type source struct {
	by    string // fixture, stateful, recorded or live
	fault *blueprint.Fault
	delay time.Duration
	ask   func(ctx context.Context) (agentrun.Result, error)
}

// Call implements agentrun.Tools.
func (t *tools) Call(ctx context.Context, call agentrun.Call) (agentrun.Result, error) {
	if err := ctx.Err(); err != nil {
		return agentrun.Result{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	m := &reached{nth: len(t.made) + 1}
	t.made[call.ID] = m
	src := t.source(call)
	m.by = src.by
	hits := t.injector.hits(call.Tool.Name, src.fault)
	before := t.snapshot()
	res, err := t.through(ctx, call, src, hits, m)
	m.changes = changes(before, t.snapshot())
	return res, err
}

// through makes a call with its faults.
func (t *tools) through(ctx context.Context, call agentrun.Call, src source, hits []blueprint.Fault, m *reached) (res agentrun.Result, err error) {
	times, delay := 1, src.delay
	for _, f := range hits {
		m.faults = append(m.faults, f.Kind)
		if f.Kind != FaultHostile {
			t.injected = append(t.injected, Injected{Call: m.nth, Tool: call.Tool.Name, Kind: f.Kind})
		}
		switch f.Kind {
		case FaultError:
			return agentrun.Result{Text: orText(f.Message, "internal error"), IsError: true, Captured: true}, nil
		case FaultTimeout:
			delay = timeoutOf(call.Tool)
		case FaultDelay:
			delay += time.Duration(f.Resolved().Delay)
		case FaultDuplicate:
			times = 2
		}
	}
	for range times {
		if res, err = src.ask(ctx); err != nil {
			return res, err
		}
		m.times++
	}
	if most := timeoutOf(call.Tool); delay >= most {
		t.clock.advance(most)
		return agentrun.Result{}, errTimeout(call.Tool)
	}
	t.clock.advance(delay)
	for _, f := range hits {
		var pattern string
		if res, pattern = t.injector.spoil(f, res); pattern != "" {
			t.injected = append(t.injected, Injected{Call: m.nth, Tool: call.Tool.Name, Kind: f.Kind, Pattern: pattern})
		}
	}
	return res, nil
}

// source finds what answers a call.
func (t *tools) source(call agentrun.Call) source {
	for i := range t.fixtures {
		f := &t.fixtures[i]
		if f.times > 0 && t.used[i] >= f.times || !f.fits(call) {
			continue
		}
		t.used[i]++
		s := source{by: "fixture", fault: f.fault, delay: f.delay}
		s.ask = func(context.Context) (agentrun.Result, error) { return f.answer, nil }
		if f.live {
			s.by = "live"
			s.ask = func(ctx context.Context) (agentrun.Result, error) { return t.live.Call(ctx, call) }
		}
		return s
	}
	if t.world != nil && t.world.tools[call.Tool.Name] != nil {
		return source{by: "stateful", ask: func(context.Context) (agentrun.Result, error) { return t.stateful(call), nil }}
	}
	if t.playback != nil {
		if res, ok := t.playback.answer(call); ok {
			return source{by: "recorded", ask: func(context.Context) (agentrun.Result, error) { return res, nil }}
		}
	}
	return source{ask: func(context.Context) (agentrun.Result, error) { return t.unanswered(call), nil }}
}

// stateful asks a stateful tool. What is wrong with its code fails the scenario.
func (t *tools) stateful(call agentrun.Call) agentrun.Result {
	res, err := t.world.answer(call)
	if err != nil {
		t.defects = append(t.defects, err.Error())
		return agentrun.Result{Text: "the tool failed", IsError: true, Captured: true}
	}
	return res
}

func (t *tools) unanswered(call agentrun.Call) agentrun.Result {
	if what := describe(call); !slices.Contains(t.missing, what) {
		t.missing = append(t.missing, what)
	}
	return agentrun.Result{
		Text:     fmt.Sprintf("no fixture for %s with these arguments", call.Tool.Name),
		IsError:  true,
		Captured: true,
	}
}

func (t *tools) snapshot() map[string]any {
	s, err := t.world.snapshot()
	if err != nil {
		if text := err.Error(); !slices.Contains(t.defects, text) {
			t.defects = append(t.defects, text)
		}
		return nil
	}
	return s
}

func describe(call agentrun.Call) string {
	args, err := readable(call.Args)
	if err != nil {
		return call.Tool.Name
	}
	const most = 300
	if len(args) > most {
		args = strings.ToValidUTF8(args[:most], "") + "..."
	}
	return fmt.Sprintf("%s with %s", call.Tool.Name, args)
}
