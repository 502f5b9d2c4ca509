package simulate

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// Shadowed is a copy of a live run on another version, beside the live run.
type Shadowed struct {
	Copy    resource.Run
	Differs []string // what differs: outcome, output, calls with the tools that do
	// Why the two cannot be compared, "" when they can. It is decided without a look
	// at how the copy ended: the copy broke down ([BrokeDown]), or it read something
	// that the live run did not.
	Incomparable string
}

// Shadow runs the input of a live run on version v. Nothing that the copy does
// reaches the world. A call that the live run made with equal arguments gets its
// recorded answer; one that changes something and that the live run did not make
// is captured, and answered as [FromRunOf] says; one that reads something else is
// not made either, because what is declared to read may cost or change something
// all the same, and a later answer is not what the live run saw: it gets an
// error.
func (v *Version) Shadow(ctx context.Context, model agentrun.Model, live resource.Run) (Shadowed, error) {
	sc, err := FromRunOf(live, v.manifest)
	if err != nil {
		return Shadowed{}, err
	}
	// What the live run did with tools that v has no longer, v cannot do.
	gone := func(tool string) bool { _, has := v.tools[tool]; return !has }
	sc.Fixtures = slices.DeleteFunc(sc.Fixtures, func(f blueprint.Fixture) bool { return gone(f.Tool) })
	sc.Approve = slices.DeleteFunc(sc.Approve, gone)
	agent := v.manifest.Blueprint
	agent.Spec.Evaluation.Suites = []blueprint.Suite{{Name: "shadow", Scenarios: []blueprint.Scenario{sc}}}
	cases, err := Cases(&agent, nil)
	if err != nil {
		return Shadowed{}, err
	}
	played, err := v.Play(ctx, model, cases[0], PlayOptions{Seed: v.Seed(0), Mode: resource.RunShadow, Measured: true})
	if err != nil {
		return Shadowed{}, err
	}
	out := Shadowed{Copy: played.Run, Differs: v.differs(live, played.Run)}
	switch {
	case BrokeDown(played.Run):
		out.Incomparable = "the model did not answer the copy"
	case len(played.Missing) > 0:
		tools := map[string]bool{}
		for _, m := range played.Missing {
			tool, _, _ := strings.Cut(m, " ")
			tools[tool] = true
		}
		out.Incomparable = fmt.Sprintf("the copy read what the live run did not (%s), which a shadow does not ask for",
			strings.Join(slices.Sorted(maps.Keys(tools)), ", "))
	}
	return out, nil
}

// BrokeDown reports whether a run ended because its model or a tool server did not
// answer, or because it was interrupted. Nothing that its version does can be
// seen of that, so such a run is compared with no other.
func BrokeDown(run resource.Run) bool {
	if run.Outcome != resource.OutcomeError || run.Code != resource.ToolError {
		return false
	}
	n := len(run.Steps)
	if n == 0 || run.Steps[n-1].Tool == nil {
		return true
	}
	// Arguments that cannot be read are the model's own doing.
	return run.Steps[n-1].Tool.Decision.State != resource.DecisionRejected
}

// differs says what is not the same in two runs.
func (v *Version) differs(live, again resource.Run) []string {
	var out []string
	if live.Outcome != again.Outcome {
		out = append(out, fmt.Sprintf("outcome: %s, not %s", again.Outcome, live.Outcome))
	}
	if !sameJSON(live.Output, again.Output) {
		out = append(out, "output")
	}
	was, is := v.acts(live), v.acts(again)
	for _, tool := range slices.Sorted(maps.Keys(union(was, is))) {
		switch a, b := was[tool], is[tool]; {
		case len(a) != len(b):
			out = append(out, fmt.Sprintf("calls of %s: %d, not %d", tool, len(b), len(a)))
		case !slices.EqualFunc(a, b, func(x, y map[string]any) bool { return sameJSON(x, y) }):
			out = append(out, "arguments of "+tool)
		}
	}
	return out
}

// acts are the arguments of a run's calls that changed something, by tool.
func (v *Version) acts(run resource.Run) map[string][]map[string]any {
	out := map[string][]map[string]any{}
	calls, _ := madeCalls(run)
	for _, c := range calls {
		if v.tools[c.Tool].Intent != blueprint.IntentRead {
			out[c.Tool] = append(out[c.Tool], c.Args)
		}
	}
	return out
}

func union[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func sameJSON(a, b any) bool {
	x, errX := canonical(a)
	y, errY := canonical(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
