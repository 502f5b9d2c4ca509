package blueprint_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
)

// resolvedDefaults is what the Resolved methods make of zero values.
func resolvedDefaults() map[string]string {
	b := blueprint.Budgets{}.Resolved()
	tool := blueprint.Tool{Intent: blueprint.IntentRead}.Resolved()
	e := blueprint.Evaluation{}.Resolved()
	c := blueprint.Canary{HarmBudget: &blueprint.HarmBudget{}}.Resolved()
	al := blueprint.Alert{}.Resolved()
	g := blueprint.CRVGate{}.Resolved()
	f := blueprint.Fault{}.Resolved()
	sb := blueprint.Sandbox{}.Resolved(false)
	stage := blueprint.Stage{}.Resolved(true)
	metric := blueprint.GateRule{Metric: "errorRate"}.Resolved()
	rule := blueprint.ApprovalRule{}.Resolved()
	sh := blueprint.Shadow{}.Resolved()
	drill := *blueprint.Stage{Drill: &blueprint.Drill{}}.Resolved(false).Drill
	return map[string]string{
		"Model.Timeout": dur(blueprint.Model{}.Resolved().Timeout), "Tool.Timeout": dur(tool.Timeout), "Tool.Retries": fmt.Sprint(*tool.Retries),
		"Budgets.Steps": fmt.Sprint(b.Steps), "Budgets.ToolCalls": fmt.Sprint(b.ToolCalls), "Budgets.Tokens": fmt.Sprint(b.Tokens),
		"Budgets.CostUSD": fmt.Sprint(b.CostUSD), "Budgets.Duration": dur(b.Duration),
		"CRVGate.BlockOnFailure": fmt.Sprint(*g.BlockOnFailure), "CRVGate.Recovery": string(g.Recovery),
		"Evaluation.Repeats": fmt.Sprint(e.Repeats), "Evaluation.PassRate": fmt.Sprint(*e.PassRate),
		"Evaluation.OnUnclear": string(e.OnUnclear),
		"Canary.Alpha":         fmt.Sprint(c.Alpha), "Canary.Beta": fmt.Sprint(c.Beta), "Canary.MaxFailureRate": fmt.Sprintf("%.2f", c.MaxFailureRate),
		"Canary.Deadline": dur(c.Deadline), "Canary.OutcomeTimeout": dur(c.OutcomeTimeout), "CanaryStream.Share": fmt.Sprint(c.Streams[0].Share),
		"HarmBudget.Confidence": fmt.Sprint(c.HarmBudget.Confidence), "HarmBudget.WhenUnmet": c.HarmBudget.WhenUnmet, "CanaryStep.Runs": fmt.Sprint(c.Steps[0].Runs),
		"Fault.Delay": dur(f.Delay), "Fault.Probability": fmt.Sprint(*f.Probability),
		"Sandbox.MemoryMiB": fmt.Sprint(sb.MemoryMiB), "Sandbox.Processes": fmt.Sprint(sb.Processes), "Sandbox.DiskMiB": fmt.Sprint(sb.DiskMiB), "Sandbox.OpenFiles": fmt.Sprint(sb.OpenFiles),
		"PipelineSpec.Concurrency": string(blueprint.PipelineSpec{}.Resolved().Concurrency),
		"Stage.ProgressDeadline":   dur(stage.ProgressDeadline), "Stage.EvidenceMaxAge": dur(stage.EvidenceMaxAge),
		"GateRule.MinRuns": fmt.Sprint(metric.MinRuns), "GateRule.Waivable": fmt.Sprint(*metric.Waivable),
		"ApprovalRule.Role": rule.Role, "ApprovalRule.Expires": dur(rule.Expires),
		"Rollout.Sessions": stage.Rollout.Sessions,
		"Shadow.Runs":      fmt.Sprint(sh.Runs), "Shadow.Percent": fmt.Sprint(sh.Percent), "Shadow.MaxWorse": fmt.Sprint(sh.MaxWorse), "Shadow.Deadline": dur(sh.Deadline),
		"Drill.Within": dur(drill.Within), "Drill.Runs": fmt.Sprint(drill.Runs),
		"Alert.Window": dur(al.Window), "Alert.MinRuns": fmt.Sprint(al.MinRuns),
	}
}

