package recorded

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func eachAureus(r io.Reader, do func(Run) error) error {
	lines := &lineReader{r: r}
	dec := json.NewDecoder(lines)
	for {
		lines.allow(dec.InputOffset())
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		line := lines.lineOf(dec.InputOffset() - int64(len(raw)))
		if err != nil {
			return aureusFault(err, line, lines)
		}
		run, err := aureusToRun(raw, line)
		if err != nil {
			return err
		}
		if err := do(run); err != nil {
			return err
		}
	}
}

func aureusToRun(raw []byte, line int) (Run, error) {
	var run resource.Run
	if err := json.Unmarshal(raw, &run); err != nil {
		return Run{}, fault.New(fault.Invalid, "Line %d: this is not a run of Aureus: %s.", line, jsonText(err))
	}
	if run.ID == "" || run.Agent == "" || run.Outcome == "" {
		return Run{}, fault.New(fault.Invalid, "Line %d: a run of Aureus needs id, agent and outcome; `aureus runs show RUN -o json` prints one.", line)
	}
	if len(run.Steps) == 0 && run.Stats.ToolCalls > 0 {
		return Run{}, fault.New(fault.Invalid, "Line %d: the run has no steps, as in a list; `aureus runs show RUN -o json` prints it with them.", line)
	}
	return Run{Run: run}, nil
}

func aureusFault(err error, line int, lines *lineReader) error {
	var syntax *json.SyntaxError
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fault.New(fault.Invalid, "Line %d: the file ends in the middle of a run.", line)
	case errors.As(err, &syntax):
		return fault.New(fault.Invalid, "Line %d: this is not JSON: %s.", lines.lineOf(syntax.Offset-1), syntax)
	}
	return readFault(err)
}
