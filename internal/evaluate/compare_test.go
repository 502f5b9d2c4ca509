package evaluate

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/simulate"
)

// caseOf is a case with passes of repeats.
func caseOf(name string, passes, repeats int) CaseReport {
	c := CaseReport{Suite: "s", Name: name, Passes: passes, Runs: make([]RunReport, repeats)}
	for i := range passes {
		c.Runs[i] = RunReport{Passed: true, Score: 1}
	}
	return c
}

// suiteOf is n cases, of which some broke and some were fixed; the others pass.
func suiteOf(n, fixed, broken int) (before, now []CaseReport) {
	for i := range n {
		was, is := 1, 1
		switch {
		case i < fixed:
			was = 0
		case i < fixed+broken:
			is = 0
		}
		before, now = append(before, caseOf("c", was, 1)), append(now, caseOf("c", is, 1))
	}
	return before, now
}

func TestCompare(t *testing.T) {
	margin := func(m float64) *float64 { return &m }
	for _, tt := range []struct {
		name             string
		n, fixed, broken int
		margin           *float64
		want             string
		says             string
	}{
		{"no cases", 0, 0, 0, nil, Unclear, "no case was measured"},
		{"five that pass alike", 5, 0, 0, nil, Unclear, "a loss over the margin of 10.0 points is not ruled out. About 35 cases that flip as often would"},
		{"five that pass alike and what they can show", 5, 0, 0, margin(0.53), NoWorse, "over the margin of 53.0 points is ruled out."},
		{"forty that pass alike", 40, 0, 0, nil, NoWorse, "9.2 points is ruled out. 40 cases cannot rule out a smaller one: for 5 points it takes about 73"},
		{"five that pass alike and a margin", 5, 0, 0, margin(0.05), Unclear, "About 73 cases that flip as often would"},
		{"one of five broken", 5, 0, 1, nil, Unclear, "is not ruled out"},
		{"one of five fixed", 5, 1, 0, nil, Unclear, "1 fixed and 0 broken"},
		{"one each way", 5, 1, 1, nil, Unclear, "is not ruled out"},
		{"a hundred that pass alike", 100, 0, 0, nil, NoWorse, "margin of 5.0 points is ruled out."},
		{"six fixed", 6, 6, 0, nil, Better, "Better: 6 cases"},
		{"six broken", 6, 0, 6, nil, Worse, "Worse: 6 cases"},
		{"noise", 40, 4, 4, nil, Unclear, "About"},
		{"noise within a margin", 400, 8, 8, nil, NoWorse, "ruled out"},
		{"a certain loss within the margin", 1000, 0, 10, nil, NoWorse, "0 fixed and 10 broken"},
		{"a loss beyond the margin that may be chance", 20, 0, 3, margin(0.1), Unclear, "Mend what broke"},
		{"a thousand", 1000, 200, 100, nil, Better, "1,000 cases"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, now := suiteOf(tt.n, tt.fixed, tt.broken)
			got := comparison{cases: now, before: before, margin: tt.margin, planned: tt.n}.compare()
			if got.Verdict != tt.want || !strings.Contains(got.Message, tt.says) {
				t.Errorf("compare(%d cases, %d fixed, %d broken) = %s, %q; want %s and %q", tt.n, tt.fixed, tt.broken, got.Verdict, got.Message, tt.want, tt.says)
			}
			if len(got.Flips) != tt.fixed+tt.broken || len(got.Fixed) != tt.fixed || len(got.Broken) != tt.broken {
				t.Errorf("compare flips = %d, fixed %d, broken %d", len(got.Flips), len(got.Fixed), len(got.Broken))
			}
		})
	}
}

// TestRepeatsAreNoCases: a hundred repeats of a case show no more than one case.
func TestRepeatsAreNoCases(t *testing.T) {
	var bounds []float64
	for _, repeats := range []int{1, 100} {
		var cases []CaseReport
		for range 5 {
			cases = append(cases, caseOf("c", repeats, repeats))
		}
		got := comparison{cases: cases, before: cases, planned: 5}.compare()
		bounds = append(bounds, got.Low)
	}
	if bounds[0] != bounds[1] {
		t.Errorf("the lower bound of 5 cases with 1 and 100 repeats = %v, want the same", bounds)
	}
	flaky := comparison{cases: []CaseReport{caseOf("c", 2, 3)}, before: []CaseReport{caseOf("c", 3, 3)}, planned: 1}.compare()
	if d := cmp.Diff([]string{"s/c"}, flaky.Broken); d != "" {
		t.Errorf("a case that passes two of three repeats (-want +got)\n%s", d)
	}
}

func TestFlip(t *testing.T) {
	was := CaseReport{Passes: 2, Runs: []RunReport{
		{Passed: true, Outcome: "success", Calls: []string{"lookup a"}},
		{Passed: true, Outcome: "success", Calls: []string{"lookup a", "refund b"},
			Grades: gradesOf("tone", true, "amount", true)}}}
	now := CaseReport{Passes: 1, Runs: []RunReport{
		{Passed: true, Outcome: "success"},
		{Outcome: "denied", Message: "amount: got 2\nmore", Calls: []string{"lookup a", "close c"}, Grades: gradesOf("tone", true, "amount", false)}}}
	want := Flip{Case: "s/c", Baseline: 2, Candidate: 1, Graders: []string{"amount", "outcome"},
		Call: "call 2: before refund, now close", Why: "amount: got 2"}
	if d := cmp.Diff(want, flipOf("s/c", was, now)); d != "" {
		t.Errorf("flipOf (-want +got)\n%s", d)
	}
	for _, tt := range []struct {
		name, was, now, want string
	}{
		{"same", "a 1,b 2", "a 1,b 2", ""},
		{"arguments", "a 1,b 2", "a 1,b 3", "call 2: b with other arguments"},
		{"one more", "a 1", "a 1,b 2", "call 2: before none, now b"},
		{"one fewer", "a 1,b 2", "a 1", "call 2: before b, now none"},
		{"no calls", "", "", ""},
	} {
		split := func(s string) []string {
			return slices.DeleteFunc(strings.Split(s, ","), func(s string) bool { return s == "" })
		}
		if got := firstDifference(split(tt.was), split(tt.now)); got != tt.want {
			t.Errorf("firstDifference(%s) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func gradesOf(a string, aOK bool, b string, bOK bool) []simulate.Grade {
	return []simulate.Grade{{Name: a, Passed: aOK}, {Name: b, Passed: bOK}}
}
