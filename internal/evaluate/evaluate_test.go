package evaluate

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/junit"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// ruled is a deterministic model that answers by a rule.
type ruled func(req agentrun.ModelRequest) string

func (f ruled) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	if err := ctx.Err(); err != nil {
		return agentrun.ModelResponse{}, err
	}
	return agentrun.ModelResponse{Message: agentrun.Message{Role: "assistant", Content: f(req)}, Model: "ruled-1", Cost: 1000}, nil
}

// echo answers with the input.
var echo = ruled(func(req agentrun.ModelRequest) string { return req.Messages[1].Content })

func ptr[T any](v T) *T { return &v }

// say is a case that passes when the answer is want.
func say(name, input, want string) blueprint.Scenario {
	return blueprint.Scenario{Name: name, Input: input, Expect: blueprint.Expect{Graders: []blueprint.Grader{{Type: "equals", Value: want}}}}
}

func subject(model agentrun.Model, suites ...blueprint.Suite) Subject {
	return Subject{Digest: "sha256:c", Model: model, Manifest: &resource.Manifest{Blueprint: blueprint.Agent{
		APIVersion: blueprint.APIVersion, Kind: blueprint.KindAgent,
		Metadata: blueprint.Metadata{Name: "echo", Owner: "qa"},
		Spec: blueprint.Spec{Goal: "Echo.", Instructions: "Echo.", RiskTier: blueprint.TierLow, Zone: blueprint.ZonePublic,
			Model: blueprint.Model{Name: "ruled"}, Evaluation: blueprint.Evaluation{Suites: suites}},
	}}}
}

