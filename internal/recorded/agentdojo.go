package recorded

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type dojoRun struct {
	Suite         string        `json:"suite_name"`
	UserTask      string        `json:"user_task_id"`
	InjectionTask *string       `json:"injection_task_id"`
	Messages      []dojoMessage `json:"messages"`
	Utility       *bool         `json:"utility"`
	Security      *bool         `json:"security"`
}

type dojoMessage struct {
	Role      string      `json:"role"`
	Content   dojoContent `json:"content"`
	ToolCalls []dojoCall  `json:"tool_calls"`
	// Of tool messages.
	ToolCallID *string   `json:"tool_call_id"`
	ToolCall   *dojoCall `json:"tool_call"`
	Error      *string   `json:"error"`
	Origin     string    `json:"origin"`
	Poisoned   bool      `json:"poisoned"`
}

type dojoCall struct {
	Function string         `json:"function"`
	Args     map[string]any `json:"args"`
	ID       *string        `json:"id"`
}

// dojoContent is a text, or a list of text blocks.
type dojoContent string

// UnmarshalJSON implements json.Unmarshaler.
func (c *dojoContent) UnmarshalJSON(b []byte) error {
	var s *string
	if json.Unmarshal(b, &s) == nil {
		*c = dojoContent(text(s))
		return nil
	}
	var blocks []struct {
		Type    string  `json:"type"`
		Content *string `json:"content"`
		Text    *string `json:"text"`
	}
	if err := json.Unmarshal(b, &blocks); err != nil {
		return errors.New("content is neither a text nor a list of text blocks")
	}
	var parts []string
	for _, bl := range blocks {
		parts = append(parts, text(bl.Content)+text(bl.Text))
	}
	*c = dojoContent(strings.Join(parts, "\n"))
	return nil
}

// originInjection marks a call of the attacker's plan.
const originInjection = "injection_task"

func eachAgentDojo(r io.Reader, do func(Run) error) error {
	br := bufio.NewReaderSize(r, 64<<10)
	for line := 1; ; line++ {
		raw, err := readLine(br, line)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		end := err != nil
		if raw = bytes.TrimSpace(raw); len(raw) > 0 {
			run, err := dojoToRun(raw, line)
			if err != nil {
				return err
			}
			if err := do(run); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// readLine reads one line of at most MaxRun bytes; io.EOF comes with the last one.
func readLine(br *bufio.Reader, line int) ([]byte, error) {
	var out []byte
	for {
		part, err := br.ReadSlice('\n')
		out = append(out, part...)
		switch {
		case len(out) > MaxRun:
			return nil, fault.New(fault.TooLarge, "Line %d: a run is larger than %d MiB.", line, MaxRun>>20)
		case err == nil, errors.Is(err, io.EOF):
			return out, err
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, readFault(err)
		}
	}
}

func dojoToRun(raw []byte, line int) (Run, error) {
	var d dojoRun
	if err := json.Unmarshal(raw, &d); err != nil {
		return Run{}, fault.New(fault.Invalid, "Line %d: this is not an AgentDojo run: %s.", line, jsonText(err))
	}
	if d.Suite == "" || d.UserTask == "" || d.Utility == nil || d.Security == nil {
		return Run{}, fault.New(fault.Invalid, "Line %d: an AgentDojo run needs suite_name, user_task_id, utility and security; runs of another format are read when it is named.", line)
	}
	truth := &Truth{Suite: d.Suite, UserTask: d.UserTask, InjectionTask: text(d.InjectionTask), Utility: *d.Utility, Security: *d.Security}
	b := builder{calls: map[string]int{}}
	if err := b.dojoMessages(d.Messages, truth); err != nil {
		return Run{}, fault.New(fault.Invalid, "Line %d: %s.", line, err)
	}
	run := b.run(AgentDojo, raw)
	run.Agent, run.Task, run.Outcome = AgentDojo+"-"+d.Suite, d.Suite+"/"+d.UserTask, resource.OutcomeFailure
	if truth.InjectionTask != "" {
		run.Task += "/" + truth.InjectionTask
	}
	if *d.Utility {
		run.Outcome = resource.OutcomeSuccess
	}
	return Run{Run: run, Truth: truth}, nil
}

// dojoMessages reads the conversation. AgentDojo's calls often have no id; a tool
// message then answers the first call that has no answer yet, which is the order
// in which AgentDojo runs them.
func (b *builder) dojoMessages(ms []dojoMessage, truth *Truth) error {
	open := []string{} // ids of calls without an answer, in order
	for i, m := range ms {
		switch m.Role {
		case "user":
			b.user(string(m.Content))
		case "assistant":
			names := make([]string, len(m.ToolCalls))
			for k, c := range m.ToolCalls {
				names[k] = c.Function
			}
			b.model(string(m.Content), names)
			for k, c := range m.ToolCalls {
				id := text(c.ID)
				if id == "" {
					id = "call_" + strconv.Itoa(i) + "_" + strconv.Itoa(k)
				}
				b.call(id, c.Function, c.Args)
				truth.Calls = append(truth.Calls, CallTruth{})
				open = append(open, id)
			}
		case "tool":
			id, rest, ok := pick(open, text(m.ToolCallID))
			if !ok {
				return errors.New("message " + strconv.Itoa(i+1) + " answers a call that nobody made")
			}
			open = rest
			tool := b.result(id, string(m.Content)+text(m.Error), m.Error != nil)
			if m.ToolCall != nil && m.ToolCall.Function != b.toolName(tool) {
				return errors.New("message " + strconv.Itoa(i+1) + " answers " + m.ToolCall.Function + " where " + b.toolName(tool) + " was called")
			}
			truth.Calls[tool] = CallTruth{Injected: m.Origin == originInjection, Poisoned: m.Poisoned}
		}
	}
	return nil
}

// pick takes the named call, or the first one when the message names none.
func pick(open []string, id string) (string, []string, bool) {
	for i, o := range open {
		if id == "" || o == id {
			return o, append(append([]string{}, open[:i]...), open[i+1:]...), true
		}
	}
	return "", open, false
}
