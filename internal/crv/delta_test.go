package crv_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

// line writes a change without its texts.
func line(c resource.Change) string {
	s := fmt.Sprintf("%s %s %s %s", c.Kind, c.Op, c.Path, c.Tier)
	if c.Widens {
		s += " widens"
	}
	if c.Breaking {
		s += " breaking"
	}
	return s
}

func TestDeltaFirstVersion(t *testing.T) {
	d := crv.Delta(nil, manifest(start(t)), "", "sha256:b")
	var got []string
	for _, c := range d.Changes {
		got = append(got, line(c))
	}
	want := []string{"instructions added instructions medium widens", "model added model.name medium widens", "server added servers.shop medium widens",
		"tool added tools.add_note medium widens", "tool added tools.lookup_order medium widens"}
	if !slices.Equal(got, want) || d.Tier != blueprint.TierMedium || d.From != "" || d.To != "sha256:b" {
		t.Errorf("Delta(first) = %q, tier %s, want %q, medium", got, d.Tier, want)
	}
}

func TestDeltaOfNoChange(t *testing.T) {
	d := crv.Delta(manifest(start(t)), manifest(start(t)), "sha256:a", "sha256:b")
	if d.Changes == nil || len(d.Changes) > 0 || d.Tier != blueprint.TierLow {
		t.Errorf("Delta(same) = %+v, want no changes and tier low", d)
	}
}

