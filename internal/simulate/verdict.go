package simulate

import (
	"context"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/judge"
	"github.com/aureus-agents/aureus/resource"
)

// Grade is one grader's answer.
type Grade struct {
	Name    string `json:"name"`
	Passed  bool   `json:"passed"`
	Message string `json:"message,omitempty"` // why it did not pass; of a judge, its reason
	// Score is from 0 to 1; nil for a grader that only passes or fails.
	Score *float64 `json:"score,omitempty"`
	// Judge is what a model-as-judge said.
	Judge *judge.Judgement `json:"judge,omitempty"`
}

// Value is the grade's score, 1 or 0 for a grader that has none.
func (g Grade) Value() float64 {
	switch {
	case g.Score != nil:
		return *g.Score
	case g.Passed:
		return 1
	}
	return 0
}

// Commands runs the programs of command graders, away from everything that they
// do not need. stdin is the run as JSON; the output is what it printed. A program
// that cannot be run, fails or takes too long is an error, which is no verdict.
type Commands interface {
	Run(ctx context.Context, command []string, stdin []byte) ([]byte, error)
}

// Helpers are what some graders and simulated users need besides the run.
type Helpers struct {
	// Models opens the model that a judge or a simulated user names; nil: they can
	// only use the agent's own.
	Models func(blueprint.Model) (agentrun.Model, error)
	// Commands runs command graders; nil: they give no verdict.
	Commands Commands
}

// graded is a run with what its graders may use.
type graded struct {
	run     resource.Run
	helpers Helpers
	own     agentrun.Model // the agent's own model
	spec    blueprint.Model
	seed    int64
	steps   string // of a conversation, what was said before
}

// verdict is what one check says.
type verdict struct {
	passed bool
	broken bool // it could not be judged: not a pass, also turned around
	why    string
	score  *float64
	judge  *judge.Judgement
	outage error
}

func yes() verdict { return verdict{passed: true} }

func no(format string, args ...any) verdict { return verdict{why: fmt.Sprintf(format, args...)} }

// broken is for what cannot be judged.
func broken(format string, args ...any) verdict {
	return verdict{broken: true, why: fmt.Sprintf(format, args...)}
}

// scored passes from min on.
func scored(score, min float64, format string, args ...any) verdict {
	v := verdict{score: &score, passed: score >= min}
	if !v.passed {
		v.why = fmt.Sprintf(format, args...)
	}
	return v
}

// turned is the opposite of v, which is about what the grader looks for.
func (v verdict) turned(name string) verdict {
	if v.broken {
		return v
	}
	v.passed = !v.passed
	v.why = ""
	if !v.passed {
		v.why = fmt.Sprintf("%s holds, and must not", name)
	}
	if v.score != nil {
		rest := 1 - *v.score
		v.score = &rest
	}
	return v
}

type check = func(ctx context.Context, g graded) verdict

// plain is a check that needs the run only.
func plain(f func(r resource.Run) verdict) check {
	return func(_ context.Context, g graded) verdict { return f(g.run) }
}
