package release

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/resource"
)

var update = flag.Bool("update", false, "write the generated parts of docs/state_machine.md")

const docsPath = "../../docs/state_machine.md"

// TestDocs holds the generated parts of the page to the table. After a change of
// the table: go test ./internal/release -run TestDocs -update
func TestDocs(t *testing.T) {
	page, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	want := string(page)
	for _, part := range []struct{ name, text string }{{"diagram", diagram()}, {"table", markdown()}} {
		if want, err = replacePart(want, part.name, part.text); err != nil {
			t.Fatal(err)
		}
	}
	if *update {
		if err := os.WriteFile(docsPath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("docs/state_machine.md is not what the table renders (-want +got):\n%s", diff)
	}
}

// replacePart puts text between the two markers of a generated part.
func replacePart(page, name, text string) (string, error) {
	begin, end := "<!-- generated: release "+name+" -->\n", "<!-- end -->"
	head, rest, ok := strings.Cut(page, begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("docs/state_machine.md has no part %q ... %q", begin, end)
	}
	return head + begin + text + end + tail, nil
}

// diagram is the table as a Mermaid state diagram. What every unfinished state
// has in common is drawn once, from their frame.
func diagram() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> pending\n    state unfinished {\n")
	for _, inside := range []bool{true, false} {
		for _, e := range drawn() {
			if (isUnfinished(e.from) && isUnfinished(e.to)) != inside {
				continue
			}
			indent := "    "
			if inside {
				indent = "        "
			}
			fmt.Fprintf(&b, "%s%s --> %s: %s\n", indent, e.from, e.to, strings.Join(e.events, ", "))
		}
		if inside {
			b.WriteString("    }\n")
		}
	}
	for _, s := range []resource.ReleaseState{resource.ReleasePromoted, resource.ReleaseRejected, resource.ReleaseCancelled, resource.ReleaseRolledBack} {
		fmt.Fprintf(&b, "    %s --> [*]\n", s)
	}
	b.WriteString("```\n")
	return b.String()
}

type arrow struct {
	from, to string
	events   []string
}

// drawn folds the rows into one arrow for each pair of states.
func drawn() []arrow {
	var out []arrow
	for _, row := range Table() {
		from, to := string(row.From), string(row.To)
		switch {
		case row.Event == Pause || row.Event == Cancel && row.From != resource.ReleasePaused:
			from = "unfinished"
		case row.Event == Resume:
			to = "unfinished"
		}
		i := slices.IndexFunc(out, func(a arrow) bool { return a.from == from && a.to == to })
		if i < 0 {
			out, i = append(out, arrow{from: from, to: to}), len(out)
		}
		if !slices.Contains(out[i].events, string(row.Event)) {
			out[i].events = append(out[i].events, string(row.Event))
		}
	}
	return out
}

func isUnfinished(s string) bool { return slices.Contains(unfinished(), resource.ReleaseState(s)) }

// markdown is the table as a Markdown table.
func markdown() string {
	var b strings.Builder
	b.WriteString("| from | event | when | to | effects, in order |\n|---|---|---|---|---|\n")
	for _, row := range Table() {
		from := string(row.From)
		if row.Held != "" {
			from += " (from " + string(row.Held) + ")"
		}
		effects := make([]string, len(row.Effects))
		for i, k := range row.Effects {
			effects[i] = "`" + string(k) + "`"
			if k.Job() {
				effects[i] += "*"
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", from, row.Event, row.Guard, row.To, strings.Join(effects, ", "))
	}
	return b.String()
}

// Every state and event that exists is in the table.
func TestTableIsComplete(t *testing.T) {
	events, states := map[EventKind]bool{}, map[resource.ReleaseState]bool{}
	for _, row := range Table() {
		events[row.Event], states[row.From], states[row.To] = true, true, true
		if (row.when != nil) && row.Guard == "" {
			t.Errorf("row %s by %s has a condition that Guard does not tell", row.From, row.Event)
		}
	}
	for _, e := range Events() {
		if !events[e] {
			t.Errorf("event %s is in no row", e)
		}
	}
	if len(states) != numStates {
		t.Errorf("%d states are in the table, want %d", len(states), numStates)
	}
}