// dur writes a duration as the comments do: 5m, not 5m0s.
func dur(d blueprint.Duration) string {
	s := time.Duration(d).String()
	s = strings.TrimSuffix(s, "0s")
	s = strings.TrimSuffix(s, "0m")
	if s == "" || s == "1m" {
		return "60s"
	}
	if _, err := time.ParseDuration(s); err != nil {
		return time.Duration(d).String()
	}
	return s
}

// TestDocumentedDefaults reads "default X" from the comments of the types.
func TestDocumentedDefaults(t *testing.T) {
	got := map[string]string{}
	for _, name := range []string{"types.go", "types_evaluation.go", "types_release.go", "types_tools.go", "types_pipeline.go", "sandbox.go"} {
		documented(t, name, got)
	}
	if diff := cmp.Diff(got, resolvedDefaults()); diff != "" {
		t.Errorf("defaults (-documented +real):\n%s", diff)
	}
	steps := blueprint.Canary{}.Resolved().Steps
	if len(steps) != 2 || steps[0].Weight != 10 || steps[1].Weight != 50 {
		t.Errorf("default canary steps = %+v, want 10, 50", steps)
	}
}

// documented adds the defaults that a file's comments name.
func documented(t *testing.T, name string, got map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	says := regexp.MustCompile(`default ([0-9a-z.]*[0-9a-z])`)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		st, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range st.Fields.List {
			text := f.Doc.Text() + f.Comment.Text()
			if m := says.FindStringSubmatch(text); m != nil {
				got[spec.Name.Name+"."+f.Names[0].Name] = m[1]
			}
		}
		return true
	})
}

func TestResolvedKeepsWhatIsSet(t *testing.T) {
	zero, rate := 0, 0.0
	if got := *(blueprint.Tool{Intent: blueprint.IntentRead, Retries: &zero}).Resolved().Retries; got != 0 {
		t.Errorf("retries 0 resolved = %d, want 0", got)
	}
	if got := *(blueprint.Tool{Intent: blueprint.IntentWrite}).Resolved().Retries; got != 0 {
		t.Errorf("retries of a write = %d, want 0", got)
	}
	if got := *(blueprint.Evaluation{PassRate: &rate}).Resolved().PassRate; got != 0 {
		t.Errorf("passRate 0 resolved = %v, want 0", got)
	}
	own := blueprint.Canary{Steps: []blueprint.CanaryStep{{Weight: 5}}}
	own.Resolved()
	if own.Steps[0].Runs != 0 {
		t.Errorf("Resolved changed its receiver's steps: %+v", own.Steps)
	}
}

func TestEffectiveLabels(t *testing.T) {
	var l blueprint.Labels
	if a, b, c, d := l.Effective(); !a || !b || !c || !d {
		t.Errorf("Effective(nil) = %v %v %v %v, want true for all", a, b, c, d)
	}
	if err := json.Unmarshal([]byte(`{"readsOutside":false,"actsInside":true}`), &l); err != nil {
		t.Fatal(err)
	}
	if a, b, c, d := l.Effective(); a || !b || !c || !d {
		t.Errorf("Effective = %v %v %v %v, want false true true true", a, b, c, d)
	}
}

func TestRanks(t *testing.T) {
	if got := blueprint.Tier("odd").Rank(); got <= blueprint.TierCritical.Rank() {
		t.Errorf("Rank(unknown tier) = %d, want above critical", got)
	}
	if got := blueprint.MaxTier(blueprint.TierMedium, blueprint.TierCritical, blueprint.TierLow); got != blueprint.TierCritical {
		t.Errorf("MaxTier = %s, want critical", got)
	}
	if got := blueprint.MaxTier(); got != blueprint.TierLow {
		t.Errorf("MaxTier() = %s, want low", got)
	}
}
