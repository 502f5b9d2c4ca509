package recorded

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// builder collects the steps of one run.
type builder struct {
	said  []string // by the user
	last  string   // last text of the model
	steps []resource.Step
	tools []int          // index in steps of each tool step
	calls map[string]int // call id -> position in tools of its newest call
	stats resource.RunStats
}

func (b *builder) user(s string) {
	if s != "" {
		b.said = append(b.said, s)
	}
}

func (b *builder) model(content string, calls []string) {
	if content != "" {
		b.last = content
	}
	b.stats.ModelCalls++
	b.add(resource.Step{Kind: "model", Model: &resource.ModelStep{Content: content, ToolCalls: calls}})
}

func (b *builder) call(id, tool string, args map[string]any) {
	if args == nil {
		args = map[string]any{}
	}
	b.calls[id] = len(b.tools)
	b.tools = append(b.tools, len(b.steps))
	b.stats.ToolCalls++
	b.add(resource.Step{Kind: "tool", Tool: &resource.ToolStep{CallID: id, Tool: tool, Args: args, Decision: resource.Decision{Policies: []string{}}}})
}

// result gives a call its answer and returns the call's position among the tool
// steps, -1 when there is no such call.
func (b *builder) result(id, out string, isError bool) int {
	n, ok := b.calls[id]
	if !ok {
		return -1
	}
	t := b.steps[b.tools[n]].Tool
	t.Result, t.IsError = out, isError
	return n
}

func (b *builder) toolName(n int) string { return b.steps[b.tools[n]].Tool.Tool }

func (b *builder) add(s resource.Step) {
	s.Index = len(b.steps)
	b.steps = append(b.steps, s)
}

// run is the finished run. Its id is a digest of the record without white space,
// so the same run has the same id in every file.
func (b *builder) run(format string, raw []byte) resource.Run {
	var compact bytes.Buffer
	content := raw
	if json.Compact(&compact, raw) == nil {
		content = compact.Bytes()
	}
	sum := sha256.Sum256(append([]byte(format+"\n"), content...))
	r := resource.Run{
		ID: "run_" + hex.EncodeToString(sum[:16]), Mode: resource.RunRecorded,
		Principal: resource.Actor{Name: format, Kind: "service"},
		Input:     strings.Join(b.said, "\n\n"), Stats: b.stats, Steps: b.steps,
	}
	if b.last != "" {
		r.Output = b.last
	}
	return r
}

// scalar writes a task id.
func scalar(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, x != ""
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return strconv.FormatInt(int64(x), 10), true
		}
	}
	return "", false
}

// jsonText says what is wrong without the value that was wrong.
func jsonText(err error) string {
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		return "field " + typ.Field + " is a " + typ.Value + " where " + typ.Type.String() + " is wanted"
	}
	return err.Error()
}
