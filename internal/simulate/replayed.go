package simulate

import (
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
)

// recording is a blueprint.Recording, compiled. Immutable: a run has its own
// place in it.
type recording struct {
	unmatched string
	answers   map[string][]agentrun.Result // by tool and canonical arguments, in order
}

func compileRecording(r *blueprint.Recording) (*recording, error) {
	if r == nil {
		return nil, nil
	}
	out := &recording{unmatched: orText(r.Unmatched, "fail"), answers: map[string][]agentrun.Result{}}
	switch out.unmatched {
	case "fail", "error", "repeat":
	default:
		return nil, fmt.Errorf("recorded.unmatched: %q is not known; write fail, error or repeat", r.Unmatched)
	}
	for i, c := range r.Calls {
		key, err := recordKey(c.Tool, c.Args)
		if err != nil {
			return nil, fmt.Errorf("recorded.calls[%d].args: %w", i, err)
		}
		a, err := answer(blueprint.Fixture{Result: c.Result, Error: c.Error})
		if err != nil {
			return nil, fmt.Errorf("recorded.calls[%d].result: %w", i, err)
		}
		out.answers[key] = append(out.answers[key], a)
	}
	return out, nil
}

// recordKey is what equal calls have in common. An argument that is null counts
// as left out.
func recordKey(tool string, args map[string]any) (string, error) {
	given := map[string]any{}
	for k, v := range args {
		if v != nil {
			given[k] = v
		}
	}
	b, err := canonical(given)
	return tool + " " + string(b), err
}

// playback is one run's place in a recording.
type playback struct {
	*recording
	given map[string]int
}

func (p *playback) answer(call agentrun.Call) (res agentrun.Result, ok bool) {
	key, err := recordKey(call.Tool.Name, call.Args)
	if err != nil {
		return res, false
	}
	list := p.answers[key]
	i := p.given[key]
	if i < len(list) {
		p.given[key]++
		return list[i], true
	}
	switch {
	case p.unmatched == "repeat" && len(list) > 0:
		return list[len(list)-1], true
	case p.unmatched == "error":
		return agentrun.Result{Text: fmt.Sprintf("%s cannot answer this call", call.Tool.Name), IsError: true, Captured: true}, true
	}
	return res, false
}
