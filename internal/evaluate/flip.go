package evaluate

import (
	"fmt"
	"slices"
	"strings"
)

// flipOf is why a case passes for one version only: the first repeat that fails,
// beside the same repeat of the other version.
func flipOf(name string, was, now CaseReport) Flip {
	f := Flip{Case: name, Fixed: now.whole(), Baseline: was.Passes, Candidate: now.Passes}
	failing := now
	if f.Fixed {
		failing = was
	}
	at := slices.IndexFunc(failing.Runs, func(r RunReport) bool { return !r.Passed })
	if at < 0 || at >= len(was.Runs) || at >= len(now.Runs) {
		return f
	}
	f.Why, _, _ = strings.Cut(failing.Runs[at].Message, "\n")
	f.Graders = changedGrades(was.Runs[at], now.Runs[at])
	f.Call = firstDifference(was.Runs[at].Calls, now.Runs[at].Calls)
	return f
}

// changedGrades names the graders that say another thing, and "outcome" when the
// runs ended in another way, sorted.
func changedGrades(was, now RunReport) []string {
	var out []string
	if was.Outcome != now.Outcome {
		out = append(out, "outcome")
	}
	before := map[string]bool{}
	for _, g := range was.Grades {
		before[g.Name] = g.Passed
	}
	for _, g := range now.Grades {
		if passed, ok := before[g.Name]; ok && passed != g.Passed {
			out = append(out, g.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// firstDifference says where two lists of tool calls part.
func firstDifference(was, now []string) string {
	for i := range max(len(was), len(now)) {
		a, b := callAt(was, i), callAt(now, i)
		if a == b {
			continue
		}
		before, _, _ := strings.Cut(a, " ")
		after, _, _ := strings.Cut(b, " ")
		if before == after {
			return fmt.Sprintf("call %d: %s with other arguments", i+1, after)
		}
		return fmt.Sprintf("call %d: before %s, now %s", i+1, before, after)
	}
	return ""
}

func callAt(calls []string, i int) string {
	if i < len(calls) {
		return calls[i]
	}
	return "none"
}
