package simulate

import (
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
)

// fixture is a blueprint.Fixture prepared for matching.
type fixture struct {
	tool   string
	match  map[string]matcher
	answer agentrun.Result
	delay  time.Duration
	times  int // 0 is always
	live   bool
	fault  *blueprint.Fault
}

func compileFixtures(fs []blueprint.Fixture, tools []blueprint.Tool) ([]fixture, error) {
	out := make([]fixture, len(fs))
	for i, f := range fs {
		c := fixture{tool: f.Tool, delay: f.Delay.D(0), times: f.Times, live: f.Live, fault: f.Fault}
		var err error
		if c.match, err = compileMatch(f.Match); err != nil {
			return nil, fmt.Errorf("fixtures[%d].%w", i, err)
		}
		if c.answer, err = answer(f); err != nil {
			return nil, fmt.Errorf("fixtures[%d].result: %w", i, err)
		}
		if problem := fixtureProblem(f, tools); problem != "" {
			return nil, fmt.Errorf("fixtures[%d]: %s", i, problem)
		}
		out[i] = c
	}
	return out, nil
}

// fixtureProblem says what cannot be in one fixture, "" for nothing.
func fixtureProblem(f blueprint.Fixture, tools []blueprint.Tool) string {
	if f.Fault != nil {
		if f.Fault.Tool != "" || f.Fault.At != 0 || f.Fault.Category == toolDescription {
			return "the fault of a fixture hits the calls that the fixture answers; it names no tool, no call and no tool description"
		}
		if problem := checkFault(*f.Fault); problem != "" {
			return "fault: " + problem
		}
	}
	if !f.Live {
		if f.Throwaway {
			return "only a live fixture has a server that can be a throwaway"
		}
		return ""
	}
	if f.Result != nil || f.Error != "" {
		return "a live fixture asks the real server, so it has no result and no error"
	}
	for _, t := range tools {
		if t.Name == f.Tool && t.Intent != blueprint.IntentRead && !f.Throwaway {
			return fmt.Sprintf("%s does not only read, so its real server is asked only when nothing that it changes outlives the scenario: write throwaway: true when that is so", f.Tool)
		}
	}
	return ""
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
	for k, fits := range f.match {
		if !fits(call.Args[k]) { // an argument that was left out is null
			return false
		}
	}
	return true
}
