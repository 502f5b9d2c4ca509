package simulate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

func compileCEL(g blueprint.Grader) (check, error) {
	if g.Expression == "" {
		return nil, errors.New("a cel grader needs expression")
	}
	e, err := crv.CompileExpression(g.Expression)
	if err != nil {
		return nil, err
	}
	return plain(func(r resource.Run) verdict {
		ok, err := e.Eval(r)
		switch {
		case err != nil:
			return broken("%s could not be evaluated: %v", g.Expression, err)
		case !ok:
			return no("%s does not hold", g.Expression)
		}
		return yes()
	}), nil
}

func compileMax(g blueprint.Grader) (check, error) {
	if g.Max == nil || *g.Max < 0 {
		return nil, fmt.Errorf("a %s grader needs max, 0 or more", g.Type)
	}
	most := *g.Max
	if g.Type == "cost" {
		return plain(func(r resource.Run) verdict {
			if usd := float64(r.Stats.Cost) / 1e6; usd > most {
				return no("cost $%.6f, at most $%.6f is allowed", usd, most)
			}
			return yes()
		}), nil
	}
	return plain(func(r resource.Run) verdict {
		if float64(r.LatencyMs) > most {
			return no("took %d ms, at most %g ms is allowed", r.LatencyMs, most)
		}
		return yes()
	}), nil
}

// trajectory modes.
var modes = map[string]func(made, want []string) bool{
	"exact":    exactly,
	"inOrder":  inOrder,
	"anyOrder": anyOrder,
	"none":     noneOf,
}

// compileTrajectory judges the names of the tools whose calls the guard let
// through, in order. exact: these calls and no other; inOrder: these among
// others, in this order; anyOrder: these among others, each as often as listed;
// none: no call of these, or with no tools no call at all.
func compileTrajectory(g blueprint.Grader) (check, error) {
	holds, ok := modes[g.Mode]
	if !ok {
		return nil, fmt.Errorf("%q is not a mode of a trajectory grader; use exact, inOrder, anyOrder or none", g.Mode)
	}
	if len(g.Tools) == 0 && (g.Mode == "inOrder" || g.Mode == "anyOrder") {
		return nil, errors.New("a trajectory grader of mode " + g.Mode + " needs tools")
	}
	return plain(func(r resource.Run) verdict {
		var made []string
		for _, s := range r.Steps {
			if s.Tool != nil && s.Tool.Decision.State == resource.DecisionApproved {
				made = append(made, s.Tool.Tool)
			}
		}
		if holds(made, g.Tools) {
			return yes()
		}
		return no("called [%s], expected %s [%s]", strings.Join(made, " "), g.Mode, strings.Join(g.Tools, " "))
	}), nil
}

func exactly(made, want []string) bool {
	return len(made) == len(want) && inOrder(made, want)
}

func inOrder(made, want []string) bool {
	for _, m := range made {
		if len(want) > 0 && m == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func anyOrder(made, want []string) bool {
	left := map[string]int{}
	for _, m := range made {
		left[m]++
	}
	for _, w := range want {
		left[w]--
		if left[w] < 0 {
			return false
		}
	}
	return true
}

func noneOf(made, banned []string) bool {
	if len(banned) == 0 {
		return len(made) == 0
	}
	for _, b := range banned {
		for _, m := range made {
			if m == b {
				return false
			}
		}
	}
	return true
}
