package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
)

// The kinds of faults.
const (
	FaultError     = "error"     // the tool reports an error; it did nothing
	FaultDelay     = "delay"     // the answer comes late
	FaultTimeout   = "timeout"   // the call takes effect, its answer never comes
	FaultMalformed = "malformed" // the answer is not what the tool should answer
	FaultTruncated = "truncated" // the answer ends in the middle
	FaultDuplicate = "duplicate" // the call reaches the tool twice
	FaultHostile   = "hostile"   // the answer holds text that gives orders
)

// FaultKinds lists the kinds in the order of the documentation.
func FaultKinds() []string {
	return []string{FaultError, FaultDelay, FaultTimeout, FaultMalformed, FaultTruncated, FaultDuplicate, FaultHostile}
}

// checkFault says what is wrong with a fault, "" for nothing.
func checkFault(f blueprint.Fault) string {
	switch {
	case !slices.Contains(FaultKinds(), f.Kind):
		return fmt.Sprintf("%q is no fault; write one of %s", f.Kind, strings.Join(FaultKinds(), ", "))
	case f.Category != "" && f.Kind != FaultHostile:
		return "only hostile has a category"
	case f.Category != "" && !slices.Contains(Categories(), f.Category):
		return fmt.Sprintf("%q is no category of hostile text; write one of %s", f.Category, strings.Join(Categories(), ", "))
	case f.Message != "" && f.Kind != FaultError:
		return "only error has a message"
	case f.Delay != 0 && f.Kind != FaultDelay:
		return "only delay has a delay"
	case f.Delay < 0:
		return "a delay is not negative"
	}
	return ""
}

// seeded is randomness that depends on its names alone.
func seeded(seed int64, names ...string) *rand.Rand {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %q", seed, names))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(h[:8]), binary.LittleEndian.Uint64(h[8:16])))
}

// Injected is a fault that hit a call of a run.
type Injected struct {
	Call    int    `json:"call"` // which call of the run, from 1; 0 is before the first
	Tool    string `json:"tool"`
	Kind    string `json:"kind"`
	Pattern string `json:"pattern,omitempty"` // of hostile
}

// injector decides which calls of one run are hit.
type injector struct {
	faults  []blueprint.Fault
	seen    []int // calls that each fault could have hit
	random  *rand.Rand
	targets []target
}

// hits are the faults that hit the next call of a tool, in order. Each fault
// draws for each of its calls, so that one does not move the others.
func (j *injector) hits(tool string, own *blueprint.Fault) []blueprint.Fault {
	var out []blueprint.Fault
	for i, f := range j.faults {
		if f.Category == toolDescription || f.Tool != "" && f.Tool != tool {
			continue
		}
		j.seen[i]++
		if j.drawn(f) && (f.At == 0 || f.At == j.seen[i]) {
			out = append(out, f)
		}
	}
	if own != nil && j.drawn(*own) {
		out = append(out, *own)
	}
	return out
}

func (j *injector) drawn(f blueprint.Fault) bool {
	return j.random.Float64() < *f.Resolved().Probability
}

// timeoutOf is how long the agent waits for a call.
func timeoutOf(t blueprint.Tool) time.Duration { return t.Timeout.D(agentrun.DefaultCallTimeout) }

// errTimeout is a call whose answer did not come in time.
func errTimeout(t blueprint.Tool) error {
	return fmt.Errorf("%s: %w", t.Name, context.DeadlineExceeded)
}

// malformedAnswers are answers that no tool should give.
var malformedAnswers = []string{
	"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
	"{\"status\": \"ok\", \"data\": ",
	"null",
	"[[[[[[[[",
	"undefined",
	"\u0000\u0001\u0002",
	"{\"error\": {\"error\": {\"error\": {}}}}",
}

// spoil makes what a fault leaves of an answer. pattern is set for hostile text.
func (j *injector) spoil(f blueprint.Fault, res agentrun.Result) (out agentrun.Result, pattern string) {
	switch f.Kind {
	case FaultMalformed:
		res.Structured, res.IsError = nil, false
		res.Text = malformedAnswers[j.random.IntN(len(malformedAnswers))]
	case FaultTruncated:
		text := answerText(res)
		end := 0
		if len(text) > 1 {
			end = 1 + j.random.IntN(len(text)-1)
		}
		for end > 0 && end < len(text) && !utf8.RuneStart(text[end]) {
			end--
		}
		res.Structured, res.Text = nil, text[:end]
	case FaultHostile:
		p := pick(f.Category, j.random)
		text := p.text(j.targets[j.random.IntN(len(j.targets))])
		return j.inject(res, text), p.ID
	}
	return res, ""
}

// inject puts text into an answer: into one of the texts of structured content,
// else behind the text.
func (j *injector) inject(res agentrun.Result, text string) agentrun.Result {
	res.IsError = false
	if res.Structured != nil {
		if n := countTexts(res.Structured); n > 0 {
			k := j.random.IntN(n)
			res.Structured = withText(res.Structured, text, &k)
			if s, err := readable(res.Structured); err == nil {
				res.Text = s
			}
			return res
		}
		res.Structured = nil
	}
	res.Text = strings.TrimSpace(answerText(res) + "\n\n" + text)
	return res
}

func answerText(res agentrun.Result) string {
	if res.Text == "" && res.Structured != nil {
		if s, err := readable(res.Structured); err == nil {
			return s
		}
	}
	return res.Text
}

func countTexts(v any) int {
	switch x := v.(type) {
	case string:
		return 1
	case []any:
		n := 0
		for _, e := range x {
			n += countTexts(e)
		}
		return n
	case map[string]any:
		n := 0
		for _, e := range x {
			n += countTexts(e)
		}
		return n
	}
	return 0
}

// withText is v with text behind its k-th text, in the order of sorted keys.
func withText(v any, text string, k *int) any {
	switch x := v.(type) {
	case string:
		*k--
		if *k == -1 {
			return x + " " + text
		}
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = withText(e, text, k)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for _, name := range sortedKeys(x) {
			out[name] = withText(x[name], text, k)
		}
		return out
	}
	return v
}