// Each case is one row of the table in Delta's comment: "the changes => tier".
func TestDelta(t *testing.T) {
	type spec = blueprint.Spec
	refund := func(tier blueprint.Tier, outside *bool) func(s *spec) {
		return func(s *spec) {
			s.Tools = append(s.Tools, blueprint.Tool{Name: "refund", Server: "shop", RiskTier: tier, Intent: "write", Zone: "internal", Labels: blueprint.Labels{ActsOutside: outside}})
		}
	}
	const add = "tool added tools.refund "
	for want, change := range map[string]func(s *spec){
		add + "medium widens => medium":     refund("medium", ptr(false)),
		add + "high widens => high":         refund("medium", nil),
		add + "critical widens => critical": refund("critical", nil),
		"permission added permissions.refund.write medium widens; tool added tools.refund medium widens; workflow added workflow.act.tools.refund medium widens; workflow added workflow.act.transitions.refund.act medium widens => medium": func(s *spec) {
			refund("medium", ptr(false))(s)
			s.Permissions = append(s.Permissions, blueprint.Permission{Tools: []string{"refund"}, Intents: []blueprint.Intent{"write"}, Zone: "internal"})
			s.Workflow.Phases[1].Tools = append(s.Workflow.Phases[1].Tools, "refund")
			s.Workflow.Phases[1].Transitions = append(s.Workflow.Phases[1].Transitions, blueprint.Transition{On: "refund", To: "act"})
		},
		"tool removed tools.add_note medium breaking => medium":             func(s *spec) { s.Tools = s.Tools[:1] },
		"tier changed tools.add_note.riskTier critical widens => critical":  func(s *spec) { s.Tools[1].RiskTier = "critical" },
		"tier changed tools.add_note.riskTier high widens => high":          func(s *spec) { s.Tools[1].RiskTier = "low" },
		"zone changed tools.lookup_order.zone high widens => high":          func(s *spec) { s.Tools[0].Zone = "public" },
		"tool changed tools.add_note.intent high widens => high":            func(s *spec) { s.Tools[1].Intent = "delete" },
		"tool changed tools.add_note.upstream high widens => high":          func(s *spec) { s.Tools[1].Upstream = "drop" },
		"tool changed tools.add_note.spends high widens => high":            func(s *spec) { s.Tools[1].Spends = "x" },
		"tool changed tools.add_note.description medium => medium":          func(s *spec) { s.Tools[1].Description = "x" },
		"tool changed tools.lookup_order.retries low => low":                func(s *spec) { s.Tools[0].Retries = ptr(5) },
		"tool changed tools.add_note.timeout low => low":                    func(s *spec) { s.Tools[1].Timeout = 1 },
		"tool changed tools.add_note.labels.actsInside high widens => high": func(s *spec) { s.Tools[1].Labels.ActsInside = ptr(false) },
		"tool changed tools.add_note.labels.records high widens => high":    func(s *spec) { s.Tools[1].Labels.Records = ptr(true) },
		"tool changed tools.add_note.unprompted high widens => high":        func(s *spec) { s.Tools[1].Unprompted = true },
		"tool added tools.add_note.askedBy high widens => high":             func(s *spec) { s.Tools[1].AskedBy = []string{"notier"} },
		"tool changed tools.add_note.arguments.text high widens => high": func(s *spec) {
			s.Tools[1].Arguments = map[string]blueprint.Role{"text": blueprint.RoleContent}
		},
		"tool changed tools.add_note.labels.actsOutside medium => medium":      func(s *spec) { s.Tools[1].Labels.ActsOutside = nil },
		"server changed servers.shop.address high widens => high":              func(s *spec) { s.Servers[0].Stdio.Command[0] = "x" },
		"server changed servers.shop.env high => high":                         func(s *spec) { s.Servers[0].Stdio.Env = map[string]string{"A": "b"} },
		"server changed servers.shop.envFrom high => high":                     func(s *spec) { s.Servers[0].Stdio.EnvFrom = map[string]string{"A": "B"} },
		"sandbox changed servers.shop.sandbox high widens => high":             func(s *spec) { s.Servers[0].Stdio.Sandbox.Mode = "none" },
		"sandbox changed servers.shop.sandbox.network high widens => high":     func(s *spec) { s.Servers[0].Stdio.Sandbox.Network = "host" },
		"sandbox added servers.shop.sandbox.write high widens => high":         func(s *spec) { s.Servers[0].Stdio.Sandbox.Write = []string{"shop"} },
		"sandbox added servers.shop.sandbox.read high widens => high":          func(s *spec) { s.Servers[0].Stdio.Sandbox.Read = []string{"shop"} },
		"sandbox changed servers.shop.sandbox.memoryMiB high widens => high":   func(s *spec) { s.Servers[0].Stdio.Sandbox.MemoryMiB = 2048 },
		"sandbox changed servers.shop.sandbox.processes medium => medium":      func(s *spec) { s.Servers[0].Stdio.Sandbox.Processes = 64 },
		"permission added permissions.lookup_order.delete high widens => high": func(s *spec) { s.Permissions[0].Intents = append(s.Permissions[0].Intents, "delete") },
		"permission added permissions.add_note.read high widens => high":       func(s *spec) { s.Permissions[0].Tools = []string{"*"} },
		"permission changed permissions.add_note.write high widens => high":    func(s *spec) { s.Permissions[1].Zone = "restricted" },
		"permission changed permissions.add_note.write medium => medium":       func(s *spec) { s.Permissions[1].Zone = "public" },
		"permission removed permissions.add_note.write medium => medium":       func(s *spec) { s.Permissions = s.Permissions[:1] },
		"tier changed riskTier high widens => high":                            func(s *spec) { s.RiskTier = "high" },
		"tier changed riskTier critical widens => critical":                    func(s *spec) { s.RiskTier = "critical" },
		"tier changed riskTier medium => medium":                               func(s *spec) { s.RiskTier = "low" },
		"zone changed zone high widens => high":                                func(s *spec) { s.Zone = "restricted" },
		"zone changed zone medium => medium":                                   func(s *spec) { s.Zone = "public" },
		"policy added policies.p medium => medium": func(s *spec) {
			s.Policies = []blueprint.Policy{{ID: "p", Cedar: "// no permit (here)\nforbid (principal, action, resource);"}}
		},
		"policy replaced policies.builtin/rule-of-two high widens; policy added policies.p medium => high": func(s *spec) {
			s.Policies = []blueprint.Policy{{ID: "p", Cedar: "forbid(principal, action, resource);", Replaces: []string{"rule-of-two"}}}
		},
		"policy added policies.p high widens => high": func(s *spec) {
			s.Policies = []blueprint.Policy{{ID: "p", Cedar: "permit(principal, action, resource);"}}
		},
		"budget changed budgets.steps high widens => high":                                      func(s *spec) { s.Budgets.Steps = 0 },
		"budget changed budgets.costUSD medium => medium":                                       func(s *spec) { s.Budgets.CostUSD = 0.1 },
		"budget changed budgets.callsPerMinute medium => medium":                                func(s *spec) { s.Budgets.CallsPerMinute = 5 },
		"workflow removed workflow high widens => high":                                         func(s *spec) { s.Workflow = nil },
		"workflow added workflow.find.tools.add_note high widens => high":                       func(s *spec) { s.Workflow.Phases[0].Tools = append(s.Workflow.Phases[0].Tools, "add_note") },
		"workflow removed workflow.act.tools.add_note medium => medium":                         func(s *spec) { s.Workflow.Phases[1].Tools = s.Workflow.Phases[1].Tools[:1] },
		"workflow changed workflow.find.transitions.lookup_order.act.approval medium => medium": func(s *spec) { s.Workflow.Phases[0].Transitions[0].Approval = true },
		"workflow removed workflow.find.transitions.lookup_order.act medium breaking => medium": func(s *spec) { s.Workflow.Phases[0].Transitions = nil },
		"workflow changed workflow.initial high widens => high":                                 func(s *spec) { s.Workflow.Initial = "act" },
		"crv removed crv.note-size high widens => high":                                         func(s *spec) { s.CRV = nil },
		"crv changed crv.note-size high => high":                                                func(s *spec) { s.CRV[0].BlockOnFailure = ptr(false) },
		"crv added crv.more medium => medium":                                                   func(s *spec) { s.CRV = append(s.CRV, notNull("more", "output", "", nil)) },
		"instructions changed instructions medium => medium":                                    func(s *spec) { s.Instructions = "x" },
		"instructions changed goal medium => medium":                                            func(s *spec) { s.Goal = "x" },
		"model changed model.name medium => medium":                                             func(s *spec) { s.Model.Name = "x" },
		"model changed model.parameters medium => medium":                                       func(s *spec) { s.Model.Temperature = nil },
		"schema changed input.schema medium breaking => medium":                                 func(s *spec) { s.Input.Schema["required"] = []any{"question", "x"} },
		"schema changed output.schema medium breaking => medium":                                func(s *spec) { s.Output.Schema = map[string]any{} },
		"evaluation changed success medium => medium":                                           func(s *spec) { s.Success = nil },
		"evaluation changed evaluation low => low":                                              func(s *spec) { s.Evaluation.Suites = nil },
		"release changed release medium => medium":                                              func(s *spec) { s.Release.Canary.Alpha = 0.5 },
		"monitor changed monitor low => low":                                                    func(s *spec) { s.Monitor.Alerts = nil },
		" => low":                                                                               func(s *spec) { s.Release.Canary.Alpha = blueprint.DefaultAlpha },
	} {
		t.Run(want, func(t *testing.T) {
			a := start(t)
			change(&a.Spec)
			d := crv.Delta(manifest(start(t)), manifest(a), "sha256:a", "sha256:b")
			var lines []string
			for _, c := range d.Changes {
				lines = append(lines, line(c))
			}
			if got := strings.Join(lines, "; ") + " => " + string(d.Tier); got != want {
				t.Errorf("Delta = %s, want %s", got, want)
			}
		})
	}
}

