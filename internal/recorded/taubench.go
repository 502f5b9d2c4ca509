package recorded

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// tauRun is one element of a tau-bench results file. task_id is a number in some
// files and a string in others.
type tauRun struct {
	TaskID any          `json:"task_id"`
	Trial  int          `json:"trial"`
	Reward *float64     `json:"reward"`
	Traj   []tauMessage `json:"traj"`
}

type tauMessage struct {
	Role       string    `json:"role"`
	Content    *string   `json:"content"`
	ToolCallID string    `json:"tool_call_id"`
	ToolCalls  []tauCall `json:"tool_calls"`
}

type tauCall struct {
	ID       string `json:"id"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// rewardEpsilon is tau-bench's own tolerance for a reward of 1.
const rewardEpsilon = 1e-6

func eachTaubench(r io.Reader, do func(Run) error) error {
	lines := &lineReader{r: r}
	dec := json.NewDecoder(lines)
	at := func() int { return lines.lineOf(dec.InputOffset()) }
	tok, err := dec.Token()
	if errors.Is(err, io.EOF) {
		return nil // no text; the caller says that there is no run
	}
	if err != nil {
		return tauFault(err, at())
	}
	if tok != json.Delim('[') {
		return fault.New(fault.Invalid, "Line %d: tau-bench results are a JSON array of runs.", at())
	}
	for dec.More() {
		lines.allow(dec.InputOffset())
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return tauFault(err, at())
		}
		run, err := tauToRun(raw, lines.lineOf(dec.InputOffset()-int64(len(raw))))
		if err != nil {
			return err
		}
		if err := do(run); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return tauFault(err, at())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "Line %d: there is text after the array of runs.", at())
	}
	return nil
}

func tauFault(err error, line int) error {
	var syntax *json.SyntaxError
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.New(fault.Invalid, "Line %d: the file ends in the middle of the array of runs.", line)
	case errors.As(err, &syntax):
		return fault.New(fault.Invalid, "Line %d: the run that starts here is not JSON: %s.", line, syntax)
	}
	return readFault(err)
}

func tauToRun(raw []byte, line int) (Run, error) {
	var t tauRun
	if err := json.Unmarshal(raw, &t); err != nil {
		return Run{}, fault.New(fault.Invalid, "Line %d: this is not a tau-bench run: %s.", line, jsonText(err))
	}
	task, ok := scalar(t.TaskID)
	if !ok || t.Reward == nil {
		return Run{}, fault.New(fault.Invalid, "Line %d: a tau-bench run needs task_id and reward.", line)
	}
	b := builder{calls: map[string]int{}}
	for _, m := range t.Traj {
		b.tauMessage(m)
	}
	run := b.run(Taubench, raw)
	run.Agent, run.Task, run.Trial, run.Outcome = Taubench, task, t.Trial, resource.OutcomeFailure
	if math.Abs(*t.Reward-1) <= rewardEpsilon {
		run.Outcome = resource.OutcomeSuccess
	}
	return Run{Run: run}, nil
}

func (b *builder) tauMessage(m tauMessage) {
	switch m.Role {
	case "user":
		b.user(text(m.Content))
	case "assistant":
		names := make([]string, len(m.ToolCalls))
		for i, c := range m.ToolCalls {
			names[i] = c.Function.Name
		}
		b.model(text(m.Content), names)
		for _, c := range m.ToolCalls {
			b.call(c.ID, c.Function.Name, tauArgs(c.Function.Arguments))
		}
	case "tool":
		b.result(m.ToolCallID, text(m.Content), false)
	}
}

// tauArgs reads the arguments as the model wrote them; what is no JSON object is
// kept as the one argument "arguments".
func tauArgs(s string) map[string]any {
	var args map[string]any
	if err := json.Unmarshal([]byte(s), &args); err != nil || args == nil {
		if len(bytes.TrimSpace([]byte(s))) == 0 || s == "null" {
			return map[string]any{}
		}
		return map[string]any{"arguments": s}
	}
	return args
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
