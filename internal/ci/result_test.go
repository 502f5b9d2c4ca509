package ci_test

import (
	"encoding/json"
	"encoding/xml"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/resource"
)

// sample is a result with something in every part.
func sample(text string) ci.Result {
	return ci.Result{Verdict: ci.Block, Exit: 3, Message: text, Environment: "staging", Server: "https://aureus.example.com",
		Build: resource.Build{GitSHA: buildSHA, BuildNumber: "7", Branch: text},
		Agents: []ci.Agent{{File: text, Agent: "desk", Version: "desk@v2", Digest: "sha256:00", Baseline: "desk@v1", URL: "https://aureus.example.com/agents/desk/versions/v2",
			Steps: []ci.Step{
				{Name: ci.StepValidate, Verdict: ci.Pass, Message: text, Ms: 12},
				{Name: ci.StepSimulate, Verdict: ci.Block, Message: text, Reused: true, Cases: []ci.Case{{Name: text, Verdict: ci.Pass}, {Name: "b", Verdict: ci.Block, Message: text, Ms: 5}}},
				{Name: ci.StepRelease, Verdict: ci.Wait, Message: text},
			},
			Findings:   []resource.Finding{{Rule: "tier/above", Severity: "error", Path: "spec.tools[0]", File: text, Line: 12, Column: 3, Message: text, Remediation: text}},
			Delta:      &resource.Delta{Tier: blueprint.TierHigh, Changes: []resource.Change{{Kind: "instructions", Op: "changed", Path: "instructions", From: text, To: text, Widens: true, Breaking: true, Tier: blueprint.TierHigh}}},
			Asks:       []ci.Ask{{Environment: "staging", Tier: "high", People: 1}, {Environment: "production", Tier: "high", People: 2}},
			Evaluation: &ci.Evaluation{Runs: 9, PassRate: 0.5, PassK: []float64{0.5}, Verdict: "no_worse", BaselinePassRate: 1, CandidatePassRate: 0.5, PValue: 0.25, Broken: []string{text}},
			Release:    &ci.Release{ID: "rel_1", State: resource.ReleaseAwaiting, Reason: text, Approval: "apr_1", URL: "https://aureus.example.com/releases/rel_1"},
		}},
	}
}

const buildSHA = "ffac537e6cbbf934b08745a378932722df287a53"

