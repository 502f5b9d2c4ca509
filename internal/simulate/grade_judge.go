package simulate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/judge"
	"github.com/aureus-agents/aureus/resource"
)

// JudgeOf is the judge that a grader describes, with the agent's own model when
// the grader names none.
func JudgeOf(g blueprint.Grader, own blueprint.Model) judge.Judge {
	j := judge.Judge{Rubric: g.Rubric, Reference: g.Value, Mode: g.Mode, Scale: g.Scale, Repeats: g.Repeats,
		Min: minOf(g, judge.DefaultMin), Model: own}
	if g.Model != nil {
		j.Model = *g.Model
	}
	return j
}

func compileJudge(g blueprint.Grader) (check, error) {
	switch {
	case strings.TrimSpace(g.Rubric) == "":
		return nil, errors.New("a judge needs rubric: what a good answer is")
	case g.Mode != "" && g.Mode != judge.ModeRate && g.Mode != judge.ModePairwise:
		return nil, fmt.Errorf("%q is not a mode of a judge; use rate or pairwise", g.Mode)
	case g.Mode == judge.ModePairwise && g.Value == nil:
		return nil, errors.New("a pairwise judge needs value, or what the scenario expects, to compare with")
	case g.Mode == judge.ModePairwise && g.Scale > 0:
		return nil, errors.New("a pairwise judge gives no marks; leave scale out")
	case g.Scale < 0 || g.Scale == 1 || g.Scale > 10:
		return nil, fmt.Errorf("the scale of a judge is %d; write 2 to 10, or leave it out for pass or fail", g.Scale)
	case g.Repeats < 0 || g.Repeats > judge.MaxRepeats:
		return nil, fmt.Errorf("a judge judges 1 to %d times, not %d", judge.MaxRepeats, g.Repeats)
	}
	return func(ctx context.Context, x graded) verdict {
		output, ok := crv.Extract(x.run.Output, g.Field)
		if !ok {
			return noField(g.Field)
		}
		model, err := x.model(g.Model)
		if err != nil {
			return broken("no verdict: the judge's model cannot be used: %s", err)
		}
		j := JudgeOf(g, x.spec)
		got := j.Ask(ctx, model, x.seed, judge.Work{Input: x.run.Input, Output: output, Steps: x.steps + stepsText(x.run)})
		v := verdict{passed: got.Passed, broken: got.Score == nil, why: got.Message, score: got.Score, judge: &got}
		if fault.Is(got.Outage, fault.Upstream) || fault.Is(got.Outage, fault.Unavailable) {
			v.outage = got.Outage
		}
		return v
	}, nil
}

// model is the model that a judge or a user names, or the agent's own.
func (x graded) model(spec *blueprint.Model) (agentrun.Model, error) {
	switch {
	case spec == nil:
		return x.own, nil
	case x.helpers.Models == nil:
		return nil, errors.New("only the agent's own model can be used here")
	}
	return x.helpers.Models(*spec)
}

// stepsText are the tool calls of a run, one a line, as a judge reads them.
func stepsText(r resource.Run) string {
	var b strings.Builder
	for _, s := range r.Steps {
		if s.Tool == nil {
			continue
		}
		args, err := readable(s.Tool.Args)
		if err != nil {
			args = "(arguments without a JSON form)"
		}
		fmt.Fprintf(&b, "called %s %s\n", s.Tool.Tool, long(args))
		switch {
		case s.Tool.Decision.State != resource.DecisionApproved:
			fmt.Fprintf(&b, "  was not made: %s\n", long(s.Tool.Decision.Reason))
		case s.Tool.IsError:
			fmt.Fprintf(&b, "  error: %s\n", long(s.Tool.Result))
		default:
			fmt.Fprintf(&b, "  answered: %s\n", long(s.Tool.Result))
		}
	}
	return b.String()
}

// long keeps one line of a transcript in bounds.
func long(s string) string {
	const most = 4000
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return strings.ReplaceAll(s, "\n", "\n    ")
}