func TestDeltaOfMetadataAndAdapters(t *testing.T) {
	from, to := manifest(start(t)), manifest(start(t))
	to.Blueprint.Metadata.Description, to.Blueprint.Metadata.Labels = "x", map[string]string{"a": "b"}
	if got := crv.Delta(from, to, "a", "b").Tier; got != blueprint.TierLow {
		t.Errorf("tier of description and labels = %s, want low", got)
	}
	pin := func(digest string) []resource.Adapter {
		return []resource.Adapter{{Server: "shop", Version: digest, Tools: []resource.ToolPin{{Name: "add_note", Digest: digest}}}}
	}
	from.Adapters, to.Adapters = pin("1"), pin("2")
	if got := crv.Delta(from, to, "a", "b").Tier; got != blueprint.TierHigh {
		t.Errorf("tier of a drifted tool = %s, want high", got)
	}
	to.Adapters = from.Adapters
	from.Policies.BuiltIn = "other"
	if got := crv.Delta(from, to, "a", "b").Tier; got != blueprint.TierHigh {
		t.Errorf("tier of another built-in policy set = %s, want high", got)
	}
	gone := manifest(start(t))
	gone.Blueprint.Spec.Policies = []blueprint.Policy{{ID: "p", Cedar: "x"}}
	if got := crv.Delta(gone, manifest(start(t)), "a", "b").Tier; got != blueprint.TierHigh {
		t.Errorf("tier of a removed policy = %s, want high", got)
	}
	gone.Blueprint.Spec.Workflow.Phases[0].Transitions[0].Approval = true
	d := crv.Delta(gone, manifest(start(t)), "a", "b")
	if !slices.ContainsFunc(d.Changes, func(c resource.Change) bool {
		return strings.HasSuffix(c.Path, ".approval") && c.Tier == blueprint.TierHigh && c.Widens
	}) {
		t.Errorf("Delta(approval dropped) = %+v, want a widening change of tier high", d.Changes)
	}
}