func TestWorst(t *testing.T) {
	for _, tt := range []struct {
		in   []ci.Verdict
		want ci.Verdict
	}{{nil, ci.Skip}, {[]ci.Verdict{ci.Pass, ci.Warn}, ci.Warn}, {[]ci.Verdict{ci.Fail, ci.Block}, ci.Fail}, {[]ci.Verdict{ci.Block, ci.Wait}, ci.Block}, {[]ci.Verdict{ci.Pass, ci.Pass}, ci.Pass}} {
		if got := ci.Worst(tt.in...); got != tt.want {
			t.Errorf("Worst(%v) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	got := sample("a text").Markdown()
	for _, want := range []string{
		"## ❌ Aureus: block\n", "build `7`, commit `ffac537e6cbb...`, branch `a text`; for `staging` on `https://aureus.example.com`\n",
		"### ❌ [`desk@v2`](https://aureus.example.com/agents/desk/versions/v2)\n", "| simulate | ❌ block | a text (fresh evidence that was there) |\n",
		"| error | `a text:12` | a text (`tier/above`) | a text |\n",
		"**Capability delta** (against `desk@v1`, which serves): tier **high**, 1 changes. Has to be approved by: `staging` 1 approver, `production` 2 approvers.\n",
		"| changed | `instructions` | high | widens, breaking | `a text` | `a text` |\n", "Against the baseline: **no worse** (1.000 → 0.500, p = 0.250).\n", "- Broken: `a text`\n",
		"**Release** [`rel_1`](https://aureus.example.com/releases/rel_1): awaiting\\_approval",
	} {
		if !strings.Contains(got, want) && !strings.Contains(strings.ReplaceAll(got, "awaiting_approval", `awaiting\_approval`), want) {
			t.Errorf("Markdown() has no %q:\n%s", want, got)
		}
	}
	local := ci.Result{Verdict: ci.Pass, Agents: []ci.Agent{{File: "a.yaml", Delta: &resource.Delta{Tier: blueprint.TierLow}}}}.Markdown()
	for _, want := range []string{"checked without a server; nothing was registered\n", "nothing serves there; this is everything that it can do"} {
		if !strings.Contains(local, want) {
			t.Errorf("Markdown() has no %q:\n%s", want, local)
		}
	}
}

// hostile are texts that want to be more than text.
var hostile = []string{
	"<img src=x onerror=alert(1)>", "[click](https://evil.example.com)", "![x](https://evil.example.com/p.png)", "@everyone look", "a | b | c", "`code` and ``more``",
	"::set-output name=exit::0", "\n::error::x", "##[add-mask]secret", "%0A::warning::y", "a\r\nb\x1b[31mred\x1b[0m", "# head\n- list", "&lt;script&gt;", "]]>", "\xff\xfe",
	"https://evil.example.com", "`", "|`|", strings.Repeat("long ", 300),
}

// TestTextsStayText: nothing that others wrote is formatting, HTML, a link, a
// mention or a command.
func TestTextsStayText(t *testing.T) {
	code := regexp.MustCompile("(`+)[^`]?.*?[^`]?(`+)")
	for _, text := range hostile {
		r := sample(text)
		md := r.Markdown()
		for line := range strings.Lines(md) {
			if cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); cells > 0 && cells != 4 && cells != 5 && cells != 7 {
				t.Errorf("Markdown() of %q has a row of %d bars: %s", text, cells, line)
			}
			plain := code.ReplaceAllString(line, "")
			for _, bad := range []string{"<", "](https://evil", "![", "@everyone", "https://evil"} {
				if strings.Contains(plain, bad) && !strings.Contains(plain, `\`+bad) {
					t.Errorf("Markdown() of %q has %q outside of code: %s", text, bad, line)
				}
			}
		}
		if n := strings.Count(md, "\n"); n != strings.Count(sample("x").Markdown(), "\n") {
			t.Errorf("Markdown() of %q has %d lines", text, n)
		}
		for line := range strings.Lines(r.Annotations()) {
			if !strings.HasPrefix(line, "::error ") && !strings.HasPrefix(line, "::notice ") {
				t.Errorf("Annotations() of %q has the line %q", text, line)
			}
		}
		out, err := r.Outputs()
		if err != nil || strings.Count(out, "\n") != 7 {
			t.Errorf("Outputs() of %q = %q, %v, want seven lines", text, out, err)
		}
		if p := ci.Plain(text); strings.ContainsAny(p, "\n\r\x1b") || strings.HasPrefix(p, "::") || strings.Contains(p, "##[") {
			t.Errorf("Plain(%q) = %q", text, p)
		}
	}
}

func TestJUnit(t *testing.T) {
	data, err := sample("a <text>").JUnit()
	if err != nil {
		t.Fatal(err)
	}
	type suite struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
	}
	var got struct {
		Tests    int     `xml:"tests,attr"`
		Failures int     `xml:"failures,attr"`
		Suites   []suite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &got); err != nil {
		t.Fatalf("JUnit() is no XML: %v\n%s", err, data)
	}
	want := []suite{{"desk.validate", 1, 0, 0, 0}, {"desk.simulate", 2, 1, 0, 0}, {"desk.release", 1, 0, 0, 1}}
	if diff := cmp.Diff(want, got.Suites); diff != "" || got.Tests != 4 || got.Failures != 1 {
		t.Errorf("JUnit() = %d tests, %d failures (-want +got):\n%s", got.Tests, got.Failures, diff)
	}
	// A step that fails though its cases pass is a case of its own.
	failed := ci.Result{Agents: []ci.Agent{{File: "a.yaml", Steps: []ci.Step{{Name: ci.StepEvaluate, Verdict: ci.Fail, Message: "no answer", Cases: []ci.Case{{Name: "x", Verdict: ci.Pass}}}}}}}
	if data, err := failed.JUnit(); err != nil || !strings.Contains(string(data), `<error message="no answer">`) || !strings.Contains(string(data), `errors="1"`) {
		t.Errorf("JUnit() = %s, %v, want an error for the step", data, err)
	}
}

func TestAnnotations(t *testing.T) {
	r := sample("a%b\nc")
	want := "::error file=a%25b%0Ac,line=12,col=3,title=tier/above::a%25b%0Ac%0ATo fix it: a%25b%0Ac\n" +
		"::notice file=a%25b%0Ac,title=desk@v2 release::a%25b%0Ac\n"
	if diff := cmp.Diff(want, r.Annotations()); diff != "" {
		t.Errorf("Annotations() (-want +got):\n%s", diff)
	}
	r.Agents[0].Findings = nil
	r.Agents[0].File = "a,b:c"
	if got := r.Annotations(); !strings.HasPrefix(got, "::error file=a%2Cb%3Ac,title=desk@v2 simulate::") {
		t.Errorf("Annotations() = %q, want the step that does not pass", got)
	}
}

func TestOutputs(t *testing.T) {
	out, err := sample("x").Outputs()
	want := `verdict=block
exit=3
agents=[{"agent":"desk","version":"desk@v2","digest":"sha256:00","verdict":"block","release":"rel_1","state":"awaiting_approval"}]
version=desk@v2
digest=sha256:00
release=rel_1
state=awaiting_approval
`
	if diff := cmp.Diff(want, out); err != nil || diff != "" {
		t.Errorf("Outputs() = %v (-want +got):\n%s", err, diff)
	}
	r := sample("x")
	r.Agents = append(r.Agents, ci.Agent{File: "b.yaml"})
	if out, err := r.Outputs(); err != nil || strings.Contains(out, "\nversion=") || !strings.Contains(out, `{"agent":"","version":"","digest":"","verdict":"skip","release":"","state":""}`) {
		t.Errorf("Outputs() of two blueprints = %q, %v", out, err)
	}
}

func TestResultIsJSON(t *testing.T) {
	data, err := json.Marshal(sample("x"))
	if err != nil {
		t.Fatal(err)
	}
	var back ci.Result
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample("x"), back); diff != "" {
		t.Errorf("the result as JSON (-want +got):\n%s", diff)
	}
}
