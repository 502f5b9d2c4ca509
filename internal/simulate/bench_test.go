package simulate

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
)

// BenchmarkScenarios runs 500 stateful scenarios of four model calls and three
// tool calls each, with a model that answers at once.
func BenchmarkScenarios(b *testing.B) {
	var scs []blueprint.Scenario
	for i := range 500 {
		scs = append(scs, stateful1(func(s *blueprint.Scenario) { s.Name = fmt.Sprintf("refund %d", i) }))
	}
	m := desk(scs...)
	b.ReportAllocs()
	for b.Loop() {
		r, err := Run(b.Context(), m, "sha256:0", refunds(5, 5), Options{Seed: 1})
		if err != nil || !r.Passed {
			b.Fatalf("Run = passed %v, %v", r.Passed, err)
		}
	}
}

// FuzzMatch: whatever a fixture's match is, it compiles or is refused, and what
// compiled judges any argument.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{`"a"`, `{"$regex":"^A"}`, `{"$in":[1,null]}`, `{"$gte":1,"$lt":"b"}`, `{"$exists":0}`, `{"$ne":{"$ne":1}}`, `{"a":{"$x":1}}`} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, match, arg string) {
		var want, got any
		if json.Unmarshal([]byte(match), &want) != nil || json.Unmarshal([]byte(arg), &got) != nil {
			return
		}
		m, err := compileMatcher(want)
		if err != nil {
			return
		}
		if first, second := m(got), m(got); first != second {
			t.Errorf("match(%s, %s) = %v, then %v", match, arg, first, second)
		}
	})
}

// FuzzStateful: whatever a tool's code is, the scenario is refused, or its run
// ends and its report has a JSON form.
func FuzzStateful(f *testing.F) {
	f.Add(shopCode)
	f.Add("def lookup(args, state, ctx):\n  state['a'] = [state]\n  return ctx.random()")
	f.Add("def lookup(args, state, ctx):\n  return error('x' * 9)")
	f.Fuzz(func(t *testing.T, code string) {
		m := desk(blueprint.Scenario{Name: "x", Input: "x", Starlark: code, State: shopState()})
		model := turns(call("1", "lookup", `{"id":"A-1"}`), call("2", "note", `{"text":"x"}`), agentrun.Message{Role: "assistant", Content: "done"})
		r, err := Run(t.Context(), m, "sha256:0", model, Options{})
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("the report of %q has no JSON form: %v", code, err)
		}
	})
}
