package crv_test

import (
	"slices"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

// start is the commented blueprint that people begin with.
func start(t testing.TB) *blueprint.Agent {
	t.Helper()
	text, err := blueprint.Init("order-notes")
	if err != nil {
		t.Fatal(err)
	}
	a, err := blueprint.Parse("order-notes.yaml", text, blueprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a.Spec.Servers[0].Stdio.Sandbox = blueprint.Sandbox{} // tests of a sandbox begin without one
	return a
}

func TestCheckBlueprintOfTheStartIsClean(t *testing.T) {
	if got := crv.CheckBlueprint(start(t)); len(got) > 0 {
		t.Errorf("CheckBlueprint(start) = %+v, want none", got)
	}
}

// Each case breaks the start in one way; want is "severity rule path".
func TestCheckBlueprint(t *testing.T) {
	type spec = blueprint.Spec
	for want, change := range map[string]func(s *spec){
		"error tier/low-agent-high-tool spec.tools[1].riskTier":            func(s *spec) { s.RiskTier = "low"; s.Tools[1].RiskTier = "critical" },
		"error tier/tool-above-agent spec.tools[1].riskTier":               func(s *spec) { s.Tools[1].RiskTier = "high" },
		"error tier/low-tool-not-read spec.tools[1].riskTier":              func(s *spec) { s.Tools[1].RiskTier = "low" },
		"error tier/low-tool-acts spec.tools[0].labels":                    func(s *spec) { s.Tools[0].Labels.ActsInside = ptr(true) },
		"error tier/unknown spec.riskTier":                                 func(s *spec) { s.RiskTier = "odd" },
		"error zone/unknown spec.tools[0].zone":                            func(s *spec) { s.Tools[0].Zone = "odd" },
		"error intent/unknown spec.tools[0].intent":                        func(s *spec) { s.Tools[0].Intent = "odd" },
		"error zone/above-agent spec.tools[0].zone":                        func(s *spec) { s.Tools[0].Zone = "restricted" },
		"error zone/permission-above-agent spec.permissions[0].zone":       func(s *spec) { s.Permissions[0].Zone = "restricted" },
		"error permission/unknown-tool spec.permissions[0].tools[0]":       func(s *spec) { s.Permissions[0].Tools[0] = "none" },
		"error permission/none-for-tool spec.tools[1]":                     func(s *spec) { s.Permissions = s.Permissions[:1] },
		"error permission/none-for-tool spec.tools[0]":                     func(s *spec) { s.Permissions[0].Zone = "public" },
		"error server/unknown spec.tools[0].server":                        func(s *spec) { s.Tools[0].Server = "none" },
		"error server/duplicate spec.servers[1]":                           func(s *spec) { s.Servers = append(s.Servers, s.Servers[0]) },
		"error server/transport spec.servers[0]":                           func(s *spec) { s.Servers[0].Stdio = nil },
		"warning server/no-sandbox spec.servers[0].stdio.sandbox.mode":     func(s *spec) { s.Servers[0].Stdio.Sandbox.Mode = "none" },
		"error server/sandbox-path spec.servers[0].stdio.sandbox.read[1]":  func(s *spec) { s.Servers[0].Stdio.Sandbox.Read = []string{"/srv", "/proc/1"} },
		"error server/sandbox-path spec.servers[0].stdio.sandbox.write[0]": func(s *spec) { s.Servers[0].Stdio.Sandbox.Write = []string{"/x/.."} },
		"warning server/unused spec.servers[1]": func(s *spec) {
			s.Servers = append(s.Servers, blueprint.Server{Name: "x", HTTP: &blueprint.HTTPServer{}})
		},
		"error tool/duplicate spec.tools[2]":                                         func(s *spec) { s.Tools = append(s.Tools, s.Tools[0]) },
		"warning tool/no-spend-budget spec.tools[1].spends":                          func(s *spec) { s.Tools[1].Spends = "amount" },
		"warning tool/retries-ignored spec.tools[1].retries":                         func(s *spec) { s.Tools[1].Retries = ptr(3) },
		"error policy/duplicate spec.policies[1]":                                    func(s *spec) { s.Policies = []blueprint.Policy{{ID: "a", Cedar: "x"}, {ID: "a", Cedar: "x"}} },
		"error policy/empty spec.policies[0]":                                        func(s *spec) { s.Policies = []blueprint.Policy{{ID: "a"}} },
		"error model/no-name spec.model.name":                                        func(s *spec) { s.Model.Name = "" },
		"warning model/unseeded spec.model.temperature":                              func(s *spec) { s.Model.Temperature = ptr(0.7) },
		"error schema/invalid spec.output.schema":                                    func(s *spec) { s.Output.Schema["type"] = "odd" },
		"error workflow/unknown-phase spec.workflow.initial":                         func(s *spec) { s.Workflow.Initial = "none" },
		"error workflow/unknown-phase spec.workflow.phases[0].transitions[0].to":     func(s *spec) { s.Workflow.Phases[0].Transitions[0].To = "none" },
		"error workflow/unknown-tool spec.workflow.phases[1].tools[0]":               func(s *spec) { s.Workflow.Phases[1].Tools[0] = "none" },
		"error workflow/unknown-tool spec.workflow.phases[0].transitions[0].on":      func(s *spec) { s.Workflow.Phases[0].Transitions[0].On = "none" },
		"error workflow/tool-not-in-phase spec.workflow.phases[0].transitions[0].on": func(s *spec) { s.Workflow.Phases[0].Transitions[0].On = "add_note" },
		"error workflow/duplicate-phase spec.workflow.phases[1]":                     func(s *spec) { s.Workflow.Phases[1].Name = "find" },
		"error workflow/unreachable spec.workflow.phases[1]":                         func(s *spec) { s.Workflow.Phases[0].Transitions = nil },
		"error workflow/dead-end spec.workflow.phases[1]":                            func(s *spec) { s.Workflow.Phases[1].Final = false },
		"warning workflow/tool-in-no-phase spec.tools[1]":                            func(s *spec) { s.Workflow.Phases[1].Tools = nil },
		"warning workflow/intent-excludes-tool spec.workflow.phases[1].tools[1]":     func(s *spec) { s.Workflow.Phases[1].Intents = []blueprint.Intent{"read"} },
		"error workflow/ambiguous-transition spec.workflow.phases[0].transitions[1].on": func(s *spec) {
			s.Workflow.Phases[0].Transitions = append(s.Workflow.Phases[0].Transitions, blueprint.Transition{On: "lookup_order", To: "find"})
		},
		"error workflow/high-risk-no-approval spec.workflow.phases[0].transitions[0]": func(s *spec) { s.RiskTier, s.Tools[0].RiskTier = "high", "high" },
		"error crv/unknown-tool spec.crv[0].on":                                       func(s *spec) { s.CRV[0].On = "args:none" },
		"error crv/ignore-without-justification spec.crv[0].justification":            func(s *spec) { s.CRV[0].Recovery = "ignore" },
		"error crv/invalid spec.crv[0].validators[0]":                                 func(s *spec) { s.CRV[0].Validators[0].Max = nil },
		"error crv/duplicate spec.crv[1]":                                             func(s *spec) { s.CRV = append(s.CRV, s.CRV[0]) },
		"error crv/reserved-name spec.crv[0].name":                                    func(s *spec) { s.CRV[0].Name = crv.OutputGate },
		"error crv/unknown-tool spec.crv[0].recoveryTool":                             func(s *spec) { s.CRV[0].Recovery, s.CRV[0].RecoveryTool = "retry_alt_tool", "none" },
		"warning crv/recovery-tool-phase spec.crv[0].recoveryTool": func(s *spec) {
			s.CRV[0].Recovery, s.CRV[0].RecoveryTool = "retry_alt_tool", "lookup_order"
			s.Workflow.Phases[1].Tools = []string{"add_note"}
		},
		"error eval/unknown-tool spec.evaluation.suites[0].scenarios[0].faults[0].tool": func(s *spec) {
			s.Evaluation.Suites[0].Scenarios[0].Faults = []blueprint.Fault{{Kind: "error", Tool: "none"}}
		},
		"error eval/regex spec.evaluation.suites[0].scenarios[0].expect.refusal[0].text": func(s *spec) {
			s.Evaluation.Suites[0].Scenarios[0].Expect.Refusal = []blueprint.Grader{{Type: "regex", Text: "("}}
		},
		"error crv/same-recovery-tool spec.crv[0].recoveryTool":                                     func(s *spec) { s.CRV[0].Recovery, s.CRV[0].RecoveryTool = "retry_alt_tool", "add_note" },
		"error eval/criterion spec.success[0].expression":                                           func(s *spec) { s.Success[0].Expression = "run." },
		"error eval/duplicate-criterion spec.success[1]":                                            func(s *spec) { s.Success = append(s.Success, s.Success[0]) },
		"warning eval/no-criteria spec.success":                                                     func(s *spec) { s.Success, s.Output = nil, nil },
		"warning eval/no-scenarios spec.evaluation":                                                 func(s *spec) { s.Evaluation.Suites = nil },
		"error eval/duplicate-suite spec.evaluation.suites[1]":                                      func(s *spec) { s.Evaluation.Suites = append(s.Evaluation.Suites, s.Evaluation.Suites[0]) },
		"error eval/file-not-read spec.evaluation.suites[0].file":                                   func(s *spec) { s.Evaluation.Suites[0].File = "x" },
		"error eval/input spec.evaluation.suites[0].scenarios[0].input.question":                    func(s *spec) { s.Evaluation.Suites[0].Scenarios[0].Input = map[string]any{"question": 1} },
		"error eval/unknown-tool spec.evaluation.suites[0].scenarios[0].fixtures[0].tool":           func(s *spec) { s.Evaluation.Suites[0].Scenarios[0].Fixtures[0].Tool = "none" },
		"error eval/unknown-tool spec.evaluation.suites[0].scenarios[0].approve[0]":                 func(s *spec) { s.Evaluation.Suites[0].Scenarios[0].Approve = []string{"none"} },
		"error eval/unknown-tool spec.evaluation.suites[0].scenarios[0].expect.graders[1].tools[0]": func(s *spec) { s.Evaluation.Suites[0].Scenarios[0].Expect.Graders[1].Tools[0] = "none" },
		"error eval/regex spec.evaluation.suites[0].scenarios[0].expect.graders[0].text":            grader(blueprint.Grader{Type: "regex", Text: "("}),
		"error eval/cel spec.evaluation.suites[0].scenarios[0].expect.graders[0].expression":        grader(blueprint.Grader{Type: "cel", Expression: "1"}),
		"error eval/schema spec.evaluation.suites[0].scenarios[0].expect.graders[0].schema":         grader(blueprint.Grader{Type: "jsonSchema", Schema: map[string]any{"type": "odd"}}),
		"error eval/grader spec.evaluation.suites[0].scenarios[0].expect.graders[0].type":           grader(blueprint.Grader{Type: "odd"}),
		"error monitor/duplicate spec.monitor.alerts[1]":                                            func(s *spec) { s.Monitor.Alerts = append(s.Monitor.Alerts, s.Monitor.Alerts[0]) },
	} {
		t.Run(want, func(t *testing.T) {
			a := start(t)
			change(&a.Spec)
			var got []string
			for _, f := range crv.CheckBlueprint(a) {
				got = append(got, f.Severity+" "+f.Rule+" "+f.Path)
				if f.Message == "" || f.Remediation == "" || !slices.Contains(crv.FailureCodes(), f.Code) {
					t.Errorf("finding = %+v, want a message, a remediation and a code", f)
				}
			}
			if !slices.Contains(got, want) {
				t.Errorf("CheckBlueprint = %q, want %q among them", got, want)
			}
		})
	}
}

func grader(g blueprint.Grader) func(*blueprint.Spec) {
	return func(s *blueprint.Spec) { s.Evaluation.Suites[0].Scenarios[0].Expect.Graders[0] = g }
}

func TestCheckBlueprintOfNothing(t *testing.T) {
	got := crv.CheckBlueprint(&blueprint.Agent{})
	if !slices.ContainsFunc(got, func(f resource.Finding) bool { return f.Rule == "tier/unknown" }) {
		t.Errorf("CheckBlueprint(empty) = %+v, want tier/unknown among them", got)
	}
}
