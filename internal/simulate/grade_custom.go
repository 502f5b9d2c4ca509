package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"go.starlark.net/starlark"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/script"
	"github.com/aureus-agents/aureus/resource"
)

// DefaultCommandTimeout is how long a command grader may take.
const DefaultCommandTimeout = 10 * time.Second

// runValue is a run as custom graders see it: input, output, outcome, message,
// toolCalls (each with tool, args, result, isError and made), costUSD, latencyMs.
func runValue(r resource.Run) map[string]any {
	calls := []any{}
	for _, s := range r.Steps {
		if s.Tool != nil {
			calls = append(calls, map[string]any{"tool": s.Tool.Tool, "args": s.Tool.Args, "result": s.Tool.Result,
				"isError": s.Tool.IsError, "made": s.Tool.Decision.State == resource.DecisionApproved})
		}
	}
	v, _ := jsonShape(map[string]any{"input": r.Input, "output": r.Output, "outcome": string(r.Outcome), "message": r.Message,
		"toolCalls": calls, "costUSD": float64(r.Stats.Cost) / 1e6, "latencyMs": r.LatencyMs}).(map[string]any)
	return v
}

// customAnswer is what a custom grader answers: a bool, a score, or an object.
func customAnswer(v any, least float64) verdict {
	var score *float64
	var passed *bool
	reason := ""
	switch x := v.(type) {
	case bool:
		passed = &x
	case float64:
		score = &x
	case int64:
		f := float64(x)
		score = &f
	case map[string]any:
		for k, e := range x {
			switch k {
			case "passed":
				if b, ok := e.(bool); ok {
					passed = &b
					continue
				}
			case "score":
				if f, ok := asNumber(e); ok {
					score = &f
					continue
				}
			case "reason":
				if s, ok := e.(string); ok {
					reason = cut(s)
					continue
				}
			}
			return broken("no verdict: the grader's answer has %s: %s; write score (a number), passed (a bool) and reason (a text)", clip(k), clip(shown(e)))
		}
	}
	switch {
	case passed == nil && score == nil:
		return broken("no verdict: the grader answered %s; answer a bool, a score from 0 to 1, or an object with score, passed and reason", clip(shown(v)))
	case score != nil && (math.IsNaN(*score) || *score < 0 || *score > 1):
		return broken("no verdict: the grader's score is %g; a score is from 0 to 1", *score)
	}
	out := verdict{score: score, passed: score == nil || *score >= least}
	if passed != nil {
		out.passed = *passed
	}
	if !out.passed {
		out.why = orText(reason, "the grader says that it does not pass")
		if score != nil {
			out.why += fmt.Sprintf(" (score %.2f)", *score)
		}
	}
	return out
}

func compileStarlark(g blueprint.Grader) (check, error) {
	if g.Source == "" {
		return nil, errors.New("a starlark grader needs source")
	}
	const name = "grader.star"
	globals, err := toolLimits.Run(name, []byte(g.Source), nil)
	if err != nil {
		return nil, err
	}
	fn, ok := globals["grade"].(*starlark.Function)
	if !ok || fn.NumParams() != 1 {
		return nil, errors.New("the source of a starlark grader needs def grade(run)")
	}
	least := minOf(g, 0.5)
	return plain(func(r resource.Run) verdict {
		arg, err := script.Value(runValue(r))
		if err != nil {
			return broken("no verdict: the run cannot be shown to the grader: %v", err)
		}
		out, err := toolLimits.Call(name, fn, arg)
		if err != nil {
			return broken("no verdict: the grader failed: %v", err)
		}
		v, err := toolLimits.Plain("answer", out)
		if err != nil {
			return broken("no verdict: the grader's answer cannot be used: %v", err)
		}
		return customAnswer(v, least)
	}), nil
}

func compileCommand(g blueprint.Grader) (check, error) {
	if len(g.Command) == 0 || g.Command[0] == "" {
		return nil, errors.New("a command grader needs command: a program and its arguments")
	}
	least := minOf(g, 0.5)
	return func(ctx context.Context, x graded) verdict {
		if x.helpers.Commands == nil {
			return broken("no verdict: command graders are not run here; run the evaluation of the file, or let the server's operator allow them")
		}
		in, err := json.Marshal(runValue(x.run))
		if err != nil {
			return broken("no verdict: the run cannot be written as JSON")
		}
		ctx, cancel := context.WithTimeout(ctx, g.Timeout.D(DefaultCommandTimeout))
		defer cancel()
		text, err := x.helpers.Commands.Run(ctx, g.Command, in)
		if err != nil {
			return broken("no verdict: %v", err)
		}
		var v any
		if err := json.Unmarshal(bytes.TrimSpace(text), &v); err != nil {
			return broken("no verdict: %s printed %s, which is not JSON", g.Command[0], clip(string(text)))
		}
		return customAnswer(v, least)
	}, nil
}
