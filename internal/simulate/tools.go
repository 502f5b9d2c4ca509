package simulate

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
)

// fixture is a blueprint.Fixture prepared for matching.
type fixture struct {
	tool   string
	match  map[string][]byte // canonical JSON of each listed argument
	answer agentrun.Result
	delay  time.Duration
	times  int // 0 is always
}

func compileFixtures(fs []blueprint.Fixture) ([]fixture, error) {
	out := make([]fixture, len(fs))
	for i, f := range fs {
		c := fixture{tool: f.Tool, delay: f.Delay.D(0), times: f.Times, match: make(map[string][]byte, len(f.Match))}
		for k, v := range f.Match {
			b, err := canonical(v)
			if err != nil {
				return nil, fmt.Errorf("fixtures[%d].match.%s: %w", i, k, err)
			}
			c.match[k] = b
		}
		var err error
		if c.answer, err = answer(f); err != nil {
			return nil, fmt.Errorf("fixtures[%d].result: %w", i, err)
		}
		out[i] = c
	}
	return out, nil
}

// answer is what the fixture's tool says: text as it is, anything else as JSON
// text and structured content.
func answer(f blueprint.Fixture) (agentrun.Result, error) {
	r := agentrun.Result{Captured: true}
	switch v := f.Result.(type) {
	case nil:
	case string:
		r.Text = v
	default:
		text, err := readable(v)
		if err != nil {
			return r, err
		}
		r.Text, r.Structured = text, v
	}
	if f.Error != "" {
		r.Text, r.Structured, r.IsError = f.Error, nil, true
	}
	return r, nil
}

func (f *fixture) fits(call agentrun.Call) bool {
	if f.tool != call.Tool.Name {
		return false
	}
	for k, want := range f.match {
		// A null matches an argument that was left out.
		got, err := canonical(call.Args[k])
		if err != nil || !bytes.Equal(got, want) {
			return false
		}
	}
	return true
}

// tools answers from fixtures. Nothing that it is asked to do reaches the world.
type tools struct {
	clock *clock

	mu       sync.Mutex
	fixtures []fixture
	used     []int
	reached  map[string]bool // ids of the calls that were made
	missing  []string        // calls that no fixture answers, for people
}

var _ agentrun.Tools = (*tools)(nil)

func newTools(fs []fixture, c *clock) *tools {
	return &tools{clock: c, fixtures: fs, used: make([]int, len(fs)), reached: map[string]bool{}}
}

// Call implements agentrun.Tools.
func (t *tools) Call(ctx context.Context, call agentrun.Call) (agentrun.Result, error) {
	if err := ctx.Err(); err != nil {
		return agentrun.Result{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reached[call.ID] = true
	for i := range t.fixtures {
		f := &t.fixtures[i]
		if f.times > 0 && t.used[i] >= f.times || !f.fits(call) {
			continue
		}
		t.used[i]++
		t.clock.advance(f.delay)
		return f.answer, nil
	}
	t.missing = append(t.missing, describe(call))
	return agentrun.Result{
		Text:     fmt.Sprintf("no fixture for %s with these arguments", call.Tool.Name),
		IsError:  true,
		Captured: true,
	}, nil
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
