package evaluate

import (
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/judge"
	"github.com/aureus-agents/aureus/internal/simulate"
)

// hostile is text that tries to be markup in either report.
const hostile = "<script>alert(1)</script> [x](https://evil.example) ![i](http://evil.example/p) @everyone `a` | b"

// compared is a report with a baseline: one case broken, one fixed, one failing in
// both, one passing in both.
func compared() Report {
	half := 0.5
	grade := func(ok bool, why string) []simulate.Grade {
		return []simulate.Grade{{Name: "polite", Passed: ok, Message: why, Score: &half, Judge: &judge.Judgement{Model: "judge-1", Digest: "sha256:00",
			Opinions: []judge.Opinion{{Verdict: judge.Fail, Reason: why}}}}}
	}
	run := func(ok bool, why string) RunReport {
		r := RunReport{Passed: ok, Outcome: "success", Message: why, Grades: grade(ok, why), Output: "out"}
		if !ok {
			r.Transcript = []simulate.Line{{Who: simulate.SpeakerUser, Text: "hello"}, {Who: simulate.SpeakerTool, Tool: "lookup", Args: `{"id":1}`, Text: hostile}}
		}
		return r
	}
	cr := func(name string, ok bool, why string) CaseReport {
		c := CaseReport{Suite: "s", Name: name, Runs: []RunReport{run(ok, why)}}
		if ok {
			c.Passes = 1
		}
		return c
	}
	return Report{Agent: "desk", Digest: "sha256:aaaaaaaaaaaaaaaa", Baseline: "sha256:bbbbbbbbbbbbbbbb", Repeats: 1, Runs: 4, PassK: []float64{0.5},
		Message: "2 of 4 cases passed.",
		Cases:   []CaseReport{cr("fine", true, ""), cr("better", true, ""), cr("worse", false, hostile), cr("always", false, "it is wrong")},
		Compare: &Comparison{Verdict: Unclear, Message: "Not enough evidence.", Low: -0.4, High: 0.4, Confidence: 0.95, Margin: 0.05, Cases: 4,
			Fixed: []string{"s/better"}, Broken: []string{"s/worse"},
			Flips: []Flip{{Case: "s/better", Fixed: true, Candidate: 1, Why: "was wrong"}, {Case: "s/worse", Baseline: 1, Why: hostile, Call: "call 1: before lookup, now cancel"}}},
		Basis: &Basis{DataSets: []DataSetUsed{{Name: "rows", Digest: "sha256:cccc", Cases: 4}}, Judges: []JudgeUsed{{Digest: "sha256:00", Graders: []string{"polite"}, Models: []string{"judge-1"}}}}}
}

// TestHTMLIsOnePage: it names what a reader looks for, loads nothing, and shows
// hostile text as text.
func TestHTMLIsOnePage(t *testing.T) {
	var b strings.Builder
	if err := compared().HTML(&b, "ev_1"); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"blocked", "not enough evidence", `class="case failed flipped"`, `class="case passed flipped"`, `class="case failed"`,
		`class="case passed"`, "f-flipped", "&lt;script&gt;alert(1)", "ev_1", "judged 1 times by judge-1", "sha256:cccc", "lookup", "call 1: before lookup"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, bad := range []string{"<script", "src=", "href=\"http", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if broken, failed, passed := strings.Index(page, "s / worse"), strings.Index(page, "s / always"), strings.Index(page, "s / fine"); broken > failed || failed > passed {
		t.Errorf("broken at %d, failed at %d, passed at %d: want them in this order", broken, failed, passed)
	}
}

func TestMarkdownIsShortAndSafe(t *testing.T) {
	var b strings.Builder
	if err := compared().Markdown(&b, "https://aureus.example/evidence/ev_1"); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"### Evaluation of `desk`: **blocked**", "not enough evidence", "-40.0 to +40.0", "1 broken, 1 fixed", "- broken `s/worse`",
		"- fixed `s/better`: was wrong", "Failing in both", "- `s/always` 0/1: it is wrong", "[signed evidence](https://aureus.example/evidence/ev_1)", "data set `rows`"} {
		if !strings.Contains(text, want) {
			t.Errorf("the comment has no %q:\n%s", want, text)
		}
	}
	for _, bad := range []string{"<script", "](https://evil", "![i]", "@everyone", "https://evil"} {
		if strings.Contains(text, bad) {
			t.Errorf("the comment has %q:\n%s", bad, text)
		}
	}
	many := compared()
	for range 100 {
		many.Cases = append(many.Cases, many.Cases[3])
	}
	b.Reset()
	if err := many.Markdown(&b, ""); err != nil || !strings.Contains(b.String(), "- and 81 more") || b.Len() > 8000 {
		t.Errorf("Markdown of 101 failing cases: %v, %d bytes:\n%s", err, b.Len(), b.String())
	}
}

// TestReportsWithoutComparison: a report alone, and one of nothing, can be read.
func TestReportsWithoutComparison(t *testing.T) {
	r := compared()
	r.Compare, r.Baseline, r.Basis = nil, "", nil
	for name, r := range map[string]Report{"alone": r, "nothing": {Agent: "desk"}} {
		var page, text strings.Builder
		if err := r.HTML(&page, ""); err != nil || strings.Contains(page.String(), "baseline") {
			t.Errorf("%s: HTML = %v", name, err)
		}
		if err := r.Markdown(&text, ""); err != nil || !strings.Contains(text.String(), "mean score") {
			t.Errorf("%s: Markdown = %v:\n%s", name, err, text.String())
		}
	}
}
