//go:build !race

package release

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

// mutants are ways to break one row of the table.
func mutants(row Row) map[string]Row {
	out := map[string]Row{}
	if row.when != nil {
		m := row
		m.when = nil
		out["without its guard"] = m
	}
	if !*thorough {
		return out
	}
	for i, k := range row.Effects {
		if k == Notify || k == RecordShadow || k == RecordVerdict || k == RecordRollback || k == WatchGood || k == CloseApproval {
			continue // they tell and record; nothing that moves depends on them
		}
		m := row
		m.Effects = append(append([]EffectKind{}, row.Effects[:i]...), row.Effects[i+1:]...)
		out[fmt.Sprintf("without %s", k)] = m
	}
	return out
}

// The model checker is worth what it finds: a table with any one guard taken away,
// or (-thorough) any one effect that moves something, breaks a rule.
func TestModelFindsEveryMutant(t *testing.T) {
	whole := table
	t.Cleanup(func() { table = whole })
	taken := map[string]found{} // rows, by stage: a missing effect shows only where its row is taken
	for _, c := range stageCases() {
		taken[c.name] = explore(c, false, depthOne)
	}
	tried := 0
	cases := stageCases() // the one that found fault last is asked first
	for i, row := range whole {
		for what, mutant := range mutants(row) {
			tried++
			table = append(append(append([]Row{}, whole[:i]...), mutant), whole[i+1:]...)
			// What only a second release brings about needs two.
			two := row.Event == Supersede || row.Held == resource.ReleasePending
			guard := len(mutant.Effects) == len(row.Effects)
			if !broken(cases, two, func(c stageCase) bool { return guard || taken[c.name].rows[i] }) {
				t.Errorf("row %s (held in %q) by %s to %s, when %q, %s: no rule is broken", row.From, row.Held, row.Event, row.To, row.Guard, what)
			}
		}
	}
	t.Logf("%d mutants of %d rows", tried, len(whole))
}

// broken reports whether the model checker finds fault with the table; one that
// cannot even be followed is broken.
func broken(cases []stageCase, two bool, where func(stageCase) bool) (yes bool) {
	defer func() { yes = yes || recover() != nil }()
	for i, c := range cases {
		if where(c) && explore(c, false, depthOne).wrong != "" || two && explore(c, true, depthTwo()).wrong != "" {
			copy(cases[1:i+1], cases[:i])
			cases[0] = c
			return true
		}
	}
	return false
}