func TestRun(t *testing.T) {
	s := subject(echo, blueprint.Suite{Name: "one", Scenarios: []blueprint.Scenario{say("a", "x", "x"), say("b", "y", "z")}},
		blueprint.Suite{Name: "two", Scenarios: []blueprint.Scenario{say("c", "1", "1")}})
	s.Manifest.Blueprint.Spec.Evaluation.Repeats = 3
	var seen []int
	r, err := Run(t.Context(), s, nil, Options{Progress: func(p Progress) {
		if p.Total != 9 || p.Planned != 3 {
			t.Errorf("Progress = %+v, want 9 runs of 3 cases", p)
		}
		seen = append(seen, p.Done)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{1, 2, 3, 4, 5, 6, 7, 8, 9}, seen); d != "" {
		t.Errorf("Progress (-want +got)\n%s", d)
	}
	if r.Passed || r.Runs != 9 || r.Repeats != 3 || r.Compare != nil || !strings.HasPrefix(r.Message, "2 of 3 cases passed") {
		t.Errorf("Run = %+v, want 9 runs that do not pass", r)
	}
	if d := cmp.Diff([]float64{2. / 3, 2. / 3, 2. / 3}, r.PassK, close9); d != "" {
		t.Errorf("Run passK (-want +got)\n%s", d)
	}
	var cases []string
	for _, c := range r.Cases {
		cases = append(cases, fmt.Sprintf("%s/%s %d/%d", c.Suite, c.Name, c.Passes, len(c.Runs)))
	}
	if d := cmp.Diff([]string{"one/a 3/3", "one/b 0/3", "two/c 3/3"}, cases); d != "" {
		t.Errorf("Run cases (-want +got)\n%s", d)
	}
	if r.CostUSD < 0.00899 || r.CostUSD > 0.00901 || r.P50Ms <= 0 || r.P95Ms < r.P50Ms {
		t.Errorf("Run = cost %v, p50 %v, p95 %v; want 0.009 and measured times", r.CostUSD, r.P50Ms, r.P95Ms)
	}
	s.Manifest.Blueprint.Spec.Evaluation.PassRate = ptr(0.6)
	if r, err = Run(t.Context(), s, nil, Options{Repeats: 1}); err != nil || !r.Passed || r.Runs != 3 || r.Message != "" {
		t.Errorf("Run with passRate 0.6 = %+v, %v; want passed", r, err)
	}
	if r, err = Run(t.Context(), s, nil, Options{Suites: []string{"two"}}); err != nil || r.Runs != 3 || len(r.Cases) != 1 {
		t.Errorf("Run of one suite = %+v, %v; want its 3 runs", r, err)
	}
}

func TestRunVariesTheSeed(t *testing.T) {
	model := ruled(func(req agentrun.ModelRequest) string { return fmt.Sprint(*req.Model.Seed) })
	s := subject(model, blueprint.Suite{Name: "s", Scenarios: []blueprint.Scenario{say("a", "x", "41")}})
	r, err := Run(t.Context(), s, &s, Options{Repeats: 4, Seed: 40})
	if err != nil {
		t.Fatal(err)
	}
	var passed []bool
	for _, run := range r.Cases[0].Runs {
		passed = append(passed, run.Passed)
	}
	if d := cmp.Diff([]bool{false, true, false, false}, passed); d != "" {
		t.Errorf("Run repeats (-want +got)\n%s", d)
	}
	if r.Compare.BaselinePassRate != 0.25 || r.Compare.CandidatePassRate != 0.25 {
		t.Errorf("Run compare = %+v, want the same seeds for both", r.Compare)
	}
}

func TestRunAgainstABaseline(t *testing.T) {
	candidate := subject(echo, blueprint.Suite{Name: "s", Scenarios: []blueprint.Scenario{say("a", "x", "x"), say("b", "y", "y"), say("c", "q", "nothing")}})
	baseline := subject(ruled(func(req agentrun.ModelRequest) string {
		return strings.NewReplacer("x", "wrong", "q", "nothing").Replace(req.Messages[1].Content)
	}))
	baseline.Digest = "sha256:b"
	total := 0
	r, err := Run(t.Context(), candidate, &baseline, Options{Repeats: 2, Progress: func(p Progress) { total = p.Total }})
	if err != nil {
		t.Fatal(err)
	}
	want := &Comparison{BaselinePassRate: 2. / 3, CandidatePassRate: 2. / 3, Fixed: []string{"s/a"}, Broken: []string{"s/c"}, PValue: 1, Verdict: Unclear,
		Cases: 3, Confidence: 0.95, OnUnclear: blueprint.UnclearBlock,
		Flips: []Flip{{Case: "s/a", Fixed: true, Candidate: 2, Graders: []string{"equals"}, Why: `equals: is "wrong", expected "x"`},
			{Case: "s/c", Baseline: 2, Graders: []string{"equals"}, Why: `equals: is "q", expected "nothing"`}}}
	if d := cmp.Diff(want, r.Compare, close9, cmpopts.IgnoreFields(Comparison{}, "Low", "High", "Margin", "Message", "Score", "Figures")); d != "" ||
		r.Baseline != "sha256:b" || r.Runs != 6 || total != 12 {
		t.Errorf("Run = baseline %s, %d runs of %d (-want +got)\n%s", r.Baseline, r.Runs, total, d)
	}
	if got, why := r.Decide(); got != DecideBlock {
		t.Errorf("Decide = %s, %s; want %s", got, why, DecideBlock)
	}
}

func TestRunRefuses(t *testing.T) {
	s := subject(echo, blueprint.Suite{Name: "s", Scenarios: []blueprint.Scenario{say("a", "x", "x")}})
	for name, o := range map[string]Options{"negative repeats": {Repeats: -1}, "many repeats": {Repeats: MaxRepeats + 1}, "unknown suite": {Suites: []string{"x"}}} {
		if _, err := Run(t.Context(), s, nil, o); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("Run(%s) = %v, want %s", name, err, fault.Invalid)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, s, nil, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run with an ended context = %v, want %v", err, context.Canceled)
	}
	if r, err := Run(t.Context(), subject(echo), nil, Options{}); err != nil || r.Passed || r.Message != simulate.NoCases {
		t.Errorf("Run without cases = %+v, %v; want not passed and why", r, err)
	}
}

func TestJUnit(t *testing.T) {
	s := subject(echo, blueprint.Suite{Name: "one", Scenarios: []blueprint.Scenario{say("a & b", "x", "x"), say("b", "y\x01", "<z>")}},
		blueprint.Suite{Name: "two", Scenarios: []blueprint.Scenario{say("c", "1", "1")}})
	r, err := Run(t.Context(), s, nil, Options{Repeats: 2})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.JUnit(&b); err != nil {
		t.Fatal(err)
	}
	type suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Name      string         `xml:"name,attr"`
			Classname string         `xml:"classname,attr"`
			Failure   *junit.Problem `xml:"failure"`
		} `xml:"testcase"`
	}
	var doc struct {
		Tests    int     `xml:"tests,attr"`
		Failures int     `xml:"failures,attr"`
		Suites   []suite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatalf("JUnit is not XML: %v\n%s", err, b.String())
	}
	if doc.Tests != 3 || doc.Failures != 1 || len(doc.Suites) != 2 || doc.Suites[0].Failures != 1 || doc.Suites[1].Tests != 1 {
		t.Errorf("JUnit = %+v, want 3 tests in 2 suites, 1 failed", doc)
	}
	f := doc.Suites[0].Cases[1].Failure
	if f == nil || f.Message != "0 of 2 repeats passed" || f.Type != "success" || !strings.HasPrefix(f.Text, "repeat 1: equals: is ") {
		t.Errorf("JUnit failure = %+v, want what failed in each repeat", f)
	}
	if c := doc.Suites[0].Cases[0]; c.Name != "a & b" || c.Classname != "echo.one" || c.Failure != nil {
		t.Errorf("JUnit case = %+v, want it passed", c)
	}
}

func TestReportIsJSON(t *testing.T) {
	r, err := Run(t.Context(), subject(echo), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(b), `"passK":[],"cases":[]`) {
		t.Errorf("Report as JSON = %s, %v; want lists, never null", b, err)
	}
}
